import { describe, expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { LogLine, Placement, Run } from '@troupe/core';
import { rateOf } from '../../src/clock/rate.ts';
import { Timeline } from '../../src/clock/timeline.ts';
import { beating, createLog, dawdling, ioBeating, logging, rowsOf, watching } from '../fixtures/clocked.ts';
import { until } from './deadline.ts';

const together = { group: 'one' } as const;

interface Beat {
  readonly index: number;
  readonly time: number;
  readonly dt: number;
  readonly dropped: number;
}

async function beats(run: Run, output: string, count: number): Promise<Beat[]> {
  const taken: Beat[] = [];
  while (taken.length < count) {
    const { frame } = await run.pullOrThrow(output);
    const [index = -1, time = -1, dt = -1, dropped = -1] = frame as Float64Array;
    taken.push({ index, time, dt, dropped });
  }
  return taken;
}

/** Ticks that follow each other: what is not there was dropped, and `dt` is from one to the next. */
function expectUnbroken(list: readonly Beat[]): void {
  for (const [i, { index, time, dt, dropped }] of list.slice(1).entries()) {
    const before = list[i] as Beat;
    expect(index).toBe(before.index + 1 + dropped);
    expect(dt).toBe(time - before.time);
  }
}

/** All ticks lie on the timeline of a rate on which the first of them lies. */
function expectRate(list: readonly Beat[], hz: number): void {
  const { index: first, time: firstNs } = list[0] as Beat;
  for (const { index, time } of list) {
    const passedNs = ((index - first) * 1e9) / hz;
    expect(Math.abs(time - firstNs - passedNs)).toBeLessThanOrEqual(1);
  }
}

test('ticks of one thread come by due time, phase, priority, declaration', async () => {
  const log = createLog();
  const g = graph('order');
  const fast = g.runner('fast', { hz: 200 });
  const settings = [
    { tick: { runner: fast, phase: 'export' } },
    { tick: { hz: 100, phase: 'physics' } },
    { tick: { runner: fast, phase: 'control', priority: 2 } },
    { tick: { phase: 'postExport' } },
    { tick: { hz: 50, phase: 'control', priority: -1 } },
    { tick: { runner: fast, phase: 'control', priority: 2 } },
    { tick: { phase: 'preAcquisition', priority: 1 } },
    { tick: { phase: 'preAcquisition' } },
  ] as const;
  for (const [who, each] of settings.entries()) {
    g.stage(`s${who}`, logging, { ...each, worker: together, options: { log, who } });
  }
  await using run = await g.start();
  expect(run.plan.stepOrder.map(({ actor }) => actor)).toEqual([7, 6, 4, 2, 5, 1, 0, 3]);
  await until('all have ticked', () => rowsOf(log).length > 400);
  await run.stop();
  const rank = run.plan.stepOrder.map(({ actor }) => actor);
  const rows = rowsOf(log).map(({ who, time, index }) => ({ time, rank: rank.indexOf(who), who, index }));
  expect(rows).toEqual([...rows].sort((a, b) => a.time - b.time || a.rank - b.rank));
  expect(new Set(rows.map(({ who }) => who)).size).toBe(settings.length);
  // Steps of the clock are those of its fastest runner here.
  for (const { who, time, index } of rows) {
    const hz = [200, 100, 200, 200, 50, 200, 200, 200][who] as number;
    expect(time).toBe((index * 1e9) / hz);
  }
});

test('free phases run once per step of all runners, with the time that has passed', async () => {
  const g = graph('free');
  const rates = [30, 59.94].map(rateOf);
  g.runner('a', { hz: 30 });
  g.stage('b', beating, { tick: { hz: 59.94 }, worker: 'main' });
  const free = g.stage('free', beating, { tick: { phase: 'postExport' }, worker: together });
  g.output('ticks', free.out.ticks, { capacity: 256 });
  await using run = await g.start();
  const list = await beats(run, 'ticks', 60);
  expectUnbroken(list);
  const last = (list.at(-1) as Beat).index;
  const times = new Set<number>();
  for (const rate of rates) {
    const timeline = new Timeline(rate);
    for (; timeline.index <= last; timeline.advance()) times.add(timeline.dueNs);
  }
  const steps = [...times].sort((a, b) => a - b);
  expect(list.map(({ time }) => time)).toEqual(list.map(({ index }) => steps[index]));
});

test('a tick knows where other runners are', async () => {
  const g = graph('watching');
  const fast = g.runner('fast', { hz: 100 });
  g.runner('slow', { hz: 7 });
  const stage = g.stage('stage', watching, { tick: { runner: fast }, worker: together });
  g.output('seen', stage.out.seen, { capacity: 256 });
  await using run = await g.start();
  const slow = new Timeline(rateOf(7));
  for (let i = 0; i < 50; i++) {
    const { frame } = await run.pullOrThrow('seen');
    const [index, time = -1, step, fraction, ownStep, ownFraction] = frame as Float64Array;
    slow.moveTo(time);
    expect(step).toBe(slow.index);
    expect(fraction).toBe((time - slow.dueNs) / (slow.followingNs - slow.dueNs));
    expect([ownStep, ownFraction]).toEqual([index, 0]);
  }
});

describe('setRate', () => {
  const placements: readonly (readonly [string, Placement, boolean])[] = [
    ['a compute worker', together, false],
    ['an io worker', together, true],
    ['main', 'main', false],
  ];

  test.each(placements)(
    'on %s: a stage that shares its runner gets one of its own',
    async (_, worker, isIo) => {
      const g = graph('rates');
      const stage = isIo ? ioBeating : beating;
      const one = g.stage('one', stage, { tick: { hz: 100 }, worker });
      const other = g.stage('other', stage, { tick: { hz: 100 }, worker });
      g.output('one', one.out.ticks, { capacity: 1_024 });
      g.output('other', other.out.ticks, { capacity: 1_024 });
      await using run = await g.start();
      const before = await beats(run, 'one', 5);
      await run.setRate(one, 250);
      const { index: lastIndex } = before.at(-1) as Beat;
      const after = [before.at(-1) as Beat];
      while (!after.slice(-20).every(({ dt, dropped }) => Math.abs(dt - 4e6 * (1 + dropped)) <= 1)) {
        after.push(...(await beats(run, 'one', 1)));
      }
      after.push(...(await beats(run, 'one', 20)));
      expectUnbroken(after);
      expect((after[1] as Beat).index).toBe(lastIndex + 1 + (after[1] as Beat).dropped);
      expectRate(after.slice(-20), 250);
      expectRate(await beats(run, 'other', 60), 100);
      // Alone with its runner it keeps it.
      await run.setRate('one', 40);
      const slow: Beat[] = [];
      while (!slow.slice(-3).some(({ dt, dropped }) => dt === 25e6 * (1 + dropped))) {
        slow.push(...(await beats(run, 'one', 1)));
      }
      slow.push(...(await beats(run, 'one', 5)));
      expectUnbroken(slow);
      expectRate(slow.slice(-5), 40);
    },
  );

  test('a runner changes for all who tick with it, on all threads, free phases included', async () => {
    const g = graph('rates');
    const runner = g.runner('shared', { hz: 50 });
    const stages = [
      g.stage('a', beating, { tick: { runner }, worker: { group: 'a' } }),
      g.stage('b', ioBeating, { tick: { runner }, worker: { group: 'b' } }),
      g.stage('c', beating, { tick: { runner }, worker: 'main' }),
      g.stage('d', beating, { tick: { phase: 'postExport' }, worker: { group: 'a' } }),
    ];
    for (const { name, out } of stages) g.output(name, out.ticks, { capacity: 1_024 });
    await using run = await g.start();
    await run.setRate(runner, 125);
    const lists = await Promise.all(
      stages.map(async ({ name }) => {
        const list = await beats(run, name, 3);
        while (!list.slice(-20).every(({ dt, dropped }) => dt === 8e6 * (1 + dropped)) || list.length < 40) {
          list.push(...(await beats(run, name, 1)));
        }
        expectUnbroken(list);
        return list.slice(-20);
      }),
    );
    // One timeline, and one numbering, on all threads.
    const timeOf = (list: readonly Beat[]): number => (list[0] as Beat).time - (list[0] as Beat).index * 8e6;
    for (const list of lists) expectRate(list, 125);
    expect(new Set(lists.slice(0, 3).map(timeOf)).size).toBe(1);
    const [shared, , , free] = lists.map(([first]) => (first as Beat).time);
    expect(((free as number) - (shared as number)) % 8e6).toBe(0);
  });

  test('a successor of a dead worker knows the rates, and what was dropped meanwhile', async () => {
    const exits = new Int32Array(new SharedArrayBuffer(4));
    const g = graph('rates');
    const fragile = g.stage('fragile', beating, {
      tick: { hz: 50 },
      worker: together,
      options: { exits, exitAt: 60 },
    });
    const free = g.stage('free', beating, { tick: { phase: 'preAcquisition' }, worker: together });
    g.stage('steady', beating, { tick: { hz: 50 }, worker: 'main' });
    g.output('fragile', fragile.out.ticks, { capacity: 1_024 });
    g.output('free', free.out.ticks, { capacity: 1_024 });
    await using run = await g.start();
    await run.setRate('fragile', 200);
    const lists = await Promise.all(
      ['fragile', 'free'].map(async (name) => {
        const list: Beat[] = [];
        while ((list.at(-1)?.index ?? 0) < 200) list.push(...(await beats(run, name, 1)));
        return list;
      }),
    );
    for (const list of lists) expectUnbroken(list);
    const later = (lists[0] ?? []).filter(({ index }) => index > 60);
    expectRate(later, 200);
    expect(Atomics.load(exits, 0)).toBeGreaterThan(1);
    const report = await run.stop();
    expect(report.replacements).toHaveLength(1);
    const stats = report.stats.stages.find(({ name }) => name === 'fragile');
    const dropped = (lists[0] ?? []).reduce((sum, beat) => sum + beat.dropped, 0);
    expect(dropped).toBeGreaterThan(0);
    expect(stats?.droppedTicks).toBeGreaterThanOrEqual(dropped);
  });

  test('refuses what does not tick, and rates that no clock keeps', async () => {
    const g = graph('rates');
    g.stage('ticking', beating, { tick: { hz: 100 } });
    g.stage('free', beating, { tick: { phase: 'postExport' } });
    const input = g.stage('idle', beating);
    g.runner('spare', { hz: 1 });
    const run = await g.start();
    const cases: readonly [() => Promise<void>, string, RegExp][] = [
      [() => run.setRate('nobody', 1), 'BAD_TARGET', /no stage 'nobody'/],
      [() => run.setRate(input, 1), 'BAD_TARGET', /'idle' does not tick/],
      [() => run.setRate('free', 1), 'BAD_TARGET', /'free' ticks on every step/],
      [() => run.setRate({ runner: 'ticking' }, 1), 'BAD_TARGET', /no runner 'ticking'/],
      [() => run.setRate('ticking', 0), 'BAD_RATE', /0 cannot be the rate of stage 'ticking'/],
      [() => run.setRate({ runner: 'spare' }, 1e5), 'BAD_RATE', /100000 cannot be the rate/],
    ];
    for (const [refused, code, message] of cases) {
      await expect(refused()).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
      });
    }
    await run.setRate({ runner: '100 Hz' }, 10);
    await run.stop();
    await expect(run.setRate('ticking', 10)).rejects.toMatchObject({ code: 'RUN_STOPPED' });
  });
});

test('a tick that is handled for longer than its budget is counted, and told of once', async () => {
  const lines: LogLine[] = [];
  const g = graph('budgets');
  const slow = g.stage('slow', dawdling, { tick: { hz: 100, budgetMs: 1 }, worker: { group: 'a' } });
  const patient = g.stage('patient', dawdling, { tick: { hz: 2, budgetMs: 60_000 }, worker: { group: 'b' } });
  const late = g.stage('late', dawdling, { tick: { hz: 1_000 }, worker: { group: 'c' } });
  for (const { name, out } of [slow, patient, late]) g.output(name, out.ticks, { capacity: 1_024 });
  await using run = await g.start({ onLog: (line) => lines.push(line) });
  await Promise.all([beats(run, 'slow', 10), beats(run, 'patient', 2), beats(run, 'late', 10)]);
  const report = await run.stop();
  const overruns = Object.fromEntries(report.stats.stages.map((stage) => [stage.name, stage.overruns]));
  expect(overruns['slow']).toBe(report.stats.stages[0]?.handled);
  expect(overruns['patient']).toBe(0);
  // Its period is its budget.
  expect(overruns['late']).toBeGreaterThanOrEqual(10);
  const told = lines.filter(({ message }) => message.includes('budget')).map(({ stage }) => stage);
  expect(told.sort()).toEqual(['late', 'slow']);
});
