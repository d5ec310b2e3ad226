import { graph } from '@troupe/core';
import type { CensusEntry, Graph, Observer, Run, RunStats, Sample } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { counter, relay, sink } from '../fixtures/frames.ts';
import { slowEcho } from '../fixtures/io.ts';
import { cell, createProbe, openGate, read, until } from '../fixtures/probe.ts';
import { echo } from '../fixtures/values.ts';

const runs: Run[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map(async (run) => run.stop()));
});

type Cells = Int32Array<SharedArrayBuffer>;

const own = { worker: { dedicated: true } } as const;

async function start(g: Graph, options: Parameters<Graph['start']>[0] = {}): Promise<Run> {
  const run = await g.start(options);
  runs.push(run);
  return run;
}

/** in → relay → sink, each on a worker of its own; the sink waits at the probe's gate. */
function pipe(probe: Cells, name = 'pipe'): Graph {
  const g = graph(name);
  const first = g.stage('relay', relay, own);
  const end = g.stage('sink', sink, { options: { probe }, ...own });
  g.input('in', first.in.frames);
  g.connect(first.out.frames, end.in.frames, { capacity: 4 });
  return g;
}

function numberOf({ frame }: Sample): number {
  return frame[0] as number;
}

describe('a tap', () => {
  it('sees what a slow writer emits, one frame at a time, and more of them see the same', async () => {
    const probe = createProbe();
    openGate(probe);
    const run = await start(pipe(probe));
    const seen: number[][] = [[], []];
    const taps = seen.map((list) =>
      run.tap({ stage: 'relay', port: 'frames' }, (sample) => list.push(numberOf(sample))),
    );
    for (let i = 0; i < 5; i++) {
      await run.push('in', Float64Array.of(i, i * 7));
      // Main sleeps until the writer wakes it: without that this would never end.
      await until(() => seen.every((list) => list.length === i + 1));
    }
    expect(seen).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    taps[0]?.close();
    taps[0]?.close();
    await run.push('in', Float64Array.of(5, 35));
    await until(() => seen[1]?.length === 6);
    expect(seen[0]).toHaveLength(5);
    expect(taps.map(({ skipped }) => skipped)).toEqual([0, 0]);
    const tapOther = (): unknown => run.tap({ stage: 'relay', port: 'nothing' }, () => undefined);
    expect(tapOther).toThrow(expect.objectContaining({ code: 'BAD_TARGET' }));
  });

  it('never holds the writer back, counts what it skipped, and sees the last frame', async () => {
    const [source, probe] = [createProbe(), createProbe()];
    openGate(probe);
    const g = graph('fast');
    const from = g.stage('from', counter, { options: { count: 50_000, probe: source }, ...own });
    const to = g.stage('to', sink, { options: { probe }, ...own });
    g.connect(from.out.frames, to.in.frames);
    const seen: number[] = [];
    const damaged: Sample[] = [];
    const taps: { skipped: number }[] = [];
    const observer: Observer = {
      name: 'watcher',
      attach(run) {
        const tap = run.tap({ stage: 'from', port: 'frames' }, (sample) => {
          seen.push(numberOf(sample));
          if (sample.frame[1] !== numberOf(sample) * 7 || sample.seq !== numberOf(sample))
            damaged.push(sample);
          // Main stands still while the writer goes on.
          if (seen.length === 1) Atomics.wait(createProbe(), 0, 0, 20);
        });
        taps.push(tap);
      },
    };
    const run = await start(g, { observers: [observer] });
    await run.done;
    expect(damaged).toEqual([]);
    expect(seen.every((value, i) => i === 0 || value > (seen[i - 1] ?? 0))).toBe(true);
    expect(seen.at(-1)).toBe(49_999);
    // It counts from where the writer was when it was attached: at or before the first frame seen.
    const counted = (taps[0]?.skipped ?? 0) + seen.length;
    expect(counted).toBeGreaterThanOrEqual(50_000 - (seen[0] ?? 0));
    expect(counted).toBeLessThanOrEqual(50_000);
    expect(read(probe, cell.handled)).toBe(50_000);
  });
});

/** A worker with inputs at hand that has slept has no room: it sleeps only then. Being told wakes it. */
async function slept(run: Run, worker: number): Promise<void> {
  const sleeps = (): number => run.stats().workers[worker]?.sleeps ?? 0;
  const before = sleeps();
  await until(() => {
    run.trace({ recordsMax: 64 }).stop();
    return sleeps() > before;
  });
}

describe('stats', () => {
  it('say where everything is, while it waits and when it is done', async () => {
    const probe = createProbe();
    const run = await start(pipe(probe));
    const received: RunStats[] = [];
    run.stats$(5).subscribe((stats) => received.push(stats));
    for (let i = 0; i < 10; i++) await run.push('in', Float64Array.of(i, i * 7));
    await until(() => run.stats().stages[0]?.handled === 4);
    await until(() => read(probe, cell.starts) === 1);
    await slept(run, 1);
    await until(() => run.stats().stages.every(({ state }) => state === 'running'));
    const waiting = run.stats();
    expect(waiting.edges).toMatchObject([
      {
        from: 'relay.frames',
        to: 'sink.frames',
        transport: 'ring',
        capacity: 4,
        depth: 4,
        highWater: 4,
        sent: 4,
        received: 0,
      },
      { from: '> in', to: 'relay.frames', transport: 'ring', capacity: 64, depth: 6, sent: 10, received: 4 },
    ]);
    expect(waiting.stages).toMatchObject([
      { name: 'relay', worker: 1, state: 'running', in: 4, out: 4, handled: 4, depth: 6, failed: 0 },
      { name: 'sink', worker: 2, state: 'running', in: 0, out: 0, handled: 0, depth: 4 },
    ]);
    const heldMs = 20;
    await new Promise((resolve) => setTimeout(resolve, heldMs));
    openGate(probe);
    const { stats } = await run.stop({ drain: true });
    expect(stats.edges.map(({ depth, sent, received: taken }) => [depth, sent, taken])).toEqual([
      [0, 10, 10],
      [0, 10, 10],
    ]);
    const [first, last] = stats.stages;
    expect(last).toMatchObject({
      in: 10,
      handled: 10,
      deadLettered: 0,
      onInput: { count: 10 },
      sourceToHere: { count: 10 },
    });
    // The sink's first call lasted at least as long as the gate was closed, and so did the wait of the
    // inputs.
    for (const ms of [
      last?.busyMs ?? 0,
      (last?.onInput.max ?? 0) / 1e6,
      (last?.sourceToHere.max ?? 0) / 1e6,
    ]) {
      expect(ms).toBeGreaterThanOrEqual(heldMs);
      expect(ms).toBeLessThan(stats.elapsedMs);
    }
    expect(first?.blockedMs).toBeGreaterThan(0);
    expect(first?.blockedMs).toBeLessThan(stats.elapsedMs);
    expect(last?.queueWait.count).toBeGreaterThan(0);
    expect((last?.busyMs ?? 0) + (last?.idleMs ?? 0)).toBeLessThanOrEqual(stats.elapsedMs + 0.001);
    expect(stats.workers[2]?.busyMs).toBeGreaterThanOrEqual(heldMs);
    for (const { busyMs, idleMs, replaced } of stats.workers) {
      expect(busyMs + idleMs).toBeLessThanOrEqual(stats.elapsedMs + 1);
      expect(replaced).toBe(0);
    }
    expect(received.length).toBeGreaterThan(0);
    expect(received.every(({ elapsedMs }, i) => elapsedMs > (received[i - 1]?.elapsedMs ?? 0))).toBe(true);
  });

  it('count drops and traffic even when they are off, and no durations', async () => {
    const probe = createProbe();
    const g = graph('off');
    const from = g.stage('from', counter, { options: { count: 100 }, ...own });
    const to = g.stage('to', sink, { options: { probe }, ...own });
    g.connect(from.out.frames, to.in.frames, { capacity: 3, overflow: 'dropNewest' });
    const run = await start(g, { stats: false });
    await until(() => run.stats().stages[0]?.state === 'ended');
    openGate(probe);
    const { stats } = await run.done;
    expect(stats.edges[0]).toMatchObject({ sent: 3, received: 3, drops: { dropNewest: 97 } });
    expect(stats.stages[1]).toMatchObject({ busyMs: 0, onInput: { count: 0 }, queueWait: { count: 0 } });
  });
});

describe('several runs', () => {
  it('share the pool, do not disturb each other, and find their threads again', async () => {
    const probes = [createProbe(), createProbe()] as const;
    const [one, two] = await Promise.all([start(pipe(probes[0], 'one')), start(pipe(probes[1], 'two'))]);
    const threads = await one.census();
    expect(threads[0]).toMatchObject({
      role: 'main',
      stages: [],
      owner: expect.stringMatching(/^(one, two|two, one)$/) as string,
    });
    const of = (owner: string): readonly number[] =>
      threads.filter((thread) => thread.owner === owner).map(({ threadId }) => threadId);
    expect(threads.filter(({ owner }) => owner === 'two').map(({ role, stages }) => [role, stages])).toEqual(
      expect.arrayContaining([
        ['compute', ['relay']],
        ['compute', ['sink']],
      ]) as unknown,
    );
    expect(new Set([...of('one'), ...of('two')]).size).toBe(4);
    // Workers are those of the run that was asked.
    expect(threads.map(({ owner, worker }) => (owner === 'two' ? worker : undefined))).toEqual(
      threads.map(() => undefined),
    );
    const placed = threads.filter(({ owner }) => owner === 'one');
    for (const { worker, stages } of placed) {
      expect(stages).toEqual([one.plan.actors.find((actor) => actor.worker === worker)?.name]);
    }
    expect(threads[0]?.worker).toBe(0);
    for (const thread of threads) expect(thread.cpuMs).toBeGreaterThan(0);
    for (const probe of probes) openGate(probe);
    const push = async (run: Run): Promise<void> => {
      for (let i = 0; i < 1_000; i++) await run.push('in', Float64Array.of(i, i * 7));
    };
    await Promise.all([push(one), push(two)]);
    await one.stop({ drain: true });
    expect(
      (await two.census()).filter(({ threadId }) => of('one').includes(threadId)).map(({ owner }) => owner),
    ).toEqual(['pool', 'pool']);
    await push(two);
    await two.stop({ drain: true });
    expect(probes.map((probe) => read(probe, cell.handled))).toEqual([1_000, 2_000]);

    // The same threads serve the next run.
    const known = new Set(threads.map(({ threadId }) => threadId));
    const probe = createProbe();
    openGate(probe);
    const third = await start(pipe(probe, 'three'));
    const ids = (await third.census())
      .filter(({ owner, role }) => owner === 'three' && role !== 'main')
      .map(({ threadId }) => threadId);
    expect(ids).toHaveLength(2);
    expect(ids.every((id) => known.has(id))).toBe(true);
  });

  it('name the threads that wait with an event loop', async () => {
    const g = graph('roles');
    const compute = g.stage('compute', echo);
    const io = g.stage('io', slowEcho, { options: { probe: createProbe() } });
    g.connect(compute.out.values, io.in.values);
    g.input('in', compute.in.values);
    g.output('out', io.out.values);
    const run = await start(g, { workers: 2 });
    const roles = (await run.census())
      .filter(({ owner }) => owner === 'roles')
      .map(({ role, stages }) => [role, ...stages]);
    expect(roles).toHaveLength(3);
    expect(roles).toEqual(
      expect.arrayContaining([['main'], ['compute', 'compute'], ['io', 'io']]) as unknown,
    );
  });

  it('tell memory, sleeps, and how late the event loops were since they were asked last', async () => {
    const probe = createProbe();
    openGate(probe);
    const g = graph('figures');
    const compute = g.stage('compute', echo);
    const io = g.stage('io', slowEcho, { options: { probe } });
    g.connect(compute.out.values, io.in.values);
    g.input('in', compute.in.values);
    g.output('out', io.out.values);
    const run = await start(g, { workers: 2 });
    const own = async (): Promise<readonly CensusEntry[]> =>
      (await run.census()).filter(({ owner }) => owner === 'figures');
    // The first asking begins to measure, if nobody has asked the thread before.
    const sleptBefore = (await own()).map(({ sleeps }) => sleeps);
    await run.push('in', 1);
    expect((await run.pullOrThrow('out')).value).toBe(1);
    // A sleep is counted when it is over.
    while (run.stats().workers.some(({ sleeps }, i) => i > 0 && sleeps === 0)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await run.push('in', 1);
      await run.pullOrThrow('out');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const threads = await own();
    expect(threads).toHaveLength(3);
    for (const { heap, sleeps } of threads) {
      expect(heap?.usedBytes).toBeGreaterThan(100_000);
      expect(heap?.totalBytes).toBeLessThanOrEqual(heap?.limitBytes ?? 0);
      expect(sleeps).toBeGreaterThan(0);
    }
    for (const { loopDelay } of threads.filter(({ role }) => role !== 'compute')) {
      const { p50Ms = -1, p99Ms = -1, maxMs = -1 } = loopDelay ?? {};
      expect(p50Ms).toBeGreaterThanOrEqual(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
      expect(maxMs).toBeGreaterThanOrEqual(p99Ms * 0.99);
    }
    // A parked thread has no turns that could come late.
    expect(threads.find(({ role }) => role === 'compute')?.loopDelay).toBeUndefined();
    expect(threads.map(({ sleeps }) => sleeps).every((sleeps, i) => sleeps >= (sleptBefore[i] ?? 0))).toBe(
      true,
    );
  });
});

it('runs a thousand stages on two workers', async () => {
  const g = graph('thousand');
  let last = g.stage('source', counter, { options: { count: 500 } }).out.frames;
  for (let i = 0; i < 999; i++) {
    const stage = g.stage(`relay${i}`, relay);
    g.connect(last, stage.in.frames, { capacity: 8 });
    last = stage.out.frames;
  }
  g.output('out', last);
  const run = await start(g, { workers: 2 });
  const seen: number[] = [];
  for await (const sample of run.samples('out')) seen.push(numberOf(sample));
  expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i));
  const { stats } = await run.done;
  expect(stats.stages.every(({ state }) => state === 'ended')).toBe(true);
});
