import { TroupeError } from '@troupe/mailbox';
import type { Fault } from './faults.ts';
import type { TraceEntry } from './trace.ts';

/** What a simulation has found to be broken. docs/simulation.md, "Invariants". */
export type Violation =
  | 'NOT_SERIAL'
  | 'OUT_OF_ORDER'
  | 'NOT_CONSERVED'
  | 'NOT_EXCLUSIVE'
  | 'UNBOUNDED'
  | 'LOST_WAKE_UP'
  | 'NO_PROGRESS'
  | 'NO_REST';

/** An invariant does not hold in a simulation. The code says which. */
export class SimulationError extends TroupeError {
  readonly seed: number;
  /** What is wrong; the message, without where it was found. */
  readonly what: string;
  /** The point at which it was found. */
  readonly step: number;
  /** What had been made to go wrong by then. */
  readonly faults: readonly Fault[];
  /** What has happened before, oldest first. */
  readonly trace: readonly TraceEntry[];

  constructor(
    code: Violation,
    what: string,
    given: {
      readonly seed: number;
      readonly step: number;
      readonly faults: readonly Fault[];
      readonly trace: readonly TraceEntry[];
      readonly stage?: string | undefined;
      readonly port?: string | undefined;
    },
  ) {
    const { seed, step, faults, trace, stage, port } = given;
    super(`${what} (seed ${seed}, step ${step})`, {
      code,
      stage,
      port,
      remedy: `Simulate it with \`seed: ${seed}\` again: it goes the same way. See \`trace\`.`,
    });
    this.seed = seed;
    this.what = what;
    this.step = step;
    this.faults = faults;
    this.trace = trace;
  }
}
