/**
 * One second-order section `[b0, b1, b2, a1, a2]` of H(z) = (b0 + b1·z⁻¹ + b2·z⁻²) / (1 + a1·z⁻¹ + a2·z⁻²).
 */
export type Section = readonly [b0: number, b1: number, b2: number, a1: number, a2: number];

/** A filter as a cascade of second-order sections, applied in order. */
export type Sections = readonly Section[];

/** Below this magnitude a filter's memory is set to zero: subnormal numbers are slow and inaudible. */
const SILENCE = 1e-30;

/**
 * A cascade of second-order sections over interleaved channels, in transposed direct form II, computed in
 * double precision with its state kept from call to call: chunking never changes the output.
 */
export class BiquadCascade {
  readonly #coefficients: Float64Array;
  readonly #state: Float64Array;
  readonly #sections: number;
  readonly #channels: number;

  constructor(sections: Sections, channels: number) {
    this.#coefficients = Float64Array.from(sections.flat());
    this.#sections = sections.length;
    this.#channels = channels;
    this.#state = new Float64Array(2 * sections.length * channels);
  }

  /**
   * Filters `input`, whole samples of all channels (`[n, channels]` row-major), into `output` of equal
   * length.
   */
  process(input: Float32Array, output: Float32Array): void {
    const channels = this.#channels;
    for (let i = 0, channel = 0; i < input.length; i++) {
      output[i] = this.#step(input[i]!, channel);
      if (++channel === channels) channel = 0;
    }
  }

  #step(sample: number, channel: number): number {
    const c = this.#coefficients;
    const state = this.#state;
    let x = sample;
    let s = 2 * this.#sections * channel;
    for (let k = 0; k < c.length; k += 5, s += 2) {
      const y = c[k]! * x + state[s]!;
      const z1 = c[k + 1]! * x - c[k + 3]! * y + state[s + 1]!;
      state[s] = z1 < SILENCE && z1 > -SILENCE ? 0 : z1;
      // What is left here reaches the other state, and is silenced there.
      state[s + 1] = c[k + 2]! * x - c[k + 4]! * y;
      x = y;
    }
    return x;
  }

  /** The filter's memory, a copy: two values per section and channel. */
  snapshot(): Float64Array {
    return this.#state.slice();
  }

  /** Continues from a memory that `snapshot` of an equal filter gave. */
  restore(state: Float64Array): void {
    this.#state.set(state);
  }
}
