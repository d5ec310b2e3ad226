/**
 * Buckets of a histogram: 0, 1, 2 and 3 ns have one each, and every octave from 4 ns up to 2^40 ns (18
 * minutes) has four of equal width, as in HDR histograms. What is longer counts in the last one.
 */
export const histogramBuckets = 156;

/** Bytes of a histogram in shared memory: `maxNs` and `sumNs` (float64), then the buckets (uint32). */
export const histogramBytes: number = 16 + histogramBuckets * 4;

const bucketCountMax = 2 ** 32 - 1;
const rangeNs = 2 ** 40;
const MAX = 0;
const SUM = 1;

/** What a histogram says, in nanoseconds; all zero while it is empty. */
export interface LatencySummary {
  /** How many durations were recorded, weights included. */
  readonly count: number;
  readonly meanNs: number;
  /** Quantiles are within 12.5 % of a recorded duration of that rank. */
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  /** Exact. */
  readonly maxNs: number;
}

/** A private copy of a histogram. */
export interface HistogramSnapshot {
  readonly buckets: Uint32Array;
  readonly maxNs: number;
  readonly sumNs: number;
}

/**
 * A log-bucketed histogram of durations, written by one thread and read by any, both without atomics (see
 * `Gauges`). Recording allocates nothing. Bucket counts saturate at 2^32 - 1 instead of wrapping.
 */
export class Histogram {
  readonly #buckets: Uint32Array;
  readonly #totals: Float64Array;

  /**
   * Over `histogramBytes` of memory from `byteOffset`, a multiple of 8; over private memory when none is
   * given.
   */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(histogramBytes), byteOffset = 0) {
    // The totals come first: allocators align to 16 bytes only, and the last 16 bytes of a block may then lie
    // on a line with the next block. Buckets of several minutes are there.
    this.#totals = new Float64Array(memory, byteOffset, 2);
    this.#buckets = new Uint32Array(memory, byteOffset + 16, histogramBuckets);
  }

  /** Counts one measured duration `weight` times: where one in n is measured, each stands for n. */
  record(ns: number, weight: number): void {
    const index = bucketOf(ns);
    const count = (this.#buckets[index] as number) + weight;
    this.#buckets[index] = count > bucketCountMax ? bucketCountMax : count;
    const totals = this.#totals;
    if (ns > (totals[MAX] as number)) totals[MAX] = ns;
    if (ns > 0) totals[SUM] = (totals[SUM] as number) + ns * weight;
  }

  /** Adds everything another histogram holds, to sum up several actors. */
  merge(other: Histogram | HistogramSnapshot): void {
    const from = other instanceof Histogram ? other.snapshot() : other;
    for (let index = 0; index < histogramBuckets; index += 1) {
      const count = (this.#buckets[index] as number) + (from.buckets[index] as number);
      this.#buckets[index] = Math.min(count, bucketCountMax);
    }
    this.#totals[MAX] = Math.max(this.#totals[MAX] as number, from.maxNs);
    this.#totals[SUM] = (this.#totals[SUM] as number) + from.sumNs;
  }

  snapshot(): HistogramSnapshot {
    return {
      buckets: Uint32Array.from(this.#buckets),
      maxNs: this.#totals[MAX] as number,
      sumNs: this.#totals[SUM] as number,
    };
  }

  summary(): LatencySummary {
    const { buckets, maxNs, sumNs } = this.snapshot();
    const count = totalOf(buckets);
    return {
      count,
      meanNs: count === 0 ? 0 : sumNs / count,
      p50Ns: Math.min(Histogram.quantile(buckets, 0.5), maxNs),
      p90Ns: Math.min(Histogram.quantile(buckets, 0.9), maxNs),
      p99Ns: Math.min(Histogram.quantile(buckets, 0.99), maxNs),
      maxNs,
    };
  }

  /**
   * The duration (ns) of rank ⌈q · count⌉, by nearest rank: the middle of the bucket it lies in. A bucket is
   * at most a quarter of its lower bound wide, so the middle is within 12.5 % of every duration in it, and
   * below 8 ns exact. 0 when empty. `q` is 0 to 1.
   */
  static quantile(buckets: ArrayLike<number>, q: number): number {
    const rank = Math.max(1, Math.ceil(q * totalOf(buckets)));
    let seen = 0;
    for (let index = 0; index < buckets.length; index += 1) {
      seen += buckets[index] as number;
      if (seen >= rank) return middleOf(index);
    }
    return 0;
  }
}

function bucketOf(ns: number): number {
  if (!(ns > 0)) return 0;
  if (ns < 2 ** 32) return bucketOf32(ns >>> 0);
  // 24 to 32 bits remain after 8 octaves: more than the three that choose the bucket.
  if (ns < rangeNs) return bucketOf32((ns / 256) >>> 0) + 32;
  return histogramBuckets - 1;
}

function bucketOf32(ns: number): number {
  if (ns < 4) return ns;
  const octave = 31 - Math.clz32(ns);
  return (octave - 1) * 4 + ((ns >>> (octave - 2)) & 3);
}

function middleOf(index: number): number {
  if (index < 4) return index;
  const width = 2 ** ((index >>> 2) - 1);
  return (4 + (index & 3)) * width + (width - 1) / 2;
}

/** Where a bucket begins, in nanoseconds. */
export function bucketBoundNs(index: number): number {
  return index < 4 ? index : (4 + (index & 3)) * 2 ** ((index >>> 2) - 1);
}

function totalOf(buckets: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < buckets.length; index += 1) total += buckets[index] as number;
  return total;
}
