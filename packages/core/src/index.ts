export { TroupeError } from '@troupe/mailbox';
export type { ArrayOf, Dtype, FrameArray } from '@troupe/mailbox';
export {
  AsyncHandlerError,
  BarrierTimeoutError,
  EventFullError,
  EventUseError,
  GraphError,
  HandlerError,
  HandlerHungError,
  MailboxOverflowError,
  NestedStartError,
  PlanError,
  PullTimeoutError,
  PushTimeoutError,
  RateError,
  RemoteError,
  ReplacementLimitError,
  RestartLimitError,
  RunStoppedError,
  StageStartError,
  TargetError,
  WorkerDiedError,
  WorkerEntryError,
} from './errors.ts';
export { ConditionError, StepEndedError, StepNoPhasesError, StepTimeoutError } from './debug/errors.ts';
export type * from './debug/types.ts';
export type { EventHandle } from './events/event-handle.ts';
export type { EventWaitOptions } from './events/waiting.ts';
export { Graph, graph } from './graph.ts';
export type { BoundaryOptions, GraphFunction } from './graph.ts';
export { compile } from './plan/compile.ts';
export { ModeChangeError, ModeRefusedError, ModeTimeoutError } from './modes/errors.ts';
export type * from './modes/types.ts';
export { planJson, planMermaid, planText } from './plan/print.ts';
export type * from './plan/conditions.ts';
export type * from './plan/ring-types.ts';
export type * from './plan/types.ts';
export { frame, message, written } from './ports.ts';
export type {
  FramePort,
  MessagePort,
  MessagePortOptions,
  Payload,
  Port,
  PortMap,
  PortOptions,
  WrittenFrame,
} from './ports.ts';
export type { Connectable, InputRef, InRef, OutputRef, OutRef, StageRef } from './refs.ts';
export { openRecording } from './recording/open.ts';
export type { Recording, RecordingTail } from './recording/reader.ts';
export type { RecordingEntry, RecordingHeader } from './recording/entries.ts';
export { RecordingError } from './recording/errors.ts';
export type { ComparedMessage, Divergence } from './run/comparison.ts';
export type { ReplayReport } from './run/replay.ts';
export type { ReplayOptions } from './run/rerun.ts';
export { RewindFailedError, SeekSupersededError } from './run/rewind-errors.ts';
export type * from './run/rewind-types.ts';
export { pathOf } from './run/trace-path.ts';
export type * from './run/types.ts';
export { GraphFileError, GraphSaveError } from './saving/errors.ts';
export type { GraphFileProblem, GraphSaveProblem } from './saving/errors.ts';
export type { GraphLoadOptions, GraphParseOptions } from './saving/load.ts';
export { defineStage, isStage } from './stage.ts';
export type {
  AnyStage,
  Handlers,
  Input,
  LatchReading,
  LatchWriting,
  Out,
  Progress,
  RunnerReading,
  Stage,
  StageContext,
  Tick,
} from './stage.ts';
