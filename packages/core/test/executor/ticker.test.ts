import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { tickDueNs, Ticker, tickIndexAt } from '../../src/executor/ticker.ts';

const rates = fc.oneof(
  fc.double({ min: 0.001, max: 10_000, noNaN: true }),
  fc.constantFrom(1, 3, 7, 50, 60, 256, 1_000 / 3, 10_000),
);
/** Up to about four months, in nanoseconds. */
const times = fc.integer({ min: 0, max: 1e16 - 1 }).map((time) => Math.min(time, Number.MAX_SAFE_INTEGER));

describe('the schedule of ticks', () => {
  test('the index at a time is the last one that is due', () => {
    fc.assert(
      fc.property(rates, times, (hz, time) => {
        const index = tickIndexAt(time, hz);
        expect(tickDueNs(index, hz)).toBeLessThanOrEqual(time);
        expect(tickDueNs(index + 1, hz)).toBeGreaterThan(time);
      }),
    );
  });

  test('every due time counts once: delivered or dropped', () => {
    // Each step looks at the clock; `isDelivered`: a handler was free.
    const looks = fc.array(
      fc.record({ passNs: fc.integer({ min: 0, max: 5e7 }), isDelivered: fc.boolean() }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(1, 50, 256, 1_000),
        fc.integer({ min: 0, max: 1e12 }),
        looks,
        (hz, startNs, steps) => {
          const ticker = new Ticker(hz, startNs);
          const first = tickIndexAt(startNs - 1, hz) + 1;
          expect(ticker.dueNs).toBeGreaterThanOrEqual(startNs);
          let nowNs = startNs;
          let next = first;
          let previousNs = tickDueNs(first - 1, hz);
          for (const { passNs, isDelivered } of steps) {
            nowNs += passNs;
            const isDue = ticker.advance(nowNs);
            expect(isDue).toBe(tickDueNs(next, hz) <= nowNs);
            if (!isDue || !isDelivered) continue;
            ticker.open();
            expect(ticker.index).toBe(tickIndexAt(nowNs, hz));
            expect(ticker.dropped).toBe(ticker.index - next);
            expect(ticker.time).toBe(tickDueNs(ticker.index, hz));
            expect(ticker.dt).toBe(ticker.time - previousNs);
            next = ticker.index + 1;
            previousNs = ticker.time;
            ticker.close();
            expect(ticker.isPending).toBe(false);
          }
        },
      ),
    );
  });
});
