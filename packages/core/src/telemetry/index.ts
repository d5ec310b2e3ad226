export {
  clientLimits,
  decodeClientMessage,
  decodeServerMessage,
  encodeMessage,
  ProtocolError,
  serverLimits,
} from './codec.ts';
export type { CodecLimits } from './codec.ts';
export type * from './source.ts';
export { actorStates, edgeColumns, stageColumns, workerColumns } from './tables.ts';
export type { EdgeColumn, StageColumn, WorkerColumn } from './tables.ts';
export { describe, describeError, describeNumbers } from './value.ts';
export type { ValueLimits } from './value.ts';
export type * from './wire.ts';
export { protocolVersion } from './wire.ts';
