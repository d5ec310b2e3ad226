/**
 * A causal FIR filter over interleaved channels: y[n] = Σ taps[k]·x[n−k], accumulated in double precision.
 * Its history is kept from call to call, so that chunking never changes the output.
 */
export class FirFilter {
  readonly #taps: Float64Array;
  /**
   * Each channel's last inputs, written twice (at i and i + taps), so that any stretch of them is contiguous.
   */
  readonly #history: Float32Array;
  readonly #channels: number;
  #position = 0;

  constructor(taps: ArrayLike<number>, channels: number) {
    this.#taps = Float64Array.from(taps);
    this.#channels = channels;
    this.#history = new Float32Array(2 * this.#taps.length * channels);
  }

  /** Takes in one sample of all channels, which stand at `input[offset…]`. */
  push(input: Float32Array, offset: number): void {
    const length = this.#taps.length;
    // The newest sample stands first, so the dot product runs forward over taps and history alike.
    this.#position = this.#position === 0 ? length - 1 : this.#position - 1;
    for (let channel = 0; channel < this.#channels; channel++) {
      const at = 2 * length * channel + this.#position;
      this.#history[at] = input[offset + channel]!;
      this.#history[at + length] = input[offset + channel]!;
    }
  }

  /** Writes the filter's output for the sample pushed last, all channels, to `output[offset…]`. */
  pull(output: Float32Array, offset: number): void {
    const taps = this.#taps;
    for (let channel = 0; channel < this.#channels; channel++) {
      const base = 2 * taps.length * channel + this.#position;
      let sum = 0;
      for (let k = 0; k < taps.length; k++) sum += taps[k]! * this.#history[base + k]!;
      output[offset + channel] = sum;
    }
  }

  /** Filters `input` (`[n, channels]` row-major) into `output` of equal length. */
  process(input: Float32Array, output: Float32Array): void {
    for (let i = 0; i < input.length; i += this.#channels) {
      this.push(input, i);
      this.pull(output, i);
    }
  }

  /** The filter's memory, a copy. */
  snapshot(): FirState {
    return { history: this.#history.slice(), position: this.#position };
  }

  /** Continues from a memory that `snapshot` of an equal filter gave. */
  restore(state: FirState): void {
    this.#history.set(state.history);
    this.#position = state.position;
  }
}

/** A FIR filter's memory. */
export interface FirState {
  readonly history: Float32Array;
  readonly position: number;
}
