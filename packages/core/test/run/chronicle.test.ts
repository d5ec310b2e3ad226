import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stepAt } from '../../src/run/chronicle.ts';
import { Thinned } from '../../src/recording/thinned.ts';

describe('what is thinned', () => {
  test('is all there up to its bound, and evenly spread beyond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 500 }), (max, count) => {
        const thinned = new Thinned<number>(max);
        for (let i = 0; i < count; i++) thinned.add(i);
        const { kept, leftOut } = thinned;
        expect(kept.length).toBeLessThanOrEqual(max);
        expect(kept.length + leftOut).toBe(count);
        const stride = (kept[1] ?? 1) - (kept[0] ?? 0);
        expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => at * stride));
        // No more is left out than has to be: half as far apart there would be too many.
        const isSparse = kept.length > 1 && stride > 1;
        expect(isSparse ? (2 * count) / stride : max + 1).toBeGreaterThan(max);
        expect(count > max ? 0 : leftOut).toBe(0);
      }),
    );
  });
});

test('the step at a time is the last one that is not behind it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: -1, max: 21 }), (times, timeNs) => {
      const sorted = Float64Array.from(times).sort();
      expect(stepAt(sorted, timeNs)).toBe(sorted.findLastIndex((time) => time <= timeNs));
    }),
  );
});
