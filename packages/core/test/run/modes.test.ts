import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
import { graph } from '@troupe/core';
import type { LogLine, Run, RunStats, StageSettings, StartOptions } from '@troupe/core';
import { lookout } from '../fixtures/lookout.ts';
import { diary, grumbler, ioModal, modal, one, poster, Watch } from '../fixtures/modal.ts';
import type { ModalOptions, Order } from '../fixtures/modal.ts';
import { until } from './deadline.ts';

interface Told {
  readonly run: Run;
  readonly lines: () => string[];
}

/** One diary behind the input `in`, with what it and the run say. */
async function startDiary(settings: StageSettings<undefined>, options: StartOptions = {}): Promise<Told> {
  const logs: LogLine[] = [];
  const g = graph('diary');
  const ref = g.stage('diary', diary, settings);
  g.input('in', ref.in.in, { capacity: 4 });
  const run = await g.start({ onLog: (line) => logs.push(line), ...options });
  return { run, lines: () => logs.map(({ message }) => message) };
}

const droppedOn = (stats: RunStats, to: string): number =>
  stats.edges.find((edge) => edge.to === to)?.drops.inactive ?? -1;

interface Pair {
  readonly run: Run;
  readonly watch: Watch;
}

/** Two stages `a` (training) and `b` (predicting), each behind an input. */
async function startPair(
  a: StageSettings & { readonly isIo?: boolean },
  b: StageSettings,
  options: StartOptions = {},
): Promise<Pair> {
  const memory = Watch.allocate();
  const activeIn = [a.activeIn ?? ['training'], b.activeIn ?? ['predicting']];
  const g = graph('pair');
  const { isIo = false, ...ofA } = a;
  const all = (index: number): { readonly options: ModalOptions; readonly activeIn: readonly string[] } => ({
    activeIn: activeIn[index] ?? [],
    options: { memory, index, activeIn },
  });
  const quiet = { watchdogMs: 0, asyncWatchdogMs: 0, backoffMs: 1 };
  const first = g.stage('a', isIo ? ioModal : modal, {
    worker: { group: 'a' },
    supervision: quiet,
    ...ofA,
    ...all(0),
  });
  const second = g.stage('b', modal, { worker: { group: 'b' }, ...b, ...all(1) });
  g.input('a', first.in.in);
  g.input('b', second.in.in);
  const run = await g.start({ onLog: () => undefined, ...options });
  return { run, watch: new Watch(memory) };
}

/** Main itself may be late on a busy machine, beyond a short grace: the mode is asked for again. */
function enter({ modes }: Run, mode: string): Promise<void> {
  const ask = (): Promise<boolean> =>
    modes.request(mode).then(
      () => true,
      () => false,
    );
  return until(`${mode} is entered`, ask);
}

describe('a stage that is not active', () => {
  test('drop: releases what arrives, and counts it', async () => {
    const { run, lines } = await startDiary({ activeIn: ['training'] });
    for (let n = 0; n < 20; n++) await run.push('in', { n });
    await until('all dropped', () => droppedOn(run.stats(), 'diary.in') === 20);
    expect(run.stats().edges[0]).toMatchObject({ sent: 20, received: 0, depth: 0 });
    await run.modes.request('training');
    await run.push('in', { n: 20 });
    await until('called', () => lines().includes('post 20'));
    await run.stop();
    expect(lines()).toEqual(['start in idle', 'mode idle', 'mode training', 'input 20', 'post 20', 'stop']);
  });

  test('hold: keeps everything, and holds the writer back', async () => {
    const { run, lines } = await startDiary({ activeIn: ['training'], whileInactive: 'hold' });
    for (let n = 0; n < 4; n++) await run.push('in', { n });
    expect(run.tryPush('in', { n: 4 })).toBe(false);
    const waiting = run.push('in', { n: 4 });
    await run.modes.request('training');
    await waiting;
    await until('all called', () => lines().includes('input 4'));
    expect(lines().filter((line) => line.startsWith('input'))).toEqual(
      [0, 1, 2, 3, 4].map((n) => `input ${n}`),
    );
    expect(droppedOn((await run.stop()).stats, 'diary.in')).toBe(0);
  });

  test('latest: keeps the newest, of values on its own worker too', async () => {
    const memory = Watch.allocate();
    const activeIn = [null, ['training']];
    const g = graph('latest');
    const all = (
      index: number,
    ): { readonly worker: { readonly group: string }; readonly options: ModalOptions } => ({
      worker: { group: 'one' },
      options: { memory, index, activeIn },
    });
    const first = g.stage('first', modal, all(0));
    const second = g.stage('second', modal, { ...all(1), activeIn: ['training'], whileInactive: 'latest' });
    g.connect(first.out.out, second.in.in, { capacity: 8 });
    g.input('in', first.in.in, { capacity: 8 });
    g.output('out', second.out.out);
    await using run = await g.start();
    // Many times what the mailboxes hold: the first stage is not held back by what the second keeps.
    for (let n = 0; n < 100; n++) await run.push('in', { n });
    await until('99 dropped', () => droppedOn(run.stats(), 'second.in') === 99);
    await run.modes.request('training');
    expect(await run.pullOrThrow('out')).toMatchObject({ value: { n: 99 } });
  });

  test.each(['drop', 'latest', 'hold'] as const)('%s: of its posts as well', async (whileInactive) => {
    const logs: string[] = [];
    const g = graph('posting');
    g.stage('poster', poster, { activeIn: ['training'], whileInactive });
    await using run = await g.start({ onLog: ({ message }) => logs.push(message) });
    const dropped = (): number => run.stats().stages[0]?.droppedPosts ?? -1;
    if (whileInactive === 'hold') await new Promise((resolve) => setTimeout(resolve, 50));
    else await until('some are dropped', () => dropped() > 5);
    const before = dropped();
    expect(logs).toEqual([]);
    await run.modes.request('training');
    await until('the rest arrive', () => logs.length > 5);
    const first = Number(logs[0]?.split(' ')[1]);
    expect(logs.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((n) => `post ${first + n}`));
    // What was dropped is what is missing.
    expect(first).toBe(dropped());
    expect(first > 0).toBe(whileInactive !== 'hold');
    expect(first).toBeGreaterThanOrEqual(before);
  });

  test('its ticks are dropped', async () => {
    const { run, lines } = await startDiary({ activeIn: ['training'], tick: { hz: 1_000 } });
    await run.modes.request('training');
    await until('it ticks', () => lines().includes('tick'));
    await run.modes.request('idle');
    const before = lines().length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lines().slice(before)).toEqual([]);
    await run.modes.request('training');
    await until('it ticks again', () => lines().slice(before).includes('tick after some'));
    const { stats } = await run.stop();
    expect(stats.stages[0]?.droppedTicks).toBeGreaterThan(10);
  });

  test.each(['hold', 'latest'] as const)(
    '%s: a drain discards what is kept, and ends',
    async (whileInactive) => {
      const { run, lines } = await startDiary({ activeIn: ['training'], whileInactive });
      for (let n = 0; n < 4; n++) await run.push('in', { n });
      const { stats } = await run.stop({ drain: true });
      expect(droppedOn(stats, 'diary.in')).toBe(4);
      expect(stats.stages[0]).toMatchObject({ state: 'ended', handled: 0 });
      expect(lines()).toEqual(['start in idle', 'mode idle', 'stop']);
    },
  );

  test('the end of its stream is its end, whatever it holds', async () => {
    const g = graph('ending');
    const source = g.stage('source', one);
    const last = g.stage('last', modal, {
      activeIn: ['training'],
      whileInactive: 'hold',
      worker: { group: 'other' },
      options: { memory: Watch.allocate(), index: 0, activeIn: [['training']] },
    });
    g.connect(source.out.out, last.in.in);
    const run = await g.start();
    const { stats, reason } = await run.done;
    expect(reason).toBe('ended');
    expect(droppedOn(stats, 'last.in')).toBe(1);
  });

  test('a retry waits until it is active again', async () => {
    const { run, lines } = await startDiary({
      activeIn: ['training'],
      whileInactive: 'hold',
      supervision: { strategy: 'resume', backoffMs: 1_000 },
    });
    await run.modes.request('training');
    await run.push('in', { n: 1, deed: 'throw' });
    await until('it has thrown', () => run.stats().stages[0]?.state === 'backoff');
    await run.modes.request('idle');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(lines().filter((line) => line === 'input 1')).toHaveLength(1);
    await run.modes.request('training');
    await until('tried again', () => lines().filter((line) => line === 'input 1').length === 2);
    await run.stop();
  });

  test('after a drain it ends from its back-off as well', async () => {
    const { run, lines } = await startDiary({
      activeIn: ['training'],
      supervision: { strategy: 'restart', backoffMs: 100_000 },
    });
    await run.modes.request('training');
    await run.push('in', { n: 1, deed: 'throw' });
    await until('it has thrown', () => run.stats().stages[0]?.state === 'backoff');
    await run.modes.request('idle');
    const { stats } = await run.stop({ drain: true });
    expect(stats.stages[0]?.state).toBe('ended');
    expect(lines().at(-1)).toBe('stop');
  });
});

describe('onMode', () => {
  test('a throw is a failure like others, and it is called again', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const logs: string[] = [];
    const g = graph('grumbling');
    const ref = g.stage('grumbler', grumbler, {
      options: { memory: words.buffer },
      supervision: { strategy: 'resume', backoffMs: 1 },
    });
    g.input('in', ref.in.in);
    await using run = await g.start({ onLog: ({ message }) => logs.push(message) });
    await run.modes.request('predicting');
    await run.push('in', { n: 1 });
    await until('called', () => logs.includes('input 1'));
    expect(logs).toEqual(['mode idle', 'mode predicting', 'mode predicting', 'input 1']);
    expect(run.stats().stages[0]).toMatchObject({ failed: 1 });
  });

  test('a stage that it stops takes its mode with it', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const g = graph('grumbling');
    const options = { memory: words.buffer };
    const supervision = { strategy: 'stop' } as const;
    const ref = g.stage('grumbler', grumbler, { options, supervision, activeIn: ['training'] });
    g.stage('other', diary, { tick: { hz: 1 } });
    g.input('in', ref.in.in);
    await using run = await g.start({ onLog: () => undefined });
    await run.modes.request('training');
    await until('idle', () => run.modes.state === 'idle');
    expect(run.modes.log.at(-1)).toMatchObject({
      from: 'training',
      to: 'idle',
      outcome: 'entered',
      cause: "stage 'grumbler' was stopped",
      error: expect.any(Error),
    });
  });

  test('is called in a successor with the mode that holds; what is closed starts when it opens', async () => {
    const { run, lines } = await startDiary(
      { activeIn: ['training', 'predicting'] },
      { replacements: { max: 9, withinMs: 10_000 } },
    );
    await run.modes.request('training');
    await run.push('in', { n: 1, deed: 'exit' });
    await until('replaced', () => lines().filter((line) => line === 'input 1').length === 3);
    expect(lines().slice(0, 7)).toEqual([
      'start in idle',
      'mode idle',
      'mode training',
      'input 1',
      'start in training',
      'mode training',
      'input 1',
    ]);
    await run.stop();
  });
});

describe('a worker that dies', () => {
  test('leaves closed stages as they are: neither started nor called', async () => {
    const logs: LogLine[] = [];
    const g = graph('dying');
    const worker = { group: 'one' };
    const memory = Watch.allocate();
    const idle = g.stage('idle', diary, { worker, activeIn: ['idle', 'predicting'], whileInactive: 'hold' });
    const busy = g.stage('busy', ioModal, {
      worker,
      activeIn: ['training'],
      supervision: { triesMax: 1 },
      options: { memory, index: 0, activeIn: [['training']] },
    });
    g.input('idle', idle.in.in);
    g.input('busy', busy.in.in);
    await using run = await g.start({ onLog: (line) => logs.push(line) });
    await run.modes.request('training');
    await run.push('idle', { n: 7 });
    await run.push('busy', { n: 0, deed: 'exit' });
    await until('replaced', () => run.stats().workers[1]?.replaced === 1);
    await run.push('busy', { n: 1 });
    await until('it works', () => new Watch(memory).calls(0) === 1);
    const said = (): string[] => logs.filter(({ stage }) => stage === 'idle').map(({ message }) => message);
    expect(said()).toEqual(['start in idle', 'mode idle', 'mode training']);
    expect(run.stats().stages[0]?.state).toBe('backoff');
    await run.modes.request('idle');
    await until('called', () => said().includes('post 7'));
    expect(said().slice(3)).toEqual(['start in idle', 'mode idle', 'input 7', 'post 7']);
  });

  test('and whose closed stages a drain ends: what has not started is not stopped', async () => {
    const logs: string[] = [];
    const g = graph('dying');
    const worker = { group: 'one' };
    const options = { memory: Watch.allocate(), index: 0, activeIn: [null] };
    const idle = g.stage('idle', diary, { worker, activeIn: ['training'], whileInactive: 'hold' });
    const busy = g.stage('busy', modal, { worker, options, supervision: { triesMax: 1 } });
    g.input('idle', idle.in.in);
    g.input('busy', busy.in.in);
    const run = await g.start({ onLog: ({ stage, message }) => stage === 'idle' && logs.push(message) });
    await run.push('idle', { n: 1 });
    await run.push('busy', { n: 0, deed: 'exit' });
    await until('replaced', () => run.stats().workers[1]?.replaced === 1);
    const { stats } = await run.stop({ drain: true });
    expect(stats.stages.map(({ state }) => state)).toEqual(['ended', 'ended']);
    expect(droppedOn(stats, 'idle.in')).toBe(1);
    expect(logs).toEqual(['start in idle', 'mode idle']);
  });

  test('in the middle of a change: its successor answers', async () => {
    const { run, watch } = await startPair({ isIo: true }, {});
    await run.modes.request('training');
    await run.push('a', { n: 0, deed: 'exit', isWaiting: true });
    await until('it runs', () => watch.running(0) === 1);
    const leaving = run.modes.request('idle');
    expect(await Promise.race([leaving, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe(
      'waits',
    );
    watch.release();
    await leaving;
    await run.modes.request('predicting');
    expect(run.modes.state).toBe('predicting');
    await run.push('b', { n: 0 });
    await until('it runs', () => watch.calls(1) === 1);
    expect(watch.violations()).toBe('none');
    expect((await run.stop()).replacements).toHaveLength(1);
  });

  test.each([
    ['a synchronous handler', { isIo: false }, 'hang'],
    ['an async handler', { isIo: true }, 'never'],
  ] as const)('because %s outlives the grace', async (_, how, deed) => {
    const { run, watch } = await startPair(how, {}, { modes: { graceMs: 1_000 } });
    await run.modes.request('training');
    await run.push('a', { n: 0, deed });
    await until('it runs', () => watch.running(0) === 1);
    await run.modes.request('idle');
    await run.modes.request('predicting');
    expect(run.modes.log.map(({ to, outcome }) => `${outcome} ${to}`)).toEqual([
      'entered training',
      'entered idle',
      'entered predicting',
    ]);
    const { replacements } = await run.stop();
    expect(replacements).toMatchObject([{ reason: 'hang', error: { code: 'HANDLER_HUNG', stage: 'a' } }]);
    expect(replacements[0]?.error.remedy).toContain('graceMs');
  });
});

describe('on main', () => {
  test('a handler beyond the grace: the request rejects, the mode is idle, and stays safe', async () => {
    const { run, watch } = await startPair(
      { worker: 'main', isIo: true },
      { activeIn: ['idle'] },
      { modes: { graceMs: 300 } },
    );
    await enter(run, 'training');
    await run.push('a', { n: 0, isWaiting: true });
    await until('it runs', () => watch.running(0) === 1);
    const change = run.modes.request('idle');
    await expect(change).rejects.toMatchObject({
      code: 'MODE_CHANGE',
      from: 'training',
      to: 'idle',
      cause: { code: 'HANDLER_HUNG' },
    });
    expect([run.modes.state, watch.running(0)]).toEqual(['idle', 1]);
    await run.push('b', { n: 0 });
    await expect(run.modes.request('predicting')).rejects.toMatchObject({ code: 'MODE_CHANGE' });
    expect(watch.calls(1)).toBe(0);
    watch.release();
    await until('it has settled', () => watch.calls(0) === 1);
    // What belongs to idle runs again by itself.
    await until('it is let run', async () => {
      await run.push('b', { n: 1 });
      return watch.calls(1) > 0;
    });
    await enter(run, 'predicting');
    expect(watch.violations()).toBe('none');
    await run.stop();
  });
});

describe('requests', () => {
  test('the current mode resolves at once; an unknown one and a refused one reject', async () => {
    const { run } = await startPair({}, {});
    await run.modes.request('idle');
    await expect(run.modes.request('sleeping')).rejects.toMatchObject({ code: 'BAD_TARGET' });
    await run.modes.request('training', { cause: 'the user' });
    await expect(run.modes.request('predicting')).rejects.toMatchObject({
      code: 'MODE_REFUSED',
      rule: 'training-ends-first',
      from: 'training',
      to: 'predicting',
    });
    await run.modes.end(new RangeError('no data'));
    await run.modes.end();
    const { log } = run.modes;
    expect(log).toMatchObject([
      { from: 'idle', to: 'training', outcome: 'entered', cause: 'the user', epoch: 1 },
      { from: 'training', to: 'predicting', outcome: 'refused', rule: 'training-ends-first', epoch: 1 },
      { from: 'training', to: 'idle', outcome: 'entered', cause: 'failed', error: { message: 'no data' } },
    ]);
    expect(log.map(({ timeNs }) => timeNs)).toEqual(
      log.map(({ timeNs }) => timeNs).toSorted((x, y) => x - y),
    );
    await run.stop();
  });

  test('that race are handled one by one, in order', async () => {
    const { run } = await startPair({}, {});
    const seen: string[] = [];
    const subscription = run.modes.state$.subscribe({
      next: (mode) => seen.push(mode),
      complete: () => seen.push('over'),
    });
    const results = await Promise.allSettled(
      ['predicting', 'training', 'predicting', 'idle', 'idle', 'recording'].map((mode) =>
        run.modes.request(mode),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    await run.stop();
    expect(seen).toEqual(['idle', 'predicting', 'training', 'idle', 'recording', 'over']);
    subscription.unsubscribe();
  });

  test('a stage that says that its mode has ended is heard once, and only about that mode', async () => {
    const { run, watch } = await startPair({}, {});
    await run.modes.request('training');
    for (let n = 0; n < 50; n++) run.tryPush('a', { n, deed: 'fail' } satisfies Order);
    await until('idle', () => run.modes.state === 'idle');
    await run.modes.request('training');
    await run.push('a', { n: 50 });
    await until('it runs', () => watch.calls(0) > 0);
    await run.modes.end();
    expect(run.modes.log.map(({ to, cause }) => `${to}: ${cause}`)).toEqual([
      'training: asked for',
      "idle: stage 'a' has failed",
      'training: asked for',
      'idle: ended',
    ]);
    expect(run.modes.log[1]).toMatchObject({ error: { name: 'RangeError', message: 'it does not learn' } });
    await run.stop();
  });

  test('a stop in the middle of a change settles every one of them', async () => {
    const { run, watch } = await startPair({ isIo: true }, {});
    await run.modes.request('training');
    await run.push('a', { n: 0, isWaiting: true });
    await until('it runs', () => watch.running(0) === 1);
    const asked = [run.modes.request('idle'), run.modes.request('predicting'), run.modes.end()];
    const stopping = run.stop();
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'RUN_STOPPED' } });
    }
    watch.release();
    await stopping;
    await expect(run.modes.request('idle')).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    expect(run.modes.state).toBe('training');
  });

  test('a run that fails tells why', async () => {
    const { run } = await startPair({ supervision: { strategy: 'escalate' } }, {});
    await run.modes.request('training');
    await run.push('a', { n: 0, deed: 'throw' });
    await expect(run.done).rejects.toMatchObject({ code: 'HANDLER_THREW' });
    await expect(run.modes.request('idle')).rejects.toMatchObject({ code: 'HANDLER_THREW' });
  });

  test('time is up', async () => {
    const { run, watch } = await startPair({ isIo: true }, {});
    await run.modes.request('training');
    await run.push('a', { n: 0, isWaiting: true });
    await until('it runs', () => watch.running(0) === 1);
    const first = run.modes.request('idle', { timeoutMs: 20 });
    const second = run.modes.request('recording', { timeoutMs: 20 });
    await expect(first).rejects.toMatchObject({ code: 'MODE_TIMEOUT', isWithdrawn: false });
    await expect(second).rejects.toMatchObject({ code: 'MODE_TIMEOUT', isWithdrawn: true });
    watch.release();
    await until('idle', () => run.modes.state === 'idle');
    await run.modes.request('predicting');
    expect(run.modes.log.map(({ to }) => to)).toEqual(['training', 'idle', 'predicting']);
    await run.stop();
  });
});

describe('the machine', () => {
  test('may be another one', async () => {
    const machine = setup({ guards: { never: () => false } }).createMachine({
      initial: 'day',
      states: {
        day: { on: { 'request.night': 'night', fail: 'night' } },
        night: { on: { 'request.day': { guard: 'never', target: 'day' }, end: 'day' } },
      },
    });
    const { run, lines } = await startDiary({ activeIn: ['night'] }, { modes: { machine } });
    await run.modes.request('night');
    await expect(run.modes.request('day')).rejects.toMatchObject({ rule: 'never' });
    // It says nothing of failures at night, so it begins anew.
    await run.modes.end(new Error('too dark'));
    expect(run.modes.state).toBe('day');
    await expect(run.modes.end()).resolves.toBeUndefined();
    await run.modes.end(new Error('too bright'));
    expect(run.modes.state).toBe('night');
    await run.stop();
    expect(lines()).toEqual(['start in day', 'mode day', 'mode night', 'mode day', 'mode night', 'stop']);
  });

  test('can be had as JSON', async () => {
    const { run } = await startPair({}, {});
    const json = await run.modes.machine();
    expect(json).toMatchObject({
      initial: { target: ['#modes.idle'] },
      states: {
        training: {
          on: {
            'request.predicting': [{ meta: { rule: 'training-ends-first' } }],
            end: [{ target: ['#modes.idle'] }],
          },
        },
      },
    });
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    await run.stop();
  });

  test('is loaded by no worker', async () => {
    const g = graph('light');
    const ref = g.stage('lookout', lookout, { activeIn: ['training'] });
    g.output('out', ref.out.out);
    await using run = await g.start();
    await run.modes.request('training');
    expect(await run.pullOrThrow('out')).toMatchObject({ value: false });
  });
});
