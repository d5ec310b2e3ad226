import type { PortName } from '../plan/types.ts';

/** An output port of a stage, or an edge: what its writer emits, whether the edge takes it or not. */
export type TapTarget = PortName | { readonly from: PortName; readonly to: PortName };

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
