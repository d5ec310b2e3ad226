import { allocateTraceRing, blankRecord, traced, TraceReader } from '../executor/trace-ring.ts';
import type { RawRecord } from '../executor/trace-ring.ts';
import { TargetError } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import type { LiveRunParts } from './live-parts.ts';
import type { RunTrace, TraceOptions, TraceRecord } from './types.ts';

const recordsDefault = 16_384;
const recordsMin = 64;
const recordsMax = 2 ** 20;

/** Lets the threads of a run write down what they do while somebody wants to know. */
export class Traces {
  readonly #parts: Pick<LiveRunParts, 'plan' | 'crew' | 'executor'>;
  /** By worker. */
  #rings: readonly SharedArrayBuffer[] = [];
  #open = 0;

  constructor(parts: Pick<LiveRunParts, 'plan' | 'crew' | 'executor'>) {
    this.#parts = parts;
  }

  /** Whoever comes while somebody traces shares his rings. Throws `TargetError` for a size out of range. */
  open({ recordsMax: records = recordsDefault }: TraceOptions): RunTrace {
    if (!(records >= recordsMin && records <= recordsMax && Number.isInteger(Math.log2(records)))) {
      const remedy = `Give a power of two from ${recordsMin} to ${recordsMax}.`;
      throw new TargetError(`a trace of ${records} records`, remedy);
    }
    const { plan } = this.#parts;
    if (this.#open++ === 0) this.#begin(records);
    return new LiveTrace(plan, this.#rings, () => {
      if (--this.#open === 0) this.#end();
    });
  }

  #begin(records: number): void {
    const { plan, crew, executor } = this.#parts;
    this.#rings = plan.workers.map(() => allocateTraceRing(records));
    executor.trace(this.#rings[0]);
    for (const { index } of plan.workers.slice(1))
      crew.orders.give(`trace ${index}`, index, { type: 'trace', ring: this.#rings[index] });
  }

  #end(): void {
    const { plan, crew, executor } = this.#parts;
    executor.trace(undefined);
    for (const { index } of plan.workers.slice(1))
      crew.orders.revoke(`trace ${index}`, { type: 'trace', ring: undefined });
  }
}

class LiveTrace implements RunTrace {
  readonly #plan: Plan;
  readonly #readers: readonly TraceReader[];
  readonly #onStop: () => void;
  #isStopped = false;

  constructor(plan: Plan, rings: readonly SharedArrayBuffer[], onStop: () => void) {
    this.#plan = plan;
    this.#readers = rings.map((ring) => new TraceReader(ring));
    this.#onStop = onStop;
  }

  get missed(): number {
    return this.#readers.reduce((sum, { missed }) => sum + missed, 0);
  }

  read(take: TraceRecord[] | ((record: TraceRecord) => void)): number {
    const give = Array.isArray(take) ? (record: TraceRecord): void => void take.push(record) : take;
    let count = 0;
    for (const [worker, reader] of this.#readers.entries()) {
      // A thread may write faster than main reads.
      for (let i = 0; i < recordsMax && reader.take(raw); i++, count++)
        give(recordOf(this.#plan, worker, raw));
    }
    return count;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#onStop();
  }
}

const raw = blankRecord();

function recordOf(plan: Plan, worker: number, record: RawRecord): TraceRecord {
  const { startNs, endNs } = record;
  const span = { worker, startNs, endNs };
  const stage = plan.actors[record.actor]?.name ?? '';
  if (record.kind === traced.sleep) return { kind: 'sleep', ...span };
  if (record.kind === traced.blocked) return { kind: 'blocked', stage, ...span };
  if (record.kind === traced.restart) return { kind: 'restart', stage, ...span };
  const { work, edge, calls, isFailed, firstTime, lastTime, firstSeq } = record;
  return { kind: 'calls', stage, ...span, work, edge, calls, isFailed, firstTime, lastTime, firstSeq };
}
