import type { Observable } from 'rxjs';
import type { AnyStateMachine } from 'xstate';

/** How a run's modes are set up. */
export interface ModesOptions {
  /** Its top-level states are the modes. `modeMachine` of `@troupe/core/modes` unless given. */
  readonly machine?: AnyStateMachine;
  /**
   * How long a change waits for handlers: a worker that takes longer is replaced, on main the change fails.
   * Milliseconds, 5,000 unless given.
   */
  readonly graceMs?: number;
}

export interface ModeRequestOptions {
  /** Unbounded unless given. */
  readonly timeoutMs?: number;
  /** For the log. */
  readonly cause?: string;
}

/** A mode was entered, a request refused, or a change failed. */
export interface ModeTransition {
  /** Integer nanoseconds since the run's epoch. */
  readonly timeNs: number;
  readonly from: string;
  /** The mode that was entered; refused: the mode that was asked for. */
  readonly to: string;
  readonly cause: string;
  readonly outcome: 'entered' | 'refused' | 'failed';
  /** The rule that refused. */
  readonly rule: string | undefined;
  /** Refused: the refusal. Failed: why. Entered: what the mode before failed with, if it did. */
  readonly error: unknown;
  /** Counts the modes that were entered, this one included. */
  readonly epoch: number;
}

/** The modes of a run. docs/modes.md. */
export interface RunModes {
  /** The mode that was entered last. */
  readonly state: string;
  /** The mode, and each one that is entered while subscribed. */
  readonly state$: Observable<string>;
  /** The newest 1,000 changes and refusals, oldest first. */
  readonly log: readonly ModeTransition[];
  /**
   * Resolves when the mode has been entered. Rejects `ModeRefusedError`, `ModeTimeoutError`,
   * `ModeChangeError`, `RunStoppedError`; `TargetError` for a mode that does not exist.
   */
  request(mode: string, options?: ModeRequestOptions): Promise<void>;
  /**
   * What the current mode was for has ended; with an error: has failed. Resolves when the mode has been left.
   */
  end(error?: unknown, options?: { readonly cause?: string }): Promise<void>;
  /** The machine as JSON. */
  machine(): Promise<unknown>;
}

/** The modes of a run, seen from one of its stages. */
export interface StageModes {
  /** The mode that holds for the stage's thread. */
  readonly current: string;
  /** What the current mode was for has ended; with an error: has failed. */
  end(error?: unknown): void;
}
