import { describe, expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { Run } from '@troupe/core';
import { failingSource, memoryOf, ticking } from '../fixtures/puppet.ts';
import { until } from './deadline.ts';
import { cues, numbersOf, startRow, upTo } from './puppets.ts';

const quick = { backoffMs: 1, backoffMaxMs: 4 };

describe('a handler that throws', () => {
  test('resume: keeps its state and retries in order', async () => {
    const { run, play } = await startRow([{ supervision: { strategy: 'resume', ...quick } }], { 1: 2 });
    const told = await play(cues(20, { 7: { act: 'throw', slot: 1 } }));
    expect(numbersOf(told)).toEqual(upTo(20));
    expect(told.map(({ count }) => count)).toEqual(upTo(20));
    expect(run.stats().stages[0]).toMatchObject({
      failed: 2,
      restarts: 0,
      deadLettered: 0,
      redelivered: 0,
      handled: 20,
    });
  });

  test('restart: recreates the actor from its last snapshot and retries in order', async () => {
    const { run, play, logs } = await startRow(
      [{ supervision: { strategy: 'restart', ...quick }, snapshotEveryMs: 60_000 }],
      { 1: 1 },
    );
    const told = await play(cues(20, { 7: { act: 'throw', slot: 1 } }));
    expect(numbersOf(told)).toEqual(upTo(20));
    // No snapshot had been taken: the state starts anew with the retried message.
    expect(told.map(({ count }) => count)).toEqual([...upTo(7), ...upTo(13)]);
    expect(run.stats().stages[0]).toMatchObject({ failed: 1, restarts: 1, deadLettered: 0 });
    expect(logs.map(({ message }) => message)).toContain('recreated without a snapshot');
  });

  test('stop: detaches its inputs and ends its outputs, the rest goes on', async () => {
    const { run } = await startRow([{ supervision: { strategy: 'stop' } }, {}]);
    // All at once: the run ends as soon as the last stage has.
    const pushed = cues(100, { 5: { act: 'throw', actor: 'p0' } }).map((cue) => run.tryPush('in', cue));
    expect(pushed).not.toContain(false);
    const { reason, stats } = await run.done;
    const told = [];
    for await (const { value } of run.samples('out')) told.push((value as { n: number }).n);
    expect(told).toEqual(upTo(5));
    expect(reason).toBe('ended');
    expect(stats.stages.map(({ state }) => state)).toEqual(['stopped', 'ended']);
  });

  test('stop: an async onStop on a compute worker is waited for', async () => {
    const { run } = await startRow([{ stop: 'lag', supervision: { strategy: 'stop' } }, {}]);
    await run.push('in', { n: 0, act: 'throw', actor: 'p0' });
    expect((await run.done).stats.stages.map(({ state }) => state)).toEqual(['stopped', 'ended']);
  });

  test('escalate: fails the run with the cause, the stage and the port', async () => {
    const { run } = await startRow([{ supervision: { strategy: 'escalate' } }]);
    await run.push('in', { n: 0, act: 'throw' });
    await expect(run.done).rejects.toMatchObject({
      code: 'HANDLER_THREW',
      stage: 'p0',
      port: 'in',
      cause: { name: 'RangeError', message: 'p0 was told to' },
    });
    await expect(run.pull('out')).rejects.toMatchObject({ code: 'HANDLER_THREW' });
  });

  test('the first fatal error wins', async () => {
    const { run } = await startRow([
      { supervision: { strategy: 'escalate' }, worker: { group: 'a' } },
      { supervision: { strategy: 'escalate' }, worker: { group: 'b' } },
    ]);
    for (const n of upTo(10)) await run.push('in', { n });
    await run.push('in', { n: 10, act: 'throw', actor: 'p1' });
    await run.push('in', { n: 11, act: 'throw', actor: 'p0' });
    const error: unknown = await run.done.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'HANDLER_THREW' });
    expect((await run.stop()).reason).toBe('stopped');
    await expect(run.done).rejects.toBe(error);
    await expect(run.pull('out')).rejects.toBe(error);
  });

  test.each(['resume', 'restart'] as const)(
    '%s: what always throws becomes a dead letter, the rest keeps its order',
    async (strategy) => {
      const { run, play } = await startRow([
        { supervision: { strategy, triesMax: 3, restartsMax: 100, ...quick } },
      ]);
      const told = await play(cues(20, { 4: { act: 'throw' }, 5: { act: 'throw' }, 11: { act: 'throw' } }));
      expect(numbersOf(told)).toEqual(upTo(20, 4, 5, 11));
      const letters = run.deadLetters();
      expect(letters.map(({ value }) => (value as { n: number }).n)).toEqual([4, 5, 11]);
      expect(letters[0]).toMatchObject({
        stage: 'p0',
        port: 'in',
        tries: 3,
        seq: 4,
        error: { code: 'HANDLER_THREW' },
      });
      expect(run.stats().stages[0]).toMatchObject({ failed: 9, deadLettered: 3 });
    },
  );

  test('tries count for one message: three that fail once each are no dead letter', async () => {
    const { run, play } = await startRow([{ supervision: { strategy: 'resume', triesMax: 2, ...quick } }], {
      1: 1,
      2: 1,
      3: 1,
    });
    const acts = {
      2: { act: 'throw', slot: 1 },
      3: { act: 'throw', slot: 2 },
      9: { act: 'throw', slot: 3 },
    } as const;
    expect(numbersOf(await play(cues(12, acts)))).toEqual(upTo(12));
    expect(run.deadLetters()).toEqual([]);
  });

  test('a dead letter sent again is marked, and is a dead letter again when it fails again', async () => {
    const { run } = await startRow([{ supervision: { strategy: 'resume', triesMax: 2, ...quick } }], {
      1: 2,
      2: 4,
    });
    await run.push('in', { n: 0, act: 'throw', slot: 1 });
    await run.push('in', { n: 1, act: 'throw', slot: 2 });
    await until('both are dead letters', () => run.deadLetters().length === 2);
    const [first, second] = run.deadLetters();
    expect(run.resend(first?.id ?? -1)).toBe(true);
    expect(run.resend(first?.id ?? -1)).toBe(false);
    expect(run.resend(12_345)).toBe(false);
    const sample = await run.pullOrThrow('out', { timeoutMs: 5_000 });
    expect(sample.value).toMatchObject({ n: 0, isResent: true });
    expect(run.resend(second?.id ?? -1)).toBe(true);
    await until('it is a dead letter again', () => run.deadLetters().length === 1);
    const [again] = run.deadLetters();
    expect(again).toMatchObject({ value: { n: 1 }, tries: 2 });
    expect(run.resend(again?.id ?? -1)).toBe(true);
    expect((await run.pullOrThrow('out', { timeoutMs: 5_000 })).value).toMatchObject({
      n: 1,
      isResent: true,
    });
    await run.stop();
    expect(run.deadLetters()).toEqual([]);
  });

  test('restarts beyond the bound fail the run', async () => {
    const supervision = {
      strategy: 'restart',
      restartsMax: 4,
      withinMs: 60_000,
      triesMax: 100,
      ...quick,
    } as const;
    const { run } = await startRow([{ supervision }]);
    await run.push('in', { n: 0, act: 'throw' });
    await expect(run.done).rejects.toMatchObject({
      code: 'RESTART_LIMIT',
      stage: 'p0',
      cause: { code: 'HANDLER_THREW', cause: { name: 'RangeError' } },
    });
    expect(run.stats().stages[0]?.restarts).toBe(4);
  });

  test('retries wait longer each time', async () => {
    const supervision = { strategy: 'resume', triesMax: 4, backoffMs: 20, backoffMaxMs: 60 } as const;
    const { run } = await startRow([{ supervision }]);
    const startMs = performance.now();
    await run.push('in', { n: 0, act: 'throw' });
    await until('it is given up', () => run.deadLetters().length === 1);
    // 20, 40 and 60 ms lie between the four tries.
    expect(performance.now() - startMs).toBeGreaterThan(119);
    await run.stop();
  });

  test('a thrown emission after a flush is retried with the mark', async () => {
    const { play } = await startRow([{ isIo: true, supervision: { strategy: 'resume', ...quick } }], {
      1: 1,
    });
    const told = await play(cues(6, { 3: { act: 'flushThenThrow', slot: 1 } }));
    expect(numbersOf(told)).toEqual([0, 1, 2, 3, 3, 4, 5]);
    expect(told.map(({ isRedelivered }) => isRedelivered)).toEqual([
      false,
      false,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  test('a tick that always throws is given up, and the next one comes', async () => {
    const g = graph('ticks');
    const supervision = { strategy: 'resume', triesMax: 2, ...quick } as const;
    const memory = memoryOf({ 1: 4 });
    const source = g.stage('source', ticking, {
      tick: { hz: 200 },
      supervision,
      options: { memory, act: 'throw', slot: 1 },
    });
    g.output('out', source.out.out);
    const run = await g.start({ onLog: () => undefined });
    await run.pullOrThrow('out', { timeoutMs: 5_000 });
    expect(run.stats().stages[0]).toMatchObject({ failed: 4, deadLettered: 0 });
    await run.stop();
  });

  test('a source that throws goes on where it was; one that always does fails the run', async () => {
    const supervision = { strategy: 'resume', triesMax: 3, ...quick } as const;
    const startSource = async (times: number): Promise<Run> => {
      const g = graph('source');
      const options = { memory: memoryOf({ 1: times }), slot: 1, count: 9 };
      const source = g.stage('source', failingSource, { supervision, options });
      g.output('out', source.out.out);
      return g.start();
    };
    const values = [];
    for await (const { value } of (await startSource(2)).samples('out')) values.push(value);
    expect(values).toEqual(upTo(9));
    await expect((await startSource(1_000)).done).rejects.toMatchObject({
      code: 'HANDLER_THREW',
      stage: 'source',
    });
  });
});
