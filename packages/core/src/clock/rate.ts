import { RateError } from '../errors.ts';

/** The slowest rate, in Hz: one tick in eleven days. */
export const hzMin = 1e-6;
/** The fastest rate, in Hz. */
export const hzMax = 10_000;

const safeMax = BigInt(Number.MAX_SAFE_INTEGER);

/** A rate as an exact fraction, in Hz. */
export interface Rate {
  /** What was asked for. */
  readonly hz: number;
  /** In lowest terms: integers that a double holds exactly, with `numerator / denominator === hz`. */
  readonly numerator: number;
  readonly denominator: number;
}

/** Whether a value can be a rate. */
export function isHz(value: unknown): value is number {
  return typeof value === 'number' && value >= hzMin && value <= hzMax;
}

/**
 * The simplest fraction whose double is exactly `hz`, so that what was meant is what is counted: 59.94 is
 * 2997/50, 44100/1024 is 11025/256, 1/3 is 1/3. Throws `RateError` unless `hz` is from 1e-6 to 10,000.
 */
export function rateOf(hz: number): Rate {
  if (!isHz(hz)) throw new RateError(hz);
  const exact = exactFraction(hz);
  // Every fraction that is simpler than `hz` itself and as close lies on the way to it: a convergent of its
  // continued fraction, or one between two of them. The first one that rounds to `hz` is the simplest.
  let [rest, divisor] = exact;
  let [p, q, pBefore, qBefore] = [1n, 0n, 0n, 1n];
  while (divisor > 0n) {
    const term = rest / divisor;
    const at = (t: bigint): readonly [bigint, bigint] => [t * p + pBefore, t * q + qBefore];
    const last = least(term, timesWithin(p, pBefore), timesWithin(q, qBefore));
    if (last > 0n && isOf(hz, at(last))) {
      const [numerator, denominator] = at(smallest(last, (t) => isOf(hz, at(t))));
      return { hz, numerator: Number(numerator), denominator: Number(denominator) };
    }
    if (last < term) break;
    [[p, q], pBefore, qBefore] = [at(term), p, q];
    [rest, divisor] = [divisor, rest % divisor];
  }
  // Below 1 Hz a denominator can be beyond what doubles count; the double itself is a fraction too.
  return { hz, numerator: Number(exact[0]), denominator: Number(exact[1]) };
}

/** The double itself: an integer over a power of two, in lowest terms. */
function exactFraction(value: number): readonly [numerator: bigint, denominator: bigint] {
  let denominator = 1n;
  let scaled = value;
  // Doubling is exact.
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return [BigInt(scaled), denominator];
}

/** Whether a fraction of safe integers rounds to `hz`: their quotient is rounded correctly. */
function isOf(hz: number, [numerator, denominator]: readonly [bigint, bigint]): boolean {
  return Number(numerator) / Number(denominator) === hz;
}

/** How often `step` can be added to `start` until the sum is beyond what doubles count. */
function timesWithin(step: bigint, start: bigint): bigint {
  return step === 0n ? safeMax : (safeMax - start) / step;
}

function least(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b < a ? b : a));
}

/** The smallest integer from 1 to `high` that holds, where all above a bound do, `high` among them. */
function smallest(high: bigint, holds: (t: bigint) => boolean): bigint {
  let low = 1n;
  let found = high;
  while (low < found) {
    const middle = (low + found) / 2n;
    if (holds(middle)) found = middle;
    else low = middle + 1n;
  }
  return found;
}
