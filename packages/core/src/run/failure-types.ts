import type { FrameArray, TroupeError } from '@troupe/mailbox';
import type { TracedWork } from './trace-types.ts';

/** What supervision did after a failure. */
export type FailureAction = 'retried' | 'recreated' | 'stopped' | 'escalated';

/** A handler threw (async: rejected). */
export interface HandlerFailure {
  /** Counts the failures of a run that were told, from 0. */
  readonly id: number;
  readonly stage: string;
  /** What was being handled. */
  readonly work: TracedWork;
  /** Inputs and letters: by which port the message came; else empty. */
  readonly port: string;
  /** The message's number; -1 where there is none. */
  readonly seq: number;
  /** Logical time of what was handled: integer nanoseconds since the run's epoch. */
  readonly time: number;
  /** When it failed: milliseconds since the run's epoch. */
  readonly atMs: number;
  /** An owned copy of the message, as far as there is one. */
  readonly frame: FrameArray | undefined;
  readonly value: unknown;
  /** Why there is no copy of the message: over 16 KiB, or nothing that can be copied. */
  readonly omitted: 'tooLarge' | 'notCopyable' | undefined;
  /** With the stack of what was thrown, as `cause`. */
  readonly error: TroupeError;
  /** How often this message has been tried. */
  readonly tries: number;
  readonly action: FailureAction;
  /** The message went to the dead letters (or, a tick or demand, was given up). */
  readonly isGivenUp: boolean;
  /** Until the next try, in milliseconds. */
  readonly waitMs: number;
  /** Failures of the stage that were not told before this one: more than 20 within a second. */
  readonly untold: number;
}
