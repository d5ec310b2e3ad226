import type { StudioGraph } from './graph.ts';
import { Latency } from './latency.ts';
import type { Signal } from './signal.ts';

/**
 * What the studio has seen so far: the newest features, their means and peaks, and the latency. Memory: a few
 * windows' features.
 */
export class Tally {
  readonly signal: Signal;
  readonly feature: StudioGraph['feature'];
  readonly latency: Latency = new Latency();
  /** Windows whose features have arrived. */
  windows = 0;
  /** The newest features, `[channels, values]` row-major; zeros before the first. */
  readonly newest: Float32Array;
  /** The largest value so far of each feature. */
  readonly peaks: Float32Array;
  /** Logical time of the newest features, in nanoseconds. */
  timeNs = 0;
  readonly #sums: Float64Array;

  constructor(signal: Signal, feature: StudioGraph['feature']) {
    this.signal = signal;
    this.feature = feature;
    const length = signal.channels * valueNames(feature).length;
    this.newest = new Float32Array(length);
    this.peaks = new Float32Array(length);
    this.#sums = new Float64Array(length);
  }

  /** Takes in the features of a window. */
  add(features: Float32Array, timeNs: number): void {
    this.windows += 1;
    this.timeNs = timeNs;
    this.newest.set(features);
    for (const [index, value] of features.entries()) {
      this.#sums[index]! += value;
      if (value > this.peaks[index]!) this.peaks[index] = value;
    }
  }

  /** The mean of each feature over all windows; zeros before the first. */
  means(): Float64Array {
    return this.#sums.map((sum) => (this.windows === 0 ? 0 : sum / this.windows));
  }
}

/** The names of what is computed of a channel, in order. */
export function valueNames(feature: StudioGraph['feature']): readonly string[] {
  return feature.kind === 'rms' ? ['rms'] : feature.bands.map(({ name }) => name);
}
