import { describe, expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { ControlOptions, Graph, Placement, Run, StageSettings, StartOptions } from '@troupe/core';
import {
  clockwork,
  counter,
  doer,
  failing,
  ioPassing,
  ioWaiter,
  liar,
  passing,
  waiter,
} from '../fixtures/controlled.ts';
import { until } from './deadline.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

const dedicated: Placement = { dedicated: true };
const memoryOf = (): SharedArrayBuffer => new SharedArrayBuffer(256);
const deadlineMs = 15_000;

/** A graph with an event `go`. */
function withGo(initial: boolean = false): Graph {
  const g = graph('events');
  g.event('go', { initial });
  return g;
}

/** One stage between the input `in` and the output `out`, controlled by `go`. */
async function startPassing(
  form: ControlOptions['form'],
  { initial = false, ...settings }: StageSettings<undefined> & { readonly initial?: boolean } = {},
  stage: typeof passing | typeof ioPassing = passing,
): Promise<Run> {
  const g = withGo(initial);
  const ref = g.stage('passing', stage, { worker: dedicated, control: { form, event: 'go' }, ...settings });
  g.input('in', ref.in.in, { capacity: 256 });
  g.output('out', ref.out.out, { capacity: 256 });
  return g.start();
}

/** The next values of an output. */
async function take(run: Run, count: number, output: string = 'out'): Promise<unknown[]> {
  const values: unknown[] = [];
  while (values.length < count) values.push((await run.pullOrThrow(output, { timeoutMs: deadlineMs })).value);
  return values;
}

async function push(run: Run, ...values: readonly unknown[]): Promise<void> {
  for (const value of values) await run.push('in', value);
}

const stageOf = (run: Run, name: string) => run.stats().stages.find((stage) => stage.name === name);

describe('a toggleable stage', { timeout: 60_000 }, () => {
  test.each([
    ['a parked worker', dedicated],
    ['main', 'main'],
  ] as const)('runs once for each activation, however fast they come, on %s', async (_, worker) => {
    const g = withGo(true);
    const memory = memoryOf();
    const ref = g.stage('counter', counter, {
      worker,
      control: { form: 'toggleable', event: 'go' },
      options: { memory, slot: 0 },
    });
    g.output('out', ref.out.out, { capacity: 8 });
    await using run = await g.start();
    expect(await take(run, 1)).toEqual([0]);
    for (let i = 0; i < 500; i++) await run.events.set('go');
    expect(await take(run, 500)).toEqual(Array.from({ length: 500 }, (_x, i) => i + 1));
    expect(run.events.count('go')).toBe(0);
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([501]);
    expect(new Int32Array(memory)[0]).toBe(502);
  });

  test('loses nothing of what it is to run on while it waits', async () => {
    await using run = await startPassing('toggleable');
    await push(run, 0, 1, 2, 3, 4);
    for (let i = 0; i < 3; i++) await run.events.set('go');
    expect(await take(run, 3)).toEqual([0, 1, 2]);
    expect(run.tryPull('out')).toBeUndefined();
    for (let i = 0; i < 3; i++) await run.events.set('go');
    expect(await take(run, 2)).toEqual([3, 4]);
    // The last activation waits for something to run on.
    expect(run.events.count('go')).toBe(1);
    await push(run, 5);
    expect(await take(run, 1)).toEqual([5]);
    expect(stageOf(run, 'passing')?.handled).toBe(6);
  });

  test('runs on the newest only, where it says so', async () => {
    await using run = await startPassing('toggleable', { whileInactive: 'latest' });
    await push(run, 0, 1, 2);
    await until('older ones are dropped', () => run.stats().edges[0]?.drops.inactive === 2);
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([2]);
  });

  test('with async handlers', async () => {
    await using run = await startPassing('toggleable', {}, ioPassing);
    await push(run, 0, 1, 2, 3);
    await run.events.set('go');
    await run.events.set('go');
    expect(await take(run, 2)).toEqual([0, 1]);
    expect(run.events.count('go')).toBe(0);
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([2]);
  });

  test('an activation that is taken back before its run is no run', async () => {
    await using run = await startPassing('toggleable');
    await run.events.set('go');
    await run.events.set('go');
    expect(await run.events.reset('go')).toBe(true);
    await push(run, 0, 1);
    expect(await take(run, 1)).toEqual([0]);
    expect(await run.events.reset('go')).toBe(false);
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([1]);
  });

  test('a drain discards what waits for an activation, and runs what has one', async () => {
    const run = await startPassing('toggleable');
    await push(run, 0, 1, 2, 3);
    await run.events.set('go');
    await run.events.set('go');
    expect(await take(run, 2)).toEqual([0, 1]);
    const { stats } = await run.stop({ drain: true });
    expect(stats.stages[0]).toMatchObject({ handled: 2, state: 'ended' });
    expect(stats.edges[0]?.drops.inactive).toBe(2);
  });

  test('ticks that come while it waits are passed over; each activation is the next tick', async () => {
    const memory = memoryOf();
    const g = withGo();
    const ref = g.stage('clockwork', clockwork, {
      worker: dedicated,
      tick: { hz: 100 },
      control: { form: 'toggleable', event: 'go' },
      options: { memory, slot: 0 },
    });
    g.output('out', ref.out.out);
    await using run = await g.start();
    const elapsedMs = (): number => run.stats().elapsedMs;
    await until('ticks have passed', () => elapsedMs() > 100);
    const sinceMs = elapsedMs();
    for (let i = 0; i < 3; i++) await run.events.set('go');
    const ticks = (await take(run, 3)) as { index: number; dropped: number }[];
    const [first] = ticks;
    // It is due after the activation came.
    expect(((first?.index ?? 0) / 100) * 1_000).toBeGreaterThan(sinceMs);
    const start = (first?.index ?? 0) - (first?.dropped ?? 0);
    let next = start;
    for (const { index, dropped } of ticks) {
      expect(index).toBe(next + dropped);
      next = index + 1;
    }
    expect(stageOf(run, 'clockwork')).toMatchObject({ handled: 3, droppedTicks: next - start - 3 });
  });

  test('several of them share the activations', async () => {
    const memory = memoryOf();
    const g = withGo();
    for (let i = 0; i < 3; i++) {
      const ref = g.stage(`counter${i}`, counter, {
        worker: i === 0 ? 'main' : dedicated,
        control: { form: 'toggleable', event: 'go' },
        options: { memory, slot: 0 },
      });
      g.output(`out${i}`, ref.out.out, { capacity: 1_024 });
    }
    await using run = await g.start();
    expect(run.warnings.map(({ code }) => code)).toEqual(['SEVERAL_CONSUMERS']);
    for (let i = 0; i < 1_000; i++) await run.events.set('go');
    const handled = (): number => run.stats().stages.reduce((sum, stage) => sum + stage.handled, 0);
    await until('all have run', () => handled() === 1_000);
    expect(run.events.count('go')).toBe(0);
    expect(new Int32Array(memory)[0]).toBe(1_000);
  });
});

describe('a switchable stage', { timeout: 60_000 }, () => {
  test('runs while its event is set', async () => {
    const g = withGo();
    const memory = memoryOf();
    const ref = g.stage('counter', counter, {
      worker: dedicated,
      control: { form: 'switchable', event: 'go' },
      options: { memory, slot: 0 },
    });
    g.output('out', ref.out.out, { capacity: 4, overflow: 'latest' });
    await using run = await g.start();
    const words = new Int32Array(memory);
    for (let round = 0; round < 20; round++) {
      await run.events.set('go');
      const from = Atomics.load(words, 0);
      await until('it runs', () => Atomics.load(words, 0) > from);
      expect(await run.events.reset('go')).toBe(true);
      const atReset = Atomics.load(words, 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
      // A call that had been let in may have come to its end.
      expect(Atomics.load(words, 0)).toBeLessThanOrEqual(atReset + 1);
    }
  });

  test('two activations are two: it stops with the last', async () => {
    await using run = await startPassing('switchable', { initial: true, whileInactive: 'hold' });
    await run.events.set('go');
    await run.events.reset('go');
    await push(run, 0);
    expect(await take(run, 1)).toEqual([0]);
    await run.events.reset('go');
    await push(run, 1);
    expect(await run.pull('out', { timeoutMs: 50 })).toBeUndefined();
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([1]);
  });

  test('drops what comes while it is switched off, and counts it', async () => {
    await using run = await startPassing('switchable');
    for (let round = 1; round <= 200; round++) {
      await push(run, 0, 1, 2);
      await until('all are dropped', () => run.stats().edges[0]?.drops.inactive === 3 * round);
      await run.events.set('go');
      // What is sent after the set is handled, wherever the worker just is.
      await push(run, round);
      expect(await take(run, 1)).toEqual([round]);
      await run.events.reset('go');
    }
  });

  test('a handler that resets its own event has made the last call', async () => {
    const g = withGo(true);
    const ref = g.stage('doer', doer, {
      worker: dedicated,
      control: { form: 'switchable', event: 'go' },
      events: { go: 'go' },
      whileInactive: 'hold',
    });
    g.input('in', ref.in.in);
    g.output('out', ref.out.out);
    await using run = await g.start();
    await push(run, 'count', 'reset', 'count');
    expect(await take(run, 2)).toEqual([['go', 1, true], true]);
    expect(await run.pull('out', { timeoutMs: 50 })).toBeUndefined();
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([['go', 1, true]]);
  });
});

describe('gates together', { timeout: 60_000 }, () => {
  test('a stage runs when its mode and its event let it, and takes no activation before', async () => {
    await using run = await startPassing('toggleable', { activeIn: ['training'] });
    await run.events.set('go');
    await push(run, 0, 1);
    expect(await run.pull('out', { timeoutMs: 30 })).toBeUndefined();
    expect(run.events.count('go')).toBe(1);
    await run.modes.request('training');
    expect(await take(run, 1)).toEqual([0]);
    await run.modes.request('idle');
    await run.events.set('go');
    expect(await run.pull('out', { timeoutMs: 30 })).toBeUndefined();
    await run.modes.request('training');
    expect(await take(run, 1)).toEqual([1]);
    expect(run.events.count('go')).toBe(0);
  });

  test('a call that failed keeps its activation until one has been made', async () => {
    const memory = memoryOf();
    Atomics.store(new Int32Array(memory), 0, 2);
    const g = withGo();
    const ref = g.stage('failing', failing, {
      worker: dedicated,
      control: { form: 'toggleable', event: 'go' },
      supervision: { strategy: 'resume', backoffMs: 0 },
      options: { memory, slot: 0 },
    });
    g.input('in', ref.in.in);
    g.output('out', ref.out.out);
    await using run = await g.start({ onLog: () => undefined });
    await push(run, 7, 8);
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([7]);
    expect(stageOf(run, 'failing')).toMatchObject({ failed: 2, handled: 1 });
    // Its third failure in a row is its last: the message is given up, the activation is not.
    Atomics.store(new Int32Array(memory), 0, 3);
    await push(run, 9);
    await run.events.set('go');
    expect(await take(run, 1)).toEqual([9]);
    // The letter comes by another way than the message.
    await until('the letter is there', () => run.deadLetters().length > 0);
    expect(run.deadLetters().map(({ value }) => value)).toEqual([8]);
    expect(run.events.count('go')).toBe(0);
  });
});

describe('events in handlers', { timeout: 60_000 }, () => {
  test('one stage sets, another runs, on other workers and on main', async () => {
    for (const [at, of] of [
      [dedicated, dedicated],
      ['main', dedicated],
      [dedicated, 'main'],
      [{ group: 'one' }, { group: 'one' }],
    ] as const satisfies [Placement, Placement][]) {
      const g = withGo();
      const setter = g.stage('setter', doer, { worker: at, events: { go: { event: 'go' } } });
      const toggled = g.stage('toggled', counter, {
        worker: of,
        control: { form: 'toggleable', event: { event: 'go' } },
        options: { memory: memoryOf(), slot: 0 },
      });
      g.input('in', setter.in.in);
      g.output('done', setter.out.out);
      g.output('out', toggled.out.out);
      await using run = await g.start();
      for (let n = 0; n < 20; n++) {
        await push(run, 'set');
        expect(await take(run, 1)).toEqual([n]);
      }
    }
  });

  test('what they do with one, and what they are told', async () => {
    const g = withGo(true);
    const ref = g.stage('doer', doer, { events: { go: 'go' }, supervision: { triesMax: 1, backoffMs: 0 } });
    g.input('in', ref.in.in);
    g.output('out', ref.out.out);
    await using run = await g.start({ onLog: () => undefined });
    await push(run, 'count', 'set', 'count', 'reset', 'reset', 'reset', 'set', 'set', 'clear');
    expect(await take(run, 9)).toEqual([
      ['go', 1, true],
      null,
      ['go', 2, true],
      true,
      true,
      false,
      null,
      null,
      2,
    ]);
    // A set is no emission: it stays done when the handler throws.
    await push(run, 'setAndThrow');
    await until('it has failed', () => run.deadLetters().length === 1);
    expect(run.events.count('go')).toBe(1);
  });

  test('a stage keeps to what it has declared', async () => {
    const g = withGo();
    const ref = g.stage('liar', liar, { events: { go: 'go' }, supervision: { strategy: 'escalate' } });
    g.input('in', ref.in.in);
    const run = await g.start();
    await push(run, 1);
    await expect(run.done).rejects.toMatchObject({ code: 'HANDLER_THREW', cause: { code: 'BAD_EVENT_USE' } });
  });
});

describe('waiting for an event', { timeout: 60_000 }, () => {
  test.each([
    ['on a parked worker', waiter, dedicated],
    ['in an async handler', ioWaiter, dedicated],
    ['on main', waiter, 'main'],
  ] as const)('%s', async (_, stage, worker) => {
    const g = withGo();
    const ref = g.stage('waiter', stage, { worker, events: { go: 'go' } });
    g.input('in', ref.in.in);
    g.output('out', ref.out.out);
    await using run = await g.start();
    await push(run, 1);
    expect(await take(run, 1)).toEqual([false]);
    for (let i = 0; i < 20; i++) {
      await push(run, deadlineMs);
      await until('it waits', () => (stageOf(run, 'waiter')?.in ?? 0) >= (stage === waiter ? i + 2 : i + 1));
      await run.events.set('go');
      expect(await take(run, 1)).toEqual([true]);
      await run.events.clear('go');
    }
    await run.events.set('go');
    await push(run, 0);
    expect(await take(run, 1)).toEqual([true]);
  });

  test('from the run: time, signals, names, a stop', async () => {
    const run = await startPassing('toggleable');
    const { events } = run;
    expect(await events.wait('go', { timeoutMs: 1 })).toBe(false);
    expect(await events.wait('go', { timeoutMs: 0 })).toBe(false);
    const all = Array.from({ length: 50 }, () => events.wait({ event: 'go' }, { timeoutMs: deadlineMs }));
    await events.set('go');
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
    expect(await events.wait('go')).toBe(true);
    expect(events.isSet('go')).toBe(true);
    expect(events.list()).toEqual([{ name: 'go', count: 1, isSet: true }]);
    await events.clear('go');

    const leaving = new AbortController();
    const left = events.wait('go', { signal: leaving.signal });
    leaving.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    await expect(events.wait('go', { signal: leaving.signal })).rejects.toThrow('enough');

    for (const call of [events.set('no'), events.reset('no'), events.clear('no'), events.wait('no')]) {
      await expect(call).rejects.toMatchObject({ code: 'BAD_TARGET', remedy: 'Use one of: go.' });
    }
    expect(() => events.isSet('no')).toThrow("there is no event 'no'");

    const waiting = events.wait('go');
    await run.stop();
    expect(await waiting).toBe(false);
    expect(await events.wait('go')).toBe(false);
    await expect(events.set('go')).rejects.toMatchObject({ code: 'RUN_STOPPED' });
  });

  test('a waiter is told of a set although a stage has taken it back', async () => {
    const memory = memoryOf();
    const g = withGo();
    const ref = g.stage('counter', counter, {
      worker: dedicated,
      control: { form: 'toggleable', event: 'go' },
      options: { memory, slot: 0 },
    });
    g.output('out', ref.out.out, { capacity: 1_024 });
    await using run = await g.start();
    for (let i = 0; i < 200; i++) {
      const set = run.events.wait('go', { timeoutMs: deadlineMs });
      await run.events.set('go');
      expect(await set).toBe(true);
    }
    expect(await take(run, 200)).toHaveLength(200);
  });

  test('a stop ends handlers that wait', async () => {
    const g = withGo();
    const ref = g.stage('waiter', ioWaiter, { worker: dedicated, events: { go: 'go' } });
    g.input('in', ref.in.in);
    g.output('out', ref.out.out);
    const run = await g.start();
    await push(run, deadlineMs);
    await until(
      'it has been taken',
      () => run.stats().edges[0]?.received === 1 || run.stats().edges[0]?.depth === 1,
    );
    const { reason } = await run.stop();
    expect(reason).toBe('stopped');
  });
});

/** How a toggleable stage `toggled` stands between its input `in`, if it has one, and the output `out`. */
type Setting = (g: Graph) => { readonly isFed: boolean };

const toggled = { worker: { group: 'one' }, control: { form: 'toggleable', event: 'go' } } as const;
const wide = { capacity: 4_096 } as const;

function between(stage: typeof passing, hasNeighbour: boolean = false): Setting {
  return (g) => {
    const ref = g.stage('toggled', stage, toggled);
    g.input('in', ref.in.in, wide);
    if (!hasNeighbour) {
      g.output('out', ref.out.out, wide);
      return { isFed: true };
    }
    const neighbour = g.stage('neighbour', passing, { worker: { group: 'one' } });
    g.connect(ref.out.out, neighbour.in.in);
    g.output('out', neighbour.out.out, wide);
    return { isFed: true };
  };
}

const atSource: Setting = (g) => {
  const ref = g.stage('toggled', counter, { ...toggled, options: { memory: memoryOf(), slot: 0 } });
  g.output('out', ref.out.out, wide);
  return { isFed: false };
};

describe('a thread that dies with an activation', { timeout: 120_000 }, () => {
  const options: StartOptions = { replacements: { max: 1_000, withinMs: 10_000 } };

  test.each<[string, Setting]>([
    ['a source', atSource],
    ['a consumer', between(passing)],
    ['an async consumer', between(ioPassing)],
    ['one that passes values on by reference', between(passing, true)],
  ])('%s: n activations are n runs', async (_, setting) => {
    const g = withGo();
    const { isFed } = setting(g);
    const run = await g.start(options);
    const first: number[] = [];
    const again: number[] = [];
    run.onSample('out', ({ value, redelivered }) => (redelivered ? again : first).push(value as number));
    const seen = (): number => new Set([...first, ...again]).size;
    let set = 0;
    const activate = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++, set++) {
        if (isFed) await run.push('in', set);
        await run.events.set('go');
      }
    };
    for (let kill = 1; kill <= 20; kill++) {
      const from = seen();
      await activate(50);
      await until(`it runs before kill ${kill}`, () => seen() > from);
      await terminateThreadOf(run, 'toggled');
      await activate(10);
      await until(`replacement ${kill}`, () => replacedIn(run) >= kill);
    }
    // An activation too many would be one run too many; one too few, one too few.
    await activate(1);
    await until('all have run', () => seen() >= set);
    await run.stop();
    expect(seen()).toBe(set);
    expect(new Set(first).size).toBe(first.length);
    expect(isFed ? Math.max(...first, ...again) : set - 1).toBe(set - 1);
    expect(run.events.count('go')).toBe(0);
    expect(run.stats().stages[0]?.deadLettered).toBe(0);
  });
});
