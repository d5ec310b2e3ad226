import { defineStage, frame, graph } from '@troupe/core';
import type { Graph, Run, RunReport } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { counter, relay, sink } from '../fixtures/frames.ts';
import { cell, createProbe, openGate, read, until } from '../fixtures/probe.ts';

let run: Run | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

type Cells = Int32Array<SharedArrayBuffer>;

function relayGraph(probe: Cells, capacity: number): Graph {
  const g = graph('relay');
  const stage = g.stage('relay', relay, { options: { probe } });
  g.input('in', stage.in.frames, { capacity });
  g.output('out', stage.out.frames, { capacity });
  return g;
}

/** counter → relay → out, on two workers. */
function chain(count: number, probe: Cells = createProbe()): Graph {
  const g = graph('chain');
  const source = g.stage('counter', counter, { options: { count, probe }, worker: { dedicated: true } });
  const middle = g.stage('relay', relay, { worker: { dedicated: true } });
  g.connect(source.out.frames, middle.in.frames);
  g.output('out', middle.out.frames);
  return g;
}

/** A stage on main whose handler throws when it is told to. */
const thrower = defineStage({
  name: 'thrower',
  inputs: { frames: frame('float64', [2]) },
  outputs: { frames: frame('float64', [2]) },
  create: () => ({
    onInput() {
      throw new Error('as told');
    },
  }),
});

describe('stop', () => {
  it('unblocks every push and pull in flight, for several callers at once', async () => {
    const probe = createProbe();
    run = await relayGraph(probe, 2).start({ workers: 1 });
    const pushes = Array.from({ length: 10 }, async (_, i) => run?.push('in', Float64Array.of(i, i)));
    const pulls = Array.from({ length: 3 }, async () => run?.pull('out'));
    const strict = run.pullOrThrow('out');
    const next = run.samples('out').next();
    const outcomes = Promise.allSettled([...pushes, ...pulls, strict, next]);
    const { stop } = { stop: run.stop.bind(run) };
    await Promise.allSettled(pushes.slice(0, 2));
    const stops = [stop(), stop({ drain: true }), stop(), stop({ drain: true, timeoutMs: 1 })];
    openGate(probe);
    const reports = await Promise.all(stops);
    expect(new Set(reports).size).toBe(1);
    expect(reports[0]?.reason).toBe('stopped');
    const settled = await outcomes;
    const codes = settled.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : outcome.value,
    );
    expect(codes).toEqual([
      undefined,
      undefined,
      ...Array.from({ length: 8 }, () => 'RUN_STOPPED'), // pushes
      undefined,
      undefined,
      undefined,
      'RUN_STOPPED',
      { done: true, value: undefined }, // pulls
    ]);
    await expect(run.push('in', Float64Array.of(1, 1))).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    expect(run.tryPush('in', Float64Array.of(1, 1))).toBe(false);
    expect(run.tryPull('out')).toBeUndefined();
    expect(await run.pull('out')).toBeUndefined();
    expect(await stop()).toBe(reports[0]);
    expect(await run.done).toBe(reports[0]);
  });

  it('discards at once what is under way, and counts it', async () => {
    const probe = createProbe();
    run = await relayGraph(probe, 4).start({ workers: 1 });
    for (let i = 0; i < 4; i++) await run.push('in', Float64Array.of(i, i));
    const stopping = run.stop();
    openGate(probe);
    const { stats } = await stopping;
    const [entry, exit] = stats.edges;
    expect(entry?.depth).toBe(0);
    expect((entry?.received ?? 0) + (entry?.drops.discarded ?? 0)).toBe(4);
    expect(exit).toMatchObject({
      sent: entry?.received,
      received: 0,
      depth: 0,
      drops: { discarded: entry?.received },
    });
    expect(stats.stages.map(({ state }) => state)).toEqual(['stopped']);
    expect(read(probe, cell.stops)).toBe(1);
  });

  it('may be called before start has finished', async () => {
    const started = chain(Infinity).start();
    const report = await started.then(async (early) => early.stop());
    expect(report.reason).toBe('stopped');
    run = await started;
    expect(await run.done).toBe(report);
  });

  it('may be called from a callback that it interrupts', async () => {
    run = await chain(Infinity).start();
    let calls = 0;
    const report = await new Promise<RunReport>((resolve) => {
      run?.onSample('out', () => {
        calls++;
        void run?.stop().then(resolve);
      });
    });
    expect(report.reason).toBe('stopped');
    expect(calls).toBe(1);
  });

  it('follows a failure without a word of its own, and pulls and pushes tell the failure', async () => {
    const g = graph('fails');
    const stage = g.stage('thrower', thrower, { worker: 'main', supervision: { strategy: 'escalate' } });
    g.input('in', stage.in.frames);
    g.output('out', stage.out.frames);
    run = await g.start({ workers: 1 });
    const pulling = run.pull('out');
    await run.push('in', new Float64Array(2));
    const failure = { code: 'HANDLER_THREW', stage: 'thrower', cause: { message: 'as told' } };
    await expect(pulling).rejects.toMatchObject(failure);
    const reports = await Promise.all([run.stop(), run.stop({ drain: true })]);
    expect(reports.map(({ reason }) => reason)).toEqual(['stopped', 'stopped']);
    await expect(run.done).rejects.toMatchObject(failure);
    await expect(run.push('in', new Float64Array(2))).rejects.toMatchObject(failure);
    await expect(run.pull('out')).rejects.toMatchObject(failure);
    await expect(run.samples('out').next()).rejects.toMatchObject(failure);
    // Told already: leaving a block does not say it once more.
    await run[Symbol.asyncDispose]();
  });

  it('tells at the end of its block what nobody has asked for', async () => {
    const g = graph('silent');
    const stage = g.stage('thrower', thrower, {
      worker: 'main',
      supervision: { strategy: 'escalate' },
    });
    g.input('in', stage.in.frames);
    const silent = await g.start({ workers: 1 });
    await silent.push('in', new Float64Array(2));
    await until(() => !silent.tryPush('in', new Float64Array(2)));
    await expect(silent[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'HANDLER_THREW' });
  });

  it('is what leaving an `await using` block does', async () => {
    const probe = createProbe();
    {
      await using scoped = await chain(Infinity, probe).start();
      expect((await scoped.pull('out'))?.seq).toBe(0);
      run = scoped;
    }
    expect((await run.done).reason).toBe('stopped');
    expect([read(probe, cell.starts), read(probe, cell.stops)]).toEqual([1, 1]);
  });
});

describe('stop({ drain })', () => {
  it('delivers everything under way to those who take', async () => {
    const probe = createProbe();
    const g = relayGraph(probe, 8);
    run = await g.start({ workers: 1 });
    for (let i = 0; i < 8; i++) await run.push('in', Float64Array.of(i, i));
    const refused = run.push('in', Float64Array.of(9, 9));
    const seen: number[] = [];
    run.onSample('out', ({ frame: [value = -1] }) => seen.push(value as number));
    const stopping = run.stop({ drain: true });
    await expect(refused).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    openGate(probe);
    const { reason, stats } = await stopping;
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(reason).toBe('stopped');
    expect(stats.edges.map(({ depth, drops }) => [depth, drops.discarded])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(read(probe, cell.stops)).toBe(1);
  });

  it('ends an unbounded source, and pulls go on until its last frame', async () => {
    const probe = createProbe();
    run = await chain(Infinity, probe).start();
    const values: number[] = [];
    let stopping: Promise<RunReport> | undefined;
    for await (const {
      frame: [value = -1],
    } of run.samples('out')) {
      values.push(value as number);
      if (values.length === 500) stopping = run.stop({ drain: true });
    }
    await stopping;
    expect(values).toEqual(Array.from({ length: read(probe, cell.emitted) }, (_, i) => i));
  });

  it('discards and counts outputs that nobody takes', async () => {
    const probe = createProbe();
    run = await chain(Infinity, probe).start();
    await until(() => run?.stats().edges.at(-1)?.depth === 64);
    const { stats } = await run.stop({ drain: true });
    expect(stats.edges.at(-1)).toMatchObject({
      received: 0,
      depth: 0,
      drops: { discarded: read(probe, cell.emitted) },
    });
  });

  it('gives up after its time, and a plain stop overtakes it', async () => {
    for (const isOvertaken of [false, true]) {
      const probe = createProbe();
      const g = graph('stuck');
      const source = g.stage('counter', counter, { options: { count: 3 } });
      const end = g.stage('sink', sink, { options: { probe } });
      g.connect(source.out.frames, end.in.frames);
      run = await g.start({ workers: 1 });
      const draining = run.stop(isOvertaken ? { drain: true } : { drain: true, timeoutMs: 5 });
      if (isOvertaken) void run.stop();
      // The sink stands at its gate: only the end of the time, or the second stop, can have ended the drain.
      await expect(run.push('nowhere', 1).catch((error: Error) => error.message)).resolves.toMatch(
        /no input/,
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
      openGate(probe);
      const { reason, stats } = await draining;
      expect(reason).toBe('stopped');
      expect(stats.edges[0]?.depth).toBe(0);
    }
  });
});
