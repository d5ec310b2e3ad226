import type { GraphDeclaration } from '../../plan/types.ts';
import { simulate } from '../simulate.ts';
import type { SimulateOptions, SimulationReport } from '../simulate.ts';
import type { Fault } from '../simulation/faults.ts';
import { SimulationError } from '../simulation/simulation-error.ts';
import type { TraceEntry } from '../simulation/trace.ts';
import { cutDown } from './case.ts';
import type { Case } from './case.ts';

/** A graph, or what makes one anew for each simulation. */
export type Explored =
  | GraphDeclaration
  | { declaration(): GraphDeclaration }
  | (() => GraphDeclaration | { declaration(): GraphDeclaration });

/** What is the same in every simulation of an exploration. */
export interface Attempted {
  readonly graph: Explored;
  readonly options: Omit<SimulateOptions, 'seed' | 'inputs' | 'trace'>;
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
  readonly check: ((report: SimulationReport) => void | Promise<void>) | undefined;
  readonly mayFail: boolean;
}

/** What is wrong with a simulation. */
export interface Failure {
  /** `invariant`: one of the simulation's. `run`: the run has failed. `check`: the one of the exploration. */
  readonly kind: 'invariant' | 'run' | 'check';
  readonly error: Error;
  readonly step: number;
  readonly faults: readonly Fault[];
  readonly trace: readonly TraceEntry[];
}

/** What has come of one simulation of an exploration. */
export interface Attempt {
  readonly failure: Failure | undefined;
  readonly steps: number;
  /** How many have happened. */
  readonly faults: number;
}

/** The graph that is explored, as it is now. */
export function declarationOf(graph: Explored): GraphDeclaration {
  const made = typeof graph === 'function' ? graph() : graph;
  return 'declaration' in made ? made.declaration() : made;
}

/** What a case pushes into a graph. */
export function inputsOf(
  { inputs }: Attempted,
  { inputs: kept }: Case,
  declaration: GraphDeclaration,
): Readonly<Record<string, readonly unknown[]>> {
  const ports = Object.entries(inputs).filter(([port]) =>
    declaration.inputs.some(({ name }) => name === port),
  );
  return Object.fromEntries(
    ports.map(([port, all]) => {
      const indices = kept[port];
      return [
        port,
        indices === undefined ? all : indices.flatMap((at) => (at < all.length ? [all[at]] : [])),
      ];
    }),
  );
}

/** Simulates a case. Rejects like `start` for a graph that cannot run. */
export async function attempt(attempted: Attempted, tried: Case): Promise<Attempt> {
  const { graph, options, check, mayFail } = attempted;
  const declaration = cutDown(declarationOf(graph), tried.cuts);
  if (declaration === undefined) return { failure: undefined, steps: 0, faults: 0 };
  const { faults = {}, ...rest } = options;
  let report: SimulationReport;
  try {
    report = await simulate(declaration, {
      ...rest,
      seed: tried.seed,
      inputs: inputsOf(attempted, tried, declaration),
      faults: tried.faults === undefined ? faults : { only: tried.faults },
      ...(tried.workers === undefined ? {} : { workers: tried.workers }),
    });
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    return failed({ kind: 'invariant', error, step: error.step, faults: error.faults, trace: error.trace });
  }
  const { steps, trace, error } = report;
  const found = { step: steps, faults: report.faults, trace };
  if (error !== undefined && !mayFail) return failed({ ...found, kind: 'run', error });
  try {
    await check?.(report);
  } catch (thrown) {
    const wrong = thrown instanceof Error ? thrown : new Error(String(thrown));
    return failed({ ...found, kind: 'check', error: wrong });
  }
  return { failure: undefined, steps, faults: report.faults.length };
}

function failed(failure: Failure): Attempt {
  return { failure, steps: failure.step, faults: failure.faults.length };
}

/** What must be the same in what is left of a failure. */
export function natureOf({ kind, error }: Failure): string {
  const { code = error.name, stage = '' } = error as { readonly code?: string; readonly stage?: string };
  // An invariant may break at another stage as well; a run that fails, fails for one.
  return kind === 'run' ? `${kind} ${code} ${stage}` : `${kind} ${code}`;
}
