import type { ClockKind, GraphDeclaration } from '../plan/types.ts';
import type {
  DeadLetter,
  Replacement,
  Run,
  RunReport,
  RunStats,
  Sample,
  StartOptions,
} from '../run/types.ts';
import { conduct, lead, warmUp } from './simulation/conduct.ts';
import type { Conducted } from './simulation/conduct.ts';
import { Dice } from './simulation/dice.ts';
import type { Fault, FaultOptions } from './simulation/faults.ts';
import { noisy } from './simulation/noise.ts';
import { happened } from './simulation/trace.ts';
import type { TraceEntry } from './simulation/trace.ts';
import { Application, untilMsDefault } from './simulation/application.ts';

/** How a graph is simulated. */
export interface SimulateOptions extends Omit<StartOptions, 'record' | 'observers' | 'seed' | 'durationMs'> {
  /** Decides everything: who goes on when, and what goes wrong. An integer; 0 unless given. */
  readonly seed?: number;
  /** Seeds every stage's `random`; `seed` unless given. */
  readonly runSeed?: number;
  readonly faults?: FaultOptions;
  /** A mode that is entered before anything is pushed; the initial one unless given. */
  readonly mode?: string;
  /** The most points; then the run is stopped at once. 1,000,000 unless given. */
  readonly steps?: number;
  readonly workers?: number;
  readonly clock?: ClockKind;
  /** What is pushed into the graph's inputs, by port, as far as there is room. */
  readonly inputs?: Readonly<Record<string, Iterable<unknown>>>;
  /**
   * Virtual time at which the run drains, in ms. Unless given: 50 for a graph with stages that tick or have
   * no inputs, else when everything that was pushed has been handled. Under the paced and fast clocks it is
   * the run's `durationMs`.
   */
  readonly untilMs?: number;
  /** How many of the newest entries of the trace are kept; 1,000 unless given. */
  readonly trace?: number;
}

/** What has come of a simulation. */
export interface SimulationReport {
  readonly seed: number;
  /** Points. */
  readonly steps: number;
  /** Calls of handlers. */
  readonly calls: number;
  readonly virtualMs: number;
  /** `failed`: with `error`, as the run would have. */
  readonly reason: RunReport['reason'] | 'failed';
  readonly error: Error | undefined;
  /** What has gone wrong, in order. */
  readonly faults: readonly Fault[];
  /** What was pushed, by port. */
  readonly pushed: Readonly<Record<string, number>>;
  /** What came out, by port. */
  readonly outputs: Readonly<Record<string, readonly Sample[]>>;
  readonly deadLetters: readonly DeadLetter[];
  readonly replacements: readonly Replacement[];
  readonly stats: RunStats;
  /** The newest that has happened, oldest first. */
  readonly trace: readonly TraceEntry[];
  /** Of everything that has happened, and everything that came out: the same for the same seed. */
  readonly digest: string;
}

const stepsDefault = 1_000_000;
const traceDefault = 1_000;
/** How many more points the end of a run may take. */
const endStepsMax = 200_000;

/**
 * Runs a graph in one thread on virtual time: the real plan, executors, rings and supervision, under a
 * scheduler that chooses from a seed which thread goes on when, and which faults happen. Rejects with a
 * `SimulationError` where an invariant does not hold, with a `PlanError` for a graph that cannot run, and as
 * `run.modes.request` would for a `mode` that is refused.
 * docs/simulation.md.
 */
export async function simulate(
  graph: GraphDeclaration | { declaration(): GraphDeclaration },
  options: SimulateOptions = {},
): Promise<SimulationReport> {
  const declaration = 'declaration' in graph ? graph.declaration() : graph;
  const { seed = 0, faults = {}, runSeed = seed, mode, steps, inputs, untilMs, trace, ...start } = options;
  await warmUp();
  const isStepped = start.clock === 'paced' || start.clock === 'fast';
  const dice = new Dice(seed);
  const conducted = conduct(
    declaration,
    {
      workers: 2,
      replacements: { max: 1_000_000, withinMs: 1 },
      onLog: () => undefined,
      ...start,
      seed: runSeed,
      ...(isStepped ? { durationMs: untilMs ?? untilMsDefault } : {}),
    },
    { seed, faults, noise: noisy(dice), trace: trace ?? traceDefault },
  );
  let run: Run | undefined;
  let failed: { readonly error: unknown } | undefined;
  conducted.starting.then(
    (started) => (run = started),
    (error: unknown) => (failed = { error }),
  );
  await lead(conducted, { isOver: () => run !== undefined || failed !== undefined });
  if (failed !== undefined) throw failed.error;
  if (run === undefined) throw conducted.watch.report('NO_PROGRESS', 'the run does not start');
  if (mode !== undefined) await enter(conducted, run, mode);
  const application = new Application(run, conducted, { dice, inputs: inputs ?? {}, untilMs, isStepped });
  return play(conducted, application, run, steps ?? stepsDefault);
}

/** Enters a mode, and does nothing else. */
async function enter(conducted: Conducted, { modes }: Run, mode: string): Promise<void> {
  let answer: { readonly error?: unknown } | undefined;
  modes.request(mode).then(
    () => (answer = {}),
    (error: unknown) => (answer = { error }),
  );
  conducted.simulation.wantsTurn = true;
  await lead(conducted, { isOver: () => answer !== undefined });
  if (answer === undefined) throw conducted.watch.report('NO_PROGRESS', `mode '${mode}' is not entered`);
  if ('error' in answer) throw answer.error;
}

async function play(
  conducted: Conducted,
  application: Application,
  run: Run,
  stepsMax: number,
): Promise<SimulationReport> {
  const { simulation, watch } = conducted;
  watch.faults.isOn = true;
  let stoppedAt = Infinity;
  const isDone = await lead(conducted, {
    isOver: () => application.ended !== undefined,
    onPoint() {
      if (simulation.step >= stepsMax && stoppedAt === Infinity) {
        stoppedAt = simulation.step;
        application.stop();
      }
      if (simulation.step > stoppedAt + endStepsMax) {
        throw watch.report('NO_PROGRESS', `the run has not ended ${endStepsMax} points after it was stopped`);
      }
      application.act();
    },
    onRest: () => application.rest(),
  });
  const { ended } = application;
  if (!isDone || ended === undefined) throw watch.report('NO_PROGRESS', application.complaint());
  if (application.isWhole) watch.balance(true);
  const { trace } = simulation;
  trace.note(simulation.step, simulation.timeMs, -1, happened.goodbye, ended.reason, application.digest());
  return {
    seed: watch.seed,
    steps: simulation.step,
    calls: watch.calls,
    virtualMs: simulation.timeMs,
    reason: ended.reason,
    error: ended.error,
    faults: watch.faults.happened,
    pushed: application.pushed,
    outputs: application.outputs,
    deadLetters: run.deadLetters(),
    replacements: ended.replacements,
    stats: run.stats(),
    trace: trace.entries(),
    digest: trace.digest,
  };
}
