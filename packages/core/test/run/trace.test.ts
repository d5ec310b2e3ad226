import { graph, pathOf } from '@troupe/core';
import type { CallsRecord, Graph, Plan, Run, RunTrace, TraceRecord } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { counter, relay, sink } from '../fixtures/frames.ts';
import { metronome } from '../fixtures/io.ts';
import { createProbe, openGate, until } from '../fixtures/probe.ts';
import { drain, errands, lateErrands } from '../fixtures/watched.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

const runs: Run[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map(async (run) => run.stop()));
});

async function start(g: Graph, options: Parameters<Graph['start']>[0] = {}): Promise<Run> {
  const run = await g.start(options);
  runs.push(run);
  return run;
}

/** All workers have answered then, behind everything that they have been told before. */
async function told(run: Run): Promise<void> {
  await run.modes.request(run.modes.state === 'recording' ? 'idle' : 'recording');
}

function callsOf(records: readonly TraceRecord[], stage: string): CallsRecord[] {
  return records.filter((record) => record.kind === 'calls').filter((record) => record.stage === stage);
}

function sumOf(records: readonly CallsRecord[]): number {
  return records.reduce((sum, { calls }) => sum + calls, 0);
}

/** in → relay → sink, each on a worker of its own. */
function pipe(probe: Int32Array<SharedArrayBuffer>): Graph {
  const g = graph('pipe');
  const own = { worker: { dedicated: true } } as const;
  const first = g.stage('relay', relay, own);
  const end = g.stage('sink', sink, { options: { probe }, ...own });
  g.input('in', first.in.frames);
  g.connect(first.out.frames, end.in.frames, { capacity: 4 });
  return g;
}

async function pushAll(run: Run, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await run.push('in', Float64Array.of(n, n * 7), { time: n * 1_000 });
}

/** Reads until a stage has handled so many inputs. */
async function readUntil(
  trace: RunTrace,
  records: TraceRecord[],
  stage: string,
  count: number,
): Promise<void> {
  await until(() => {
    trace.read(records);
    return sumOf(callsOf(records, stage).filter(({ work }) => work === 'input')) >= count;
  });
}

describe('a trace', () => {
  it('tells each call, by stage and edge, and the sleeps between', async () => {
    const probe = createProbe();
    openGate(probe);
    const run = await start(pipe(probe));
    const trace = run.trace();
    const records: TraceRecord[] = [];
    await told(run);
    await pushAll(run, 0, 100);
    await readUntil(trace, records, 'sink', 100);
    expect(trace.missed).toBe(0);
    const handled = callsOf(records, 'sink').filter(({ work }) => work === 'input');
    expect(sumOf(handled)).toBe(100);
    let seq = 0;
    for (const { worker, work, edge, calls, isFailed, firstSeq, firstTime, lastTime } of handled) {
      expect({ worker, work, edge, isFailed }).toEqual({
        worker: 2,
        work: 'input',
        edge: 0,
        isFailed: false,
      });
      expect({ firstSeq, firstTime, lastTime }).toEqual({
        firstSeq: seq,
        firstTime: seq * 1_000,
        lastTime: (seq + calls - 1) * 1_000,
      });
      seq += calls;
    }
    for (const worker of [1, 2]) {
      const spans = records.filter((record) => record.worker === worker && record.kind !== 'blocked');
      expect(spans.some(({ kind }) => kind === 'sleep')).toBe(true);
      // One thread does one thing after the other.
      for (const [i, { startNs, endNs }] of spans.entries()) {
        expect(endNs).toBeGreaterThanOrEqual(startNs);
        expect(startNs).toBeGreaterThanOrEqual(spans[i - 1]?.endNs ?? 0);
      }
    }
    trace.stop();
    trace.stop();
    const left: TraceRecord[] = [];
    await told(run);
    trace.read(left);
    await pushAll(run, 100, 110);
    await until(() => run.stats().stages[1]?.in === 110);
    expect(callsOf(left, 'sink')).toEqual([]);
    expect(trace.read(() => undefined)).toBe(0);
  });

  it('tells when a stage had no room, and when it was created anew', async () => {
    const probe = createProbe();
    const run = await start(pipe(probe));
    const trace = run.trace();
    await pushAll(run, 0, 10);
    await until(() => run.stats().stages[0]?.handled === 4);
    // It has slept when a push wakes it: with something at hand it sleeps only where it has no room.
    const sleeps = (): number => run.stats().workers[1]?.sleeps ?? 0;
    const before = sleeps();
    let n = 10;
    await until(() => {
      if (run.tryPush('in', Float64Array.of(n, n * 7))) n++;
      return sleeps() > before;
    });
    openGate(probe);
    const records: TraceRecord[] = [];
    await until(() => {
      trace.read(records);
      return records.some(({ kind }) => kind === 'blocked');
    });
    const blocked = records.find(({ kind }) => kind === 'blocked');
    expect(blocked).toMatchObject({ stage: 'relay', worker: 1 });
    expect((blocked?.endNs ?? 0) - (blocked?.startNs ?? 0)).toBeGreaterThan(0);
  });

  it.each([
    ['sync', errands],
    ['async', lateErrands],
  ] as const)('tells what failed and was begun again: %s', async (_, stage) => {
    const g = graph('failing');
    const first = g.stage('errands', stage, {
      supervision: { strategy: 'restart', backoffMs: 1, triesMax: 1 },
    });
    const last = g.stage('drain', drain, { worker: 'main' });
    g.input('in', first.in.in);
    g.connect(first.out.out, last.in.in);
    const run = await start(g, { workers: 1 });
    const trace = run.trace();
    const records: TraceRecord[] = [];
    await told(run);
    await run.push('in', { n: 0, throws: 1 }, { time: 5 });
    await run.push('in', { n: 1 }, { time: 6 });
    await readUntil(trace, records, 'drain', 1);
    await until(() => {
      trace.read(records);
      return callsOf(records, 'errands').some(({ calls, work }) => work === 'input' && calls === 1);
    });
    const own = records.filter((record) => 'stage' in record && record.stage === 'errands');
    // The first start may have been told as well.
    if (own[0]?.kind === 'calls' && own[0].work === 'start') own.shift();
    expect(own.map((record) => (record.kind === 'calls' ? record.work : record.kind))).toEqual([
      'input',
      'restart',
      'start',
      'input',
    ]);
    expect(own[0]).toMatchObject({ isFailed: true, calls: 0, firstTime: 5, lastTime: 5, firstSeq: 0 });
    expect(own[3]).toMatchObject({ isFailed: false, calls: 1, firstTime: 6, lastTime: 6, firstSeq: 1 });
  });

  it('goes on at a successor', async () => {
    const probe = createProbe();
    openGate(probe);
    const run = await start(pipe(probe));
    const trace = run.trace();
    await terminateThreadOf(run, 'relay');
    await until(() => replacedIn(run) === 1);
    const records: TraceRecord[] = [];
    await pushAll(run, 0, 10);
    await readUntil(trace, records, 'relay', 10);
    expect(new Set(callsOf(records, 'relay').map(({ worker }) => worker))).toEqual(new Set([1]));
  });

  it('tells when ticks were due', async () => {
    const g = graph('ticks');
    const stage = g.stage('metronome', metronome, { tick: { hz: 100 } });
    g.output('out', stage.out.ticks);
    const run = await start(g, { clock: 'fast', durationMs: 200 });
    const trace = run.trace();
    const due: number[] = [];
    run.onSample('out', ({ frame }) => due.push(Number((frame as Float64Array)[1])));
    await run.done;
    const records: TraceRecord[] = [];
    trace.read(records);
    const ticks = callsOf(records, 'metronome').filter(({ work }) => work === 'tick');
    expect(ticks.map(({ firstTime }) => firstTime)).toEqual(due.slice(-ticks.length));
    expect(ticks.length).toBeGreaterThan(0);
  });

  it('misses what main comes too late for, and never tells what was not', async () => {
    const probe = createProbe();
    openGate(probe);
    const g = graph('fast');
    const own = { worker: { dedicated: true } } as const;
    const from = g.stage('from', counter, { options: { count: 200_000, probe: createProbe() }, ...own });
    const to = g.stage('to', sink, { options: { probe }, ...own });
    g.connect(from.out.frames, to.in.frames);
    const run = await start(g);
    const trace = run.trace({ recordsMax: 64 });
    const records: TraceRecord[] = [];
    const timer = setInterval(() => trace.read(records), 1);
    await run.done;
    clearInterval(timer);
    trace.read(records);
    expect(trace.missed).toBeGreaterThan(0);
    for (const record of callsOf(records, 'to').filter(({ work }) => work === 'input')) {
      expect(record.endNs).toBeGreaterThanOrEqual(record.startNs);
      expect(record.edge).toBe(0);
      expect(record.calls).toBeGreaterThan(0);
      expect(record.lastTime).toBeGreaterThanOrEqual(record.firstTime);
    }
  });

  it('refuses a size that cannot be', async () => {
    const run = await start(pipe(createProbe()));
    for (const recordsMax of [0, 63, 100, 2 ** 21])
      expect(() => run.trace({ recordsMax })).toThrow(
        expect.objectContaining({ code: 'BAD_TARGET' }) as Error,
      );
  });
});

describe('pathOf', () => {
  const plan = {
    actors: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    edges: [
      { from: { kind: 'actor', actor: 0, port: 'out' } },
      { from: { kind: 'actor', actor: 1, port: 'out' } },
      { from: { kind: 'boundary', name: 'in' } },
    ],
  } as unknown as Plan;
  const record = (
    stage: string,
    edge: number,
    span: readonly [number, number],
    times: readonly [number, number],
  ): CallsRecord => ({
    kind: 'calls',
    worker: 1,
    stage,
    work: edge < 0 ? 'tick' : 'input',
    edge,
    calls: 1,
    isFailed: false,
    startNs: span[0],
    endNs: span[1],
    firstTime: times[0],
    lastTime: times[1],
    firstSeq: 0,
  });

  it('tells where a message was handled, where it waited, and how long there was no room', () => {
    const records: TraceRecord[] = [
      record('a', -1, [0, 10], [5, 5]),
      record('a', -1, [100, 110], [6, 6]),
      { kind: 'blocked', worker: 1, stage: 'b', startNs: 5, endNs: 40 },
      { kind: 'sleep', worker: 1, startNs: 40, endNs: 50 },
      record('c', 1, [90, 95], [5, 6]),
      record('b', 0, [50, 80], [4, 7]),
      { ...record('b', -1, [0, 1], [0, 1_000]), work: 'start' },
    ];
    const hops = pathOf(records, plan, 5);
    expect(hops.map(({ stage, waitedNs, blockedNs }) => [stage, waitedNs, blockedNs])).toEqual([
      ['a', undefined, 0],
      ['b', 40, 30],
      ['c', 10, 0],
    ]);
    expect(pathOf(records, plan, 8)).toEqual([]);
  });

  it('has what a batch emitted behind it, though a thread may date that from before it came', () => {
    const records: TraceRecord[] = [
      record('c', 1, [3, 30], [5, 5]),
      record('b', 0, [4, 20], [5, 5]),
      record('a', -1, [5, 10], [5, 5]),
    ];
    const hops = pathOf(records, plan, 5);
    expect(hops.map(({ stage, startNs, waitedNs }) => [stage, startNs, waitedNs])).toEqual([
      ['a', 5, undefined],
      ['b', 4, 0],
      ['c', 3, 0],
    ]);
  });

  it('does not know how long something waited that came from outside', () => {
    expect(pathOf([record('c', 2, [1, 2], [5, 5])], plan, 5)).toMatchObject([
      { stage: 'c', waitedNs: undefined },
    ]);
  });

  it('finds a message of a run at every stage', async () => {
    const probe = createProbe();
    openGate(probe);
    const run = await start(pipe(probe));
    const trace = run.trace();
    await told(run);
    const records: TraceRecord[] = [];
    await pushAll(run, 0, 20);
    await readUntil(trace, records, 'sink', 20);
    await readUntil(trace, records, 'relay', 20);
    const hops = pathOf(records, run.plan, 7_000);
    expect(hops.map(({ stage, worker }) => [stage, worker])).toEqual([
      ['relay', 1],
      ['sink', 2],
    ]);
    expect(hops[1]?.waitedNs).toBeGreaterThanOrEqual(0);
  });
});
