import { describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { graph } from '@troupe/core';
import { control, numbers, relay, slowMs, word } from '../fixtures/mortal.ts';
import { memoryOf, ticking } from '../fixtures/puppet.ts';
import { until } from './deadline.ts';
import { cues, numbersOf, startRow, upTo } from './puppets.ts';

describe('a handler that does not return', () => {
  test('its worker is replaced, nothing is lost', async () => {
    const { run, play } = await startRow(
      [{ supervision: { watchdogMs: 200 } }, { worker: { group: 'other' } }],
      { 1: 1 },
    );
    const told = await play(cues(20, { 7: { act: 'hang', slot: 1, actor: 'p0' } }));
    expect(numbersOf(told)).toEqual(upTo(20));
    expect(told.every(({ isRedelivered }) => !isRedelivered)).toBe(true);
    const { replacements } = await run.done;
    expect(replacements).toHaveLength(1);
    expect(replacements[0]).toMatchObject({ reason: 'hang', error: { code: 'HANDLER_HUNG', stage: 'p0' } });
  });

  test('always with the same message: that becomes a dead letter', async () => {
    const { run, play } = await startRow([{ supervision: { watchdogMs: 100, triesMax: 2 } }]);
    expect(numbersOf(await play(cues(10, { 4: { act: 'hang' } })))).toEqual(upTo(10, 4));
    expect(run.deadLetters()).toMatchObject([
      { stage: 'p0', tries: 2, seq: 4, error: { code: 'HANDLER_HUNG' } },
    ]);
    expect((await run.done).replacements).toHaveLength(2);
  });

  test('a tick', async () => {
    const g = graph('ticks');
    const options = { memory: memoryOf({ 1: 1 }), act: 'hang', slot: 1 } as const;
    const source = g.stage('source', ticking, {
      tick: { hz: 100 },
      supervision: { watchdogMs: 100 },
      options,
    });
    g.output('out', source.out.out);
    const run = await g.start();
    await run.pullOrThrow('out', { timeoutMs: 10_000 });
    const { replacements } = await run.stop();
    expect(replacements).toMatchObject([
      { reason: 'hang', error: { code: 'HANDLER_HUNG', stage: 'source' } },
    ]);
  });

  test('with its watchdog off it is waited for', async () => {
    const { run } = await startRow([{ supervision: { watchdogMs: 0 } }]);
    await run.push('in', { n: 0, act: 'hang' });
    await sleep(700);
    expect(run.stats().workers[1]?.replaced).toBe(0);
    const report = await run.stop();
    expect(report.replacements).toEqual([]);
  });

  test('many calls in a row that each take less than the limit are no hang', async () => {
    const words = control();
    const g = graph('slow');
    const options = { memory: words.buffer };
    const source = g.stage('source', numbers, { options, worker: { group: 'a' } });
    const middle = g.stage('middle', relay, {
      options,
      worker: { group: 'b' },
      supervision: { watchdogMs: 16 * slowMs },
    });
    g.connect(source.out.out, middle.in.in);
    g.output('out', middle.out.out, { overflow: 'latest' });
    const run = await g.start();
    // Quick calls first: the executor makes ever more of them between two looks at its clock.
    await until('frames flow', () => (run.stats().stages[1]?.handled ?? 0) > 10_000);
    Atomics.store(words, word.slow, 1);
    await until('slow calls', () => Atomics.load(words, word.slowCalls) > 70);
    expect((await run.stop()).replacements).toEqual([]);
  });
});

describe('an async handler that does not settle', () => {
  test('its worker is replaced, nothing is lost', async () => {
    const { run, play } = await startRow([{ isIo: true, supervision: { asyncWatchdogMs: 100 } }], { 1: 1 });
    const told = await play(cues(12, { 5: { act: 'neverSettle', slot: 1 } }));
    expect(numbersOf(told)).toEqual(upTo(12));
    expect((await run.done).replacements).toMatchObject([
      { reason: 'hang', error: { code: 'HANDLER_HUNG', stage: 'p0' } },
    ]);
  });

  test('always with the same message: that becomes a dead letter, and no neighbour is blamed', async () => {
    const { run, play } = await startRow([
      { isIo: true, supervision: { asyncWatchdogMs: 60, triesMax: 2 } },
      { isIo: true, supervision: { asyncWatchdogMs: 0 } },
    ]);
    const told = await play(cues(8, { 5: { act: 'neverSettle', actor: 'p0' } }));
    expect(numbersOf(told)).toEqual(upTo(8, 5));
    expect(run.deadLetters()).toMatchObject([{ stage: 'p0', tries: 2, value: { n: 5 } }]);
  });

  test('onStart: its worker is replaced until the bound is reached', async () => {
    const { run } = await startRow(
      [{ isIo: true, start: 'neverSettle', supervision: { asyncWatchdogMs: 30 } }],
      {},
      { replacements: { max: 2, withinMs: 60_000 } },
    );
    await expect(run.done).rejects.toMatchObject({
      code: 'REPLACEMENT_LIMIT',
      cause: { code: 'HANDLER_HUNG', stage: 'p0' },
    });
  });

  test('on main it fails the run', async () => {
    const { run } = await startRow([{ isIo: true, worker: 'main', supervision: { asyncWatchdogMs: 50 } }]);
    await run.push('in', { n: 0, act: 'neverSettle' });
    await expect(run.done).rejects.toMatchObject({ code: 'HANDLER_HUNG', stage: 'p0' });
  });
});
