import type { Plan, PlanProblem } from '../plan/types.ts';
import { takeCensus } from './census.ts';
import type { LiveRunParts } from './live-parts.ts';
import { Traces } from './traces.ts';
import type {
  CensusEntry,
  DeadLetter,
  HandlerFailure,
  Replacement,
  RunTrace,
  TraceOptions,
} from './types.ts';

/** What a started graph tells of itself. */
export abstract class ObservedRun {
  readonly plan: Plan;
  readonly warnings: readonly PlanProblem[];
  readonly #parts: LiveRunParts;
  readonly #traces: Traces;

  constructor(parts: LiveRunParts) {
    this.plan = parts.plan;
    this.warnings = parts.plan.warnings;
    this.#parts = parts;
    this.#traces = new Traces(parts);
  }

  census(): Promise<readonly CensusEntry[]> {
    return takeCensus(this.plan);
  }

  trace(options: TraceOptions = {}): RunTrace {
    return this.#traces.open(options);
  }

  failures(): readonly HandlerFailure[] {
    return this.#parts.failures.list();
  }

  replacements(): readonly Replacement[] {
    return [...this.#parts.crew.replacements];
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#parts.letters.list();
  }

  drop(id: number): boolean {
    return this.#parts.letters.take(id) !== undefined;
  }
}
