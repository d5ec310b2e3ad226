import type { SampleReader } from './recording.ts';
import { sampleTimeNs } from './recording.ts';

/** What a generator computes. Amplitudes are in any unit the user has in mind. */
export type Waveform =
  | {
      /** amplitude · sin(2π·frequencyHz·t + phase of the channel) */
      readonly type: 'sine';
      readonly amplitude: number;
      readonly frequencyHz: number;
    }
  | {
      /**
       * A sine whose frequency rises (or falls) linearly from startHz to endHz within sweepSeconds, then
       * starts anew.
       */
      readonly type: 'chirp';
      readonly amplitude: number;
      readonly startHz: number;
      readonly endHz: number;
      readonly sweepSeconds: number;
    }
  | {
      /** White Gaussian noise of mean 0 and standard deviation `amplitude`, independent between channels. */
      readonly type: 'noise';
      readonly amplitude: number;
    };

/** A 32-bit mixing function with full avalanche. Source: C. Wellons, "hash-prospector", `triple32`. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return (x ^ (x >>> 14)) >>> 0;
}

/** Uniform in (0, 1): a function of seed and counter only, so that any sample can be computed on its own. */
function uniformAt(seed: number, counter: number): number {
  const low = counter >>> 0;
  const high = Math.floor(counter / 2 ** 32);
  return (mix(mix(mix(seed ^ 0x9e3779b9) + low) ^ high) + 0.5) / 2 ** 32;
}

/** Standard normal, by the Box–Muller transform of two uniforms of the same counter. */
function gaussianAt(seed: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log(uniformAt(seed, 2 * counter)));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed, 2 * counter + 1));
}

/**
 * The value of a waveform at a sample. Channel c of n runs ahead by c/n of a turn (sine, chirp).
 *
 * @param seed A whole number below 2³², for noise.
 */
function waveformAt(
  waveform: Waveform,
  seed: number,
  rateHz: number,
  index: number,
  channel: number,
  channels: number,
): number {
  if (waveform.type === 'noise') return waveform.amplitude * gaussianAt(seed, index * channels + channel);
  let turns: number;
  if (waveform.type === 'sine') {
    turns = (waveform.frequencyHz * index) / rateHz;
  } else {
    const { startHz, endHz, sweepSeconds } = waveform;
    const t = (index / rateHz) % sweepSeconds;
    turns = t * (startHz + ((endHz - startHz) * t) / (2 * sweepSeconds));
  }
  return waveform.amplitude * Math.sin(2 * Math.PI * ((turns % 1) + channel / channels));
}

/** What a generator computes, and how much of it. */
export interface WaveformStream {
  readonly waveform: Waveform;
  readonly channels: number;
  readonly rateHz: number;
  /** Samples per channel in all; endless when left out. */
  readonly samples?: number | undefined;
}

interface WaveformPosition {
  readonly seed: number;
  readonly index: number;
}

/** Computes a waveform as a stream of samples. */
export class WaveformReader implements SampleReader {
  readonly samples: number | undefined;
  readonly #stream: WaveformStream;
  #seed: number;
  #index = 0;

  constructor(stream: WaveformStream, seed: number) {
    this.samples = stream.samples;
    this.#stream = stream;
    this.#seed = seed;
  }

  ensure(count: number): number {
    return this.samples === undefined ? count : Math.min(count, this.samples - this.#index);
  }

  read(into: Float32Array): void {
    const { waveform, channels, rateHz } = this.#stream;
    for (let to = 0; to < into.length; this.#index++) {
      for (let channel = 0; channel < channels; channel++, to++) {
        into[to] = waveformAt(waveform, this.#seed, rateHz, this.#index, channel, channels);
      }
    }
  }

  timeNs(ahead: number): number {
    return sampleTimeNs(this.#index + ahead, this.#stream.rateHz, 1e9);
  }

  position(): WaveformPosition {
    return { seed: this.#seed, index: this.#index };
  }

  seek(position: unknown): void {
    const { seed, index } = position as WaveformPosition;
    this.#seed = seed;
    this.#index = index;
  }

  close(): void {}
}
