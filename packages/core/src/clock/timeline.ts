import type { Rate } from './rate.ts';

const secondNs = 1_000_000_000;

/** Ticks that a move goes through one by one before it jumps. */
const walkMax = 64;

/**
 * When the ticks of a rate are due: tick `k` at `originNs + floor((k - firstIndex) · 10⁹ / rate)`, in
 * integer nanoseconds, exactly. From tick to tick an integer quotient and its remainder are carried, so no
 * rounding ever adds up and nothing is allocated; only jumps use wider integers.
 *
 * Seconds and nanoseconds are kept apart: `dueNs` is exact up to 2^53 ns (104 days), beyond it the nearest
 * double, and `index` counts on exactly up to 2^53.
 */
export class Timeline {
  readonly rate: Rate;
  readonly originNs: number;
  readonly firstIndex: number;
  /** The tick that this stands at. */
  index = 0;
  /** When it is due. */
  dueNs = 0;
  #seconds = 0;
  #ns = 0;
  /** Numerator of what `floor` left out, over the rate's numerator. */
  #left = 0;
  readonly #periodSeconds: number;
  readonly #periodNs: number;
  readonly #periodLeft: number;
  readonly #over: number;

  /** Stands at `firstIndex`, which is due at `originNs`, an integer. */
  constructor(rate: Rate, originNs: number = 0, firstIndex: number = 0) {
    this.rate = rate;
    this.originNs = originNs;
    this.firstIndex = firstIndex;
    this.#over = rate.numerator;
    const [whole, left] = this.#after(1n);
    this.#periodSeconds = Number(whole / BigInt(secondNs));
    this.#periodNs = Number(whole % BigInt(secondNs));
    this.#periodLeft = Number(left);
    this.seek(firstIndex);
  }

  /** When the tick after this one is due. */
  get followingNs(): number {
    const isCarried = this.#left >= this.#over - this.#periodLeft;
    const ns = this.#ns + this.#periodNs + (isCarried ? 1 : 0);
    return (this.#seconds + this.#periodSeconds) * secondNs + ns;
  }

  /** On to the next tick. */
  advance(): void {
    this.index++;
    this.#seconds += this.#periodSeconds;
    this.#ns += this.#periodNs;
    // The sum of two remainders may be more than a double counts exactly: it is never formed.
    const toCarry = this.#over - this.#periodLeft;
    if (this.#left >= toCarry) {
      this.#left -= toCarry;
      this.#ns++;
    } else this.#left += this.#periodLeft;
    if (this.#ns >= secondNs) {
      this.#ns -= secondNs;
      this.#seconds++;
    }
    this.dueNs = this.#seconds * secondNs + this.#ns;
  }

  /** Back to the tick before. */
  retreat(): void {
    this.index--;
    this.#seconds -= this.#periodSeconds;
    this.#ns -= this.#periodNs;
    if (this.#left < this.#periodLeft) {
      this.#left += this.#over - this.#periodLeft;
      this.#ns--;
    } else this.#left -= this.#periodLeft;
    if (this.#ns < 0) {
      this.#ns += secondNs;
      this.#seconds--;
    }
    this.dueNs = this.#seconds * secondNs + this.#ns;
  }

  /** Jumps to a tick; one before `firstIndex` is due as if the rate had held before the origin. */
  seek(index: number): void {
    const [whole, left] = this.#after(BigInt(index) - BigInt(this.firstIndex));
    const dueNs = BigInt(this.originNs) + whole;
    const seconds = floorDiv(dueNs, BigInt(secondNs));
    this.index = index;
    this.#seconds = Number(seconds);
    this.#ns = Number(dueNs - seconds * BigInt(secondNs));
    this.#left = Number(left);
    this.dueNs = this.#seconds * secondNs + this.#ns;
  }

  /** The newest tick that is due at a time. Moves nothing. */
  newestAt(timeNs: number): number {
    const passedNs = BigInt(Math.floor(timeNs)) - BigInt(this.originNs);
    const { numerator, denominator } = this.rate;
    const ticks = floorDiv((passedNs + 1n) * BigInt(numerator) - 1n, BigInt(secondNs) * BigInt(denominator));
    return this.firstIndex + Number(ticks);
  }

  /** Moves, in either direction, to the newest tick that is due at a time: step by step where it is near. */
  moveTo(timeNs: number): void {
    for (let i = 0; i < walkMax; i++) {
      if (this.dueNs > timeNs) this.retreat();
      else if (this.followingNs <= timeNs) this.advance();
      else return;
    }
    this.seek(this.newestAt(timeNs));
  }

  /** Whole nanoseconds of so many periods, and the numerator of the rest. */
  #after(ticks: bigint): readonly [whole: bigint, left: bigint] {
    const over = BigInt(this.#over);
    const exact = ticks * BigInt(secondNs) * BigInt(this.rate.denominator);
    const whole = floorDiv(exact, over);
    return [whole, exact - whole * over];
  }
}

/** Rounds down, also below 0. */
function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
