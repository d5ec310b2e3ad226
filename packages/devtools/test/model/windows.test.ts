import type { DetailWire, HistogramWire } from '@troupe/core/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LatencyHistory } from '../../src/model/windows.ts';
import { remember, windowOf } from '../../src/model/windows.ts';
import { bucketsNs } from './scene.ts';

function histogramOf(durations: readonly number[]): HistogramWire {
  const buckets = new Uint32Array(bucketsNs.length);
  for (const ns of durations) {
    const index = bucketsNs.findLastIndex((bound) => bound <= ns);
    buckets[index] = (buckets[index] as number) + 1;
  }
  return { buckets, maxNs: Math.max(0, ...durations), sumNs: durations.reduce((sum, ns) => sum + ns, 0) };
}

function detailOf(durations: readonly number[], stage = 0): DetailWire {
  const none = histogramOf([]);
  return {
    stage,
    queueWait: none,
    onInput: histogramOf(durations),
    onTick: none,
    sourceToHere: none,
    inlets: [],
    failures: [],
    restarts: [],
    letters: [],
  };
}

describe('A moving window over histograms that only grow', () => {
  it('tells quantiles of what came within the window, by nearest rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 39 }), { maxLength: 50 }),
        fc.array(fc.integer({ min: 0, max: 2 ** 39 }), { minLength: 1, maxLength: 50 }),
        (early, late) => {
          let history: LatencyHistory | undefined = remember(undefined, 1_000, detailOf([]));
          history = remember(history, 2_000, detailOf(early));
          history = remember(history, 7_000, detailOf([...early, ...late]));
          const window = windowOf(history, 'onInput', 5_000, bucketsNs);
          const sorted = late.toSorted((a, b) => a - b);
          expect(window.count).toBe(late.length);
          expect(window.spanMs).toBe(5_000);
          for (const [q, got] of [
            [0.5, window.p50Ns],
            [0.9, window.p90Ns],
            [0.99, window.p99Ns],
          ] as const) {
            const rank = sorted[Math.ceil(q * sorted.length) - 1] as number;
            expect(Math.abs(got - rank)).toBeLessThanOrEqual(Math.max(0.5, rank * 0.126));
          }
          const max = Math.max(...late);
          expect(window.maxNs).toBeGreaterThanOrEqual(max);
          const bound = window.isMaxExact ? max : Math.max(8, max * 1.251);
          expect(window.maxNs).toBeLessThanOrEqual(bound);
        },
      ),
    );
  });

  it('covers what there is while there is less than the window, and everything where all is meant', () => {
    let history = remember(undefined, 10_000, detailOf([1_000]));
    expect(windowOf(history, 'onInput', 5_000, bucketsNs)).toMatchObject({ count: 1, spanMs: 10_000 });
    history = remember(history, 12_000, detailOf([1_000, 3_000]));
    expect(windowOf(history, 'onInput', 5_000, bucketsNs)).toMatchObject({ count: 1, spanMs: 2_000 });
    const all = windowOf(history, 'onInput', Number.POSITIVE_INFINITY, bucketsNs);
    expect(all).toMatchObject({ count: 2, spanMs: 12_000, maxNs: 3_000, meanNs: 2_000, isMaxExact: true });
    expect(windowOf(history, 'onTick', 5_000, bucketsNs)).toMatchObject({ count: 0, p99Ns: 0, maxNs: 0 });
  });

  it('keeps a bounded number of snapshots and begins anew for another stage', () => {
    let history: LatencyHistory | undefined;
    for (let at = 0; at < 120_000; at += 100) history = remember(history, at, detailOf([at]));
    expect(history?.snapshots.length).toBeLessThan(200);
    expect(history?.snapshots.at(-1)?.elapsedMs).toBe(119_900);
    const spanMs = history && windowOf(history, 'onInput', 30_000, bucketsNs).spanMs;
    expect(spanMs).toBeGreaterThanOrEqual(30_000);
    expect(spanMs).toBeLessThan(31_000);
    expect(remember(history, 120_000, detailOf([1], 1)).snapshots).toHaveLength(1);
  });

  it('never counts below nothing', () => {
    let history = remember(undefined, 1_000, detailOf([10, 10, 10, 500]));
    history = remember(history, 2_000, detailOf([10]));
    expect(windowOf(history, 'onInput', 500, bucketsNs).count).toBe(0);
    expect(windowOf(history, 'onInput', 5_000, bucketsNs)).toMatchObject({ count: 1, meanNs: 10 });
  });
});
