import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { rateOf } from '../../src/clock/rate.ts';

describe('rateOf', () => {
  test.each([
    [59.94, 2997, 50],
    [44_100 / 1024, 11_025, 256],
    [1 / 3, 1, 3],
    [1000 / 3, 1000, 3],
    [30_000 / 1001, 30_000, 1001],
    [1000, 1000, 1],
    [1e-6, 1, 1_000_000],
    [10_000, 10_000, 1],
  ])('%d Hz is %d/%d', (hz, numerator, denominator) => {
    expect(rateOf(hz)).toEqual({ hz, numerator, denominator });
  });

  test('the fraction is the double', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 10_000, noNaN: true }), (hz) => {
        const { numerator, denominator } = rateOf(hz);
        expect(numerator / denominator).toBe(hz);
        expect(Number.isSafeInteger(numerator)).toBe(true);
        expect(Number.isInteger(denominator)).toBe(true);
      }),
    );
  });

  test('finds the fraction that was meant', () => {
    const sizes = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [numerator, denominator] = a / b > 10_000 ? [b, a] : [a, b];
        const rate = rateOf(numerator / denominator);
        expect(BigInt(rate.numerator) * BigInt(denominator)).toBe(
          BigInt(rate.denominator) * BigInt(numerator),
        );
        // In lowest terms.
        expect(rate.denominator).toBeLessThanOrEqual(denominator);
      }),
    );
  });

  test('no simpler fraction is the same double', () => {
    const rates = fc.double({ min: 0.001, max: 10_000, noNaN: true }).map((hz) => Math.fround(hz));
    fc.assert(
      fc.property(rates, (hz) => {
        const { numerator, denominator } = rateOf(hz);
        for (let q = Math.max(1, denominator - 2_000); q < denominator; q++) {
          expect(Math.round(hz * q) / q).not.toBe(hz);
        }
        expect(numerator).toBe(Math.round(hz * denominator));
      }),
      { numRuns: 30 },
    );
  });

  test.each([0, -1, NaN, Infinity, 10_000.1, 9e-7])('%d Hz is refused', (hz) => {
    expect(() => rateOf(hz)).toThrow(expect.objectContaining({ code: 'BAD_RATE' }));
  });
});
