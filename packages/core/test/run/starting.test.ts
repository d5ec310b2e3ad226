import { describe, expect, test } from 'vitest';
import { defineStage, graph } from '@troupe/core';
import type { AnyStage } from '@troupe/core';
import { pooledThreads } from '../../src/drivers/pool.ts';
import { cues, numbersOf, startRow, upTo } from './puppets.ts';

/** A stage that is imported from a fixture, declared here so that this thread need not load that. */
function stageIn(file: string, name: string): AnyStage {
  const module = new URL(`../fixtures/broken/${file}`, import.meta.url).href;
  return defineStage({ module, name, create: () => ({ onTick: () => undefined }) });
}

async function startOne(stage: AnyStage): Promise<unknown> {
  const g = graph('one');
  g.stage('only', stage, { tick: { hz: 1 } });
  const run = await g.start();
  return run.stop();
}

/** Every thread is idle: a run on as many workers needs no other. */
async function areThreadsIdle(): Promise<boolean> {
  const before = Math.max(1, (await pooledThreads()).length);
  const { play } = await startRow(
    Array.from({ length: before }, () => ({ worker: { dedicated: true } }) as const),
  );
  await play(cues(1));
  return (await pooledThreads()).length === before;
}

describe('a start that fails', () => {
  test.each([
    ['a module that is not there', 'missing.ts', 'broken', { cause: { code: 'ERR_MODULE_NOT_FOUND' } }],
    ['a module that throws', 'syntax.ts', 'broken', { cause: { message: 'this module does not load' } }],
    [
      'no such export',
      'twice.ts',
      'absent',
      { message: expect.stringContaining("exports no stage named 'absent'") },
    ],
    [
      'several exports',
      'twice.ts',
      'twin',
      { message: expect.stringContaining("exports several stages named 'twin'") },
    ],
  ])('%s', async (_, file, name, more) => {
    await expect(startOne(stageIn(file, name))).rejects.toMatchObject({
      code: 'STAGE_START',
      stage: 'only',
      ...more,
    });
    expect(await areThreadsIdle()).toBe(true);
  });

  test('one stage under two names starts', async () => {
    await expect(startOne(stageIn('twice.ts', 'single'))).resolves.toMatchObject({ reason: 'stopped' });
    expect(await areThreadsIdle()).toBe(true);
  });

  test('a graph that starts itself in its own worker', async () => {
    await expect(startOne(stageIn('nested.ts', 'nested'))).rejects.toMatchObject({
      code: 'STAGE_START',
      stage: 'only',
      cause: { code: 'NESTED_START' },
    });
    expect(await areThreadsIdle()).toBe(true);
  });

  test('create throws', async () => {
    const failing = startRow([{}, { create: 'throw', worker: { group: 'other' } }]);
    await expect(failing).rejects.toMatchObject({
      code: 'STAGE_START',
      stage: 'p1',
      cause: { name: 'RangeError', message: 'p1 was told to' },
    });
    expect(await areThreadsIdle()).toBe(true);
  });

  test('create throws on main', async () => {
    const failing = startRow([{}, { create: 'throw', worker: 'main' }]);
    await expect(failing).rejects.toMatchObject({
      code: 'STAGE_START',
      stage: 'p1',
      cause: { name: 'RangeError' },
    });
    expect(await areThreadsIdle()).toBe(true);
  });

  test('a worker dies in create', async () => {
    await expect(startRow([{}, { create: 'exit' }])).rejects.toMatchObject({
      code: 'WORKER_DIED',
      stage: 'p1',
    });
    expect(await areThreadsIdle()).toBe(true);
  });
});

describe('a worker that dies after it was ready, before the run begins', () => {
  test('fails the start', async () => {
    const failing = startRow([
      { isIo: true, create: 'exitSoon', worker: { group: 'a' } },
      { create: 'linger', worker: { group: 'b' } },
    ]);
    await expect(failing).rejects.toMatchObject({ code: 'WORKER_DIED' });
  });
});

describe('a thread that ends between two runs', () => {
  test('is given no task', async () => {
    const { play } = await startRow([{}]);
    await play(cues(1));
    for (const thread of await pooledThreads()) await thread.terminate();
    for (let i = 0; i < 3; i++) {
      const next = await startRow([{}]);
      expect(numbersOf(await next.play(cues(3)))).toEqual(upTo(3));
    }
    expect(await pooledThreads()).toHaveLength(1);
  });
});

describe('onStart', () => {
  test('and onStop may be async on a compute worker', async () => {
    const { run, play } = await startRow([{ start: 'lag', stop: 'lag' }, { worker: { group: 'other' } }], {
      1: 1,
    });
    expect(numbersOf(await play(cues(12, { 6: { act: 'throw', slot: 1, actor: 'p0' } })))).toEqual(upTo(12));
    expect(run.stats().stages[0]).toMatchObject({ state: 'ended', restarts: 1 });
  });

  test('throws once: the actor is created again and starts', async () => {
    const { run, play } = await startRow([{ start: 'throw', slot: 1, supervision: { backoffMs: 1 } }], {
      1: 1,
    });
    expect(numbersOf(await play(cues(5)))).toEqual(upTo(5));
    expect(run.stats().stages[0]).toMatchObject({ failed: 1, restarts: 1 });
  });

  test.each(['resume', 'restart', 'escalate'] as const)(
    'throws always under %s: the run fails',
    async (strategy) => {
      const { run } = await startRow([{ start: 'throw', supervision: { strategy, backoffMs: 1 } }]);
      await expect(run.done).rejects.toMatchObject({
        code: 'HANDLER_THREW',
        stage: 'p0',
        cause: { name: 'RangeError' },
      });
    },
  );

  test('throws on main: the run fails', async () => {
    const { run } = await startRow([
      { start: 'throw', worker: 'main', supervision: { strategy: 'escalate' } },
    ]);
    await expect(run.done).rejects.toMatchObject({ code: 'HANDLER_THREW', stage: 'p0' });
  });

  test('ends its worker twice: the third one runs', async () => {
    const { run, play } = await startRow([{ start: 'exit', slot: 1 }], { 1: 2 });
    expect(numbersOf(await play(cues(5)))).toEqual(upTo(5));
    await run.done;
    expect(run.stats().workers[1]?.replaced).toBe(1);
  });

  test('ends its worker always: the rate of replacements is bounded', async () => {
    const { run } = await startRow([{ start: 'exit' }], {}, { replacements: { max: 3, withinMs: 60_000 } });
    await expect(run.done).rejects.toMatchObject({
      code: 'REPLACEMENT_LIMIT',
      cause: { code: 'WORKER_DIED', stage: 'p0' },
    });
  });
});

describe('onStop', () => {
  test('an error in it spoils nothing', async () => {
    const { logs, play } = await startRow([{ stop: 'throw' }, {}]);
    expect(numbersOf(await play(cues(5)))).toEqual(upTo(5));
    expect(logs.map(({ message }) => message).join()).toContain('p0 was told to');
  });

  test('the end of its worker in it spoils nothing', async () => {
    const { run, play } = await startRow([{ stop: 'exit' }, { worker: { group: 'other' } }]);
    expect(numbersOf(await play(cues(5)))).toEqual(upTo(5));
    expect((await run.done).stats.stages.map(({ state }) => state)).toEqual(['ended', 'ended']);
  });

  test('a stop ends a worker whose onStop does not return', async () => {
    const { run } = await startRow([{ stop: 'hang', supervision: { watchdogMs: 0 } }]);
    await run.push('in', { n: 0 });
    await run.pull('out');
    expect((await run.stop()).reason).toBe('stopped');
  });

  test('a worker that dies while the run stops is not replaced', async () => {
    const { run } = await startRow([{ stop: 'exit' }]);
    await run.push('in', { n: 0 });
    await run.pull('out');
    const report = await run.stop();
    expect(report.replacements).toEqual([]);
  });
});
