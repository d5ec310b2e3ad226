import { defineStage, frame, graph, message } from '@troupe/core';
import type { EdgeOptions, Graph, Run, TapOptions, TappedSample } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { testRun } from '../../src/testing/test-run.ts';
import type { TestRun } from '../../src/testing/test-run.ts';

const runs: TestRun[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.stop()));
});

const takesFrames = defineStage({
  name: 'takesFrames',
  inputs: { in: frame('float64', [2]) },
  create: () => ({ onInput: () => undefined }),
});

const takesValues = defineStage({
  name: 'takesValues',
  inputs: { in: message<unknown>(undefined, { maxBytes: 2_097_152 }) },
  create: () => ({ onInput: () => undefined }),
});

/** frames → takes, and values → counts, both pushed by the application. */
function pushed(edge: Omit<EdgeOptions, 'back'> = {}): Graph {
  const g = graph('pushed');
  const takes = g.stage('takes', takesFrames);
  const counts = g.stage('counts', takesValues);
  g.input('frames', takes.in.in, edge);
  g.input('values', counts.in.in, edge);
  return g;
}

const kinds = [
  ['frames', (n: number): Float64Array => Float64Array.of(n, n * 7)],
  ['values', (n: number): unknown => ({ n, list: [1n, 'x'.repeat(n)] })],
] as const;
const clocks = ['realtime', 'paced'] as const;
const cases = kinds.flatMap(([input, of]) => clocks.map((clock) => [input, clock, of] as const));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

interface Watched {
  readonly test: TestRun;
  readonly run: Run;
  readonly seen: TappedSample[];
  readonly data: () => unknown[];
  readonly open: (options?: TapOptions) => ReturnType<Run['tap']>;
}

async function begin(input: string, clock: (typeof clocks)[number], g = pushed()): Promise<Watched> {
  const test = await testRun(g, { clock });
  runs.push(test);
  const { run } = test;
  const seen: TappedSample[] = [];
  return {
    test,
    run,
    seen,
    data: () => seen.map((sample) => (input === 'frames' ? sample.frame : sample.value)),
    open: (options) => run.tap({ input }, (sample) => seen.push(sample), options),
  };
}

/** What has been pushed by now, and no more, has been handled, and looked at. */
async function rest({ test }: Watched): Promise<void> {
  test.advance(20);
  await test.settled();
}

describe.each(cases)('a tap on pushed %s, %s', (input, clock, of) => {
  const start = (g?: Graph): Promise<Watched> => begin(input, clock, g);

  it('sees what is pushed while it is open: the very data, by number and time', async () => {
    const watched = await start();
    const { test, run, seen, data, open } = watched;
    test.push(input, of(0));
    await rest(watched);
    const tap = open();
    for (const n of [1, 2, 3]) run.tryPush(input, of(n), { time: n });
    await rest(watched);
    expect(data()).toEqual([1, 2, 3].map(of));
    expect(seen.map(({ seq, time }) => [seq, time])).toEqual([1, 2, 3].map((n) => [n, n]));
    tap.close();
    tap.close();
    test.push(input, of(4));
    await rest(watched);
    expect([seen.length, tap.skipped]).toEqual([3, 0]);
    // Another one sees what comes from now on.
    open();
    test.push(input, of(5));
    await rest(watched);
    expect(seen.at(-1)?.seq).toBe(5);
    expect(run.stats().stages.map((stage) => stage.in)).toContain(6);
  });

  it('owns what it is given, and several see the same', async () => {
    const watched = await start();
    const { run, data, open } = watched;
    open();
    open();
    const reused = of(1);
    run.tryPush(input, reused);
    if (reused instanceof Float64Array) reused.fill(99);
    await rest(watched);
    expect(data()).toEqual([of(1), of(1)]);
  });

  it('sampled: counts what lies between two looks', async () => {
    const watched = await start();
    const { run, seen, open } = watched;
    const tap = open({ everyMs: 10, newest: 2 });
    for (const n of upTo(12)) run.tryPush(input, of(n));
    await rest(watched);
    expect(seen).toHaveLength(2);
    // Of frames the newest are there, of values those that it has asked for.
    expect(seen.map(({ seq }) => seq)).toEqual(input === 'frames' ? [10, 11] : [0, 1]);
    expect(tap.skips).toEqual({ overtaken: 0, unsampled: 10, overBudget: 0, unreadable: 0 });
    run.tryPush(input, of(12));
    await rest(watched);
    expect([seen.length, seen.at(-1)?.seq, tap.skipped]).toEqual([3, 12, 10]);
  });

  it('copies no more than its budget, and counts the rest', async () => {
    const watched = await start();
    const { run, seen, open } = watched;
    const tap = open({ bytesPerSecondMax: 0.01 });
    for (const n of upTo(12)) {
      run.tryPush(input, of(n));
      await rest(watched);
    }
    expect(seen).toHaveLength(1);
    expect(tap.skips).toEqual({ overtaken: 0, unsampled: 0, overBudget: 11, unreadable: 0 });
  });

  it('does not see what the edge refuses', async () => {
    const watched = await start(pushed({ capacity: 4, overflow: 'dropNewest' }));
    const { run, seen, open } = watched;
    open();
    const hasPushed = upTo(6).map((n) => run.tryPush(input, of(n)));
    await rest(watched);
    expect(hasPushed).toEqual([true, true, true, true, true, true]);
    expect(seen.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(run.stats().edges.find(({ from }) => from === `> ${input}`)?.drops.dropNewest).toBe(2);
  });

  it('sees a push that waited for room when there is some', async () => {
    const watched = await start(pushed({ capacity: 2 }));
    const { run, seen, data, open } = watched;
    open();
    const all = Promise.all(upTo(6).map((n) => run.push(input, of(n))));
    await rest(watched);
    await all;
    expect(data()).toEqual(upTo(6).map(of));
    expect(seen.map(({ seq }) => seq)).toEqual(upTo(6));
  });

  it('shows the last of it at the end of the run', async () => {
    const { test, run, seen, open } = await start();
    open({ everyMs: 1e6 });
    run.tryPush(input, of(0));
    await test.drain();
    expect(seen.map(({ seq }) => seq)).toEqual([0]);
  });
});

it('counts pushed values that it cannot hold, and shows the next', async () => {
  const g = graph('large');
  const stage = g.stage('counts', takesValues);
  g.input('values', stage.in.in);
  const { test, run, seen, open } = await begin('values', 'realtime', g);
  const tap = open();
  const large = new Uint8Array(1_100_000);
  expect(() => run.tryPush('values', large)).not.toThrow();
  test.push('values', 'small');
  await test.settled();
  expect(seen.map(({ value, seq }) => [value, seq])).toEqual([['small', 1]]);
  expect(tap.skips.unreadable).toBe(1);
});

it('refuses inputs that are not there', async () => {
  const { run } = await begin('values', 'realtime');
  const refused = expect.objectContaining({ code: 'BAD_TARGET' }) as Error;
  expect(() => run.tap({ input: 'none' }, () => undefined)).toThrow(refused);
});
