import type { EdgeWire, GraphWire, StageWire, ServerMessage } from '@troupe/core/telemetry';
import { edgeColumns, stageColumns, workerColumns } from '@troupe/core/telemetry';
import type { EdgeColumn, StageColumn } from '@troupe/core/telemetry';

/** Lower bounds as those of the mailbox's histograms. */
export const bucketsNs: Float64Array = Float64Array.from({ length: 156 }, (_, index) =>
  index < 4 ? index : (4 + (index & 3)) * 2 ** ((index >>> 2) - 1),
);

export function stageWire(index: number, name: string, more: Partial<StageWire> = {}): StageWire {
  return {
    index,
    name,
    stage: name,
    module: undefined,
    worker: 1,
    io: false,
    tags: [],
    inputs: [],
    outputs: [],
    options: { kind: 'undefined' },
    tick: undefined,
    supervision: 'restart',
    activeIn: undefined,
    whileInactive: 'drop',
    events: [],
    control: undefined,
    resources: [],
    latches: [],
    ...more,
  };
}

/** From `from.out` to `to.in`. */
export function edgeWire(index: number, from: number, to: number, more: Partial<EdgeWire> = {}): EdgeWire {
  return {
    index,
    from: { kind: 'stage', stage: from, port: 'out' },
    to: { kind: 'stage', stage: to, port: 'in' },
    kind: 'frame',
    transport: 'ring',
    overflow: 'block',
    back: false,
    ...more,
  };
}

export function graphWire(stages: readonly StageWire[], edges: readonly EdgeWire[]): GraphWire {
  return {
    name: 'scene',
    clock: 'realtime',
    stages,
    edges,
    workers: [
      { index: 0, role: 'main' },
      { index: 1, role: 'compute' },
    ],
    runners: [],
    events: [],
    resources: [],
    latches: [],
    modes: { initial: 'idle', names: ['idle'], transitions: [] },
    warnings: [],
    bucketsNs,
  };
}

type Row<Column extends string> = Partial<Readonly<Record<Column, number>>>;

/** Figures of all stages and edges; what is not given is 0, and every stage is running. */
export function statsAt(
  elapsedMs: number,
  stages: readonly Row<StageColumn>[],
  edges: readonly Row<EdgeColumn>[] = [],
  mode = 'idle',
): Extract<ServerMessage, { type: 'stats' }> {
  return {
    type: 'stats',
    elapsedMs,
    stages: table(
      stageColumns,
      stages.map((row) => ({ state: 1, ...row })),
    ),
    edges: table(edgeColumns, edges),
    workers: table(workerColumns, []),
    mode,
    events: [],
    resources: [],
    lost: 0,
  };
}

function table<Column extends string>(
  columns: readonly Column[],
  rows: readonly Row<Column>[],
): { readonly rows: Uint32Array; readonly values: Float64Array } {
  return {
    rows: Uint32Array.from(rows.keys()),
    values: Float64Array.from(rows.flatMap((row) => columns.map((column) => row[column] ?? 0))),
  };
}
