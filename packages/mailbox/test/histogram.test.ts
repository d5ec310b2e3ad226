import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, histogramBuckets, histogramBytes } from '../src/histogram.ts';

/** Durations from 0 to 2^40 - 1 ns with every order of magnitude equally likely. */
const duration = fc
  .tuple(fc.integer({ min: 0, max: 39 }), fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true }))
  .map(([octave, mantissa]) => Math.floor(2 ** octave * mantissa) - 1);

const exactQuantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;

const filled = (durations: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const ns of durations) histogram.record(ns, 1);
  return histogram;
};

describe('Histogram', () => {
  it('gives every quantile within 12.5 % of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (durations, q) => {
          const exact = exactQuantile(
            durations.toSorted((a, b) => a - b),
            q,
          );
          const found = Histogram.quantile(filled(durations).snapshot().buckets, q);
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.125 * exact);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is exact below 8 ns', () => {
    for (const ns of [0, 1, 2, 3, 4, 5, 6, 7]) {
      expect(Histogram.quantile(filled([ns]).snapshot().buckets, 0.5)).toBe(ns);
    }
  });

  it('puts the edges of octaves into neighbouring buckets, over the whole range', () => {
    const bucketOf = (ns: number): number => filled([ns]).snapshot().buckets.indexOf(1);
    for (let octave = 2; octave < 40; octave += 1) {
      expect(bucketOf(2 ** octave)).toBe((octave - 1) * 4);
      expect(bucketOf(2 ** octave - 1)).toBe((octave - 1) * 4 - 1);
    }
    expect(bucketOf(2 ** 40 - 1)).toBe(histogramBuckets - 1);
    expect(bucketOf(2 ** 40)).toBe(histogramBuckets - 1);
    expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(histogramBuckets - 1);
  });

  it('counts what no duration can be as 0 ns', () => {
    for (const ns of [-1, -(2 ** 33), Number.NaN]) {
      const { buckets, maxNs, sumNs } = filled([ns]).snapshot();
      expect([buckets[0], maxNs, sumNs]).toEqual([1, 0, 0]);
    }
  });

  it('records a duration as often as its weight says', () => {
    const histogram = new Histogram();
    histogram.record(1000, 64);
    histogram.record(3000, 64);
    expect(histogram.summary()).toMatchObject({ count: 128, meanNs: 2000, maxNs: 3000 });
  });

  it('saturates instead of wrapping', () => {
    const histogram = new Histogram();
    histogram.record(5, 2 ** 32 - 2);
    histogram.record(5, 3);
    histogram.merge(filled([5]));
    expect(histogram.snapshot().buckets[5]).toBe(2 ** 32 - 1);
  });

  it('merges to what one histogram of all durations holds', () => {
    fc.assert(
      fc.property(fc.array(duration), fc.array(duration), (left, right) => {
        const merged = filled(left);
        merged.merge(filled(right));
        expect(merged.snapshot()).toEqual(filled([...left, ...right]).snapshot());
        expect(merged.summary().maxNs).toBe(Math.max(0, ...left, ...right));
      }),
    );
  });

  it('never reports a quantile above the maximum', () => {
    expect(filled([1025]).summary()).toEqual({
      count: 1,
      meanNs: 1025,
      p50Ns: 1025,
      p90Ns: 1025,
      p99Ns: 1025,
      maxNs: 1025,
    });
  });

  it('is all zero while empty', () => {
    expect(new Histogram().summary()).toEqual({
      count: 0,
      meanNs: 0,
      p50Ns: 0,
      p90Ns: 0,
      p99Ns: 0,
      maxNs: 0,
    });
  });

  it('stays within its bytes', () => {
    const memory = new ArrayBuffer(8 + histogramBytes + 8);
    const histogram = new Histogram(memory, 8);
    for (let octave = 0; octave < 42; octave += 1) histogram.record(2 ** octave, 2 ** 32);
    const doubles = new Float64Array(memory);
    expect([doubles.at(0), doubles.at(-1)]).toEqual([0, 0]);
    expect(doubles[1]).toBe(2 ** 41);
  });
});
