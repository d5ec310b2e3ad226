import type { RealFft } from './real-fft.ts';
import { realFft } from './real-fft.ts';

/** The taper of a spectrum: `hann` (periodic, as SciPy's `get_window('hann', n)`) or `rectangular` (none). */
export type Taper = 'hann' | 'rectangular';

function taperWeights(taper: Taper, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, n) =>
    taper === 'hann' ? 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size) : 1,
  );
}

/** Spectra of the channels of one window of samples after another. Memory: one window's. */
export class Spectrum {
  readonly #fft: RealFft;
  readonly #weights: Float64Array;
  readonly #channels: number;
  /** Σ w[n], and Σ w[n]². */
  readonly #sum: number;
  readonly #sumOfSquares: number;

  /**
   * @param size Samples of a window.
   * @param fftSize `size` or more: the window is padded with zeros to this size.
   */
  constructor(size: number, fftSize: number, channels: number, taper: Taper) {
    this.#fft = realFft(fftSize);
    this.#weights = taperWeights(taper, size);
    this.#channels = channels;
    this.#sum = this.#weights.reduce((sum, w) => sum + w, 0);
    this.#sumOfSquares = this.#weights.reduce((sum, w) => sum + w * w, 0);
  }

  /**
   * One-sided amplitudes of a channel, as they are: A[k] = c·|X[k]| / Σw, c = 1 at DC and Nyquist and 2
   * elsewhere. A sine of amplitude a at a bin's centre gives a there. Written to `output[offset…]`, fftSize/2
   * + 1 of them.
   */
  amplitudes(window: Float32Array, channel: number, output: Float32Array, offset: number): void {
    this.#load(window, channel, 0);
    const x = this.#fft.transform();
    const half = this.#fft.size / 2;
    output[offset] = Math.abs(x[0]!) / this.#sum;
    output[offset + half] = Math.abs(x[1]!) / this.#sum;
    for (let k = 1; k < half; k++) {
      const re = x[2 * k]!;
      const im = x[2 * k + 1]!;
      output[offset + k] = (2 * Math.sqrt(re * re + im * im)) / this.#sum;
    }
  }

  /**
   * One-sided power spectral density of a channel, its mean removed: P[k] = c·|X[k]|² / (rate·Σw²), c = 1 at
   * DC and Nyquist and 2 elsewhere, in units²/Hz. Written to `output`, fftSize/2 + 1 of them. Equal to
   * SciPy's `periodogram(x, rate, window, nfft, detrend='constant', scaling='density')`.
   */
  density(window: Float32Array, channel: number, rateHz: number, output: Float64Array): void {
    let mean = 0;
    for (let n = 0, at = channel; n < this.#weights.length; n++, at += this.#channels) mean += window[at]!;
    this.#load(window, channel, mean / this.#weights.length);
    const x = this.#fft.transform();
    const half = this.#fft.size / 2;
    const scale = 1 / (rateHz * this.#sumOfSquares);
    output[0] = scale * x[0]! * x[0]!;
    output[half] = scale * x[1]! * x[1]!;
    for (let k = 1; k < half; k++) {
      const re = x[2 * k]!;
      const im = x[2 * k + 1]!;
      output[k] = 2 * scale * (re * re + im * im);
    }
  }

  #load(window: Float32Array, channel: number, mean: number): void {
    const input = this.#fft.input;
    const weights = this.#weights;
    for (let n = 0, at = channel; n < weights.length; n++, at += this.#channels) {
      input[n] = (window[at]! - mean) * weights[n]!;
    }
    for (let n = weights.length; n < input.length; n++) input[n] = 0;
  }
}
