import type { SimulateOptions, SimulationReport } from '../simulate.ts';
import { attempt, declarationOf, inputsOf } from './attempt.ts';
import type { Attempted, Explored, Failure } from './attempt.ts';
import { caseText, cutDown, parseCase, whole } from './case.ts';
import type { Case } from './case.ts';
import { ExplorationError } from './exploration-error.ts';
import type { ExplorationReport, Finding } from './report.ts';
import { Shrinker } from './shrink.ts';

/** How a graph is explored: what `simulate` takes, and how far to go. */
export interface ExploreOptions extends Omit<SimulateOptions, 'seed' | 'trace'> {
  /** How many seeds are tried, one after the other; 10,000 unless given. */
  readonly seeds?: number;
  /** The first of them; 0 unless given. */
  readonly from?: number;
  /**
   * What else must be true of every simulation: throws where it is not. It must hold for fewer inputs and
   * faults as well, as it is asked again while a case is made smaller.
   */
  readonly check?: (report: SimulationReport) => void | Promise<void>;
  /** Whether a run may fail, as supervision decides. Unless `true`, that is something to be found. */
  readonly mayFail?: boolean;
  /** The most simulations that making a case smaller may take; 1,000 unless given. 0: it stays as it is. */
  readonly shrinkRuns?: number;
  /** Only this case, as an exploration of the graph has printed it. As `TROUPE_CASE` says unless given. */
  readonly again?: string;
  /** Called before every simulation. */
  readonly onProgress?: (progress: ExplorationProgress) => void;
}

/** How far an exploration is. */
export interface ExplorationProgress {
  /** Seeds that have been tried. */
  readonly seeds: number;
  /** Simulations that have been made to make a failing case smaller. */
  readonly shrinkRuns: number;
}

const seedsDefault = 10_000;
const shrinkRunsDefault = 1_000;

/**
 * Simulates a graph with one seed after the other. Resolves when all are well. Rejects with
 * `ExplorationError` at the first that is not, when its case has been made as small as could be: stages,
 * edges, boundary ports, inputs, faults, threads and points that it does not need are left out. Rejects with
 * `PlanError` for a graph that cannot run. `graph` may be a function that makes one for each simulation.
 * docs/testing.md, "Explorations".
 */
export async function explore(graph: Explored, options: ExploreOptions = {}): Promise<ExplorationReport> {
  const {
    seeds = seedsDefault,
    from = 0,
    shrinkRuns = shrinkRunsDefault,
    again,
    onProgress,
    ...rest
  } = options;
  const { check, mayFail = false, inputs = {}, ...simulated } = rest;
  const data = Object.fromEntries(Object.entries(inputs).map(([port, values]) => [port, [...values]]));
  const attempted: Attempted = { graph, options: simulated, inputs: data, check, mayFail };
  const { name } = declarationOf(graph);
  const replayed = again ?? caseOf(name);
  const report = { seeds: 0, steps: 0, faults: 0 };
  const cases = replayed === undefined ? seeded(from, seeds) : [parseCase(name, replayed)];
  for (const tried of cases) {
    onProgress?.({ seeds: report.seeds, shrinkRuns: 0 });
    const { failure, steps, faults } = await attempt(attempted, tried);
    report.seeds++;
    report.steps += steps;
    report.faults += faults;
    if (failure === undefined) continue;
    const runsMax = replayed === undefined ? shrinkRuns : 0;
    const onRun = (runs: number): void => onProgress?.({ seeds: report.seeds, shrinkRuns: runs });
    const finding = await shrunk(attempted, { found: tried, failure }, { runsMax, onRun });
    throw new ExplorationError(report, finding);
  }
  return report;
}

function* seeded(from: number, count: number): Generator<Case> {
  for (let i = 0; i < count; i++) yield whole(from + i);
}

/** The case that the environment names, where it is one of this graph. */
function caseOf(graph: string): string | undefined {
  const { TROUPE_CASE: text } = process.env;
  return text?.startsWith(`${graph} `) === true ? text : undefined;
}

async function shrunk(
  attempted: Attempted,
  first: { readonly found: Case; readonly failure: Failure },
  given: { readonly runsMax: number; readonly onRun: (runs: number) => void },
): Promise<Finding> {
  const shrinker = new Shrinker(attempted, first, given);
  const { found, failure } = await shrinker.shrink();
  const wholeGraph = declarationOf(attempted.graph);
  const graph = cutDown(wholeGraph, found.cuts) ?? wholeGraph;
  const { code = 'RUN_FAILED' } = failure.error as { readonly code?: string };
  return {
    seed: first.found.seed,
    code: failure.kind === 'check' ? 'CHECK_FAILED' : code,
    error: failure.error,
    graph,
    wholeGraph,
    inputs: inputsOf(attempted, found, graph),
    wholeInputs: Object.fromEntries(
      Object.entries(attempted.inputs).map(([port, { length }]) => [port, length]),
    ),
    faults: failure.faults,
    wholeFaults: first.failure.faults.length,
    steps: failure.step,
    wholeSteps: first.failure.step,
    trace: failure.trace,
    shrinks: shrinker.shrinks,
    runs: shrinker.runs,
    again: caseText(graph.name, found),
  };
}
