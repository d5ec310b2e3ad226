import { describe, expect, test } from 'vitest';
import { defineStage, frame, graph } from '@troupe/core';
import type { Phase, Run } from '@troupe/core';
import { beat, forking, fragile, joining, stuck, telling, thinning, watching } from '../fixtures/timed.ts';
import { until } from './deadline.ts';

const limitMs = 30_000;

async function all<T>(run: Run, output: string): Promise<T[]> {
  const values: T[] = [];
  for await (const { frame: array, value } of run.samples(output)) {
    values.push((array === undefined ? value : array[0]) as T);
  }
  return values;
}

const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('the ends of a step', () => {
  test('an async handler beyond the limit fails the run with its name', { timeout: limitMs }, async () => {
    const g = graph('late');
    const late = g.stage('late', stuck, { options: { at: 3 }, tick: { hz: 100 } });
    const fine = g.stage('fine', beat, { options: {}, tick: { hz: 100 } });
    g.output('late', late.out.out);
    g.output('fine', fine.out.out);
    const run = await g.start({ clock: 'fast', barrierTimeoutMs: 50 });
    await expect(run.done).rejects.toMatchObject({ code: 'BARRIER_TIMEOUT', stage: 'late' });
  });

  test('who does not pull holds the run up, for as long as it likes, and loses nothing', async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const g = graph('unread');
    const source = g.stage('source', beat, { options: { memory: words.buffer }, tick: { hz: 1000 } });
    g.output('out', source.out.out, { capacity: 8 });
    await using run = await g.start({ clock: 'fast', barrierTimeoutMs: 20, durationMs: 200 });
    await until('the source is held up', async () => {
      const before = Atomics.load(words, 0);
      // Longer than any limit of the run.
      await new Promise((resolve) => setTimeout(resolve, 60));
      return before > 0 && Atomics.load(words, 0) === before;
    });
    expect(Atomics.load(words, 0)).toBeLessThan(20);
    expect(await all(run, 'out')).toEqual(counting(200));
    await run.done;
  });

  test.each(['fast', 'paced'] as const)(
    'a stop in mid-step ends the run (%s)',
    async (clock) => {
      for (let i = 0; i < 10; i++) {
        const words = new Int32Array(new SharedArrayBuffer(4));
        const g = graph('stopped');
        const options = { memory: words.buffer, slowMs: 1 };
        const source = g.stage('source', beat, { options, tick: { hz: 1000 }, worker: { dedicated: true } });
        const end = g.stage('end', thinning, { options: { every: 3 }, worker: { dedicated: true } });
        g.connect(source.out.out, end.in.in);
        g.output('out', end.out.out, { overflow: 'latest' });
        const run = await g.start({ clock });
        // At once, or after some steps.
        if (i % 2 === 1) await until('it ticks', () => Atomics.load(words, 0) > i);
        expect((await run.stop()).reason).toBe('stopped');
      }
    },
    60_000,
  );
});

describe('mailboxes', () => {
  /** One way is thinned out: `b` brings one frame for `every` of `a`, and later. */
  function diamond(every: number): ReturnType<typeof graph> {
    const g = graph('diamond');
    const worker = { dedicated: true } as const;
    const source = g.stage('source', beat, { options: { count: 8 }, tick: { hz: 1000 }, worker });
    const fork = g.stage('fork', forking, { worker });
    const thin = g.stage('thin', thinning, { options: { every }, worker });
    const join = g.stage('join', joining, { worker });
    g.connect(source.out.out, fork.in.in);
    g.connect(fork.out.left, join.in.a, { capacity: 8 });
    g.connect(fork.out.right, thin.in.in, { capacity: 8 });
    g.connect(thin.out.out, join.in.b, { capacity: 8 });
    g.output('out', join.out.out);
    return g;
  }

  test('that only have to grow do, and the order is that of the times', { timeout: limitMs }, async () => {
    const g = diamond(5);
    await using run = await g.start({ clock: 'fast', durationMs: 50 });
    const texts = await all<string>(run, 'out');
    expect(texts.filter((text) => text.startsWith('a'))).toEqual(counting(400).map((i) => `a${i}`));
    expect(texts.filter((text) => text.startsWith('b'))).toHaveLength(80);
    await run.done;
  });

  test('beyond what they may grow to end the run, with stage and port', { timeout: limitMs }, async () => {
    const g = graph('burst');
    const worker = { dedicated: true } as const;
    const source = g.stage('source', beat, { options: { count: 64 }, tick: { hz: 1000 }, worker });
    const quiet = g.stage('quiet', thinning, { options: { every: 2 ** 30 }, worker });
    const join = g.stage('join', joining, { worker });
    g.connect(source.out.out, join.in.a, { capacity: 8 });
    g.connect(source.out.out, quiet.in.in, { capacity: 8 });
    g.connect(quiet.out.out, join.in.b, { capacity: 8 });
    g.output('out', join.out.out);
    const run = await g.start({ clock: 'fast', mailboxMax: 32 });
    const error = await run.done.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MAILBOX_OVERFLOW', stage: 'join', port: 'a' });
    expect(String(error)).toContain('32');
    // The same burst has room in a larger one.
    await using wide = await g.start({ clock: 'fast', mailboxMax: 256, durationMs: 20 });
    expect(await all(wide, 'out')).toHaveLength(20 * 64);
  });

  test(
    'that fill up when their only reader has just looked are no overflow',
    { timeout: limitMs },
    async () => {
      const g = graph('filling');
      const worker = { dedicated: true } as const;
      // More than fits at once, so that the writer waits for room, and steps enough to meet the moment.
      const source = g.stage('source', beat, { options: { count: 24 }, tick: { hz: 1000 }, worker });
      const end = g.stage('end', thinning, { options: { every: 24 }, worker });
      g.connect(source.out.out, end.in.in, { capacity: 8 });
      g.output('out', end.out.out);
      await using run = await g.start({ clock: 'fast', durationMs: 8_000 });
      expect(await all(run, 'out')).toHaveLength(8_000);
      await run.done;
    },
  );
});

describe('ticks', () => {
  test('that a stage was not to run for are counted by its next one', { timeout: limitMs }, async () => {
    const g = graph('switched');
    const light = g.event('light', { initial: true });
    const lead = defineStage({
      name: 'lead',
      events: { light: 'any' },
      create: ({ events }) => ({
        onTick({ index }) {
          if (index === 3) events.light.reset();
          if (index === 7) events.light.set();
        },
      }),
    });
    g.stage('lead', lead, { tick: { hz: 100 }, events: { light } });
    const tick = { hz: 100 } as const;
    const tell = g.stage('tell', telling, { tick, control: { form: 'switchable', event: light } });
    g.output('tell', tell.out.out);
    await using run = await g.start({ clock: 'fast', durationMs: 100 });
    const told = await all<number[]>(run, 'tell');
    const on = [0, 1, 2, 3].map((i) => [i, i * 1e7, 1e7, 0]);
    expect(told).toEqual([...on, [8, 8e7, 5e7, 4], [9, 9e7, 1e7, 0]]);
    expect(run.stats().stages.find(({ name }) => name === 'tell')?.droppedTicks).toBe(4);
  });

  test('tell the runner, and the first dt is the period', { timeout: limitMs }, async () => {
    const g = graph('told');
    const slow = g.runner('slow', { hz: 40 });
    const tell = g.stage('tell', telling, { tick: { hz: 1000 / 3 } });
    const watch = g.stage('watch', watching, { tick: { hz: 100 } });
    const lead = g.stage('lead', beat, { options: {}, tick: { runner: slow } });
    g.output('tell', tell.out.out);
    g.output('watch', watch.out.out);
    g.output('lead', lead.out.out);
    await using run = await g.start({ clock: 'fast', durationMs: 60 });
    const [told, seen, led] = await Promise.all([
      all<number[]>(run, 'tell'),
      all<number[]>(run, 'watch'),
      all<number>(run, 'lead'),
    ]);
    expect(told).toEqual(counting(20).map((i) => [i, i * 3e6, 3e6, 0]));
    expect(seen).toEqual(counting(6).map((i) => [i, Math.floor((i * 10) / 25), ((i * 10) % 25) / 25]));
    expect(led).toEqual([0, 1, 2]);
  });

  test('after a change of rate, dt is what has passed', { timeout: limitMs }, async () => {
    const g = graph('changed');
    const tell = g.stage('tell', telling, { tick: { hz: 100 } });
    const started = Promise.withResolvers<Run>();
    const changer = defineStage({
      name: 'changer',
      io: true,
      outputs: { out: frame('float64', [1]) },
      create: () => ({
        async onTick({ index }) {
          // While the step waits for this: it takes effect at the boundary behind it.
          const known = await started.promise;
          if (index === 5) void known.setRate('tell', 250);
        },
      }),
    });
    const change = g.stage('change', changer, { worker: 'main', tick: { hz: 200 } });
    g.terminate(change.out.out);
    g.output('tell', tell.out.out);
    const run = await g.start({ clock: 'fast', durationMs: 40 });
    started.resolve(run);
    const told = await all<number[]>(run, 'tell');
    expect(told.map(([index, time, dt]) => [index, (time ?? 0) / 1e6, (dt ?? 0) / 1e6])).toEqual([
      [0, 0, 10],
      [1, 10, 10],
      [2, 20, 10],
      [3, 29, 9],
      [4, 33, 4],
      [5, 37, 4],
    ]);
    await run.done;
  });

  test(
    'come by phase and priority, after all that those before have caused',
    { timeout: limitMs },
    async () => {
      const seen: string[] = [];
      const recorder = defineStage({
        name: 'recorder',
        inputs: { in: frame('float64', [1]) },
        create: () => ({
          onInput({ frame: [value = -1] }) {
            seen.push(`in${value}`);
          },
          onTick({ index }) {
            seen.push(`tick${index}`);
          },
        }),
      });
      const g = graph('ordered');
      const order: readonly [Phase, number][] = [
        ['acquisition', 5],
        ['control', -1],
      ];
      const common = { worker: { dedicated: true } } as const;
      const first = g.stage('first', beat, {
        ...common,
        options: { count: 3, slowMs: 1 },
        tick: { hz: 100, phase: 'acquisition', priority: 1 },
      });
      const relay = g.stage('relay', thinning, { ...common, options: { every: 1 } });
      g.connect(first.out.out, relay.in.in);
      for (const [at, [phase, priority]] of order.entries()) {
        const end = g.stage(`end${at}`, recorder, { worker: 'main', tick: { hz: 100, phase, priority } });
        g.connect(relay.out.out, end.in.in);
      }
      const run = await g.start({ clock: 'fast', durationMs: 30 });
      await run.done;
      const step = (i: number): string[] => [0, 1, 2].flatMap((k) => [`in${3 * i + k}`, `in${3 * i + k}`]);
      const expected = [0, 1, 2].flatMap((i) => [...step(i), `tick${i}`, `tick${i}`]);
      // The two ends are stepped one after the other: which of them takes a frame first says nothing.
      expect(seen.filter((text) => text.startsWith('tick'))).toEqual(
        [0, 0, 1, 1, 2, 2].map((i) => `tick${i}`),
      );
      const ticksOf = (all: readonly string[]): (string | false)[] =>
        all.map((text) => text.startsWith('tick') && text);
      expect(ticksOf(seen)).toEqual(ticksOf(expected));
    },
  );

  test(
    'in free phases there is one on every step, with the time since the last',
    { timeout: limitMs },
    async () => {
      const g = graph('free');
      const free = g.stage('free', telling, { tick: { phase: 'postExport' } });
      const a = g.stage('a', beat, { options: {}, tick: { hz: 100 } });
      const b = g.stage('b', beat, { options: {}, tick: { hz: 250 } });
      g.output('free', free.out.out);
      g.output('a', a.out.out);
      g.output('b', b.out.out);
      await using run = await g.start({ clock: 'fast', durationMs: 21 });
      const [told] = await Promise.all([all<number[]>(run, 'free'), all(run, 'a'), all(run, 'b')]);
      expect(told.map(([index, time, dt]) => [index, (time ?? 0) / 1e6, (dt ?? 0) / 1e6])).toEqual([
        [0, 0, 0],
        [1, 4, 4],
        [2, 8, 4],
        [3, 10, 2],
        [4, 12, 2],
        [5, 16, 4],
        [6, 20, 4],
      ]);
    },
  );

  test(
    'paced: none before its time, none dropped when the handler is too slow',
    { timeout: limitMs },
    async () => {
      const g = graph('slow');
      const source = g.stage('source', beat, { options: { slowMs: 4 }, tick: { hz: 1000 } });
      g.output('out', source.out.out);
      const startMs = performance.now();
      await using run = await g.start({ clock: 'paced', durationMs: 60 });
      expect(await all(run, 'out')).toEqual(counting(60));
      await run.done;
      expect(run.stats().stages[0]?.droppedTicks).toBe(0);
      // Sixty handlers one after the other.
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(240);

      const g2 = graph('quick');
      const quick = g2.stage('quick', beat, { options: {}, tick: { hz: 100 } });
      g2.output('out', quick.out.out);
      const quickMs = performance.now();
      await using paced = await g2.start({ clock: 'paced', durationMs: 200 });
      expect(await all(paced, 'out')).toEqual(counting(20));
      expect(performance.now() - quickMs).toBeGreaterThanOrEqual(190);
    },
  );
});

describe('a worker that dies in mid-step', () => {
  /** Two workers, one of which dies in a tick after so many outputs. */
  async function played(deaths: readonly (readonly [outputs: number, way: 2])[]): Promise<string> {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const g = graph('dying');
    const worker = { dedicated: true } as const;
    const source = g.stage('source', beat, { options: {}, tick: { hz: 1000 }, worker });
    const middle = g.stage('middle', fragile, {
      options: { memory: words.buffer },
      tick: { hz: 500, phase: 'physics' },
      snapshotEveryMs: 1,
      worker,
    });
    g.connect(source.out.out, middle.in.in);
    g.output('out', middle.out.out, { capacity: 8 });
    const run = await g.start({
      clock: 'fast',
      durationMs: 120,
      replacements: { max: 100, withinMs: 10_000 },
      onLog: () => undefined,
    });
    const lines: string[] = [];
    const left = [...deaths];
    for await (const { frame: array, seq, time } of run.samples('out')) {
      lines.push(`${seq} ${time} ${array?.[0]}`);
      const [next] = left;
      if (next === undefined || lines.length < next[0] || Atomics.load(words, 0) !== 0) continue;
      left.shift();
      // Whoever waits for the death must go on to pull: no tick comes while there is no room.
      Atomics.store(words, 0, next[1]);
    }
    const { replacements } = await run.done;
    expect(replacements).toHaveLength(deaths.length);
    return lines.join('\n');
  }

  test('with a snapshot at every step the results are the same bits', { timeout: 120_000 }, async () => {
    const expected = await played([]);
    expect(expected.split('\n')).toHaveLength(180);
    expect(
      await played([
        [10, 2],
        [40, 2],
        [70, 2],
        [100, 2],
      ]),
    ).toBe(expected);
  });
});

test('a duration ends a fast run in which nothing asks for a step', { timeout: limitMs }, async () => {
  const g = graph('still');
  const silent = defineStage({
    name: 'silent',
    inputs: { in: frame('float64', [1]) },
    outputs: { out: frame('float64', [1]) },
    create: () => ({ onInput() {} }),
  });
  const ref = g.stage('silent', silent);
  g.connect(ref.out.out, ref.in.in, { back: true });
  await using run = await g.start({ clock: 'fast', durationMs: 1_000 });
  expect((await run.done).reason).toBe('ended');
});
