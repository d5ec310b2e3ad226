import { inspect } from 'node:util';
import type { Mark, Moment, Rewind } from '../run/rewind-types.ts';
import type { EdgeStats, StageStats } from '../run/types.ts';
import type { ComparedMessage, Divergence } from '../run/comparison.ts';
import type { Plan } from '../plan/types.ts';
import type { OpenReplay, TelemetryLimits } from '../telemetry/source.ts';
import { actorStates, edgeColumns, stageColumns } from '../telemetry/tables.ts';
import type { EdgeColumn, StageColumn } from '../telemetry/tables.ts';
import type { MomentWire, ReplayWire, RowsWire } from '../telemetry/wire.ts';
import { showMessage } from './messages.ts';

/** A recording that is led from time to time, as observers see it. */
export class ShownReplay implements OpenReplay {
  readonly replay: ReplayWire;
  readonly #rewind: Rewind;
  readonly #plan: Plan;
  readonly #limits: TelemetryLimits;

  constructor(recording: string, rewind: Rewind, plan: Plan, limits: TelemetryLimits) {
    this.#rewind = rewind;
    this.#plan = plan;
    this.#limits = limits;
    const { isExact, durationNs, steps, marks, marksLeftOut, leftOut, warnings } = rewind;
    this.replay = {
      recording,
      isExact,
      durationNs,
      steps,
      marks: marks.map(showMark),
      marksLeftOut,
      leftOut,
      warnings,
    };
  }

  async seek(to: { readonly timeNs: number } | { readonly step: number }): Promise<MomentWire> {
    return this.#show(await this.#rewind.seek(to));
  }

  close(): Promise<void> {
    return this.#rewind.close();
  }

  #show({ step, timeNs, mode, events, ports, stats, divergence, compared }: Moment): MomentWire {
    const messages = ports.flatMap(({ stage, port, last }) => {
      const index = this.#plan.actors.find(({ name }) => name === stage)?.index;
      if (last === undefined || index === undefined) return [];
      return showMessage(this.#plan, index, port, last, this.#limits);
    });
    return {
      step,
      timeNs,
      mode,
      events: events.map(({ name, count }) => ({ name, count })),
      messages,
      stages: rowsOf(stats.stages, stageColumns, stageFigure),
      edges: rowsOf(stats.edges, edgeColumns, edgeFigure),
      divergence: divergence === undefined ? undefined : divergenceText(divergence),
      compared,
    };
  }
}

function showMark(mark: Mark): ReplayWire['marks'][number] {
  const { timeNs, step, kind } = mark;
  return { timeNs, step, type: kind === 'over' ? 'end' : kind, text: markText(mark) };
}

function markText(mark: Mark): string {
  switch (mark.kind) {
    case 'mode':
      return `mode '${mark.mode}'`;
    case 'event':
      return `event '${mark.event}' ${mark.change}`;
    case 'rate':
      return `${mark.stage} at ${mark.hz} Hz`;
    case 'push':
      return `${mark.count} pushed into '${mark.input}'`;
    case 'drain':
      return mark.isOver ? 'its duration was over' : 'told to drain';
    case 'over':
      return `source '${mark.stage}' ended`;
    case 'end':
      return `the run ${mark.reason === 'failed' ? 'failed' : mark.reason}`;
  }
}

function rowsOf<T, Column extends string>(
  items: readonly T[],
  columns: readonly Column[],
  figure: (item: T, column: Column) => number,
): RowsWire {
  return {
    rows: Uint32Array.from(items, (_, index) => index),
    values: Float64Array.from(items.flatMap((item) => columns.map((column) => figure(item, column)))),
  };
}

/** Times in handlers are the replay's own; of what is held or kept nothing is known. */
function stageFigure(stats: StageStats, column: StageColumn): number {
  switch (column) {
    case 'state':
      return actorStates.indexOf(stats.state);
    case 'busyNs':
      return stats.busyMs * 1e6;
    case 'blockedNs':
      return stats.blockedMs * 1e6;
    case 'resourceWaitNs':
      return stats.resourceWaitMs * 1e6;
    case 'progressDone':
      return stats.progress?.done ?? 0;
    case 'progressTotal':
      return stats.progress?.total ?? 0;
    case 'heldNs':
    case 'lastTimeNs':
    case 'snapshotAge':
      return 0;
    default:
      return stats[column];
  }
}

function edgeFigure(stats: EdgeStats, column: EdgeColumn): number {
  switch (column) {
    case 'sent':
    case 'received':
    case 'depth':
    case 'highWater':
    case 'capacity':
      return stats[column];
    case 'isBlocking':
      return 1;
    default:
      return stats.drops[column];
  }
}

function divergenceText({ stage, port, seq, recorded, replayed, isOnlyTime }: Divergence): string {
  const where = `${stage}.${port}, message ${seq}`;
  if (recorded === undefined) return `${where}: not in the recording; replayed ${messageText(replayed)}`;
  if (replayed === undefined) return `${where}: recorded ${messageText(recorded)}; the replay has none`;
  if (isOnlyTime) {
    const times = `recorded ${secondsText(recorded)}, replayed ${secondsText(replayed)}`;
    return `${where}: only its time differs: ${times}`;
  }
  return `${where}: recorded ${messageText(recorded)}, replayed ${messageText(replayed)}`;
}

function messageText(message: ComparedMessage | undefined): string {
  if (message === undefined) return '';
  const text = inspect(message.value, {
    depth: 3,
    maxArrayLength: 8,
    maxStringLength: 200,
    breakLength: Infinity,
  });
  return `${text} ${secondsText(message)}`;
}

function secondsText({ time }: ComparedMessage): string {
  return `at ${time / 1e9} s`;
}
