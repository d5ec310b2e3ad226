import type { FrameArray } from '@troupe/mailbox';
import type { PortName } from '../plan/types.ts';
import type { InputRef } from '../refs.ts';
import type { Sample } from './types.ts';

/**
 * An output port of a stage, or an edge: what its writer emits, whether the edge takes it or not. Or an input
 * of the graph: what the application pushes.
 */
export type TapTarget =
  | PortName
  | { readonly from: PortName; readonly to: PortName }
  | { readonly input: string | InputRef };

/** An owned copy of what a tap has seen. */
export interface TappedSample extends Sample<FrameArray, unknown> {
  /**
   * Latency so far: nanoseconds from its `time` to the instant at which its writer published it; negative
   * where its time lay ahead of the clock. `undefined` under the paced and fast clocks, whose times are those
   * of steps, and where that instant is not known: docs/semantics.md, "Watching".
   */
  readonly latencyNs: number | undefined;
}

export interface TapOptions {
  /**
   * Looks only so often, in milliseconds from 1 on: the newest messages are taken, no thread is woken, and
   * what lies between is counted. Every message unless given, as far as main can follow.
   */
  readonly everyMs?: number;
  /** Sampled taps: the most messages of one look. 1 unless given, at most 64. */
  readonly newest?: number;
  /** The most bytes that are copied for it in a second. Unbounded unless given. */
  readonly bytesPerSecondMax?: number;
}

/** What a tap did not show, by reason. */
export interface TapSkips {
  /** The writer was faster than main. */
  readonly overtaken: number;
  /** Came between two looks of a sampled tap. */
  readonly unsampled: number;
  /** More bytes than the tap may copy. */
  readonly overBudget: number;
  /** A value that cannot be copied, or is larger than its port's `maxBytes`. */
  readonly unreadable: number;
}

export interface Tap {
  /** All messages that were not shown. */
  readonly skipped: number;
  readonly skips: TapSkips;
  close(): void;
}
