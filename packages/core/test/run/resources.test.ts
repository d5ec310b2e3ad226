import { describe, expect, test } from 'vitest';
import { defineStage, graph } from '@troupe/core';
import type { Placement, Run, StartOptions } from '@troupe/core';
import {
  heartsMemory,
  holder,
  holding,
  ioHolder,
  mostInUse,
  readHearts,
  sharer,
} from '../fixtures/exclusive.ts';
import type { Holding } from '../fixtures/exclusive.ts';
import { passing } from '../fixtures/controlled.ts';
import { any } from '../fixtures/schema.ts';
import { until } from './deadline.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

/** Without a module: it runs on main. */
const mainHolder = defineStage({
  name: 'mainHolder',
  options: any<Holding>(),
  create: ({ options }) => holding(options),
});

/** How one actor runs, and what it needs. */
interface Part {
  readonly stage: typeof holder;
  readonly resources: readonly string[];
  readonly worker?: Placement;
}

const dedicated: Placement = { dedicated: true };

/** Sources that need resources, each on a worker of its own unless it says where. */
async function start(
  parts: readonly Part[],
  count: number,
  options: StartOptions = {},
): Promise<{ run: Run; memory: SharedArrayBuffer }> {
  const memory = heartsMemory();
  const g = graph('exclusive');
  for (const [actor, { stage, resources, worker = dedicated }] of parts.entries()) {
    const isRival = (other: Part): boolean => other.resources.some((name) => resources.includes(name));
    const rivals = parts
      .keys()
      .filter((at) => at !== actor && isRival(parts[at] as Part))
      .toArray();
    g.stage(`s${actor}`, stage, {
      worker,
      resources,
      options: { memory, actor, rivals, count, beats: 200 },
    });
  }
  return { run: await g.start({ replacements: { max: 1_000, withinMs: 10_000 }, ...options }), memory };
}

function finished(memory: SharedArrayBuffer, parts: readonly unknown[]): number[] {
  return readHearts(memory, 'finished').slice(0, parts.length);
}

const violations = (memory: SharedArrayBuffer): number =>
  readHearts(memory, 'violations').reduce((sum, count) => sum + count, 0);

describe('an exclusive resource', { timeout: 60_000 }, () => {
  test('is held by one handler at a time, on workers, io workers and main', async () => {
    const needs = ['gpu'];
    const parts: Part[] = [
      { stage: holder, resources: needs },
      { stage: holder, resources: needs, worker: { group: 'pair' } },
      { stage: holder, resources: needs, worker: { group: 'pair' } },
      { stage: ioHolder, resources: needs },
      { stage: mainHolder, resources: needs, worker: 'main' },
    ];
    const { run, memory } = await start(parts, 300);
    const { stats } = await run.done;
    expect(finished(memory, parts)).toEqual(parts.map(() => 300));
    expect(violations(memory)).toBe(0);
    expect(stats.resources).toEqual([{ name: 'gpu', capacity: 1, holders: [], waiting: [] }]);
    // Whether somebody had to wait is a matter of when threads begin: who waits is told below.
  });

  test('without it the same handlers do run at the same time', async () => {
    const parts: Part[] = [
      { stage: ioHolder, resources: ['a'], worker: { group: 'one' } },
      { stage: ioHolder, resources: ['b'], worker: { group: 'one' } },
    ];
    const memory = heartsMemory();
    const g = graph('inclusive');
    for (const [actor, { stage }] of parts.entries()) {
      const options = { memory, actor, rivals: [1 - actor], count: 50, beats: 1 };
      g.stage(`s${actor}`, stage, { worker: { group: 'one' }, options });
    }
    const run = await g.start();
    await run.done;
    expect(violations(memory)).toBeGreaterThan(0);
  });

  test('those who never have enough of it leave turns to the others', async () => {
    const parts: Part[] = [0, 1, 2].map(() => ({ stage: holder, resources: ['gpu'] }));
    const { run, memory } = await start(parts, 2 ** 30);
    await until('all have had many turns', () => finished(memory, parts).every((count) => count >= 1_000));
    await run.stop();
    expect(violations(memory)).toBe(0);
  });

  test('five around a table, each in need of two neighbours’ forks, all eat', async () => {
    const parts: Part[] = Array.from({ length: 5 }, (_, i) => ({
      stage: i === 3 ? ioHolder : holder,
      resources: [`fork${i}`, `fork${(i + 1) % 5}`],
    }));
    const { run, memory } = await start(parts, 500);
    await run.done;
    expect(finished(memory, parts)).toEqual(parts.map(() => 500));
    expect(violations(memory)).toBe(0);
  });

  test('with a capacity, as many run as it has room for', async () => {
    const memory = heartsMemory();
    const g = graph('capacity');
    for (const [actor, amount] of [1, 2, 1, 3].entries()) {
      g.stage(`s${actor}`, sharer, {
        worker: dedicated,
        resources: { memory: amount },
        options: { memory, actor, amount, rivals: [], count: 500, beats: 5_000 },
      });
    }
    const run = await g.start({ resources: { memory: 3 } });
    await run.done;
    expect(readHearts(memory, 'finished').slice(0, 4)).toEqual([500, 500, 500, 500]);
    expect(mostInUse(memory)).toBe(3);
  });

  test('is free again when its holder has been stopped, whatever that still does', async () => {
    let isStopping = false;
    const failing = defineStage({
      name: 'failing',
      io: true,
      resources: ['gpu'],
      create: () => ({
        onDemand: async () => {
          await Promise.resolve();
          throw new Error('on purpose');
        },
        onStop: () => {
          isStopping = true;
          return new Promise<void>(() => undefined);
        },
      }),
    });
    const g = graph('stopped');
    g.stage('failing', failing, { supervision: { strategy: 'stop' } });
    const other = g.stage('other', passing, { worker: dedicated, resources: ['gpu'] });
    g.input('in', other.in.in);
    g.output('out', other.out.out);
    await using run = await g.start({ onLog: () => undefined });
    await until('its holder stops', () => isStopping);
    await run.push('in', 1);
    expect((await run.pullOrThrow('out', { timeoutMs: 15_000 })).value).toBe(1);
  });

  test('says who holds it and who waits', async () => {
    const g = graph('visible');
    let settle: () => void = () => undefined;
    const patient = defineStage({
      name: 'patient',
      io: true,
      resources: ['gpu'],
      create: () => ({
        onDemand: () =>
          new Promise<'end'>((resolve) => {
            settle = () => resolve('end');
          }),
      }),
    });
    g.stage('first', patient);
    const second = g.stage('second', passing, { worker: dedicated, resources: ['gpu'] });
    g.input('in', second.in.in);
    g.output('out', second.out.out);
    const run = await g.start();
    await until('the first holds it', () => run.stats().resources[0]?.holders.length === 1);
    await run.push('in', 1);
    await until('the second waits', () => run.stats().resources[0]?.waiting.length === 1);
    expect(run.tryPull('out')).toBeUndefined();
    expect(run.stats().resources[0]).toEqual({
      name: 'gpu',
      capacity: 1,
      holders: ['first'],
      waiting: ['second'],
    });
    settle();
    expect((await run.pullOrThrow('out', { timeoutMs: 15_000 })).value).toBe(1);
    const { stats } = await run.stop({ drain: true });
    expect(stats.stages[1]?.resourceWaitMs).toBeGreaterThan(0);
    expect(stats.stages[0]?.resourceWaitMs).toBe(0);
  });
});

describe('threads that die with a resource, or while they wait for it', { timeout: 120_000 }, () => {
  test('terminated at any time: nobody runs with another, and all come to their end', async () => {
    const parts: Part[] = [
      { stage: holder, resources: ['gpu', 'net'] },
      { stage: holder, resources: ['gpu'] },
      { stage: ioHolder, resources: ['net'] },
      { stage: ioHolder, resources: ['gpu'] },
      { stage: mainHolder, resources: ['gpu', 'net'], worker: 'main' },
    ];
    const { run, memory } = await start(parts, 2 ** 30);
    const sum = (): number => finished(memory, parts).reduce((all, count) => all + count, 0);
    for (let kill = 1; kill <= 50; kill++) {
      const from = finished(memory, parts);
      await until(`all go on before kill ${kill}`, () =>
        finished(memory, parts).every((count, i) => count > (from[i] ?? 0)),
      );
      await terminateThreadOf(run, `s${kill % 4}`);
      await until(`replacement ${kill}`, () => replacedIn(run) >= kill);
    }
    const before = sum();
    await until('all go on', () => sum() > before + 100);
    const report = await run.stop();
    expect(report.replacements).toHaveLength(50);
    expect(violations(memory)).toBe(0);
  });
});
