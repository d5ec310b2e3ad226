import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { rateOf } from '../../src/clock/rate.ts';
import type { Rate } from '../../src/clock/rate.ts';
import { Timeline } from '../../src/clock/timeline.ts';

const rates = fc
  .oneof(
    fc.constantFrom(3, 44_100 / 1024, 1000, 59.94, 1 / 3, 10_000, 1e-6, 0.1 + 2e-17),
    fc.double({ min: 1e-6, max: 10_000, noNaN: true }),
    fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 1001 })).map(([a, b]) => a / b),
  )
  .map(rateOf);
const indices = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 });
const origins = fc.integer({ min: 0, max: 10 ** 15 });

/** The formula: `origin + floor(k · 10⁹ · denominator / numerator)`. */
function dueNs({ numerator, denominator }: Rate, originNs: number, ticks: bigint): bigint {
  const exact = ticks * 1_000_000_000n * BigInt(denominator);
  const over = BigInt(numerator);
  const down = exact % over < 0n ? 1n : 0n;
  return BigInt(originNs) + exact / over - down;
}

/** Where a timeline stands is what the formula says; beyond 2^53 ns to the last digit of a double. */
function expectAt(timeline: Timeline, index: number): void {
  const { rate, originNs, firstIndex } = timeline;
  expect(timeline.index).toBe(index);
  const due = dueNs(rate, originNs, BigInt(index) - BigInt(firstIndex));
  expectTime(timeline.dueNs, due);
  expectTime(timeline.followingNs, dueNs(rate, originNs, BigInt(index) - BigInt(firstIndex) + 1n));
}

function expectTime(timeNs: number, exactNs: bigint): void {
  // Some hundred million years are enough.
  const limitNs = BigInt(Number.MAX_SAFE_INTEGER) * 1_000_000_000n;
  fc.pre(exactNs < limitNs && exactNs > -limitNs);
  const isExact = BigInt.asIntN(54, exactNs) === exactNs;
  const off = isExact ? Number(BigInt(timeNs) - exactNs) : timeNs / Number(exactNs) - 1;
  expect(Math.abs(off)).toBeLessThan(2 ** -51);
}

describe('a timeline', () => {
  test('equals the formula wherever it seeks', () => {
    fc.assert(
      fc.property(rates, origins, indices, (rate, originNs, index) => {
        const timeline = new Timeline(rate, originNs);
        timeline.seek(index);
        expectAt(timeline, index);
      }),
    );
  });

  test('equals the formula after any moves', () => {
    const moves = fc.array(
      fc.oneof(
        fc.record({ move: fc.constant('advance' as const), by: fc.integer({ min: 1, max: 200 }) }),
        fc.record({ move: fc.constant('retreat' as const), by: fc.integer({ min: 1, max: 200 }) }),
        fc.record({ move: fc.constant('seek' as const), by: indices }),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(rates, origins, fc.integer({ min: 0, max: 1e9 }), moves, (rate, originNs, first, steps) => {
        const timeline = new Timeline(rate, originNs, first);
        let index = first;
        for (const { move, by } of steps) {
          if (move === 'seek') {
            index = by;
            timeline.seek(index);
          } else if (index - by >= 0 && index + by < Number.MAX_SAFE_INTEGER) {
            for (let i = 0; i < by; i++) timeline[move]();
            index += move === 'advance' ? by : -by;
          }
          expectAt(timeline, index);
        }
      }),
    );
  });

  test.each([3, 44_100 / 1024, 1000, 59.94, 10_000 / 3])('%d Hz has drifted by 0 after 10¹² ticks', (hz) => {
    const rate = rateOf(hz);
    const walked = new Timeline(rate);
    walked.seek(1e12 - 100_000);
    for (let i = 0; i < 100_000; i++) walked.advance();
    expectAt(walked, 1e12);
    // To the nanosecond: the same carried remainder as a timeline that began there.
    const whole = new Timeline(rate);
    whole.seek(1e12);
    for (let i = 0; i < 1_000; i++) {
      expect(walked.dueNs).toBe(whole.dueNs);
      walked.advance();
      whole.advance();
    }
  });

  test('whole seconds of whole rates are met exactly, for years', () => {
    for (const hz of [3, 7, 1000, 9_999]) {
      const timeline = new Timeline(rateOf(hz));
      for (const second of [1, 3_600, 86_400, 9_000_000]) {
        timeline.seek(second * hz);
        expect(timeline.dueNs).toBe(second * 1e9);
      }
    }
  });

  test('the newest tick at a time is due, and the one after it is not', () => {
    fc.assert(
      fc.property(rates, origins, fc.integer({ min: 0, max: 4e15 }), (rate, originNs, timeNs) => {
        const timeline = new Timeline(rate, originNs);
        const index = timeline.newestAt(timeNs);
        expect(dueNs(rate, originNs, BigInt(index))).toBeLessThanOrEqual(BigInt(timeNs));
        expect(dueNs(rate, originNs, BigInt(index) + 1n)).toBeGreaterThan(BigInt(timeNs));
        timeline.moveTo(timeNs);
        expect(timeline.index).toBe(index);
      }),
    );
  });

  test('moves to a time from near and far, forwards and backwards', () => {
    const times = fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 1, maxLength: 20 });
    const steps = fc.array(fc.integer({ min: -5e7, max: 5e7 }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom(3, 59.94, 1000).map(rateOf), times, steps, (rate, far, near) => {
        const timeline = new Timeline(rate);
        const look = (timeNs: number): void => {
          timeline.moveTo(timeNs);
          expectAt(timeline, timeline.newestAt(timeNs));
        };
        far.forEach(look);
        let timeNs = far.at(-1) ?? 0;
        for (const step of near) look((timeNs = Math.max(0, timeNs + step)));
      }),
    );
  });

  test('commensurable rates share instants', () => {
    const sizes = fc.integer({ min: 1, max: 50 });
    const bases = fc.constantFrom(1, 3, 7, 44_100 / 1024, 59.94);
    fc.assert(
      fc.property(bases, sizes, sizes, indices, (base, a, b, tick) => {
        const { numerator, denominator } = rateOf(base);
        const [slow, fast] = [a, b].map((times) => new Timeline(multiple(numerator, denominator, times)));
        // Tick `k · a` of the one and tick `k · b` of the other are the same multiple of the base's period.
        const k = tick % 1e12;
        slow?.seek(k * a);
        fast?.seek(k * b);
        expect(slow?.dueNs).toBe(fast?.dueNs);
      }),
    );
  });
});

/** A multiple of a rate, as the exact fraction. */
function multiple(numerator: number, denominator: number, times: number): Rate {
  return { hz: (numerator * times) / denominator, numerator: numerator * times, denominator };
}
