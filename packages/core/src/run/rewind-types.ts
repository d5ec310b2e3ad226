import type { FrameArray } from '@troupe/mailbox';
import type { RecordingHeader } from '../recording/entries.ts';
import type { RecordingTail } from '../recording/reader.ts';
import type { Divergence } from './comparison.ts';
import type { ReplayOptions } from './rerun.ts';
import type { EventState, RunStats } from './types.ts';

export interface RewindOptions extends Omit<ReplayOptions, 'withEffects' | 'workers' | 'observers'> {
  /** Pooled workers, and stages where they were placed. Unless given, those of all workers share one. */
  readonly workers?: number;
  /**
   * How many replays stand by at earlier steps, for a seek that goes back; each has workers of its own. 0 to
   * 4, 2 unless given.
   */
  readonly standby?: number;
}

/** Something in a recording that leads somewhere, or that a person may look for. */
export type Mark = {
  /** The step that it belongs to: changes belong to the one that begins with them. */
  readonly step: number;
  /** Logical time of that step, in integer nanoseconds. */
  readonly timeNs: number;
} & (
  | { readonly kind: 'mode'; readonly mode: string }
  | { readonly kind: 'event'; readonly event: string; readonly change: 'set' | 'reset' }
  /** `stage`: its name, or `:` and that of a runner. */
  | { readonly kind: 'rate'; readonly stage: string; readonly hz: number }
  /** `count`: of all pushes into that input in that step. */
  | { readonly kind: 'push'; readonly input: string; readonly count: number }
  /** `isOver`: since its duration was over. */
  | { readonly kind: 'drain'; readonly isOver: boolean }
  | { readonly kind: 'over'; readonly stage: string }
  | { readonly kind: 'end'; readonly reason: string }
);

/** A message that a stage has emitted: frame ports fill `frame`, message ports `value`. */
export interface EmittedMessage {
  readonly frame: FrameArray | undefined;
  readonly value: unknown;
  /** Counts per port from 0. */
  readonly seq: number;
  /** Logical time in integer nanoseconds. */
  readonly time: number;
}

/** An output port of a stage, at a moment. */
export interface PortMoment {
  readonly stage: string;
  readonly port: string;
  /** Messages so far. */
  readonly count: number;
  /** The newest one. Moments share it: it is not to be written to. */
  readonly last: EmittedMessage | undefined;
}

/** A latch, at a moment. */
export interface LatchMoment {
  readonly name: string;
  /** What whoever reads it in the next step finds. */
  readonly frame: FrameArray;
  /** Logical time in integer nanoseconds; -1: nothing has been written. */
  readonly time: number;
}

/** What there was when a step had been done to its end, and nothing of the next one had begun. */
export interface Moment {
  /** Counts from 0; -1: before the first one. */
  readonly step: number;
  /** Logical time of the step, in integer nanoseconds; 0 before the first one. */
  readonly timeNs: number;
  /** The first message up to here that differs from the recording. What comes after it was not so. */
  readonly divergence: Divergence | undefined;
  /** Messages that have been compared so far. */
  readonly compared: number;
  /** Of all stages, in the order of their declaration. */
  readonly ports: readonly PortMoment[];
  readonly latches: readonly LatchMoment[];
  readonly events: readonly EventState[];
  readonly mode: string;
  /**
   * States and counts of the stages as they were. Durations and workers are the replay's, and so are all
   * figures of stages that are left out: of what stands in for them.
   */
  readonly stats: RunStats;
}

/** A recording that can be led to any of its steps, and shows what was there. */
export interface Rewind extends AsyncDisposable {
  readonly header: RecordingHeader;
  /** False of a realtime recording: what is shown is a re-enactment, which may differ each time. */
  readonly isExact: boolean;
  /** Logical time of the last step, in integer nanoseconds. */
  readonly durationNs: number;
  /** Steps that the recording held when it was opened, those that it holds to their end. */
  readonly steps: number;
  /** How the recording ended then. */
  readonly tail: RecordingTail;
  /** In their order. */
  readonly marks: readonly Mark[];
  /** Marks that there was no room for: of pushes every second one, then every fourth is kept, and so on. */
  readonly marksLeftOut: number;
  /** Stages that are not run. What they emitted is played from the recording. */
  readonly leftOut: readonly string[];
  /** What cannot be shown, a sentence each. */
  readonly warnings: readonly string[];
  /** Where the last seek has led to. */
  readonly moment: Moment;
  /**
   * Goes to the last step at or before that time (or to that step, or the last one there is); -1: before the
   * first one. Rejects `SeekSupersededError` when another seek begins before it has arrived,
   * `RewindFailedError` when the run failed before, the signal's reason, `RunStoppedError` after `close`,
   * `TargetError`.
   */
  seek(
    to: { readonly timeNs: number } | { readonly step: number },
    options?: { readonly signal?: AbortSignal },
  ): Promise<Moment>;
  /** Goes to the next step, also of a seek that has not arrived; `undefined` behind the last one. */
  next(): Promise<Moment | undefined>;
  /** Goes to the step before; `undefined` where there is none. */
  previous(): Promise<Moment | undefined>;
  /** Ends all replays. Seeks that have not arrived are rejected. */
  close(): Promise<void>;
}
