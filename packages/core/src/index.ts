export { TroupeError } from '@troupe/mailbox';
export type { ArrayOf, Dtype, FrameArray } from '@troupe/mailbox';
export {
  AsyncHandlerError,
  GraphError,
  HandlerError,
  HandlerHungError,
  NestedStartError,
  PlanError,
  PullTimeoutError,
  PushTimeoutError,
  RemoteError,
  ReplacementLimitError,
  RestartLimitError,
  RunStoppedError,
  StageStartError,
  TargetError,
  WorkerDiedError,
} from './errors.ts';
export { Graph, graph } from './graph.ts';
export type { BoundaryOptions } from './graph.ts';
export { compile } from './plan/compile.ts';
export { ModeChangeError, ModeRefusedError, ModeTimeoutError } from './modes/errors.ts';
export type * from './modes/types.ts';
export { planJson, planMermaid, planText } from './plan/print.ts';
export type * from './plan/ring-types.ts';
export type * from './plan/types.ts';
export { frame, message } from './ports.ts';
export type {
  FramePort,
  MessagePort,
  MessagePortOptions,
  Payload,
  Port,
  PortMap,
  PortOptions,
} from './ports.ts';
export type { Connectable, InputRef, InRef, OutputRef, OutRef, StageRef } from './refs.ts';
export type * from './run/types.ts';
export { defineStage, isStage } from './stage.ts';
export type { AnyStage, Handlers, Input, Out, Progress, Stage, StageContext, Tick } from './stage.ts';
