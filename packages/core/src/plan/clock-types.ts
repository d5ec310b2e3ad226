import type { Dtype } from '@troupe/mailbox';

/**
 * When, within a step of the clock, a tick is delivered, in this order. The first and the last are free: they
 * run once per step, whichever runners are due, with the time that has passed since the step before.
 */
export type Phase =
  | 'preAcquisition'
  | 'acquisition'
  | 'control'
  | 'physics'
  | 'validation'
  | 'export'
  | 'postExport';

/** A rate that stages share: what `graph.runner` returns. */
export interface RunnerRef {
  readonly runner: string;
}

/** A latch of a graph: what `graph.latch` returns. */
export interface LatchRef {
  readonly latch: string;
}

export interface TickOptions {
  /** Ticks per second, from 1e-6 to 10,000: stages of equal rate share a runner. Or give `runner`. */
  readonly hz?: number;
  /** The runner that this stage ticks with. Free phases take neither this nor `hz`. */
  readonly runner?: RunnerRef | string;
  /** `control` unless given. */
  readonly phase?: Phase;
  /** Low first within a phase; 0 unless given. */
  readonly priority?: number;
  /**
   * A tick that is handled for longer is counted as an overrun; the runner's period unless given, in a free
   * phase unbounded.
   */
  readonly budgetMs?: number;
}

/** A rate that stages share. */
export interface RunnerEntry {
  readonly name: string;
  /** Steps per second, from 1e-6 to 10,000. */
  readonly hz: number;
}

/** A value of fixed layout that one stage writes and others read as it was at the last step. */
export interface LatchEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A latch of a plan. */
export interface LatchPlan extends LatchEntry {
  /** The actor that writes it; -1 if none does. */
  readonly writer: number;
  readonly readers: readonly number[];
}

/** A latch as one actor uses it. */
export interface LatchBinding {
  /** The name that its stage knows it by. */
  readonly name: string;
  /** Index into `latches`. */
  readonly latch: number;
  readonly isWritten: boolean;
}

/** When an actor ticks, with every default filled in. */
export interface ResolvedTick {
  /** Index into `runners`; -1 in a free phase. */
  readonly runner: number;
  readonly phase: Phase;
  readonly priority: number;
  /** `undefined`: the period of the runner, whatever its rate is; none in a free phase. */
  readonly budgetMs: number | undefined;
}

/** A rate that the clock keeps: declared ones first, then one for each rate that stages ask for by `hz`. */
export interface RunnerPlan {
  /** Of one that was not declared its rate, such as `100 Hz`. */
  readonly name: string;
  readonly hz: number;
}

/** One actor's place in the order in which the ticks of a step are delivered. */
export interface StepRow {
  readonly actor: number;
  /** Index into `runners`; -1 in a free phase: it belongs to every step. */
  readonly runner: number;
  readonly phase: Phase;
  readonly priority: number;
}
