import type { Plan, PlanProblem } from '../plan/types.ts';
import { takeCensus } from './census.ts';
import type { LiveRunParts } from './live-parts.ts';
import { Traces } from './traces.ts';
import type { LiveTelemetry } from '../observation/telemetry.ts';
import type { Telemetry } from '../telemetry/source.ts';
import type { RateTarget } from './rates.ts';
import type {
  ActorState,
  CensusEntry,
  DeadLetter,
  HandlerFailure,
  LogLine,
  Replacement,
  Run,
  RunReport,
  RunTrace,
  TraceOptions,
} from './types.ts';

/** What a started graph tells of itself. */
export abstract class ObservedRun {
  readonly plan: Plan;
  readonly warnings: readonly PlanProblem[];
  readonly #parts: LiveRunParts;
  readonly #traces: Traces;
  #opening: Promise<Telemetry> | undefined;
  #telemetry: LiveTelemetry | undefined;

  constructor(parts: LiveRunParts) {
    this.plan = parts.plan;
    this.warnings = parts.plan.warnings;
    this.#parts = parts;
    this.#traces = new Traces(parts);
  }

  /** Somebody looks on from outside. What that takes is loaded then. */
  protected observe(run: Run, ending: Promise<RunReport>): Promise<Telemetry> {
    return (this.#opening ??= this.#open(run, ending));
  }

  async #open(run: Run, ending: Promise<RunReport>): Promise<Telemetry> {
    const [{ LiveTelemetry }, machine] = await Promise.all([
      import('../observation/telemetry.ts'),
      this.#parts.modes.definition(),
    ]);
    return (this.#telemetry = new LiveTelemetry({ ...this.#parts, run, ending, machine }));
  }

  noteState(actor: number, state: ActorState): void {
    this.#telemetry?.noteState(actor, state);
  }

  noteLog(line: LogLine): void {
    this.#telemetry?.noteLog(line);
  }

  protected noteRate(target: RateTarget, hz: number): void {
    if (this.#telemetry === undefined) return;
    const name = typeof target === 'string' ? target : 'name' in target ? target.name : `:${target.runner}`;
    this.#telemetry.noteRate(name, hz);
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
