import type { WaitOptions } from '../run/types.ts';

/** Where a stage stops. */
export interface Breakpoint {
  readonly stage: string;
  /** `input`: only messages of this port. */
  readonly port?: string | undefined;
  /** Before a message or a tick is handled; or after a handler has thrown, before it is tried again. */
  readonly on: 'input' | 'tick' | 'error';
  /**
   * An expression over `seq`, `time` (ns), `value`, `frame` and `error`; always unless given.
   * docs/debugging.md, "Breakpoints".
   */
  readonly condition?: string | undefined;
  /** What is held then: the whole graph unless given. */
  readonly holds?: 'stage' | 'graph' | undefined;
  /** It is removed when it has hit. */
  readonly once?: boolean | undefined;
}

/** What a handler was called for. */
export type DebugWork = 'input' | 'tick' | 'post' | 'resent' | 'demand' | 'start' | 'mode';

/** A message, a tick or another call of a stage. */
export interface DebugPlace {
  readonly stage: string;
  readonly work: DebugWork;
  /** Of an input; '' else. */
  readonly port: string;
  /** Of an input or a letter; the index of a tick; -1 else. */
  readonly seq: number;
  /** Logical time: integer nanoseconds since the run's epoch. */
  readonly time: number;
}

/** A breakpoint has stopped its stage. */
export interface BreakpointHit extends DebugPlace {
  readonly breakpoint: number;
  /** What was thrown, of one on errors. */
  readonly error: { readonly message: string; readonly code: string } | undefined;
}

export interface BreakpointState extends Breakpoint {
  readonly id: number;
  readonly hits: number;
  /** Why the condition could not be evaluated, the first time. */
  readonly fault: string | undefined;
}

export interface DebugState {
  /** In the order of the plan. */
  readonly held: readonly string[];
  readonly isAllHeld: boolean;
  readonly breakpoints: readonly BreakpointState[];
  readonly lastHit: BreakpointHit | undefined;
}

/** What a step has done. */
export interface StepDone {
  /** What was called; `undefined` for a phase. */
  readonly place: DebugPlace | undefined;
  /** The handler threw: what was in hand is tried again, or has been given up. */
  readonly isFailed: boolean;
  /** A breakpoint has ended the phase. */
  readonly hit: BreakpointHit | undefined;
}

/**
 * Holds stages of a run, and lets them go on step by step. Stages that there are not reject `TargetError`;
 * everything rejects `RunStoppedError` once the run stops or drains. docs/debugging.md.
 */
export interface RunDebug {
  /**
   * Holds stages (all unless named) before their next message, tick, post or demand. Resolves when no handler
   * of them runs: an async handler in flight is awaited.
   */
  pause(stages?: readonly string[]): Promise<void>;
  /** Resolves when the stages (all unless named) go on. Steps of them that have not been done are ended. */
  resume(stages?: readonly string[]): Promise<void>;
  /**
   * Lets one held stage handle exactly one message (input, post, demand, letter) or one tick; or, under the
   * paced and fast clocks, the whole held graph do one round. Resolves once it is done. Rejects
   * `StepEndedError`, `StepTimeoutError`, `StepNoPhasesError`.
   */
  step(
    what: { readonly stage: string; readonly unit: 'message' | 'tick' } | { readonly unit: 'phase' },
    options?: WaitOptions,
  ): Promise<StepDone>;
  /** Its number, once it is in effect. Rejects `ConditionError`. */
  break(at: Breakpoint): Promise<number>;
  /** False when there is none (any more). */
  unbreak(id: number): Promise<boolean>;
  readonly state: DebugState;
  /**
   * Calls back whenever the state has changed. Returns the unsubscribe function. A callback that throws fails
   * the run.
   */
  onChange(callback: (state: DebugState) => void): () => void;
}
