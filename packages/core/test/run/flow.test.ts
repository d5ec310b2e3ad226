import { graph } from '@troupe/core';
import type { Graph, Overflow, Run, RunReport, Sample } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { counter, dice, integrate, merge, relay, sink } from '../fixtures/frames.ts';
import { cell, createProbe, openGate, read, settled, until } from '../fixtures/probe.ts';

let run: Run | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

type Cells = Int32Array<SharedArrayBuffer>;

const own = { worker: { dedicated: true } } as const;

function openProbe(): Cells {
  const probe = createProbe();
  openGate(probe);
  return probe;
}

async function collect(name: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of run?.samples(name) ?? []) samples.push(sample);
  return samples;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('the end of a stream', () => {
  it('drains in order, calls onStop once, and resolves done with the report', async () => {
    const probes = [createProbe(), openProbe(), openProbe(), openProbe()] as const;
    const g = graph('line');
    const source = g.stage('source', counter, { options: { count: 5_000, probe: probes[0] }, ...own });
    const first = g.stage('first', relay, { options: { probe: probes[1] }, worker: { group: 'middle' } });
    const second = g.stage('second', relay, { options: { probe: probes[2] }, worker: { group: 'middle' } });
    const end = g.stage('end', sink, { options: { probe: probes[3] }, ...own });
    g.connect(source.out.frames, first.in.frames);
    g.connect(first.out.frames, second.in.frames);
    g.connect(second.out.frames, end.in.frames);
    run = await g.start();
    const report = await run.done;
    expect(report.reason).toBe('ended');
    expect(probes.map((probe) => read(probe, cell.stops))).toEqual([1, 1, 1, 1]);
    expect([read(probes[3], cell.handled), read(probes[3], cell.disorder)]).toEqual([5_000, 0]);
    expect(report.stats.stages.map(({ state, depth, in: taken, out }) => [state, depth, taken, out])).toEqual(
      [
        ['ended', 0, 0, 5_000],
        ['ended', 0, 5_000, 5_000],
        ['ended', 0, 5_000, 5_000],
        ['ended', 0, 5_000, 0],
      ],
    );
    expect(report.stats.edges.map(({ transport, sent, received }) => [transport, sent, received])).toEqual([
      ['ring', 5_000, 5_000],
      ['fused', 5_000, 5_000],
      ['ring', 5_000, 5_000],
    ]);
  });

  it('passes a diamond, a merge of several edges, and readers here and there', async () => {
    const probes = range(5).map(openProbe);
    const g = graph('diamond');
    const source = g.stage('source', counter, { options: { count: 2_000 }, worker: { group: 'a' } });
    const left = g.stage('left', relay, { worker: { group: 'a' } });
    const right = g.stage('right', relay, { worker: { group: 'b' } });
    const join = g.stage('join', merge, { worker: { group: 'b' } });
    const both = g.stage('both', relay, { worker: { group: 'a' } });
    g.connect(source.out.frames, left.in.frames, { capacity: 3 });
    g.connect(source.out.frames, right.in.frames, { capacity: 100 });
    g.connect(left.out.frames, join.in.left);
    g.connect(right.out.frames, join.in.right, { capacity: 1 });
    g.connect(left.out.frames, both.in.frames);
    g.connect(right.out.frames, both.in.frames);
    // Five readers of one output, fused and remote.
    for (const [i, probe] of probes.entries()) {
      const end = g.stage(`end${i}`, sink, {
        options: { probe },
        worker: { group: i % 2 === 0 ? 'a' : 'c' },
      });
      g.connect(source.out.frames, end.in.frames, { capacity: 1 + 10 * i });
    }
    g.output('joined', join.out.frames);
    g.output('merged', both.out.frames);
    run = await g.start();
    const [joined, merged] = await Promise.all([collect('joined'), collect('merged')]);
    const values = [0, 1].map((side) =>
      joined.filter(({ frame }) => frame[0] === side).map(({ frame }) => frame[1]),
    );
    expect(values).toEqual([range(2_000), range(2_000)]);
    expect(joined.map(({ seq }) => seq)).toEqual(range(4_000));
    expect(merged.map(({ frame }) => frame[0] as number).toSorted((a, b) => a - b)).toEqual(
      range(4_000).map((i) => Math.floor(i / 2)),
    );
    await run.done;
    expect(probes.map((probe) => [read(probe, cell.handled), read(probe, cell.disorder)])).toEqual(
      probes.map(() => [2_000, 0]),
    );
  });

  it('passes a cycle with a back-edge, whatever goes round on it', async () => {
    for (const worker of [{ group: 'one' }, { dedicated: true }] as const) {
      for (const isEnded of [true, false]) {
        const g = graph('loop');
        const source = g.stage('source', counter, { options: { count: isEnded ? 3_000 : Infinity }, worker });
        const sum = g.stage('sum', integrate, { worker });
        const delay = g.stage('delay', relay, { worker });
        g.connect(source.out.frames, sum.in.frames);
        g.connect(sum.out.frames, delay.in.frames, { capacity: 2 });
        g.connect(delay.out.frames, sum.in.back, { capacity: 2, overflow: 'dropOldest', back: true });
        g.output('out', sum.out.frames);
        run = await g.start();
        let stopping: Promise<RunReport> | undefined;
        const samples: Sample[] = [];
        for await (const sample of run.samples('out')) {
          samples.push(sample);
          if (!isEnded && samples.length === 1_000) stopping = run.stop({ drain: true });
        }
        const report = await (stopping ?? run.done);
        expect(samples.map(({ frame }) => frame[0])).toEqual(range(samples.length));
        const heard = samples.map(({ frame }) => frame[1] as number);
        expect(heard.at(-1)).toBeGreaterThan(0);
        expect(heard.every((count, i) => count <= i && count >= (heard[i - 1] ?? 0))).toBe(true);
        const back = report.stats.edges[2];
        expect(back?.depth).toBe(0);
        const { dropOldest = 0, discarded = 0 } = back?.drops ?? {};
        expect((back?.received ?? 0) + dropOldest + discarded).toBe(samples.length);
      }
    }
  });
});

describe('overflow', () => {
  /**
   * counter → sink, which stands at its gate until the source has ended, or is held back (unless they share a
   * worker). Returns the report, the sink's probe, and how far the source had come by then, of 1,000.
   */
  async function overflow(
    policy: Overflow,
    capacity: number,
    worker: string,
  ): Promise<RunReport & { probe: Cells; stood: number }> {
    const [source, probe] = [createProbe(), createProbe()];
    const g = graph(policy);
    const from = g.stage('from', counter, {
      options: { count: 1_000, probe: source },
      worker: { group: 'from' },
    });
    const to = g.stage('to', sink, { options: { probe }, worker: { group: worker } });
    g.connect(from.out.frames, to.in.frames, { capacity, overflow: policy });
    run = await g.start();
    if (worker === 'from') openGate(probe);
    else if (policy === 'block') await until(() => read(source, cell.emitted) >= capacity);
    else await until(() => read(source, cell.stops) === 1);
    const stood = await settled(() => read(source, cell.emitted));
    openGate(probe);
    return { ...(await run.done), probe, stood };
  }

  it('block holds the writer back at exactly its capacity', async () => {
    for (const capacity of [1, 5, 64]) {
      const { stats, probe, stood } = await overflow('block', capacity, 'to');
      expect(stood).toBe(capacity);
      expect([read(probe, cell.handled), read(probe, cell.disorder)]).toEqual([1_000, 0]);
      expect(stats.edges[0]).toMatchObject({ sent: 1_000, received: 1_000, highWater: capacity });
    }
    const { probe } = await overflow('block', 3, 'from');
    expect([read(probe, cell.handled), read(probe, cell.disorder)]).toEqual([1_000, 0]);
  });

  it('latest keeps one, dropOldest the newest, dropNewest the first, and all drops are counted', async () => {
    for (const [policy, reason] of [
      ['latest', 'latest'],
      ['dropOldest', 'dropOldest'],
      ['dropNewest', 'dropNewest'],
    ] as const) {
      for (const worker of ['to', 'from']) {
        const { stats, probe } = await overflow(policy, 5, worker);
        const edge = stats.edges[0];
        const dropped = edge?.drops[reason] ?? -1;
        expect(read(probe, cell.disorder)).toBe(0);
        expect(read(probe, cell.handled) + dropped).toBe(1_000);
        expect(edge?.received).toBe(read(probe, cell.handled));
        expect(Object.values(edge?.drops ?? {}).reduce((sum, drops) => sum + drops, 0)).toBe(dropped);
        expect(edge?.highWater).toBeLessThanOrEqual(5);
        const last = policy === 'dropNewest' ? 4 : 999;
        expect(read(probe, cell.last)).toBeGreaterThanOrEqual(last);
        expect(read(probe, cell.last)).toBeLessThanOrEqual(worker === 'to' ? last : 999);
        // A writer that runs through while the reader stands leaves what the policy keeps, and perhaps one in
        // hand.
        const kept = { latest: 1, dropOldest: 5, dropNewest: 5 }[policy];
        expect(read(probe, cell.handled)).toBeGreaterThanOrEqual(kept);
        expect(read(probe, cell.handled)).toBeLessThanOrEqual(worker === 'to' ? kept + 1 : 1_000);
      }
    }
  });

  it('error fails the handler that emits', async () => {
    for (const worker of ['from', 'to']) {
      const probe = createProbe();
      const g = graph('error');
      const from = g.stage('from', counter, {
        options: { count: 100, perCall: 3, maxEmit: 3 },
        worker: { group: 'from' },
        supervision: { strategy: 'escalate' },
      });
      const to = g.stage('to', sink, { options: { probe }, worker: { group: worker } });
      g.connect(from.out.frames, to.in.frames, { capacity: 2, overflow: 'error' });
      run = await g.start();
      await expect(run.done).rejects.toMatchObject({
        code: 'HANDLER_THREW',
        stage: 'from',
        cause: { code: 'EDGE_OVERFLOW', port: 'frames' },
      });
      // What the failed call had emitted before was never seen.
      expect(read(probe, cell.handled)).toBe(0);
    }
  });
});

it('holds a source back through five stages, and resumes it', async () => {
  const [source, probe] = [createProbe(), createProbe()];
  const g: Graph = graph('backpressure');
  let last = g.stage('source', counter, { options: { count: 20_000, probe: source }, ...own }).out.frames;
  for (let i = 0; i < 3; i++) {
    const stage = g.stage(`relay${i}`, relay, { worker: { group: i === 1 ? 'b' : 'a' } });
    g.connect(last, stage.in.frames, { capacity: 8 });
    last = stage.out.frames;
  }
  const end = g.stage('end', sink, { options: { probe }, ...own });
  g.connect(last, end.in.frames, { capacity: 8 });
  run = await g.start();
  await until(() => read(source, cell.emitted) === 4 * 8);
  expect(await settled(() => read(source, cell.emitted))).toBe(4 * 8);
  expect(run.stats().stages.map(({ name, depth }) => [name, depth])).toEqual([
    ['source', 0],
    ['relay0', 8],
    ['relay1', 8],
    ['relay2', 8],
    ['end', 8],
  ]);
  openGate(probe);
  const { stats } = await run.done;
  expect([read(probe, cell.handled), read(probe, cell.disorder)]).toEqual([20_000, 0]);
  for (const edge of stats.edges) expect(edge.highWater).toBeLessThanOrEqual(8);
  expect(stats.stages[0]?.blockedMs).toBeGreaterThan(0);
});

it('switches a reader between blocking and not, and back at the writer’s position', async () => {
  const [source, probe] = [createProbe(), createProbe()];
  const g = graph('switch');
  const from = g.stage('from', counter, { options: { count: Infinity, probe: source }, ...own });
  const to = g.stage('to', relay, { ...own });
  const end = g.stage('end', sink, { options: { probe }, ...own });
  g.connect(from.out.frames, to.in.frames);
  g.connect(to.out.frames, end.in.frames, { capacity: 4 });
  run = await g.start();
  await until(() => read(source, cell.emitted) >= 64 + 4);
  expect(await settled(() => read(source, cell.emitted))).toBe(64 + 4);
  // The relay is blocked by its own output: as a non-blocking reader it does not pass that on.
  const edge = { from: { stage: 'from', port: 'frames' }, to: { stage: 'to', port: 'frames' } };
  await run.setBlocking(edge, false);
  await until(() => read(source, cell.emitted) > 5_000);
  await run.setBlocking(edge, true);
  const stood = await settled(() => read(source, cell.emitted));
  openGate(probe);
  await until(() => read(source, cell.emitted) > stood + 5_000);
  const { stats } = await run.stop({ drain: true });
  const [first, second] = stats.edges;
  expect(first?.drops.nonBlocking).toBeGreaterThan(4_000);
  expect((first?.received ?? 0) + (first?.drops.nonBlocking ?? 0)).toBe(read(source, cell.emitted));
  expect(second?.received).toBe(first?.received);
  expect(read(probe, cell.disorder)).toBe(0);
  await expect(
    run.setBlocking({ ...edge, to: { stage: 'end', port: 'frames' } }, true),
  ).rejects.toMatchObject({ code: 'BAD_TARGET' });
});

it('draws the same random numbers from the same seed, on every stage its own', async () => {
  const draws: unknown[][] = [];
  for (const seed of [7, 7, 8]) {
    const g = graph('dice');
    g.output('a', g.stage('a', dice).out.frames);
    g.output('b', g.stage('b', dice).out.frames);
    run = await g.start({ workers: 2, seed });
    const drawn: unknown[] = [];
    for (const port of ['a', 'b'])
      for (let i = 0; i < 5; i++) drawn.push(...((await run.pull(port))?.frame ?? []));
    await run.stop();
    draws.push(drawn);
  }
  expect(draws[0]).toEqual(draws[1]);
  expect(draws[0]).not.toEqual(draws[2]);
  expect(new Set(draws[0]).size).toBe(20);
});
