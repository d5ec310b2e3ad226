import { describe, expect, test } from 'vitest';
import { graph } from '@troupe/core';
import { memoryOf, puppet } from '../fixtures/puppet.ts';
import { until } from './deadline.ts';
import { cues, numbersOf, startRow, upTo } from './puppets.ts';

describe('a message that ends its worker each time', () => {
  test('becomes a dead letter, and the stream goes on', async () => {
    const { run, play } = await startRow([{ supervision: { triesMax: 3 } }, { worker: { group: 'other' } }]);
    const told = await play(cues(40, { 9: { act: 'exit', actor: 'p0' }, 11: { act: 'exit', actor: 'p0' } }));
    expect(numbersOf(told)).toEqual(upTo(40, 9, 11));
    const { replacements, deadLetters } = await run.done;
    expect(replacements).toHaveLength(6);
    expect(deadLetters).toMatchObject([
      {
        stage: 'p0',
        port: 'in',
        tries: 3,
        seq: 9,
        value: { n: 9 },
        error: { code: 'WORKER_DIED', stage: 'p0' },
      },
      { value: { n: 11 } },
    ]);
    expect(run.stats().deadLetters).toBe(2);
    expect(run.stats().stages[0]).toMatchObject({ deadLettered: 2 });
  });

  test('by reference, from a neighbour on its worker: the input that caused it becomes dead', async () => {
    const { run, play } = await startRow([{}, { supervision: { triesMax: 2 } }, {}]);
    expect(run.plan.edges.filter(({ transport }) => transport === 'local')).toHaveLength(2);
    const told = await play(cues(40, { 9: { act: 'exit', actor: 'p1' } }));
    expect([...new Set(numbersOf(told))]).toEqual(upTo(40, 9));
    expect(run.deadLetters()).toMatchObject([
      { stage: 'p0', value: { n: 9 }, error: { code: 'WORKER_DIED', stage: 'p1' } },
    ]);
  });

  test('stop: the stage is over, the rest goes on', async () => {
    const { run } = await startRow([
      { supervision: { strategy: 'stop' } },
      {},
      { worker: { group: 'other' } },
    ]);
    // All at once: the run ends as soon as the last stage has.
    const pushed = cues(100, { 5: { act: 'exit', actor: 'p0' } }).map((cue) => run.tryPush('in', cue));
    expect(pushed).not.toContain(false);
    const { stats } = await run.done;
    expect(stats.stages.map(({ state }) => state)).toEqual(['stopped', 'ended', 'ended']);
  });

  test('escalate: fails the run', async () => {
    const { run } = await startRow([{ supervision: { strategy: 'escalate' } }]);
    await run.push('in', { n: 0, act: 'exit' });
    await expect(run.done).rejects.toMatchObject({ code: 'WORKER_DIED', stage: 'p0' });
  });

  test('the rate of replacements is bounded', async () => {
    const { run } = await startRow(
      [{ supervision: { triesMax: 100 } }],
      {},
      { replacements: { max: 2, withinMs: 60_000 } },
    );
    await run.push('in', { n: 0, act: 'exit' });
    await expect(run.done).rejects.toMatchObject({
      code: 'REPLACEMENT_LIMIT',
      cause: { code: 'WORKER_DIED', stage: 'p0' },
    });
    expect((await run.stop()).replacements).toHaveLength(2);
  });

  test('memory: a handler that exhausts its worker’s heap', { timeout: 60_000 }, async () => {
    const { run, play } = await startRow(
      [{}],
      { 1: 1 },
      { resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } },
    );
    expect(numbersOf(await play(cues(12, { 5: { act: 'exhaust', slot: 1 } })))).toEqual(upTo(12));
    expect((await run.done).replacements).toMatchObject([
      {
        reason: 'error',
        error: { code: 'WORKER_DIED', stage: 'p0', cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' } },
      },
    ]);
  });

  test('an async handler that ends its worker while it is pending', async () => {
    const { run, play } = await startRow([{ isIo: true, supervision: { triesMax: 2 } }]);
    expect(numbersOf(await play(cues(8, { 3: { act: 'exitLater' } })))).toEqual(upTo(8, 3));
    expect(run.deadLetters()).toMatchObject([{ value: { n: 3 }, tries: 2 }]);
  });
});

describe('a death with emissions that were seen', () => {
  test('after a flush: redelivered with the mark', async () => {
    const { play } = await startRow([{ isIo: true }, { worker: { group: 'other' } }], { 1: 1 });
    const told = await play(cues(8, { 3: { act: 'flushThenExit', slot: 1, actor: 'p0' } }));
    expect(numbersOf(told)).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 7]);
    expect(told.filter(({ isRedelivered }) => isRedelivered).map(({ n }) => n)).toEqual([3]);
  });

  test('in a group joined by reference: none lost, none twice without the mark', async () => {
    const { run, play } = await startRow([{}, {}, {}], { 1: 1, 2: 1, 3: 1 });
    const told = await play(
      cues(250, {
        50: { act: 'exit', slot: 1, actor: 'p0' },
        100: { act: 'exit', slot: 2, actor: 'p1' },
        150: { act: 'exit', slot: 3, actor: 'p2' },
      }),
    );
    expect((await run.done).replacements).toHaveLength(3);
    expect(run.deadLetters()).toEqual([]);
    const seen = new Set<number>();
    const wrong = told.filter(({ n, isRedelivered }) => {
      const isExpected = n === seen.size || (seen.has(n) && isRedelivered);
      seen.add(n);
      return !isExpected;
    });
    expect(wrong).toEqual([]);
    expect(seen.size).toBe(250);
  });
});

describe('a group joined by reference that takes from outside in two places', () => {
  test('loses nothing when its worker dies', async () => {
    const memory = memoryOf({ 1: 1, 2: 1 });
    const g = graph('merge');
    const settings = { worker: { group: 'one' }, options: { memory } } as const;
    const first = g.stage('first', puppet, settings);
    const second = g.stage('second', puppet, settings);
    g.input('far', first.in.in);
    g.input('near', second.in.in);
    g.connect(first.out.out, second.in.in);
    g.output('out', second.out.out, { capacity: 1_024 });
    const run = await g.start();
    for (let n = 0; n < 100; n++) {
      const more =
        n === 50 || n === 70 ? ({ act: 'exit', actor: 'second', slot: n === 50 ? 1 : 2 } as const) : {};
      await run.push('far', { n, ...(n === 50 && more) });
      await run.push('near', { n: n + 1_000, ...(n === 70 && more) });
    }
    const seen = new Set<number>();
    const taking = (async () => {
      for await (const { value } of run.samples('out')) seen.add((value as { n: number }).n);
    })();
    const { replacements } = await run.stop({ drain: true });
    await taking;
    expect(seen.size).toBe(200);
    expect(replacements).toHaveLength(2);
  });
});

describe('a dead letter that was sent again', () => {
  test('is not lost with the worker that it waits in', async () => {
    const { run } = await startRow([{ supervision: { strategy: 'resume', triesMax: 1, backoffMs: 1 } }], {
      1: 1,
      2: 1,
      3: 1,
    });
    await run.push('in', { n: 0, act: 'throw', slot: 1 });
    await run.push('in', { n: 1, act: 'throw', slot: 2 });
    await until('both are dead letters', () => run.deadLetters().length === 2);
    // The worker dies before it looks at them: it is ended while they are on their way.
    await run.push('in', { n: 2, act: 'exit', slot: 3 });
    for (const { id } of run.deadLetters()) run.resend(id);
    const seen = [];
    for (let i = 0; i < 2; i++) seen.push((await run.pullOrThrow('out', { timeoutMs: 10_000 })).value);
    expect(seen).toMatchObject([
      { n: 0, isResent: true },
      { n: 1, isResent: true },
    ]);
    await run.stop();
  });

  test('and ends its worker each time is one again', async () => {
    const { run } = await startRow([{ supervision: { strategy: 'resume', triesMax: 2 } }]);
    await run.push('in', { n: 0, act: 'exit' });
    await until('it is a dead letter', () => run.deadLetters().length === 1);
    expect(run.resend(run.deadLetters()[0]?.id ?? -1)).toBe(true);
    await until('it is one again', () => run.deadLetters().length === 1);
    await run.push('in', { n: 1 });
    expect((await run.pullOrThrow('out', { timeoutMs: 10_000 })).value).toMatchObject({ n: 1 });
    const { replacements, deadLetters } = await run.stop();
    expect(replacements).toHaveLength(4);
    expect(deadLetters).toMatchObject([{ value: { n: 0 }, error: { code: 'WORKER_DIED' } }]);
  });

  test('and was not handled before the stop is a dead letter still', async () => {
    const supervision = { strategy: 'resume', triesMax: 1, watchdogMs: 0 } as const;
    const { run, slots } = await startRow([{ supervision }], { 1: 1, 2: 1 });
    await run.push('in', { n: 0, act: 'throw', slot: 1 });
    await until('it is a dead letter', () => run.deadLetters().length === 1);
    // What is sent again goes before what waits: the next one must be in hand.
    await run.push('in', { n: 1, act: 'hang', slot: 2 });
    await until('the next one is in hand', () => Atomics.load(slots, 2) === 0);
    expect(run.resend(run.deadLetters()[0]?.id ?? -1)).toBe(true);
    expect(run.deadLetters()).toEqual([]);
    expect((await run.stop()).deadLetters).toMatchObject([{ value: { n: 0 } }]);
  });
});
