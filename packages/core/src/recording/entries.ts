import type { Dtype, FrameArray } from '@troupe/mailbox';

/** What a message holds: a frame of some port, or any value that `v8.serialize` accepts. */
export type Payload =
  | { readonly kind: 'frame'; readonly dtype: Dtype; readonly frame: FrameArray }
  | { readonly kind: 'value'; readonly value: unknown };

/** In all entries: the step of the clock to which it belongs, counted from 0. */
interface AtStep {
  readonly step: number;
}

/** A message: counted per port from 0, at a time in integer nanoseconds since the run's epoch. */
interface Message extends AtStep {
  readonly seq: number;
  readonly time: number;
  readonly payload: Payload;
}

/** A step of the clock begins. */
export interface StepEntry extends AtStep {
  readonly type: 'step';
  readonly time: number;
  /** The runners that are due, by their positions in the plan. */
  readonly runners: readonly number[];
}

/** The application has pushed. */
export interface PushEntry extends Message {
  readonly type: 'push';
  readonly input: string;
}

/** A source has emitted. */
export interface SourceEntry extends Message {
  readonly type: 'source';
  readonly stage: string;
  readonly port: string;
  /** Eight bits of the run's choice, such as the marks of a message. */
  readonly flags: number;
}

/** What a stage has emitted, for a replay to compare with. */
export interface OutputEntry extends Message {
  readonly type: 'output';
  readonly stage: string;
  readonly port: string;
}

/** A mode has been entered. */
export interface ModeEntry extends AtStep {
  readonly type: 'mode';
  readonly mode: string;
}

/** The application has set or reset an event. */
export interface EventChangeEntry extends AtStep {
  readonly type: 'event';
  readonly event: string;
  readonly change: 'set' | 'reset';
}

/** What a stage that a replay may leave out has done to an event in the step. */
export interface DeedEntry extends AtStep {
  readonly type: 'deed';
  readonly stage: string;
  readonly event: string;
  readonly sets: number;
  /** Activations that it has taken back; under the clocks with steps, that it has asked for or run on. */
  readonly resets: number;
  /** It has taken back all there were. */
  readonly isCleared: boolean;
}

/** The newest value that such a stage has written into a latch in the step. */
export interface LatchValueEntry extends AtStep {
  readonly type: 'latch';
  readonly latch: string;
  readonly time: number;
  readonly payload: Payload;
}

/** A stage has been given another rate. */
export interface RateEntry extends AtStep {
  readonly type: 'rate';
  readonly stage: string;
  readonly hz: number;
}

/** A source has come to its end. */
export interface OverEntry extends AtStep {
  readonly type: 'over';
  readonly stage: string;
}

/** The run was told to drain. */
export interface DrainEntry extends AtStep {
  readonly type: 'drain';
  /** Its duration was over: there are no more ticks. */
  readonly isOver: boolean;
}

/** The last entry of a run that has not been cut short. */
export interface EndEntry extends AtStep {
  readonly type: 'end';
  /** Such as `ended`, `stopped`, `failed`. */
  readonly reason: string;
}

export type RecordingEntry =
  | StepEntry
  | PushEntry
  | SourceEntry
  | OutputEntry
  | ModeEntry
  | EventChangeEntry
  | DeedEntry
  | LatchValueEntry
  | RateEntry
  | OverEntry
  | DrainEntry
  | EndEntry;

/** What a recording says about its run. */
export interface RecordingHeader {
  readonly graph: string;
  /** `planHash` of the plan. */
  readonly planHash: string;
  readonly seed: number;
  readonly clock: string;
  /** Pooled workers. */
  readonly workers: number;
  /** Of the run: whatever JSON can carry. */
  readonly options: unknown;
  /** The version of Troupe that wrote it. */
  readonly troupe: string;
}
