import type { SimulationReport } from '../simulate.ts';
import { mermaidText } from './mermaid.ts';
import { rowsOf } from './rows.ts';
import { diagramText } from './text.ts';
import { SimulationError } from '../simulation/simulation-error.ts';
import type { Violation } from '../simulation/simulation-error.ts';
import type { TraceEntry } from '../simulation/trace.ts';

/** How a trace is drawn. */
export interface DiagramOptions {
  /** `text` unless given: at most 110 columns. `mermaid`: for pages that draw it. */
  readonly as?: 'text' | 'mermaid';
  /** The most rows; the newest are drawn. 60 unless given. */
  readonly rows?: number;
  /**
   * Whether it is drawn how threads go to sleep and wake up. Unless given: where that may be what is wrong, as
   * in `LOST_WAKE_UP`.
   */
  readonly sleep?: boolean;
}

const rowsDefault = 60;
const aboutSleep: readonly string[] = ['LOST_WAKE_UP', 'NO_PROGRESS', 'NO_REST'] satisfies Violation[];

/**
 * Draws the trace of a simulation: a lifeline for each thread, time downwards, an arrow for each message
 * between two threads where it is handled. docs/testing.md, "Sequence diagrams".
 */
export function sequenceDiagram(
  of: SimulationReport | SimulationError | readonly TraceEntry[],
  options: DiagramOptions = {},
): string {
  const isAboutSleep = of instanceof SimulationError && aboutSleep.includes(of.code);
  const { as = 'text', rows = rowsDefault, sleep = isAboutSleep } = options;
  const drawn = rowsOf('trace' in of ? of.trace : of, { max: rows, sleep });
  return as === 'mermaid' ? mermaidText(drawn) : diagramText(drawn);
}
