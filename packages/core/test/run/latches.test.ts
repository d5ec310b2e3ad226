import { describe, expect, test } from 'vitest';
import { defineStage, frame, graph, written } from '@troupe/core';
import type { Placement, Run } from '@troupe/core';
import {
  eager,
  eights,
  finder,
  ioWatcher,
  latecomer,
  picky,
  setter,
  teller,
  watcher,
} from '../fixtures/latched.ts';
import { until } from './deadline.ts';

interface Seen {
  readonly time: number;
  readonly value: number;
  readonly writtenAt: number;
  readonly isStable: boolean;
}

async function take(run: Run, output: string, count: number): Promise<Seen[]> {
  const list: Seen[] = [];
  while (list.length < count) {
    const { frame } = await run.pullOrThrow(output);
    const [time = -1, value = -1, writtenAt = -1, isStable] = frame as Float64Array;
    list.push({ time, value, writtenAt, isStable: isStable === 1 });
  }
  return list;
}

/** Whole values of earlier steps, in their order. */
function expectEarlier(list: readonly Seen[], periodNs: number): void {
  for (const [i, { time, value, writtenAt, isStable }] of list.entries()) {
    expect(isStable).toBe(true);
    expect(writtenAt).toBeLessThan(time);
    expect(writtenAt).toBe(writtenAt === -1 ? -1 : value * periodNs);
    expect(writtenAt).toBeGreaterThanOrEqual(list[i - 1]?.writtenAt ?? -1);
  }
}

describe('a latch', () => {
  const places: readonly (readonly [string, Placement, Placement])[] = [
    ['one thread', { group: 'a' }, { group: 'a' }],
    ['three threads', { group: 'a' }, 'main'],
  ];

  test.each(places)('on %s: all readers of a step see the same earlier value', async (_, worker, other) => {
    const g = graph('latch');
    const latch = g.latch('value', eights);
    g.stage('setter', setter, { tick: { hz: 250, phase: 'acquisition' }, worker, latches: { mine: latch } });
    const settings = { tick: { hz: 125, phase: 'control' }, latches: { value: latch } } as const;
    const stages = [
      g.stage('near', watcher, { ...settings, worker }),
      g.stage('far', watcher, { ...settings, worker: other }),
      g.stage('io', ioWatcher, { ...settings, worker: { group: 'io' } }),
    ];
    for (const { name, out } of stages) g.output(name, out.seen, { capacity: 1_024 });
    await using run = await g.start();
    const lists = await Promise.all(stages.map(({ name }) => take(run, name, 60)));
    const byTime = new Map<number, number>();
    for (const list of lists) {
      expectEarlier(list, 4e6);
      for (const { time, value } of list) {
        expect(value).toBe(byTime.get(time) ?? value);
        byTime.set(time, value);
      }
      expect(new Set(list.map(({ value }) => value)).size).toBeGreaterThan(10);
    }
  });

  test('outlives the worker of its writer', async () => {
    const exits = new Int32Array(new SharedArrayBuffer(4));
    const g = graph('latch');
    const latch = g.latch('value', eights);
    g.stage('setter', setter, {
      tick: { hz: 100 },
      worker: { group: 'a' },
      latches: { mine: latch },
      options: { exits, exitAt: 20 },
    });
    const stage = g.stage('watcher', watcher, {
      tick: { hz: 200 },
      worker: { group: 'b' },
      latches: { value: latch },
    });
    g.output('seen', stage.out.seen, { capacity: 4_096 });
    await using run = await g.start();
    const list: Seen[] = [];
    while ((list.at(-1)?.value ?? 0) < 60) list.push(...(await take(run, 'seen', 1)));
    expectEarlier(list, 1e7);
    expect(Atomics.load(exits, 0)).toBeGreaterThan(1);
    expect((await run.stop()).replacements).toHaveLength(1);
  });

  test('what a failed call has written is not shown; inputs write one by one', async () => {
    const g = graph('latch');
    const latch = g.latch('value', eights);
    const writer = g.stage('picky', picky, {
      latches: { mine: latch },
      supervision: { strategy: 'resume', triesMax: 1, backoffMs: 0 },
    });
    const asked = g.stage('teller', teller, { latches: { value: latch }, worker: 'main' });
    g.input('numbers', writer.in.numbers);
    g.output('done', writer.out.told);
    g.input('ask', asked.in.ask);
    g.output('told', asked.out.told);
    await using run = await g.start();
    const ask = async (): Promise<unknown> => {
      await run.push('ask', 0);
      return (await run.pullOrThrow('told')).value;
    };
    // Written in `onStart`.
    await until('the first value', async () => String(await ask()) === '100');
    await run.push('numbers', 12);
    expect((await run.pullOrThrow('done')).value).toBe(12);
    await until('the value of 12', async () => String(await ask()) === '12');
    await run.push('numbers', 13);
    await until('13 is given up', () => run.deadLetters().length === 1);
    expect(await ask()).toEqual([12]);
    for (const n of [14, 15, 16]) await run.push('numbers', n);
    const told = [];
    for (let i = 0; i < 4; i++) told.push((await run.pullOrThrow('done')).value);
    expect(told).toEqual(['BAD_EMIT', 14, 15, 16]);
    await until('the value of 16', async () => String(await ask()) === '16');
  });

  test.each([1, 2])(
    'written often in a step is read as it was before that, on %d workers',
    async (workers) => {
      const g = graph('eager');
      const latch = g.latch('value', frame('float64', [20_000]));
      const writer = g.stage('eager', eager, { latches: { mine: latch }, worker: { dedicated: true } });
      const reader = g.stage('finder', finder, { latches: { value: latch }, worker: { dedicated: true } });
      g.connect(writer.out.out, reader.in.in);
      g.input('in', writer.in.in);
      g.output('found', reader.out.found);
      await using run = await g.start({ clock: 'fast', workers });
      for (const [base, before] of [
        [0, 0],
        [100, 20],
        [200, 120],
      ] as const) {
        // All of them are admitted in one step.
        const pushes = Array.from({ length: 20 }, (_, i) => run.push('in', base + i + 1));
        const found = [];
        for (let i = 0; i < 20; i++) found.push((await run.pullOrThrow('found')).value);
        await Promise.all(pushes);
        expect(found).toEqual(Array.from({ length: 20 }, (_, i) => [base + i + 1, before, before]));
      }
    },
  );

  test('is written in handlers only', async () => {
    const g = graph('latch');
    const late = g.stage('late', latecomer, { latches: { mine: g.latch('value', eights) } });
    g.output('told', late.out.told);
    await using run = await g.start();
    expect((await run.pullOrThrow('told')).value).toBe('BAD_EMIT');
  });
});

test('under a clock with rounds a value is read from the next step on, in whichever phase', async () => {
  const g = graph('stepped');
  const runner = g.runner('slow', { hz: 100 });
  const pose = g.latch('pose', frame('float64', [1]));
  const writer = defineStage({
    name: 'writer',
    latches: { pose: written(frame('float64', [1])) },
    create: ({ latches }) => ({ onTick: ({ index }) => latches.pose.write(Float64Array.of(index + 1)) }),
  });
  const reader = defineStage({
    name: 'reader',
    latches: { pose: frame('float64', [1]) },
    outputs: { seen: frame('float64', [3]) },
    create: ({ latches }) => ({
      onTick(tick, out) {
        const { step, fraction } = tick.runner('slow');
        const [value = NaN] = latches.pose.read();
        out.send('seen', Float64Array.of(tick.time / 1e6, value, step + fraction));
      },
    }),
  });
  g.stage('writer', writer, { tick: { runner, phase: 'acquisition' }, latches: { pose } });
  const ref = g.stage('reader', reader, { tick: { hz: 250, phase: 'export' }, latches: { pose } });
  g.output('seen', ref.out.seen);
  await using run = await g.start({ clock: 'fast', durationMs: 25 });
  const seen: number[][] = [];
  for await (const sample of run.samples('seen')) seen.push(Array.from(sample.frame as Float64Array));
  expect(seen).toEqual([
    [0, 0, 0],
    [4, 1, 0.4],
    [8, 1, 0.8],
    [12, 2, 1.2],
    [16, 2, 1.6],
    [20, 2, 2],
    [24, 3, 2.4],
  ]);
});
