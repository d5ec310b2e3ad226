import type { GraphDeclaration } from '../../plan/types.ts';
import { sequenceDiagram } from '../diagram/sequence-diagram.ts';
import type { Fault } from '../simulation/faults.ts';
import { SimulationError } from '../simulation/simulation-error.ts';
import type { TraceEntry } from '../simulation/trace.ts';

/** What an exploration has done. */
export interface ExplorationReport {
  /** Seeds that were tried: all of them, or those up to the one that failed. */
  readonly seeds: number;
  /** Points of their simulations. */
  readonly steps: number;
  /** Faults that have happened in them. */
  readonly faults: number;
}

/** A simulation that goes wrong, made as small as could be. */
export interface Finding {
  /** The seed with which it was found. */
  readonly seed: number;
  /** What is broken: the code of the invariant or of the run's error, or `CHECK_FAILED`. */
  readonly code: string;
  /** The error of what is left. */
  readonly error: Error;
  /** The graph that is left, and the one that there was. */
  readonly graph: GraphDeclaration;
  readonly wholeGraph: GraphDeclaration;
  /** What is left of what is pushed, by port; and how much there was. */
  readonly inputs: Readonly<Record<string, readonly unknown[]>>;
  readonly wholeInputs: Readonly<Record<string, number>>;
  /** The faults that are left, and how many there were. */
  readonly faults: readonly Fault[];
  readonly wholeFaults: number;
  /** Points up to the failure. */
  readonly steps: number;
  readonly wholeSteps: number;
  /** The newest that has happened in it, oldest first. */
  readonly trace: readonly TraceEntry[];
  /** Times that it was made smaller, and the simulations that this took. */
  readonly shrinks: number;
  readonly runs: number;
  /** What replays it: `explore(graph, { …, again })`, or `TROUPE_CASE`. */
  readonly again: string;
}

const rowsMax = 40;
const namesMax = 8;

/** A finding as it is printed. */
export function findingText(finding: Finding): string {
  const { graph, error, code, seed, shrinks, runs, again } = finding;
  const what = error instanceof SimulationError ? error.what : error.message;
  const diagram = sequenceDiagram(error instanceof SimulationError ? error : finding.trace, {
    rows: rowsMax,
  });
  return [
    `graph '${graph.name}' breaks: ${what} (${code})`,
    `  found with seed ${seed}; made smaller ${shrinks} times in ${runs} simulations. What is left:`,
    ...leftOf(finding).map((line) => `  ${line}`),
    `  again: TROUPE_CASE='${again}' and the command that has run this`,
    '',
    diagram.trimEnd(),
  ].join('\n');
}

function leftOf(finding: Finding): readonly string[] {
  const { graph, wholeGraph, inputs, wholeInputs, faults, wholeFaults, steps, wholeSteps } = finding;
  const names = graph.stages.map(({ name }) => name);
  const pushed = Object.entries(inputs).map(([port, { length }]) => {
    return `${length} at '${port}' (of ${wholeInputs[port] ?? length})`;
  });
  return [
    `stages: ${listed(names)} (of ${wholeGraph.stages.length}), edges: ${graph.edges.length} (of ${wholeGraph.edges.length})`,
    `inputs: ${pushed.length === 0 ? 'none' : pushed.join(', ')}`,
    `faults: ${listed(faults.map(({ id }) => id))} (of ${wholeFaults})`,
    `points: ${steps} (of ${wholeSteps})`,
  ];
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const more = names.length - namesMax;
  return more > 0 ? `${names.slice(0, namesMax).join(', ')} and ${more} more` : names.join(', ');
}
