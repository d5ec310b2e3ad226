import type { Doorbell } from '@troupe/mailbox';
import type { StepSchedule } from '../clock/schedule.ts';
import type { Turn } from '../clock/turn.ts';
import type { Plan } from '../plan/types.ts';
import type { RoundHold } from './round-hold.ts';

/** A boundary input under a clock with rounds. */
export interface Admission {
  /** Whether something has been pushed that no step has taken in. */
  readonly isWaiting: boolean;
  /** Shows what has been pushed, for the step that begins. */
  admit(): void;
  /** Nothing more will come in this round. */
  mark(round: number): void;
}

export interface ConductorParts {
  readonly plan: Plan;
  readonly turn: Turn;
  readonly bells: readonly Doorbell[];
  readonly inputs: ReadonlyMap<string, Admission>;
  /** Of the graph's runners. */
  readonly schedule: StepSchedule;
  /** Whether a worker's thread has ended for good, since all of its actors are over. */
  readonly isGone: (worker: number) => boolean;
  /** Logical time at which no step of a runner begins any more, and `onEnd` is called; `Infinity`: never. */
  readonly endNs: number;
  readonly onEnd: () => void;
  /** Called at the boundary after each step. Whether something has changed that asks for another one. */
  readonly onBoundary: () => boolean;
  /** The wall clock, and whether rounds may be opened. */
  readonly hold: RoundHold;
  /** Says which steps there are, in place of the clock. */
  readonly script?: Script;
}

/** The steps of a recording. */
export interface Script {
  /** Only whoever leads the run ends it, also when all its actors are over. */
  readonly isLed: boolean;
  /**
   * Whether a step may begin; what it has to begin with is brought about first, and main is rung then.
   * `nextNs`: when the next one of a runner is.
   */
  isReady(nextNs: number): boolean;
  /** The next step. */
  take(nextNs: number): { readonly timeNs: number; readonly isOutside: boolean };
}
