import { connect } from 'node:net';
import { graph } from '@troupe/core';
import type { LogLine, Run } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { burst } from '../fixtures/frames.ts';
import {
  flusher,
  latecomer,
  metronome,
  poster,
  printer,
  promising,
  server,
  slowEcho,
} from '../fixtures/io.ts';
import { cell, createProbe, openGate, read, settled, until } from '../fixtures/probe.ts';

let run: Run | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('an io stage', () => {
  it('handles one input at a time while its neighbours go on, and drains before it ends', async () => {
    const [held, free] = [createProbe(), createProbe()];
    openGate(free);
    const g = graph('io');
    for (const [name, probe] of [
      ['held', held],
      ['free', free],
    ] as const) {
      const stage = g.stage(name, slowEcho, { options: { probe }, worker: { group: 'io' } });
      g.input(`${name}In`, stage.in.values);
      g.output(`${name}Out`, stage.out.values);
    }
    run = await g.start();
    for (const i of range(20)) await Promise.all([run.push('heldIn', i), run.push('freeIn', i)]);
    for (const i of range(20)) expect((await run.pull('freeOut'))?.value).toBe(i);
    expect([read(held, cell.starts), run.tryPull('heldOut')]).toEqual([1, undefined]);
    const stopping = run.stop({ drain: true });
    openGate(held);
    const rest: unknown[] = [];
    for await (const { value } of run.samples('heldOut')) rest.push(value);
    expect(await run.pull('freeOut')).toBeUndefined();
    await stopping;
    expect(rest).toEqual(range(20));
    expect([held, free].map((probe) => [read(probe, cell.disorder), read(probe, cell.stops)])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('works on main as well', async () => {
    const probe = createProbe();
    openGate(probe);
    const g = graph('main');
    const stage = g.stage('slow', slowEcho, { options: { probe }, worker: 'main' });
    g.input('in', stage.in.values);
    g.output('out', stage.out.values);
    run = await g.start();
    for (const i of range(10)) await run.push('in', i);
    for (const i of range(10)) expect((await run.pull('out'))?.value).toBe(i);
    expect(read(probe, cell.disorder)).toBe(0);
  });

  it('shows what it has flushed before it settles, and waits in flush for room', async () => {
    const probe = createProbe();
    const g = graph('flush');
    const stage = g.stage('flusher', flusher, { options: { probe, count: 300, chunk: 3 } });
    g.output('out', stage.out.frames, { capacity: 4 });
    run = await g.start({ workers: 1 });
    // Three in the ring at the first flush; of the next three one fits, and the flush waits.
    await until(() => run?.stats().edges[0]?.depth === 4);
    expect(await settled(() => read(probe, cell.emitted))).toBe(3);
    for (const i of range(300)) expect((await run.pull('out'))?.frame[0]).toBe(i);
    await until(() => read(probe, cell.emitted) === 300);
    openGate(probe);
    expect((await run.done).stats.stages[0]).toMatchObject({ out: 300, state: 'ended', failed: 0 });
  });

  it('is not kept from stopping by a flush that waits', async () => {
    const g = graph('flush');
    const stage = g.stage('flusher', flusher, { options: { probe: createProbe(), count: 300, chunk: 3 } });
    g.output('out', stage.out.frames, { capacity: 4 });
    run = await g.start({ workers: 1 });
    await until(() => run?.stats().edges[0]?.depth === 4);
    const { stats } = await run.stop();
    expect(stats.stages[0]).toMatchObject({ state: 'stopped', failed: 0 });
  });

  it('takes 1,024 posts that wait, and counts the others', async () => {
    const g = graph('posts');
    g.output('out', g.stage('poster', poster).out.values, { capacity: 2_048 });
    run = await g.start({ workers: 1 });
    await until(() => run?.stats().stages[0]?.handled === 1_024);
    for (const i of range(1_024)) expect((await run.pull('out'))?.value).toEqual([i, 1_024]);
    expect(run.stats().stages[0]).toMatchObject({ droppedPosts: 976, handled: 1_024 });
    expect(run.tryPull('out')).toBeUndefined();
  });

  it('serves a socket', async () => {
    const g = graph('socket');
    g.output('out', g.stage('server', server).out.values);
    run = await g.start({ workers: 1 });
    const port = (await run.pull('out'))?.value as number;
    const socket = connect(port, '127.0.0.1');
    socket.write('over the wire');
    expect((await run.pull('out'))?.value).toBe('over the wire');
    socket.end();
    await run.stop();
  });

  it('cannot emit outside of a call', async () => {
    const g = graph('late');
    g.output('out', g.stage('latecomer', latecomer).out.values);
    run = await g.start({ workers: 1 });
    expect((await run.pull('out'))?.value).toBe('first');
    expect((await run.pull('out'))?.value).toBe('BAD_EMIT');
  });
});

it('fails a stage that returns a promise without having said io', async () => {
  const g = graph('promise');
  g.output('out', g.stage('promising', promising, { supervision: { strategy: 'escalate' } }).out.values);
  run = await g.start({ workers: 1 });
  await expect(run.done).rejects.toMatchObject({
    code: 'HANDLER_THREW',
    cause: { code: 'ASYNC_HANDLER', stage: 'promising' },
  });
});

it('ticks on an absolute schedule, and counts what it drops', async () => {
  const hz = 300;
  for (const worker of ['auto', 'main'] as const) {
    const g = graph('ticks');
    const stage = g.stage('metronome', metronome, { tick: { hz }, worker });
    g.output('out', stage.out.ticks, { capacity: 1 });
    run = await g.start({ workers: 1 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    const ticks: number[][] = [];
    for (const _ of range(20)) ticks.push([...((await run.pullOrThrow('out')).frame as Float64Array)]);
    const { stats } = await run.stop();
    const [first = 0, , , droppedBefore = 0] = ticks[0] ?? [];
    let [previous, sum] = [first - droppedBefore - 1, 0];
    for (const [index = -1, time = -1, dt = -1, dropped = -1] of ticks) {
      expect(index).toBe(previous + 1 + dropped);
      expect(time).toBe(Math.floor((index * 1e9) / hz));
      expect(dt).toBe(time - Math.floor(((index - 1 - dropped) * 1e9) / hz));
      previous = index;
      sum += dropped;
    }
    // The first wait alone was of nine periods, with room for one tick.
    expect(sum).toBeGreaterThan(0);
    expect(stats.stages[0]?.droppedTicks).toBeGreaterThanOrEqual(sum);
    expect(stats.stages[0]?.onTick.count).toBe(stats.stages[0]?.handled);
  }
});

describe('spill', () => {
  it('keeps more than there is room for in order', async () => {
    const g = graph('spill');
    const stage = g.stage('burst', burst, { options: { copies: 50 } });
    g.input('in', stage.in.frames, { capacity: 2 });
    g.output('out', stage.out.frames, { capacity: 4 });
    run = await g.start({ workers: 1 });
    for (const value of [0, 1]) await run.push('in', Float64Array.of(value, 0));
    await until(() => run?.stats().edges[1]?.depth === 4);
    // The input is not released before the last of its emissions has found room.
    expect(run.stats().edges[0]).toMatchObject({ depth: 2, received: 0 });
    const got: unknown[] = [];
    for (const _ of range(100)) got.push([...((await run.pullOrThrow('out')).frame as Float64Array)]);
    expect(got).toEqual(range(100).map((i) => [Math.floor(i / 50), i % 50]));
    await until(() => run?.stats().edges[0]?.received === 2);
    expect(run.stats().stages[0]).toMatchObject({ in: 2, handled: 2, out: 100, failed: 0 });
    expect(run.stats().stages[0]?.spilled).toBeGreaterThanOrEqual(46 + 46);
  });

  it('fails beyond its bound, and nothing of the call is seen', async () => {
    const g = graph('spill');
    const stage = g.stage('burst', burst, {
      options: { copies: 15 },
      spillMax: 10,
      supervision: { strategy: 'escalate' },
    });
    g.input('in', stage.in.frames);
    g.output('out', stage.out.frames, { capacity: 4 });
    run = await g.start({ workers: 1 });
    const pulling = run.pull('out');
    await run.push('in', new Float64Array(2));
    const failure = {
      code: 'HANDLER_THREW',
      stage: 'burst',
      cause: { code: 'SPILL_OVERFLOW', port: 'frames' },
    };
    await expect(pulling).rejects.toMatchObject(failure);
    await expect(run.done).rejects.toMatchObject(failure);
  });
});

it('brings what a parked worker prints and logs to onLog', async () => {
  const lines: LogLine[] = [];
  const g = graph('log');
  const stage = g.stage('printer', printer);
  g.input('in', stage.in.values);
  g.output('out', stage.out.values);
  run = await g.start({ workers: 1, onLog: (line) => lines.push(line) });
  await run.push('in', 'this');
  await run.pull('out');
  await until(() => lines.length === 3);
  expect(lines).toMatchObject([
    { stage: '', message: 'printed this', fields: undefined },
    { stage: '', message: 'warned', fields: { level: 'warn' } },
    { stage: 'printer', message: 'logged', fields: { value: 'this' } },
  ]);
});
