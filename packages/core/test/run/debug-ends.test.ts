import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { graph } from '@troupe/core';
import type { BreakpointHit, Graph, Run, StartOptions } from '@troupe/core';
import { counting, debugMemory, framed, passing, slowly, ticking, word } from '../fixtures/debugged.ts';
import type { Numbered } from '../fixtures/debugged.ts';
import { until } from './deadline.ts';

async function start(g: Graph, options: StartOptions): Promise<Run> {
  const run = await g.start({ onLog: () => undefined, ...options });
  onTestFinished(async () => void (await run.stop()));
  return run;
}

type StepDone = Awaited<ReturnType<Run['debug']['step']>>;

const clocks = ['paced', 'fast'] as const;

test.each(clocks)('%s: a stop and a drain settle a phase that is in flight', async (clock) => {
  for (const options of [{}, { drain: true, timeoutMs: 50 }]) {
    const words = debugMemory();
    const g = graph('one');
    const stage = {
      options: { memory: words.buffer, tookMs: 100_000 },
      worker: { dedicated: true },
    } as const;
    const middle = g.stage('middle', slowly, stage);
    g.input('in', middle.in.in);
    g.output('out', middle.out.out);
    const run = await start(g, { clock, barrierTimeoutMs: 0 });
    await run.debug.pause();
    await run.push('in', { n: 0 });
    // The first one may be the end of a round that was open.
    const stepping = async (): Promise<never> => {
      for (;;) await run.debug.step({ unit: 'phase' });
    };
    const stepped = Promise.allSettled([stepping()]);
    await until('it runs', () => Atomics.load(words, word.running) === 1);
    await run.stop(options);
    expect(await stepped).toMatchObject([{ status: 'rejected', reason: { code: 'RUN_STOPPED' } }]);
  }
});

test.each(['main', { dedicated: true }] as const)(
  'on %o: a step that fails says so where a breakpoint is on errors',
  async (worker) => {
    const words = debugMemory();
    const g = graph('one');
    const middle = g.stage('middle', passing, {
      options: { memory: words.buffer },
      worker,
      supervision: { backoffMs: 1, triesMax: 10 },
    });
    g.input('in', middle.in.in);
    g.output('out', middle.out.out);
    const run = await start(g, {});
    Atomics.store(words, word.throws, 1);
    const hits: BreakpointHit[] = [];
    run.debug.onChange(({ lastHit }) => {
      if (lastHit !== undefined && !hits.includes(lastHit)) hits.push(lastHit);
    });
    await run.debug.pause();
    await run.debug.break({ stage: 'middle', on: 'error' });
    await run.push('in', { n: 0, fails: true });
    const step = (): Promise<unknown> => run.debug.step({ stage: 'middle', unit: 'message' });
    expect(await step()).toMatchObject({ isFailed: true, place: { seq: 0 } });
    await until('it has hit', () => hits.length === 1);
    expect(await step()).toMatchObject({ isFailed: false, place: { seq: 0 } });
    expect((await run.pull('out'))?.value as Numbered).toEqual({ n: 0, fails: true });
  },
);

test.each(clocks)('%s: a phase that is refused lets nothing go on', async (clock) => {
  const g = graph('ticks');
  const source = g.stage('source', ticking, { tick: { hz: 100 }, worker: { dedicated: true } });
  const end = g.stage('end', framed, { worker: { dedicated: true } });
  g.connect(source.out.out, end.in.in);
  g.output('out', end.out.out);
  const run = await start(g, { clock });
  run.onSample('out', () => undefined);
  await run.debug.pause();
  // A round that is open lies behind the stages.
  await run.debug.step({ unit: 'phase' });
  const tick = (): Promise<StepDone> => run.debug.step({ stage: 'source', unit: 'tick' });
  const take = (): Promise<StepDone> => run.debug.step({ stage: 'end', unit: 'message' });
  const [first] = await Promise.all([tick(), take()]);
  const waiting = take();
  for (let n = 0; n < 3; n++)
    await expect(run.debug.step({ unit: 'phase' })).rejects.toMatchObject({ code: 'STEP_ENDED' });
  // Had a round been let go on, its tick would lie between.
  expect((await tick()).place?.seq).toBe((first.place?.seq ?? 0) + 1);
  expect((await waiting).place?.work).toBe('input');
});

/** Bytes in use, garbage collected for certain. */
async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  return process.memoryUsage().heapUsed;
}

test('what the threads have been told leaves nothing behind', async () => {
  const g = graph('one');
  const middle = g.stage('middle', passing, { options: { memory: debugMemory().buffer }, worker: 'main' });
  g.input('in', middle.in.in);
  g.output('out', middle.out.out);
  const run = await start(g, {});
  const tell = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) await run.debug.resume();
  };
  await tell(2_000);
  const before = await heapBytes();
  await tell(20_000);
  expect((await heapBytes()) - before).toBeLessThan(2 ** 20);
});

test('a message of an edge that keeps the newest is caught once, however fast they come', async () => {
  const g = graph('newest');
  const source = g.stage('source', counting, { options: { count: 1e9 }, worker: { dedicated: true } });
  const middle = g.stage('middle', passing, {
    options: { memory: debugMemory().buffer },
    worker: { dedicated: true },
  });
  g.connect(source.out.out, middle.in.in, { overflow: 'latest' });
  g.output('out', middle.out.out, { overflow: 'dropOldest' });
  const run = await start(g, {});
  const seqs: number[] = [];
  run.debug.onChange(({ lastHit }) => {
    if (lastHit !== undefined && run.debug.state.held.length > 0) seqs.push(lastHit.seq);
  });
  await run.debug.break({ stage: 'middle', on: 'input', holds: 'stage' });
  for (let n = 1; n <= 150; n++) {
    await until('it has hit', () => seqs.length === n);
    await run.debug.resume();
  }
  expect(seqs).toEqual([...new Set(seqs)]);
});

test('what a callback throws fails the run, and does not keep it from its end', async () => {
  const startOne = async (): Promise<Run> => {
    const g = graph('one');
    const middle = g.stage('middle', passing, {
      options: { memory: debugMemory().buffer },
      worker: { dedicated: true },
    });
    g.input('in', middle.in.in);
    g.output('out', middle.out.out);
    return start(g, {});
  };
  const run = await startOne();
  const failed = run.done.catch((error: unknown) => error);
  run.debug.onChange(() => {
    throw new Error('no');
  });
  await run.debug.break({ stage: 'middle', on: 'input' }).catch(() => undefined);
  expect(await failed).toMatchObject({ message: 'no' });
  const other = await startOne();
  await other.debug.pause();
  other.debug.onChange(({ held }) => {
    if (held.length === 0) throw new Error('too late');
  });
  expect((await other.stop()).reason).toBe('stopped');
});
