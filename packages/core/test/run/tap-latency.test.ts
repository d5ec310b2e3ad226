import { defineStage, frame, graph, message } from '@troupe/core';
import type { Graph, Run, StartOptions, TapOptions, TappedSample, TapTarget } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { testRun } from '../../src/testing/test-run.ts';
import type { TestRun } from '../../src/testing/test-run.ts';
import { relay, sink } from '../fixtures/frames.ts';
import { createProbe, openGate, until } from '../fixtures/probe.ts';
import { drain, errands } from '../fixtures/watched.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

const runs: TestRun[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.stop()));
});

/** Keeps what it is given, and emits it on its next tick, under the time that it came with. */
const keepsFrames = defineStage({
  name: 'keepsFrames',
  inputs: { in: frame('float64', [1]) },
  outputs: { out: frame('float64', [1]) },
  create() {
    const kept: [number, Float64Array][] = [];
    return {
      onInput: ({ frame: data, time }) => void kept.push([time, data.slice()]),
      onTick(_tick, out) {
        for (const [time, data] of kept.splice(0)) {
          out.at(time);
          out.send('out', data);
        }
      },
    };
  },
});

const keepsValues = defineStage({
  name: 'keepsValues',
  inputs: { in: message<number>() },
  outputs: { out: message<number>() },
  create() {
    const kept: [number, number][] = [];
    return {
      onInput: ({ value, time }) => void kept.push([time, value]),
      onTick(_tick, out) {
        for (const [time, value] of kept.splice(0)) {
          out.at(time);
          out.send('out', value);
        }
      },
    };
  },
});

/** in → keeps (10 Hz) → out. */
function keeping(kind: 'frame' | 'message', capacity = 64): Graph {
  const g = graph('keeping');
  const tick = { hz: 10 };
  if (kind === 'frame') {
    const keeps = g.stage('keeps', keepsFrames, { tick });
    g.input('in', keeps.in.in);
    g.output('out', keeps.out.out, { capacity });
  } else {
    const keeps = g.stage('keeps', keepsValues, { tick });
    g.input('in', keeps.in.in);
    g.output('out', keeps.out.out, { capacity });
  }
  return g;
}

const dataOf = { frame: (n: number) => Float64Array.of(n), message: (n: number) => n } as const;
const out = { stage: 'keeps', port: 'out' } as const;

interface Tapped {
  readonly test: TestRun;
  readonly told: (target: TapTarget, options?: TapOptions) => (number | undefined)[];
}

async function begin(g: Graph, options: StartOptions = {}): Promise<Tapped> {
  const test = await testRun(g, options);
  runs.push(test);
  const told: Tapped['told'] = (target, tapOptions) => {
    const latencies: (number | undefined)[] = [];
    test.run.tap(target, ({ latencyNs }) => latencies.push(latencyNs), tapOptions);
    return latencies;
  };
  return { test, told };
}

describe.each(['frame', 'message'] as const)('latency so far, in virtual time: %s', (kind) => {
  const of = dataOf[kind];

  it.each([
    ['each', undefined],
    ['sampled, looked at long after', { everyMs: 777, newest: 4 }],
  ])('is from the time of a message to its publication: %s', async (_, options) => {
    const { test, told } = await begin(keeping(kind));
    const pushed = told({ input: 'in' }, options);
    const emitted = told(out, options);
    test.advance(230);
    test.push('in', of(0));
    test.advance(25);
    test.push('in', of(1));
    // Its time lies 5 ms back, or 5 ms ahead.
    const { run } = test;
    run.tryPush('in', of(2), { time: 250e6 });
    run.tryPush('in', of(3), { time: 260e6 });
    // Long enough that a sampled tap has looked.
    test.advance(2_000);
    await test.settled();
    expect(pushed).toEqual([0, 0, 5e6, -5e6]);
    expect(emitted).toEqual([70e6, 45e6, 50e6, 40e6]);
  });

  it('ends when there is room on the edge, for what waits for it', async () => {
    const { test, told } = await begin(keeping(kind, 1));
    const emitted = told(out);
    test.push('in', of(0));
    test.push('in', of(1));
    test.push('in', of(2));
    test.advance(100);
    expect(emitted).toEqual([100e6]);
    test.advance(30);
    test.pull('out');
    test.advance(40);
    test.pull('out');
    test.advance(50);
    await test.settled();
    expect(emitted).toEqual([100e6, 130e6, 170e6]);
  });

  it.each(['paced', 'fast'] as const)('is not told under the %s clock', async (clock) => {
    const seen: unknown[] = [];
    const attach = (run: Run): void => {
      for (const target of [out, { input: 'in' }])
        run.tap(target, ({ seq, latencyNs }) => seen.push([seq, latencyNs]));
      run.tryPush('in', of(0));
    };
    const observers = [{ name: 'taps', attach }];
    const { test } = await begin(keeping(kind), { clock, durationMs: 1_000, observers });
    test.advance(500);
    await test.settled();
    expect(seen).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
  });
});

it('is that of the very message that is shown, wherever in its batch it stands', async () => {
  const { test } = await begin(keeping('frame'));
  const seen: unknown[] = [];
  test.run.tap(out, ({ seq, latencyNs }) => seen.push([seq, latencyNs]), { everyMs: 150 });
  const push = (times: readonly number[]): void => {
    for (const time of times) test.run.tryPush('in', Float64Array.of(0), { time });
  };
  push([10e6, 20e6, 30e6]);
  test.advance(160);
  push([110e6, 120e6]);
  test.advance(160);
  await test.settled();
  expect(seen).toEqual([
    [2, 70e6],
    [4, 80e6],
  ]);
});

describe('latency so far, on real threads', () => {
  const live: Run[] = [];
  afterEach(async () => {
    await Promise.all(live.splice(0).map(async (run) => run.stop()));
  });

  /** in → relay → sink, each on a thread of its own. */
  function pipe(): Graph {
    const probe = createProbe();
    openGate(probe);
    const g = graph('pipe');
    const first = g.stage('relay', relay, { worker: { dedicated: true } });
    const end = g.stage('sink', sink, { options: { probe }, worker: { dedicated: true } });
    g.input('in', first.in.frames);
    g.connect(first.out.frames, end.in.frames);
    return g;
  }

  const relayed = { stage: 'relay', port: 'frames' } as const;

  async function start(g: Graph): Promise<Run> {
    const run = await g.start({ workers: 2 });
    live.push(run);
    return run;
  }

  /** Sends so many, one after the other, and says within which time each has come. */
  async function expectToBeFollowed(
    run: Run,
    target: TapTarget,
    data: (n: number) => unknown,
  ): Promise<void> {
    const seen: TappedSample[] = [];
    const pushed: TappedSample[] = [];
    run.tap({ input: 'in' }, (sample) => pushed.push(sample));
    run.tap(target, (sample) => seen.push(sample));
    // All workers have answered then, behind everything that they have been told before.
    await run.modes.request('recording');
    for (let n = 0; n < 20; n++) {
      const beforeMs = run.stats().elapsedMs;
      await run.push('in', data(n));
      await until(() => seen.length === n + 1 && pushed.length === n + 1);
      const tookNs = (run.stats().elapsedMs - beforeMs) * 1e6;
      const soFar = [pushed[n]?.latencyNs ?? NaN, seen[n]?.latencyNs ?? NaN] as const;
      expect(pushed[n]?.time).toBe(seen[n]?.time);
      expect(soFar[0]).toBeGreaterThanOrEqual(0);
      expect(soFar[1]).toBeGreaterThanOrEqual(soFar[0]);
      expect(soFar[1]).toBeLessThanOrEqual(tookNs);
    }
  }

  it('frames: grows from edge to edge, and is less than it took to be seen', async () => {
    await expectToBeFollowed(await start(pipe()), relayed, (n) => Float64Array.of(n, n * 7));
  });

  it('is told of what a successor publishes', async () => {
    const run = await start(pipe());
    const seen: TappedSample[] = [];
    run.tap(relayed, (sample) => seen.push(sample));
    await run.push('in', Float64Array.of(0, 0));
    await until(() => seen.length === 1);
    await terminateThreadOf(run, 'relay');
    const beforeMs = run.stats().elapsedMs;
    await run.push('in', Float64Array.of(1, 7));
    await until(() => seen.length === 2);
    const tookNs = (run.stats().elapsedMs - beforeMs) * 1e6;
    expect(replacedIn(run)).toBe(1);
    expect(seen[1]?.latencyNs).toBeGreaterThan(0);
    expect(seen[1]?.latencyNs).toBeLessThanOrEqual(tookNs);
  });

  it.each(['one', 'two'])('values, both ends on %s', async (where) => {
    const g = graph('errands');
    const first = g.stage('errands', errands, { worker: { group: 'one' } });
    const last = g.stage('drain', drain, { worker: { group: where } });
    g.input('in', first.in.in);
    g.connect(first.out.out, last.in.in);
    await expectToBeFollowed(await start(g), { stage: 'errands', port: 'out' }, (n) => ({ n }));
  });
});
