import { compile } from '@troupe/core';
import type { Drops, EdgeStats, Quantiles, RunStats, StageStats } from '@troupe/core';
import { describe, expect, it } from 'vitest';
import { RunMeter, runFigures } from '../../src/terminal/figures.ts';
import { g } from '../fixtures/two-stages.ts';

const plan = compile(g, { workers: 1 });
const noDrops: Drops = {
  dropNewest: 0,
  dropOldest: 0,
  latest: 0,
  nonBlocking: 0,
  inactive: 0,
  discarded: 0,
};
const empty: Quantiles = { count: 0, p50: 0, p90: 0, p99: 0, max: 0 };

function stage(name: string, more: Partial<StageStats>): StageStats {
  const counts = {
    handled: 0,
    in: 0,
    out: 0,
    failed: 0,
    redelivered: 0,
    resent: 0,
    deadLettered: 0,
    restarts: 0,
  };
  const rest = {
    droppedTicks: 0,
    overruns: 0,
    droppedPosts: 0,
    spilled: 0,
    depth: 0,
    busyMs: 0,
    blockedMs: 0,
    resourceWaitMs: 0,
    idleMs: 0,
  };
  const latency = { queueWait: empty, onInput: empty, onTick: empty, sourceToHere: empty };
  return { name, worker: 1, state: 'running', ...counts, ...rest, ...latency, progress: undefined, ...more };
}

function edge(more: Partial<EdgeStats>): EdgeStats {
  const ends = { from: '', to: '', transport: 'ring', capacity: 64 } as const;
  return { ...ends, depth: 0, highWater: 0, sent: 0, received: 0, drops: noDrops, ...more };
}

function stats(elapsedMs: number, stages: readonly StageStats[], edges: readonly EdgeStats[]): RunStats {
  return { elapsedMs, stages, edges, workers: [], resources: [], deadLetters: 3 };
}

const before = stats(
  1000,
  [stage('counter', { out: 100, busyMs: 100, idleMs: 900 }), stage('doubler', { in: 90, out: 90 })],
  [edge({}), edge({ received: 80 })],
);
const now = stats(
  3000,
  [
    stage('counter', {
      out: 300,
      busyMs: 600,
      blockedMs: 1000,
      idleMs: 1400,
      progress: { done: 300, total: 500 },
    }),
    stage('doubler', {
      in: 290,
      out: 290,
      depth: 7,
      droppedPosts: 2,
      restarts: 1,
      queueWait: { ...empty, count: 5, p50: 1000, p99: 2000 },
      onInput: { ...empty, count: 290, p50: 300, p99: 900 },
    }),
  ],
  [edge({ drops: { ...noDrops, latest: 4, discarded: 1 } }), edge({ received: 280, depth: 9 })],
);

describe('runFigures', () => {
  it('gives rates and shares of the interval, counts and quantiles since the start', () => {
    const { stages, outputs, ...totals } = runFigures(plan, now, before);
    expect(totals).toEqual({ elapsedMs: 3000, drops: 7, restarts: 1, deadLetters: 3 });
    expect(stages[0]).toEqual({
      name: 'counter',
      worker: 1,
      state: 'running',
      in: 0,
      out: 300,
      perSecond: 100,
      depth: 0,
      wait: undefined,
      handler: undefined,
      busy: 0.25,
      blocked: 0.5,
      idle: 0.25,
      drops: 0,
      restarts: 0,
      progress: { done: 300, total: 500 },
    });
    expect(stages[1]).toMatchObject({
      perSecond: 100,
      depth: 7,
      wait: { p50: 1000, p99: 2000 },
      handler: { p50: 300, p99: 900 },
      drops: 7,
      restarts: 1,
    });
    expect(outputs).toEqual([{ name: 'doubled', taken: 280, perSecond: 100, depth: 9, drops: 0 }]);
  });

  it('is of the whole run when there was no reading before', () => {
    const { stages } = runFigures(plan, now);
    expect(stages[0]).toMatchObject({ perSecond: 100, busy: 0.2 });
  });
});

describe('RunMeter', () => {
  const reading = (elapsedMs: number, out: number): RunStats =>
    stats(elapsedMs, [stage('counter', { out }), stage('doubler', {})], [edge({}), edge({})]);
  const rates = (spanMs: number): readonly (number | undefined)[] => {
    const meter = new RunMeter(plan, reading(0, 0), spanMs);
    const readings = [reading(500, 50), reading(1000, 200), reading(1500, 200), reading(2000, 400)];
    return readings.map((next) => meter.read(next).stages[0]?.perSecond);
  };

  it('measures since the last reading', () => {
    expect(rates(0)).toEqual([100, 300, 0, 400]);
  });

  it('measures over its span', () => {
    expect(rates(1000)).toEqual([100, 200, 150, 200]);
  });
});
