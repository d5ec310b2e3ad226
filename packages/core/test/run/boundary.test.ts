import { graph } from '@troupe/core';
import type { Run, Sample } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { counter, relay, sink } from '../fixtures/frames.ts';
import { cell, createProbe, openGate, read, until } from '../fixtures/probe.ts';
import { echo } from '../fixtures/values.ts';

let run: Run | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

/** in → relay on a worker → out. The relay waits at the probe's gate. */
function relayGraph(probe: Int32Array<SharedArrayBuffer>, capacity = 4): ReturnType<typeof graph> {
  const g = graph('relay');
  const stage = g.stage('relay', relay, { options: { probe } });
  g.input('in', stage.in.frames, { capacity });
  g.output('out', stage.out.frames, { capacity });
  return g;
}

function frameOf(value: number): Float64Array {
  return Float64Array.of(value, value);
}

function numberOf(sample: Sample | undefined): unknown {
  return sample?.frame[0];
}

describe('push', () => {
  it('waits for room, keeps order, and copies what waits', async () => {
    const probe = createProbe();
    run = await relayGraph(probe, 2).start({ workers: 1 });
    const data = frameOf(0);
    const pushes: Promise<void>[] = [];
    for (let i = 0; i < 20; i++) {
      data[0] = i;
      pushes.push(run.push('in', data));
    }
    expect(run.tryPush('in', data)).toBe(false);
    openGate(probe);
    for (let i = 0; i < 20; i++) expect(numberOf(await run.pull('out'))).toBe(i);
    await Promise.all(pushes);
  });

  it('rejects PushTimeoutError without losing anything or stopping the run', async () => {
    const probe = createProbe();
    run = await relayGraph(probe, 1).start({ workers: 1 });
    await run.push('in', frameOf(0));
    // The relay has taken the first and not released it: its slot stays full.
    await expect(run.push('in', frameOf(1), { timeoutMs: 5 })).rejects.toMatchObject({
      code: 'PUSH_TIMEOUT',
      port: 'in',
    });
    const waiting = run.push('in', frameOf(2));
    const aborted = new AbortController();
    const given = run.push('in', frameOf(3), { signal: aborted.signal });
    aborted.abort(new Error('changed my mind'));
    await expect(given).rejects.toThrow('changed my mind');
    await expect(run.push('in', frameOf(4), { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow(
      'no',
    );
    openGate(probe);
    expect(numberOf(await run.pull('out'))).toBe(0);
    await waiting;
    expect(numberOf(await run.pull('out'))).toBe(2);
    await run.push('in', frameOf(5));
    expect(numberOf(await run.pull('out'))).toBe(5);
  });

  it('keeps serialised values apart while they wait', async () => {
    const probe = createProbe();
    const g = graph('values');
    const stage = g.stage('echo', echo, { options: { probe } });
    g.input('in', stage.in.values, { capacity: 1 });
    g.output('out', stage.out.values);
    run = await g.start({ workers: 1 });
    const values = [{ a: 'first' }, { a: 'second', b: 2 }, 'third', new Date(4), Float32Array.of(5, 5)];
    const pushes = values.map(async (value) => run?.push('in', value));
    openGate(probe);
    for (const value of values) expect((await run.pull('out'))?.value).toEqual(value);
    await Promise.all(pushes);
  });

  it('refuses what does not fit the port, and passes logical time on', async () => {
    const probe = createProbe();
    openGate(probe);
    run = await relayGraph(probe).start({ workers: 1 });
    const { push, tryPush } = { push: run.push.bind(run), tryPush: run.tryPush.bind(run) };
    await expect(push('in', new Float64Array(3))).rejects.toMatchObject({ code: 'BAD_TARGET' });
    await expect(push('in', new Float32Array(2))).rejects.toMatchObject({ code: 'BAD_TARGET' });
    await expect(push('in', [1, 2])).rejects.toMatchObject({ code: 'BAD_TARGET' });
    expect(() => tryPush('nowhere', frameOf(1))).toThrow(/no input 'nowhere'/);
    expect(tryPush('in', frameOf(1), { time: 123_456 })).toBe(true);
    await push('in', frameOf(2), { time: 123_457 });
    expect(await run.pull('out')).toEqual({
      frame: frameOf(1),
      value: undefined,
      seq: 0,
      time: 123_456,
      redelivered: false,
      resent: false,
    });
    expect(await run.pull('out')).toMatchObject({ seq: 1, time: 123_457 });
  });

  it('obeys the overflow policy of its edge', async () => {
    const policies = ['dropNewest', 'dropOldest', 'latest', 'error'] as const;
    const received: Record<string, unknown> = {};
    for (const overflow of policies) {
      const probe = createProbe();
      const g = graph(overflow);
      const stage = g.stage('echo', echo, { options: { probe } });
      g.input('in', stage.in.values, { capacity: 2, overflow });
      g.output('out', stage.out.values);
      run = await g.start({ workers: 1 });
      await run.push('in', 'gate');
      await until(() => read(probe, cell.starts) === 1);
      const outcomes: string[] = [];
      for (let i = 0; i < 6; i++)
        outcomes.push(
          await run.push('in', i).then(
            () => 'sent',
            (error: { code: string }) => error.code,
          ),
        );
      openGate(probe);
      const report = run.stop({ drain: true });
      const values: unknown[] = [];
      for await (const { value } of run.samples('out')) values.push(value);
      await report;
      received[overflow] = { outcomes: outcomes.filter((outcome) => outcome !== 'sent').length, values };
    }
    expect(received).toEqual({
      // The message in hand keeps its place until it is released.
      dropNewest: { outcomes: 0, values: ['gate', 0] },
      dropOldest: { outcomes: 0, values: ['gate', 4, 5] },
      latest: { outcomes: 0, values: ['gate', 5] },
      error: { outcomes: 5, values: ['gate', 0] },
    });
  });
});

describe('pull', () => {
  it('gives undefined when the time is over, and rejects on abort', async () => {
    const probe = createProbe();
    openGate(probe);
    run = await relayGraph(probe).start({ workers: 1 });
    expect(run.tryPull('out')).toBeUndefined();
    expect(await run.pull('out', { timeoutMs: 2 })).toBeUndefined();
    await expect(run.pullOrThrow('out', { timeoutMs: 2 })).rejects.toMatchObject({
      code: 'PULL_TIMEOUT',
      port: 'out',
    });
    const abort = new AbortController();
    const pulling = run.pull('out', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(pulling).rejects.toThrow('enough');
    // Those who left have left no claim behind.
    await run.push('in', frameOf(1));
    expect(numberOf(await run.pullOrThrow('out'))).toBe(1);
    expect(() => run?.tryPull('nowhere')).toThrow(/no output 'nowhere'/);
  });

  it('gives each sample to exactly one taker, in the order of asking', async () => {
    const probe = createProbe();
    run = await relayGraph(probe).start({ workers: 1 });
    const asked = Array.from({ length: 8 }, async () => run?.pull('out'));
    const iterated = run.samples('out');
    const next = iterated.next();
    const seen: unknown[] = [];
    const leave = run.onSample('out', (sample) => seen.push(numberOf(sample)));
    const observed: unknown[] = [];
    const subscription = run.samples$('out').subscribe((sample) => observed.push(numberOf(sample)));
    openGate(probe);
    for (let i = 0; i < 13; i++) await run.push('in', frameOf(i));
    expect((await Promise.all(asked)).map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(numberOf((await next).value)).toBe(8);
    await until(() => seen.length + observed.length === 4);
    expect([seen, observed]).toEqual([
      [9, 11],
      [10, 12],
    ]);
    leave();
    subscription.unsubscribe();
    await run.push('in', frameOf(13));
    await until(() => run?.stats().edges.at(-1)?.sent === 14);
    // Nobody is left: the sample waits for the next who asks.
    expect(numberOf(await iterated.next().then(({ value }) => value))).toBe(13);
    expect([seen.length, observed.length]).toEqual([2, 2]);
  });

  it('wakes a writer that waits for room although little has been taken', async () => {
    const probe = createProbe();
    openGate(probe);
    run = await relayGraph(probe, 64).start({ workers: 1 });
    for (let i = 0; i < 128; i++) await run.push('in', frameOf(i));
    await until(() => run?.stats().stages[0]?.handled === 64);
    for (let i = 0; i < 3; i++) expect(numberOf(run.tryPull('out'))).toBe(i);
    await until(() => run?.stats().stages[0]?.handled === 67);
  });

  it('ends an iteration by return while it waits, without taking a sample', async () => {
    const probe = createProbe();
    openGate(probe);
    run = await relayGraph(probe).start({ workers: 1 });
    const samples = run.samples('out');
    const waiting = samples.next();
    expect(await samples.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await run.push('in', frameOf(1));
    for await (const sample of run.samples('out')) {
      expect(numberOf(sample)).toBe(1);
      break;
    }
    // An iteration that was left is no taker that a drain would wait for.
    await run.push('in', frameOf(2));
    expect((await run.stop({ drain: true, timeoutMs: 20_000 })).reason).toBe('stopped');
  });

  it('lets what an ended stream has left behind be taken', async () => {
    const g = graph('ended');
    const stage = g.stage('counter', counter, { options: { count: 10 } });
    g.output('out', stage.out.frames);
    run = await g.start({ workers: 1 });
    expect((await run.done).reason).toBe('ended');
    expect(numberOf(run.tryPull('out'))).toBe(0);
    expect(numberOf(await run.pull('out'))).toBe(1);
    const seen: unknown[] = [];
    const leave = run.onSample('out', (sample) => {
      seen.push(numberOf(sample));
      if (seen.length === 3) leave();
    });
    await until(() => seen.length === 3);
    const rest: unknown[] = [];
    for await (const sample of run.samples('out')) rest.push(numberOf(sample));
    expect([seen, rest]).toEqual([
      [2, 3, 4],
      [5, 6, 7, 8, 9],
    ]);
    expect(await run.pull('out')).toBeUndefined();
    await expect(run.pullOrThrow('out')).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    let isComplete = false;
    run.samples$('out').subscribe({ complete: () => (isComplete = true) });
    expect(isComplete).toBe(true);
  });
});

it('leaves the event loop its turns, however fast the graph is', async () => {
  const consumers: Record<string, (run: Run) => unknown> = {
    async iterate(started) {
      for await (const sample of started.samples('out')) if (sample.seq < 0) return;
    },
    async pull(started) {
      while ((await started.pull('out')) !== undefined);
    },
    onSample: (started) => started.onSample('out', () => undefined),
    // Discarded while the writer goes on.
    discard: (started) => started.pull('out'),
  };
  for (const consume of Object.values(consumers)) {
    const g = graph('fast');
    g.output('out', g.stage('counter', counter, { options: { count: Infinity } }).out.frames);
    run = await g.start({ workers: 1 });
    const consuming = consume(run);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await run.stop();
    await consuming;
  }
  const probe = createProbe();
  openGate(probe);
  const g = graph('pushed');
  g.input('in', g.stage('sink', sink, { options: { probe } }).in.frames);
  const pushed = await g.start({ workers: 1 });
  run = pushed;
  const pushing = (async () => {
    for (let i = 0; ; i++) await pushed.push('in', Float64Array.of(i, i * 7));
  })();
  pushing.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await pushed.stop();
  await expect(pushing).rejects.toMatchObject({ code: 'RUN_STOPPED' });
  expect(read(probe, cell.disorder)).toBe(0);
});
