import type { SpanWire } from '@troupe/core/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barsOf, sharesOf, spanAt, SpanStore } from '../../src/model/spans.ts';

function handle(at: number, until: number, stage = 0, worker = 1): SpanWire {
  const times = {
    at,
    until,
    calls: 1,
    edge: undefined,
    firstNs: 0,
    lastNs: 0,
    lateMs: undefined,
    isFailed: false,
  };
  return { kind: 'handle', worker, stage, work: 'input', ...times };
}

function sleep(at: number, until: number): SpanWire {
  return { kind: 'sleep', worker: 1, at, until };
}

const anySpans = fc.array(
  fc.tuple(fc.nat(1_000), fc.nat(50)).map(([at, length]) => handle(at, at + length)),
  { maxLength: 60 },
);

describe('Spans of the timeline', () => {
  it('are found by time, in whatever order they came', () => {
    fc.assert(
      fc.property(anySpans, fc.nat(1_000), fc.nat(300), (spans, from, length) => {
        const store = new SpanStore();
        store.add(spans, 0);
        const expected = spans.filter(({ at, until }) => until >= from && at < from + length);
        const got = store.between(1, from, from + length);
        expect(got).toHaveLength(expected.length);
        expect(new Set(got)).toEqual(new Set(expected));
        expect(got.map(({ at }) => at)).toEqual(got.map(({ at }) => at).toSorted((a, b) => a - b));
      }),
    );
  });

  it('have rows of their own only where handlers of several stages overlap', () => {
    const store = new SpanStore();
    store.add([handle(0, 10, 1), handle(10, 20, 2), handle(20, 30, 1), handle(21, 22, 1)], 0);
    expect(store.rowsOf(1)).toEqual([]);
    // In whatever order they come.
    store.add([handle(40, 60, 7), handle(70, 80, 2), handle(35, 41, 3), sleep(35, 90)], 0);
    expect(store.rowsOf(1)).toEqual([3, 7]);
    store.add([handle(75, 76, 1)], 0);
    expect(store.rowsOf(1)).toEqual([1, 2, 3, 7]);
    store.clear();
    expect(store.rowsOf(1)).toEqual([]);
  });

  it('are merged only where they lie within a pixel, and every one of them counts', () => {
    fc.assert(
      fc.property(anySpans, fc.integer({ min: 1, max: 2_000 }), (spans, width) => {
        const store = new SpanStore();
        store.add(spans, 0);
        const bars = barsOf(store.between(1, 0, 1_100), 0, 1_100, width);
        expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(spans.length);
        expect(bars.filter((bar) => bar.width < 1 || (bar.count > 1 && bar.width > 1))).toEqual([]);
      }),
    );
    const dust = Array.from({ length: 10_000 }, (_, at) => handle(at / 10, at / 10 + 0.05));
    expect(barsOf(dust, 0, 1_000, 100).length).toBeLessThanOrEqual(101);
  });

  it('are bounded: the oldest go, and are counted', () => {
    const store = new SpanStore();
    store.add(
      Array.from({ length: 70_000 }, (_, at) => handle(at, at + 1)),
      7,
    );
    const kept = store.between(1, 0, 100_000).length;
    expect(kept).toBeLessThanOrEqual(66_000);
    expect(store.missed).toBe(7 + 70_000 - kept);
    expect(store.extent()?.untilMs).toBe(70_000);
  });

  it('are pointed at: the shortest handler first, with a tolerance for thin ones', () => {
    const spans = [sleep(0, 100), handle(10, 20, 1), handle(12, 13, 2), sleep(200, 300)];
    expect(spanAt(spans, 12.5, 0)).toMatchObject({ stage: 2 });
    expect(spanAt(spans, 15, 0)).toMatchObject({ stage: 1 });
    expect(spanAt(spans, 22, 3)).toMatchObject({ stage: 1 });
    expect(spanAt(spans, 50, 0)).toMatchObject({ kind: 'sleep' });
    expect(spanAt(spans, 150, 1)).toBeUndefined();
  });

  it('say what share of a range each kind had', () => {
    const shares = sharesOf([handle(0, 20), sleep(20, 80), handle(90, 200)], 0, 100);
    expect(shares).toEqual({ handle: 0.3, blocked: 0, sleep: 0.6, restart: 0 });
    expect(sharesOf([], 5, 5)).toEqual({ handle: 0, blocked: 0, sleep: 0, restart: 0 });
  });
});
