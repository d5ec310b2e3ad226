import { shownEdges } from '../plan/recorders.ts';
import type { Plan } from '../plan/types.ts';
import type { RunTrace, TraceRecord } from '../run/types.ts';
import type { OpenTrace } from '../telemetry/source.ts';
import type { SpanWire } from '../telemetry/wire.ts';

/** What the threads of a run do, as observers see it. */
export class ShownTrace implements OpenTrace {
  readonly #trace: RunTrace;
  readonly #show: (record: TraceRecord) => SpanWire;
  readonly #onClose: () => void;

  constructor(plan: Plan, trace: RunTrace, onRecord: (record: TraceRecord) => void, onClose: () => void) {
    this.#trace = trace;
    this.#onClose = onClose;
    const names = new Map(plan.actors.map(({ name, index }) => [name, index]));
    const edges = new Map(shownEdges(plan).map(({ index }, at) => [index, at]));
    this.#show = (record) => {
      onRecord(record);
      return spanOf(record, (stage) => names.get(stage) ?? -1, edges);
    };
  }

  read(): { readonly spans: readonly SpanWire[]; readonly missed: number } {
    const spans: SpanWire[] = [];
    this.#trace.read((record) => spans.push(this.#show(record)));
    return { spans, missed: this.#trace.missed };
  }

  close(): void {
    this.#trace.stop();
    this.#onClose();
  }
}

function spanOf(
  record: TraceRecord,
  stageOf: (name: string) => number,
  edges: ReadonlyMap<number, number>,
): SpanWire {
  const { worker } = record;
  const times = { at: record.startNs / 1e6, until: record.endNs / 1e6 };
  if (record.kind === 'sleep') return { kind: 'sleep', worker, ...times };
  const stage = stageOf(record.stage);
  if (record.kind !== 'calls') return { kind: record.kind, worker, stage, ...times };
  const { work, calls, edge, firstTime, lastTime, isFailed } = record;
  return {
    kind: 'handle',
    worker,
    stage,
    work,
    ...times,
    calls,
    isFailed,
    edge: edges.get(edge),
    firstNs: firstTime,
    lastNs: lastTime,
    lateMs: work === 'tick' ? Math.max(0, (record.startNs - firstTime) / 1e6) : undefined,
  };
}
