import type { Plan, Run, RunTrace, TraceRecord } from '@troupe/core';
import { PerfettoWriter } from '@troupe/devtools/export';
import type { TracedEvent } from '@troupe/devtools/export';

/** Records that each thread keeps between two looks. */
const recordsMax = 65_536;
/** The flow that joins what was followed. */
const followed = 1;

/** Makes a trace file of a run that goes on. */
export class RunTracer {
  readonly #run: Run;
  readonly #trace: RunTrace;
  readonly #writer: PerfettoWriter;
  readonly #depths = new Map<string, number>();
  #changes = 0;
  #failures = 0;
  #records = 0;
  #isModeShown = false;

  /** `followNs`: the logical time of what is to be joined by arrows. */
  constructor(run: Run, followNs: number | undefined) {
    this.#run = run;
    this.#trace = run.trace({ recordsMax });
    this.#writer = new PerfettoWriter({
      name: run.plan.name,
      pid: process.pid,
      threads: threadsOf(run.plan),
      edges: run.stats().edges.map(({ from, to }) => `${from} → ${to}`),
      isRealtime: run.plan.clock === 'realtime',
      flowOf: (span) => {
        if (followNs === undefined || span.kind !== 'calls') return undefined;
        return span.firstTime <= followNs && followNs <= span.lastTime ? followed : undefined;
      },
    });
  }

  /** What has happened since the last look, as the next piece of the file. */
  look(): Uint8Array {
    const records: TraceRecord[] = [];
    this.#records += this.#trace.read(records);
    return this.#writer.write([...records, ...this.#modes(), ...this.#figures(), ...this.#errors()]);
  }

  /** The last piece. */
  finish(): Uint8Array {
    const last = this.look();
    this.#trace.stop();
    return Buffer.concat([last, this.#writer.end(this.#nowNs())]);
  }

  /** What has been written, in words. */
  summary(): string {
    const { missed } = this.#trace;
    const lost = missed === 0 ? '' : `, ${missed} missed`;
    return `${this.#records} records of ${this.#run.plan.workers.length} threads${lost}`;
  }

  #nowNs(): number {
    return this.#run.stats().elapsedMs * 1e6;
  }

  *#modes(): Generator<TracedEvent> {
    const { log } = this.#run.modes;
    if (!this.#isModeShown) {
      this.#isModeShown = true;
      yield { kind: 'mode', mode: log[0]?.from ?? this.#run.modes.state, atNs: 0 };
    }
    const entered = log.filter(({ outcome }) => outcome === 'entered');
    // The log forgets its oldest: epochs tell which have been shown.
    for (const { to, timeNs, epoch } of entered) {
      if (epoch <= this.#changes) continue;
      this.#changes = epoch;
      yield { kind: 'mode', mode: to, atNs: timeNs };
    }
  }

  /** Depths that have changed. */
  *#figures(): Generator<TracedEvent> {
    const { edges, elapsedMs } = this.#run.stats();
    for (const { from, to, depth } of edges) {
      const name = `depth ${from} → ${to}`;
      if (this.#depths.get(name) === depth) continue;
      this.#depths.set(name, depth);
      yield { kind: 'counter', name, atNs: elapsedMs * 1e6, value: depth };
    }
  }

  *#errors(): Generator<TracedEvent> {
    for (const { id, stage, error, atMs } of this.#run.failures()) {
      if (id < this.#failures) continue;
      this.#failures = id + 1;
      yield { kind: 'error', stage, message: error.message, atNs: atMs * 1e6 };
    }
  }
}

function threadsOf(
  plan: Plan,
): { readonly index: number; readonly name: string; readonly isAsync: boolean }[] {
  return plan.workers.map(({ index, io }) => ({
    index,
    name: index === 0 ? 'main' : `worker ${index}${io ? ' (io)' : ''}`,
    isAsync: io || index === 0,
  }));
}
