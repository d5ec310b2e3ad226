import { graph } from '@troupe/core';
import type { Graph, Placement, Run, Sample, TapOptions } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { testRun } from '../../src/testing/test-run.ts';
import { relay, sink } from '../fixtures/frames.ts';
import { createProbe, openGate, until } from '../fixtures/probe.ts';
import { drain, errands, lateErrands } from '../fixtures/watched.ts';
import type { Errand } from '../fixtures/watched.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

const runs: Run[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map(async (run) => run.stop()));
});

const out = { stage: 'errands', port: 'out' } as const;
const edge = { from: out, to: { stage: 'drain', port: 'in' } } as const;

interface Watched {
  readonly run: Run;
  readonly seen: Sample[];
  readonly tap: ReturnType<Run['tap']>;
  push(...list: readonly Errand[]): Promise<void>;
}

/** in → errands → drain, watched from the first errand on. */
function errandGraph(worker: Placement, isLate = false, to: Placement = worker): Graph {
  const g = graph('watched');
  const supervision = { strategy: 'resume', backoffMs: 1 } as const;
  const first = g.stage('errands', isLate ? lateErrands : errands, { worker, supervision });
  const last = g.stage('drain', drain, { worker: to });
  g.input('in', first.in.in);
  g.connect(first.out.out, last.in.in);
  return g;
}

async function watch(g: Graph, options?: TapOptions): Promise<Watched> {
  const run = await g.start();
  runs.push(run);
  const seen: Sample[] = [];
  const tap = run.tap(out, (sample) => seen.push(sample), options);
  // Answered behind everything that the worker has been told before.
  await run.setBlocking(edge, true);
  return {
    run,
    seen,
    tap,
    async push(...list) {
      for (const errand of list) await run.push('in', errand);
    },
  };
}

async function allHandled(run: Run, count: number): Promise<void> {
  await until(() => run.stats().stages[1]?.in === count);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const group = { group: 'one' } as const;

describe('a tap on values', () => {
  it.each([
    ['both ends on one worker', group, group, 'local'],
    ['between two workers', { group: 'a' }, { group: 'b' }, 'ring'],
    ['on main', 'main', 'main', 'local'],
  ] as const)('sees all of them, in order: %s', async (_, from, to, transport) => {
    const { run, seen, tap, push } = await watch(errandGraph(from, false, to));
    expect(run.plan.edges[0]?.transport).toBe(transport);
    for (const n of upTo(20)) {
      await push({ n });
      // Main sleeps until the writer wakes it.
      await until(() => seen.length === n + 1);
    }
    expect(seen.map(({ value, seq }) => [value, seq])).toEqual(upTo(20).map((n) => [n, n]));
    tap.close();
    tap.close();
    await push({ n: 20 });
    await allHandled(run, 21);
    expect(seen).toHaveLength(20);
    expect(tap.skipped).toBe(0);
    // Another one sees what comes from now on.
    const again: unknown[] = [];
    run.tap(edge, ({ value }) => again.push(value));
    await run.setBlocking(edge, true);
    await push({ n: 21 });
    await until(() => again.length === 1);
    expect(again).toEqual([21]);
  });

  it.each([
    ['sync', false],
    ['async', true],
  ] as const)('does not see what a call had emitted that threw: %s', async (_, isLate) => {
    const { run, seen, push } = await watch(errandGraph(group, isLate, isLate ? { group: 'two' } : group));
    await push({ n: 0 }, { n: 1, throws: 2 }, { n: 2, throws: 9 }, { n: 3 });
    await until(() => seen.length === 3);
    // The third errand was given up: nothing of it was ever shown.
    expect(seen.map(({ value, seq }) => [value, seq])).toEqual([
      [0, 0],
      [1, 1],
      [3, 2],
    ]);
    expect(run.deadLetters().map(({ value }) => (value as Errand).n)).toEqual([2]);
    expect(run.drop(0)).toBe(true);
    expect(run.drop(0)).toBe(false);
    expect(run.resend(0)).toBe(false);
    expect(run.deadLetters()).toEqual([]);
  });

  it('fails no call for a value that cannot be copied, and counts it', async () => {
    const { run, seen, tap, push } = await watch(errandGraph(group));
    await push({ n: 0 }, { n: 1, isOdd: true }, { n: 2 });
    await until(() => seen.length === 2);
    await allHandled(run, 3);
    expect(seen.map(({ value }) => value)).toEqual([0, 2]);
    expect(tap.skips).toEqual({ overtaken: 0, unsampled: 0, overBudget: 0, unreadable: 1 });
    expect(run.failures()).toEqual([]);
  });

  it('goes on at a successor', async () => {
    const { run, seen, push } = await watch(errandGraph(group));
    await push({ n: 0 });
    await until(() => seen.length === 1);
    await terminateThreadOf(run, 'errands');
    await until(() => replacedIn(run) === 1);
    await push({ n: 1 }, { n: 2 });
    await until(() => seen.length >= 3);
    expect(seen.map(({ value }) => value)).toEqual([0, 1, 2]);
    expect(run.replacements()).toMatchObject([
      { worker: 1, restored: [{ stage: 'errands' }, { stage: 'drain' }] },
    ]);
  });

  it('sampled: is asked before it serialises, and accounts for the rest', async () => {
    const { run, seen, tap, push } = await watch(errandGraph(group), { everyMs: 5, newest: 2 });
    const count = 500;
    await push(...upTo(count).map((n) => ({ n })));
    await allHandled(run, count);
    await until(() => seen.length + tap.skipped === count);
    const values = seen.map(({ value }) => value as number);
    expect(values.slice(0, 2)).toEqual([0, 1]);
    expect(values.every((value, i) => i === 0 || value > (values[i - 1] ?? 0))).toBe(true);
    expect(tap.skips).toEqual({ overtaken: 0, unsampled: count - seen.length, overBudget: 0, unreadable: 0 });
    // A slow writer is seen at once, whatever lies between.
    const before = seen.length;
    await push({ n: count });
    await until(() => seen.length === before + 1);
    expect(seen.at(-1)?.value).toBe(count);
  });
});

describe('a tap on frames', () => {
  function pipe(): Graph {
    const probe = createProbe();
    openGate(probe);
    const g = graph('pipe');
    const first = g.stage('relay', relay);
    const end = g.stage('sink', sink, { options: { probe } });
    g.input('in', first.in.frames);
    g.connect(first.out.frames, end.in.frames);
    return g;
  }

  async function start(options: TapOptions): Promise<Omit<Watched, 'push'>> {
    const run = await pipe().start({ workers: 1 });
    runs.push(run);
    const seen: Sample[] = [];
    const tap = run.tap({ stage: 'relay', port: 'frames' }, (sample) => seen.push(sample), options);
    return { run, seen, tap };
  }

  it('sampled: shows the newest, and accounts for the rest', async () => {
    const { run, seen, tap } = await start({ everyMs: 5 });
    const count = 300;
    for (const n of upTo(count)) await run.push('in', Float64Array.of(n, n * 7));
    await until(() => seen.length + tap.skipped === count);
    expect(seen.at(-1)?.seq).toBe(count - 1);
    expect(seen.every(({ frame, seq }) => frame[0] === seq && frame[1] === seq * 7)).toBe(true);
    expect(tap.skips).toEqual({ overtaken: 0, unsampled: count - seen.length, overBudget: 0, unreadable: 0 });
    // At the end it looks once more, whenever it would have been due.
    const last = run.tap({ stage: 'relay', port: 'frames' }, (sample) => seen.push(sample), { everyMs: 1e6 });
    await run.push('in', Float64Array.of(count, count * 7));
    await run.stop({ drain: true });
    expect(last.skipped).toBe(0);
    expect(seen.at(-1)?.seq).toBe(count);
  });

  it.each([
    ['each', {}],
    ['sampled', { everyMs: 1 }],
  ] as const)('copies no more than its budget: %s', async (way, sampled) => {
    const { run, seen, tap } = await start({ bytesPerSecondMax: 0.01, ...sampled });
    for (const n of upTo(20)) await run.push('in', Float64Array.of(n, n * 7));
    await until(() => seen.length + tap.skipped === 20);
    // What is larger than the budget goes once, and has to be paid off.
    expect(seen).toHaveLength(1);
    expect(tap.skips.overBudget + tap.skips.unsampled).toBe(19);
    expect(way === 'each' ? tap.skips.unsampled : 0).toBe(0);
  });
});

it('refuses targets and options that cannot be', async () => {
  const run = await errandGraph('main').start();
  runs.push(run);
  const tap =
    (target: Parameters<Run['tap']>[0], options?: TapOptions): (() => unknown) =>
    () =>
      run.tap(target, () => undefined, options);
  const refused = expect.objectContaining({ code: 'BAD_TARGET' }) as Error;
  expect(tap({ stage: 'errands', port: 'none' })).toThrow(refused);
  expect(tap({ stage: 'none', port: 'out' })).toThrow(refused);
  expect(tap({ from: out, to: { stage: 'drain', port: 'none' } })).toThrow(refused);
  for (const options of [{ everyMs: 0 }, { newest: 1 }, { everyMs: 5, newest: 65 }, { bytesPerSecondMax: 0 }])
    expect(tap(out, options)).toThrow(refused);
});

it('changes nothing under a clock with rounds, and is looked at by virtual time', async () => {
  const numbers = async (isWatched: boolean): Promise<unknown[]> => {
    await using test = await testRun(errandGraph(group), { clock: 'paced' });
    const seen: unknown[] = [];
    if (isWatched) test.run.tap(out, ({ value }) => seen.push(value), { everyMs: 10 });
    test.advance(5);
    for (const n of upTo(5)) test.push('in', { n, throws: n % 2 });
    test.advance(100);
    await test.settled();
    expect(test.run.stats().stages[1]?.in).toBe(5);
    return isWatched ? seen : [0];
  };
  expect(await numbers(true)).toEqual(await numbers(false));
});
