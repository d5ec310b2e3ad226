import type { FirState } from './fir-filter.ts';
import { FirFilter } from './fir-filter.ts';
import { designWindowedSinc } from './windowed-sinc.ts';

/**
 * Lowers the sample rate by a whole factor: an anti-alias low-pass (windowed sinc, 20·factor + 1 taps, half
 * amplitude at the new Nyquist), evaluated only for the samples that are kept: 0, factor, 2·factor, … Equal
 * to SciPy's `lfilter(firwin(20·factor + 1, 1 / factor), 1, x)[::factor]`. Delay: 10·factor input samples.
 */
export class Decimator {
  readonly #filter: FirFilter;
  readonly #factor: number;
  #phase = 0;

  constructor(factor: number, channels: number) {
    const band = { type: 'lowpass', cutoffHz: 0.5 / factor } as const;
    const taps = factor === 1 ? [1] : designWindowedSinc(20 * factor + 1, band, 1);
    this.#filter = new FirFilter(taps, channels);
    this.#factor = factor;
  }

  /**
   * Takes in the sample at `input[offset…]`; true when it is one that is kept, to be fetched by `pull` at
   * once.
   */
  push(input: Float32Array, offset: number): boolean {
    this.#filter.push(input, offset);
    const isKept = this.#phase === 0;
    this.#phase = this.#phase + 1 === this.#factor ? 0 : this.#phase + 1;
    return isKept;
  }

  /** Writes the filtered sample, all channels, to `output[offset…]`. */
  pull(output: Float32Array, offset: number): void {
    this.#filter.pull(output, offset);
  }

  /** The decimator's memory, a copy. */
  snapshot(): DecimatorState {
    return { filter: this.#filter.snapshot(), phase: this.#phase };
  }

  /** Continues from a memory that `snapshot` of an equal decimator gave. */
  restore(state: DecimatorState): void {
    this.#filter.restore(state.filter);
    this.#phase = state.phase;
  }
}

/** A decimator's memory. */
export interface DecimatorState {
  readonly filter: FirState;
  readonly phase: number;
}
