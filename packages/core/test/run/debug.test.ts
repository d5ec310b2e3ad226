import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { graph } from '@troupe/core';
import type { BreakpointHit, DebugState, Graph, Run, StartOptions } from '@troupe/core';
import { counting, debugMemory, framed, passing, slowly, ticking, word } from '../fixtures/debugged.ts';
import type { Numbered } from '../fixtures/debugged.ts';
import { until } from './deadline.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

const placements = {
  'on main': { source: 'main', middle: 'main' },
  'fused on one worker': { source: { group: 'one' }, middle: { group: 'one' } },
  'on two workers': { source: { dedicated: true }, middle: { dedicated: true } },
} as const;

interface Line {
  readonly run: Run;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Everything that comes out, from now on. */
  readonly taken: number[];
}

/** Starts a graph that is gone after the test, however that ends. */
async function start(g: Graph, options: StartOptions): Promise<Run> {
  const run = await g.start({ onLog: () => undefined, ...options });
  onTestFinished(async () => void (await run.stop()));
  return run;
}

/** Numbers from a source through a stage in the middle to the output. */
async function startLine(
  count: number,
  at: (typeof placements)[keyof typeof placements],
  { isIo = false, ...options }: StartOptions & { readonly isIo?: boolean } = {},
): Promise<Line> {
  const words = debugMemory();
  const g = graph('line');
  const source = g.stage('source', counting, { options: { count }, worker: at.source });
  const settings = { options: { memory: words.buffer }, worker: at.middle };
  const middle = g.stage('middle', isIo ? slowly : passing, {
    ...settings,
    supervision: { backoffMs: 1, triesMax: 10 },
  });
  g.connect(source.out.out, middle.in.in, { capacity: 8 });
  g.output('out', middle.out.out, { capacity: 8 });
  const run = await start(g, options);
  const taken: number[] = [];
  run.onSample('out', ({ value }) => void taken.push((value as Numbered).n));
  return { run, words, taken };
}

/** One stage behind an input. */
async function startOne(
  stage: typeof passing | typeof slowly = passing,
  options: StartOptions = {},
  tookMs: number = 30,
): Promise<Line> {
  const words = debugMemory();
  const g = graph('one');
  const middle = g.stage('middle', stage, {
    options: { memory: words.buffer, tookMs },
    worker: { dedicated: true },
    supervision: { backoffMs: 1, triesMax: 10 },
  });
  g.input('in', middle.in.in, { capacity: 64 });
  g.output('out', middle.out.out, { capacity: 64 });
  const run = await start(g, options);
  const taken: number[] = [];
  run.onSample('out', ({ value }) => void taken.push((value as Numbered).n));
  return { run, words, taken };
}

/** The next hit of any breakpoint. */
function nextHit({ debug }: Run): Promise<BreakpointHit> {
  const before = debug.state.lastHit;
  return new Promise((resolve) => {
    const leave = debug.onChange(({ lastHit }) => {
      if (lastHit === undefined || lastHit === before) return;
      leave();
      resolve(lastHit);
    });
  });
}

/** What a promise rejects with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const handledBy = (run: Run, stage: string): number =>
  run.stats().stages.find(({ name }) => name === stage)?.handled ?? -1;

describe.each(Object.entries(placements))('%s', (_, at) => {
  describe.each(['realtime', 'paced', 'fast'] as const)('%s', (clock) => {
    test('a pause holds, and resuming loses nothing', async () => {
      const count = 3_000;
      const { run, taken } = await startLine(count, at, { clock });
      for (let round = 0; round < 5; round++) {
        await until('some have come', () => taken.length > round * 300);
        await run.debug.pause(round % 2 === 0 ? undefined : ['middle']);
        const handled = handledBy(run, 'middle');
        await sleep(5);
        expect(handledBy(run, 'middle')).toBe(handled);
        expect(run.debug.state.held).toEqual(round % 2 === 0 ? ['source', 'middle'] : ['middle']);
        await run.debug.resume();
      }
      await run.done;
      await until('all are taken', () => taken.length >= count);
      expect(taken).toEqual(numbers(count));
    });

    test('a step handles exactly one', async () => {
      const { run, taken } = await startLine(1_000, at, { clock });
      await run.debug.pause();
      const before = [handledBy(run, 'source'), handledBy(run, 'middle')];
      for (let n = 0; n < 8; n++) {
        // The mailbox between them may be full, or empty.
        const [{ place, isFailed }] = await Promise.all([
          run.debug.step({ stage: 'middle', unit: 'message' }),
          run.debug.step({ stage: 'source', unit: 'message' }),
        ]);
        expect({ ...place, isFailed }).toMatchObject({
          stage: 'middle',
          work: 'input',
          port: 'in',
          isFailed: false,
        });
        expect(handledBy(run, 'middle')).toBe((before[1] as number) + n + 1);
      }
      expect(handledBy(run, 'source')).toBe((before[0] as number) + 8);
      await run.debug.resume();
      await run.done;
      await until('all are taken', () => taken.length >= 1_000);
      expect(taken).toEqual(numbers(1_000));
    });

    test('a breakpoint holds before the message it is about', async () => {
      const { run, words, taken } = await startLine(100, at, { clock });
      await run.debug.pause();
      const done = Atomics.load(words, word.calls);
      const id = await run.debug.break({
        stage: 'middle',
        on: 'input',
        condition: `value.n % 10 == 5 && value.n > ${done}`,
      });
      let hit = nextHit(run);
      await run.debug.resume();
      const first = await hit;
      expect(first).toMatchObject({ breakpoint: id, stage: 'middle', work: 'input', port: 'in' });
      expect(first.seq % 10).toBe(5);
      expect(Atomics.load(words, word.calls)).toBe(first.seq);
      expect(run.debug.state).toMatchObject({ isAllHeld: true, held: ['source', 'middle'] });
      hit = nextHit(run);
      await run.debug.resume();
      expect((await hit).seq).toBe(first.seq + 10);
      expect(Atomics.load(words, word.calls)).toBe(first.seq + 10);
      expect(run.debug.state.breakpoints[0]?.hits).toBe(2);
      expect(await run.debug.unbreak(id)).toBe(true);
      expect(await run.debug.unbreak(id)).toBe(false);
      await run.debug.resume();
      await run.done;
      await until('all are taken', () => taken.length >= 100);
      expect(taken).toEqual(numbers(100));
    });
  });
});

describe('pause', () => {
  test('waits for an async handler in flight', async () => {
    const { run, words, taken } = await startOne(slowly);
    for (let n = 0; n < 60; n++) await run.push('in', { n });
    await until('it runs', () => Atomics.load(words, word.running) === 1);
    await run.debug.pause();
    expect(Atomics.load(words, word.running)).toBe(0);
    const calls = Atomics.load(words, word.calls);
    const { place } = await run.debug.step({ stage: 'middle', unit: 'message' });
    expect(place).toMatchObject({ work: 'input', seq: calls });
    expect([Atomics.load(words, word.running), Atomics.load(words, word.calls)]).toEqual([0, calls + 1]);
    await until('all of them are taken', () => taken.length === calls + 1);
  });

  test('keeps what comes: pushes wait for room, and the mode changes meanwhile', async () => {
    const { run, words, taken } = await startOne();
    await run.debug.pause();
    for (let n = 0; n < 64; n++) expect(run.tryPush('in', { n })).toBe(true);
    expect(run.tryPush('in', { n: 64 })).toBe(false);
    await run.modes.request('training');
    await until('it was told', () => Atomics.load(words, word.modes) === 2);
    expect(run.stats().stages[0]).toMatchObject({ depth: 64, handled: 0, blockedMs: 0 });
    await run.debug.resume();
    await until('all are taken', () => taken.length === 64);
  });

  test('a stop and a drain end it', async () => {
    const { run } = await startOne();
    await run.debug.pause();
    for (const n of [0, 1, 2]) await run.push('in', { n });
    const step = run.debug.step({ stage: 'middle', unit: 'tick' }).catch((error: unknown) => error);
    expect(await step).toMatchObject({ code: 'BAD_TARGET' });
    await run.debug.break({ stage: 'middle', on: 'input' });
    const { stats } = await run.stop({ drain: true });
    expect(stats.stages[0]).toMatchObject({ handled: 3 });
    await expect(run.debug.pause()).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    expect(run.debug.state).toMatchObject({ held: [], breakpoints: [] });
  });

  test.each(['realtime', 'fast'] as const)('%s: a stop settles what is in flight', async (clock) => {
    const { run, words } = await startOne(slowly, { clock }, 100_000);
    await run.debug.pause();
    const what = { stage: 'middle', unit: 'message' } as const;
    const steps = [run.debug.step(what), run.debug.step(what)];
    await run.push('in', { n: 0 });
    await until('it runs', () => Atomics.load(words, word.running) === 1);
    const settled = Promise.allSettled([...steps, run.debug.pause()]);
    await run.stop();
    expect(run.debug.state).toMatchObject({ held: [], isAllHeld: false, breakpoints: [] });
    for (const each of await settled)
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'RUN_STOPPED' } });
  });
});

describe('ticks', () => {
  async function startTicks(clock: 'realtime' | 'paced' | 'fast', durationMs?: number): Promise<Run> {
    const g = graph('ticks');
    const source = g.stage('source', ticking, { tick: { hz: 100 }, worker: { dedicated: true } });
    const end = g.stage('end', framed, { worker: { dedicated: true } });
    g.connect(source.out.out, end.in.in);
    g.output('out', end.out.out);
    return start(g, { clock, ...(durationMs === undefined ? {} : { durationMs }) });
  }

  test('realtime: those that come due while held are dropped and counted', async () => {
    const run = await startTicks('realtime');
    await run.pull('out');
    await run.debug.pause(['source']);
    await sleep(120);
    let pulled = 1;
    await until('what was under way has come', () => {
      while (run.tryPull('out') !== undefined) pulled++;
      return pulled === handledBy(run, 'source');
    });
    const { place } = await run.debug.step({ stage: 'source', unit: 'tick' });
    expect(place).toMatchObject({ stage: 'source', work: 'tick' });
    expect((await run.pull('out'))?.frame?.[0]).toBe(place?.seq);
    expect(run.stats().stages[0]?.droppedTicks).toBeGreaterThan(5);
    await expect(run.debug.step({ unit: 'phase' })).rejects.toMatchObject({ code: 'STEP_NO_PHASES' });
  });

  test('paced: time that passes while held is not made up', async () => {
    const run = await startTicks('paced', 500);
    const taken: number[] = [];
    run.onSample('out', ({ frame: values }) => void taken.push(Number(values?.[0])));
    await until('some have come', () => taken.length > 5);
    await run.debug.pause();
    await sleep(600);
    await run.debug.resume();
    const resumedMs = performance.now();
    const before = taken.length;
    await run.done;
    expect(taken).toEqual(numbers(50));
    expect(performance.now() - resumedMs).toBeGreaterThan((50 - before - 4) * 10);
  });

  test.each(['paced', 'fast'] as const)('%s: a phase is one round of the whole graph', async (clock) => {
    const run = await startTicks(clock, 100_000);
    const taken: number[] = [];
    run.onSample('out', ({ frame: values }) => void taken.push(Number(values?.[0])));
    await run.debug.pause();
    // The round that is open, if any, is finished first.
    await run.debug.step({ unit: 'phase' });
    await until('it was handed on', () => taken.length === handledBy(run, 'end'));
    const before = handledBy(run, 'source');
    for (let n = 1; n <= 5; n++) {
      await run.debug.step({ unit: 'phase' });
      expect([handledBy(run, 'source'), handledBy(run, 'end')]).toEqual([before + n, before + n]);
    }
    await until('all are taken', () => taken.length === before + 5);
    expect(taken).toEqual(numbers(before + 5));
    await run.debug.break({ stage: 'end', on: 'input', condition: 'max(frame) > 0' });
    const { hit } = await run.debug.step({ unit: 'phase' });
    expect(hit).toMatchObject({ stage: 'end', seq: before + 5 });
  });

  test.each(['realtime', 'paced', 'fast'] as const)('%s: breakpoints on ticks and frames', async (clock) => {
    const run = await startTicks(clock, clock === 'realtime' ? undefined : 100_000);
    const taken: number[] = [];
    run.onSample('out', ({ frame: values }) => void taken.push(Number(values?.[0])));
    await run.debug.pause();
    const from = 20 + (taken.at(-1) ?? 0) * 2;
    let hit = nextHit(run);
    await run.debug.break({ stage: 'source', on: 'tick', condition: `seq > ${from}`, once: true });
    await run.debug.break({ stage: 'end', on: 'input', condition: `frame[1] > ${from * 4}`, holds: 'stage' });
    await run.debug.resume();
    const tick = await hit;
    expect(tick).toMatchObject({ stage: 'source', work: 'tick' });
    expect(tick.seq).toBeGreaterThan(from);
    expect(run.debug.state.breakpoints).toHaveLength(1);
    hit = nextHit(run);
    await run.debug.resume();
    expect((await hit).stage).toBe('end');
    expect(run.debug.state).toMatchObject({ held: ['end'], isAllHeld: false });
  });
});

describe('errors', () => {
  test.each(['realtime', 'fast'] as const)(
    '%s: held behind a throw, and tried again by the next step',
    async (clock) => {
      const { run, words, taken } = await startOne(passing, { clock });
      Atomics.store(words, word.throws, 2);
      await run.debug.break({
        stage: 'middle',
        on: 'error',
        condition: "error.code == 'NO' && value.n == 1",
      });
      const hit = nextHit(run);
      await run.push('in', { n: 0 });
      await run.push('in', { n: 1, fails: true });
      expect(await hit).toMatchObject({ seq: 1, error: { code: 'NO', message: 'no 1' } });
      expect(Atomics.load(words, word.calls)).toBe(2);
      expect(await run.debug.step({ stage: 'middle', unit: 'message' })).toMatchObject({ isFailed: true });
      expect(await run.debug.step({ stage: 'middle', unit: 'message' })).toMatchObject({
        isFailed: false,
        place: { seq: 1 },
      });
      await until('both are taken', () => taken.length === 2);
    },
  );

  test('a condition that is not one rejects with the place', async () => {
    const { run } = await startOne();
    const at = { stage: 'middle', on: 'input', condition: 'value.n == nothing' } as const;
    await expect(run.debug.break(at)).rejects.toMatchObject({ code: 'BREAKPOINT_CONDITION', at: 11 });
    await expect(run.debug.break({ ...at, stage: 'other' })).rejects.toMatchObject({ code: 'BAD_TARGET' });
    await expect(run.debug.break({ ...at, port: 'other' })).rejects.toMatchObject({ code: 'BAD_TARGET' });
  });

  test('a condition that makes no sense counts as false, and is told', async () => {
    const lines: string[] = [];
    const { run, taken } = await startOne(passing, { onLog: ({ message }) => lines.push(message) });
    await run.debug.break({ stage: 'middle', on: 'input', condition: 'value.a.b > 1' });
    for (const n of [0, 1, 2]) await run.push('in', { n });
    await until('all are taken', () => taken.length === 3);
    await until('it was told', () => run.debug.state.breakpoints[0]?.fault !== undefined);
    expect(lines.filter((line) => line.includes('counts as false'))).toHaveLength(1);
  });
});

describe('a worker that dies', () => {
  test.each(['realtime', 'fast'] as const)('%s: its successor stays held, nothing is lost', async (clock) => {
    const { run, taken } = await startLine(500, placements['on two workers'], { clock });
    await until('some have come', () => taken.length > 20);
    await run.debug.pause();
    const handled = handledBy(run, 'middle');
    await terminateThreadOf(run, 'middle');
    await until('it is replaced', () => replacedIn(run) === 1);
    await sleep(20);
    expect(handledBy(run, 'middle')).toBe(handled);
    await run.debug.resume();
    await run.done;
    await until('all are taken', () => taken.length >= 500);
    expect(taken).toEqual(numbers(500));
  });

  test('in a step: that ends, the message is stepped again', async () => {
    const { run, words, taken } = await startOne();
    await run.debug.pause();
    await run.push('in', { n: 0 });
    await run.push('in', { n: 1 });
    Atomics.store(words, word.exits, 1);
    const step = run.debug.step({ stage: 'middle', unit: 'message' });
    await expect(step).rejects.toMatchObject({ code: 'STEP_ENDED', stage: 'middle' });
    Atomics.store(words, word.exits, 0);
    await until('it is replaced', () => replacedIn(run) === 1);
    expect(taken).toEqual([]);
    expect((await run.debug.step({ stage: 'middle', unit: 'message' })).place?.seq).toBe(0);
    await until('one is taken', () => taken.length === 1);
    expect(run.stats().stages[0]).toMatchObject({ depth: 1 });
    await run.debug.resume();
    await until('both are taken', () => taken.length === 2);
    expect(taken).toEqual([0, 1]);
  });

  test('at a breakpoint: its successor stops there again', async () => {
    const { run, taken } = await startOne();
    await run.debug.break({ stage: 'middle', on: 'input', condition: 'seq == 1' });
    let hit = nextHit(run);
    for (const n of [0, 1, 2]) await run.push('in', { n });
    await hit;
    await terminateThreadOf(run, 'middle');
    await until('it is replaced', () => replacedIn(run) === 1);
    hit = nextHit(run);
    await run.debug.resume();
    expect((await hit).seq).toBe(1);
    await run.debug.resume();
    await until('all are taken', () => taken.length === 3);
  });
});

describe('a step', () => {
  test('times out, is called off, and ends with its stage or a resume', async () => {
    const { run, taken } = await startOne();
    await expect(run.debug.step({ stage: 'middle', unit: 'message' })).rejects.toMatchObject({
      code: 'STEP_ENDED',
    });
    await run.debug.pause();
    const what = { stage: 'middle', unit: 'message' } as const;
    await expect(run.debug.step(what, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'STEP_TIMEOUT' });
    const abort = new AbortController();
    const aborted = failureOf(run.debug.step(what, { signal: abort.signal }));
    abort.abort(new Error('enough'));
    expect(await aborted).toMatchObject({ message: 'enough' });
    const resumed = failureOf(run.debug.step(what));
    await run.debug.resume();
    expect(await resumed).toMatchObject({ code: 'STEP_ENDED' });
    await run.debug.pause();
    const [first, second] = [run.debug.step(what), run.debug.step(what)];
    for (const n of [0, 1, 2]) await run.push('in', { n });
    expect([(await first).place?.seq, (await second).place?.seq]).toEqual([0, 1]);
    await until('two are taken', () => taken.length === 2);
    expect(run.stats().stages[0]).toMatchObject({ depth: 1, handled: 2 });
  });

  test('tells of every change', async () => {
    const { run } = await startOne();
    const states: DebugState[] = [];
    const leave = run.debug.onChange((state) => states.push(state));
    await run.debug.pause();
    await run.debug.resume();
    leave();
    await run.debug.pause();
    expect(states.map(({ isAllHeld }) => isAllHeld)).toEqual([true, false]);
  });
});

test.each(['realtime', 'fast'] as const)('%s: whoever waits is not taken for hung', async (clock) => {
  const words = debugMemory();
  const g = graph('barrier');
  const first = g.stage('first', slowly, {
    options: { memory: words.buffer, tookMs: 100_000 },
    worker: { dedicated: true },
    supervision: { asyncWatchdogMs: clock === 'fast' ? 0 : 100, strategy: 'escalate' },
  });
  const other = g.stage('other', passing, { options: { memory: words.buffer }, worker: 'main' });
  g.input('in', first.in.in);
  g.output('out', first.out.out);
  g.input('other', other.in.in);
  g.output('numbers', other.out.out);
  const run = await start(g, { clock, barrierTimeoutMs: 100 });
  let isOver = false;
  const failed = run.done.catch((error: unknown) => error).finally(() => (isOver = true));
  await run.debug.pause(['other']);
  await run.push('in', { n: 0 });
  await until('it runs', () => Atomics.load(words, word.running) === 1);
  await sleep(300);
  expect(isOver).toBe(false);
  await run.debug.resume();
  expect(await failed).toMatchObject({ code: clock === 'fast' ? 'BARRIER_TIMEOUT' : 'HANDLER_HUNG' });
});
