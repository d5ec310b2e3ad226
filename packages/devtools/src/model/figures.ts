import type { EdgeColumn, RowsWire, ServerMessage, StageColumn, WorkerColumn } from '@troupe/core/telemetry';
import { edgeColumns, stageColumns, workerColumns } from '@troupe/core/telemetry';

type Stats = Extract<ServerMessage, { type: 'stats' }>;

/** The whole tables at a time. Never written once made, so that whoever holds one may keep it. */
export interface Snapshot {
  readonly elapsedMs: number;
  readonly stages: Float64Array;
  readonly edges: Float64Array;
  readonly workers: Float64Array;
}

export interface Figures {
  readonly now: Snapshot;
  /** Older ones, oldest first, about `spacingMs` apart; rates and shares are taken over them. */
  readonly past: readonly Snapshot[];
  readonly mode: string;
  /** Activations, by event. */
  readonly events: readonly number[];
  readonly resources: Stats['resources'];
  /** Messages that this page was too slow for. */
  readonly lost: number;
  /** They are those of a moment of a recording: there are counts, states and depths, no rates and shares. */
  readonly isMoment: boolean;
}

/** Rates and shares are those of the last so many milliseconds. */
const windowMs = 4_000;
const spacingMs = 250;

const stageAt = indicesOf(stageColumns);
const edgeAt = indicesOf(edgeColumns);
const workerAt = indicesOf(workerColumns);

function indicesOf<Column extends string>(columns: readonly Column[]): Readonly<Record<Column, number>> {
  return Object.fromEntries(columns.map((column, at) => [column, at])) as Record<Column, number>;
}

/** The figures with what a message of stats says. */
export function withStats(figures: Figures | undefined, stats: Stats): Figures {
  const before = figures?.now;
  const now: Snapshot = {
    elapsedMs: stats.elapsedMs,
    stages: withRows(before?.stages, stats.stages, stageColumns.length),
    edges: withRows(before?.edges, stats.edges, edgeColumns.length),
    workers: withRows(before?.workers, stats.workers, workerColumns.length),
  };
  const { mode, events, resources, lost } = stats;
  return { now, past: pastOf(figures, now), mode, events, resources, lost, isMoment: false };
}

function pastOf(figures: Figures | undefined, now: Snapshot): readonly Snapshot[] {
  if (figures === undefined) return [];
  const { past, now: before } = figures;
  const isNew = past.length === 0 || before.elapsedMs - (past.at(-1)?.elapsedMs ?? 0) >= spacingMs;
  const kept = isNew ? [...past, before] : past;
  // One that is older than the window stays: the window begins there.
  const first = kept.findLastIndex(({ elapsedMs }) => elapsedMs <= now.elapsedMs - windowMs);
  return first > 0 ? kept.slice(first) : kept;
}

function withRows(before: Float64Array | undefined, { rows, values }: RowsWire, width: number): Float64Array {
  if (rows.length === 0 && before !== undefined) return before;
  let count = (before?.length ?? 0) / width;
  for (const row of rows) count = Math.max(count, row + 1);
  const table = new Float64Array(count * width);
  if (before !== undefined) table.set(before);
  for (const [at, row] of rows.entries()) {
    table.set(values.subarray(at * width, (at + 1) * width), row * width);
  }
  return table;
}

/** A figure of a stage; 0 where none has come yet. */
export function stageFigure({ stages }: Snapshot, stage: number, column: StageColumn): number {
  return stages[stage * stageColumns.length + stageAt[column]] ?? 0;
}

/** A figure of an edge; 0 where none has come yet. */
export function edgeFigure({ edges }: Snapshot, edge: number, column: EdgeColumn): number {
  return edges[edge * edgeColumns.length + edgeAt[column]] ?? 0;
}

/** A figure of a worker; 0 where none has come yet. */
export function workerFigure({ workers }: Snapshot, worker: number, column: WorkerColumn): number {
  return workers[worker * workerColumns.length + workerAt[column]] ?? 0;
}

/** What the window begins with. */
export function windowStart({ past, now }: Figures): Snapshot {
  return past[0] ?? now;
}
