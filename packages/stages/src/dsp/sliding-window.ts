/**
 * Collects samples of all channels and hands out overlapping (hop < size), adjoining (hop = size) or spaced
 * (hop > size) windows. The first window is complete after `size` samples, each further one after `hop` more.
 */
export class SlidingWindow {
  readonly #size: number;
  readonly #hop: number;
  readonly #channels: number;
  readonly #ring: Float32Array;
  #position = 0;
  #missing: number;

  constructor(size: number, hop: number, channels: number) {
    this.#size = size;
    this.#hop = hop;
    this.#channels = channels;
    this.#ring = new Float32Array(size * channels);
    this.#missing = size;
  }

  /**
   * Takes in the sample at `input[offset…]`; true when it completes a window, to be fetched by `copyTo` at
   * once.
   */
  push(input: Float32Array, offset: number): boolean {
    const at = this.#position * this.#channels;
    for (let channel = 0; channel < this.#channels; channel++) {
      this.#ring[at + channel] = input[offset + channel]!;
    }
    this.#position = this.#position + 1 === this.#size ? 0 : this.#position + 1;
    this.#missing -= 1;
    if (this.#missing > 0) return false;
    this.#missing = this.#hop;
    return true;
  }

  /** Writes the last `size` samples, oldest first, to `output` (`[size, channels]` row-major). */
  copyTo(output: Float32Array): void {
    const ring = this.#ring;
    let from = this.#position * this.#channels;
    for (let i = 0; i < output.length; i++) {
      output[i] = ring[from]!;
      if (++from === ring.length) from = 0;
    }
  }

  /** The samples held, a copy. */
  snapshot(): WindowState {
    return { ring: this.#ring.slice(), position: this.#position, missing: this.#missing };
  }

  /** Continues from what `snapshot` of an equal window gave. */
  restore(state: WindowState): void {
    this.#ring.set(state.ring);
    this.#position = state.position;
    this.#missing = state.missing;
  }
}

/** What a sliding window holds. */
export interface WindowState {
  readonly ring: Float32Array;
  readonly position: number;
  readonly missing: number;
}
