import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { graph } from '@troupe/core';
import type { Graph, Run, StartOptions } from '@troupe/core';
import { beating } from '../fixtures/clocked.ts';
import { debugMemory, passing, word } from '../fixtures/debugged.ts';
import type { Numbered } from '../fixtures/debugged.ts';
import { burst } from '../fixtures/frames.ts';
import { flusher, slowEcho } from '../fixtures/io.ts';
import { cell, createProbe, openGate, read } from '../fixtures/probe.ts';
import { until } from './deadline.ts';

const alone = { worker: { dedicated: true } } as const;
const clocks = ['realtime', 'fast'] as const;

/** Starts a graph that is gone after the test, however that ends. */
async function start(g: Graph, options: StartOptions = {}): Promise<Run> {
  const run = await g.start({ onLog: () => undefined, ...options });
  onTestFinished(async () => void (await run.stop()));
  return run;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.each(clocks)('%s: a resource', (clock) => {
  async function startRivals(): Promise<{ run: Run; probe: ReturnType<typeof createProbe> }> {
    const [probe, memory] = [createProbe(), debugMemory().buffer];
    const g = graph('rivals');
    const needs = { resources: ['gpu'], ...alone } as const;
    const held = g.stage('held', passing, { options: { memory }, ...needs });
    const other = g.stage('other', slowEcho, { options: { probe }, ...needs });
    g.input('held', held.in.in);
    g.input('other', other.in.values);
    g.output('out', held.out.out);
    g.output('echo', other.out.values);
    return { run: await start(g, { clock }), probe };
  }

  test('is not for whoever is held, and is waited for in a step', async () => {
    const { run, probe } = await startRivals();
    await run.debug.pause(['held']);
    await run.push('held', { n: 0 });
    await run.push('other', 'first');
    await until('the other has it', () => read(probe, cell.starts) === 1);
    expect(run.stats().resources[0]).toMatchObject({ holders: ['other'], waiting: [] });
    const step = run.debug.step({ stage: 'held', unit: 'message' });
    await until('the step waits', () => run.stats().resources[0]?.waiting[0] === 'held');
    expect(run.tryPull('out')).toBeUndefined();
    openGate(probe);
    expect((await step).place).toMatchObject({ stage: 'held', seq: 0 });
    expect((await run.pullOrThrow('out', { timeoutMs: 10_000 })).value).toEqual({ n: 0 });
  });

  test('is not kept from others by a step that was called off', async () => {
    const { run, probe } = await startRivals();
    await run.debug.pause(['held']);
    await run.push('held', { n: 0 });
    await run.push('other', 'first');
    await until('the other has it', () => read(probe, cell.starts) === 1);
    const abort = new AbortController();
    const step = run.debug.step({ stage: 'held', unit: 'message' }, { signal: abort.signal });
    const ended = step.catch((error: unknown) => error);
    await until('the step waits', () => run.stats().resources[0]?.waiting[0] === 'held');
    abort.abort(new Error('enough'));
    expect(await ended).toMatchObject({ message: 'enough' });
    await until('nobody waits', () => run.stats().resources[0]?.waiting.length === 0);
    openGate(probe);
    expect((await run.pullOrThrow('echo', { timeoutMs: 10_000 })).value).toBe('first');
    // With rounds the next one waits for whoever is held and has something to do in this one.
    if (clock === 'fast') return;
    await run.push('other', 'second');
    expect((await run.pullOrThrow('echo', { timeoutMs: 10_000 })).value).toBe('second');
    expect(run.tryPull('out')).toBeUndefined();
  });
});

describe('what waits for room goes on', () => {
  test.each(clocks)('%s: a spill', async (clock) => {
    const g = graph('spill');
    const stage = g.stage('burst', burst, { options: { copies: 50 }, ...alone });
    g.input('in', stage.in.frames, { capacity: 4 });
    g.output('out', stage.out.frames, { capacity: 4 });
    const run = await start(g, { clock });
    await run.push('in', Float64Array.of(0, 0));
    await until('it spills', () => (run.stats().stages[0]?.spilled ?? 0) >= 46);
    await run.debug.pause();
    await run.push('in', Float64Array.of(1, 0));
    const copies: unknown[] = [];
    for (const _ of numbers(50))
      copies.push((await run.pullOrThrow('out', { timeoutMs: 10_000 })).frame?.[1]);
    expect(copies).toEqual(numbers(50));
    await until('its input is released', () => run.stats().edges[0]?.received === 1);
    expect(run.stats().stages[0]).toMatchObject({ handled: 1, depth: 1 });
    expect(run.tryPull('out')).toBeUndefined();
    await run.debug.resume();
    expect((await run.pullOrThrow('out', { timeoutMs: 10_000 })).frame?.[0]).toBe(1);
  });

  test('a flush, and the handler behind it', async () => {
    const probe = createProbe();
    const g = graph('flush');
    const from = g.stage('from', flusher, { options: { probe, count: 40, chunk: 4 }, ...alone });
    g.output('out', from.out.frames, { capacity: 4 });
    const run = await start(g);
    await until('it waits for room', () => run.stats().edges[0]?.depth === 4);
    // Nobody waits for a handler that waits for room.
    await run.debug.pause();
    for (const n of numbers(40))
      expect((await run.pullOrThrow('out', { timeoutMs: 10_000 })).frame?.[0]).toBe(n);
    await until('it has gone on', () => read(probe, cell.emitted) === 40);
    openGate(probe);
    expect(run.debug.state.held).toEqual(['from']);
    await run.debug.resume();
    await run.done;
  });
});

describe('an edge that may lose messages', () => {
  test.each(['latest', 'dropOldest', 'dropNewest'] as const)('%s goes on doing so', async (overflow) => {
    const settings = { options: { memory: debugMemory().buffer }, ...alone };
    const g = graph('lossy');
    const from = g.stage('from', passing, settings);
    const to = g.stage('to', passing, settings);
    g.input('in', from.in.in);
    g.connect(from.out.out, to.in.in, { capacity: 4, overflow });
    g.output('out', to.out.out, { capacity: 256 });
    const run = await start(g);
    const taken: number[] = [];
    run.onSample('out', ({ value }) => void taken.push((value as Numbered).n));
    await run.debug.pause(['to']);
    for (const n of numbers(200)) await run.push('in', { n });
    await until('all are handed on', () => run.stats().stages[0]?.handled === 200);
    await run.debug.resume();
    const kept = { latest: [199], dropOldest: [196, 197, 198, 199], dropNewest: [0, 1, 2, 3] }[overflow];
    const { stats } = await run.stop({ drain: true });
    expect(taken).toEqual(kept);
    expect(stats.edges[0]).toMatchObject({
      received: kept.length,
      drops: { [overflow]: 200 - kept.length },
    });
  });
});

describe('a rate that changes', () => {
  test.each(['realtime', 'fast'] as const)('%s: is in effect when its stage goes on', async (clock) => {
    const g = graph('rate');
    const one = g.stage('one', beating, { tick: { hz: 100 }, ...alone });
    g.output('ticks', one.out.ticks, { capacity: 16 });
    const run = await start(g, { clock });
    await run.pullOrThrow('ticks');
    await run.debug.pause();
    const changed = run.setRate('one', 500);
    if (clock === 'realtime') await changed;
    await run.debug.resume();
    await changed;
    const isNew = async (): Promise<boolean> => {
      const { frame } = await run.pullOrThrow('ticks', { timeoutMs: 10_000 });
      const [, , dt = 0, dropped = 0] = frame as Float64Array;
      return Math.abs(dt - 2e6 * (1 + dropped)) <= 1;
    };
    await until('it ticks at its new rate', isNew);
    for (const _ of numbers(20)) expect(await isNew()).toBe(true);
  });
});

test('paced, without runners: what was pushed while all of it is held comes afterwards', async () => {
  const memory = debugMemory();
  const g = graph('still');
  const first = g.stage('first', passing, { options: { memory: memory.buffer }, ...alone });
  const then = g.stage('then', passing, { options: { memory: debugMemory().buffer }, worker: 'main' });
  g.input('in', first.in.in, { capacity: 64 });
  g.connect(first.out.out, then.in.in);
  g.output('out', then.out.out);
  const run = await start(g, { clock: 'paced' });
  await run.debug.pause();
  for (const n of numbers(20)) await run.push('in', { n });
  await sleep(20);
  expect(memory[word.calls]).toBe(0);
  const { place } = await run.debug.step({ stage: 'first', unit: 'message' });
  expect(place).toMatchObject({ stage: 'first', work: 'input', seq: 0 });
  expect(memory[word.calls]).toBe(1);
  await run.debug.resume();
  const taken: unknown[] = [];
  for (const _ of numbers(20)) taken.push((await run.pullOrThrow('out', { timeoutMs: 10_000 })).value);
  expect(taken).toEqual(numbers(20).map((n) => ({ n })));
});
