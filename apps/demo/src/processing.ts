import { eegBands } from '@troupe/stages';
import type { Band, FilterBand } from '@troupe/stages';
import type { Signal } from './signal.ts';

/** What is computed of each channel of a window. */
export type Feature =
  | { readonly kind: 'bandPower'; readonly bands: readonly Band[] }
  | { readonly kind: 'rms' };

/** How a signal is processed: everything the stages of the graph are set to. */
export interface Processing {
  readonly filterOrder: number;
  readonly filterBand: FilterBand;
  /** Samples per frame from the source; `undefined`: frames of one sample. */
  readonly block: number | undefined;
  /** Samples per window, and from one to the next. */
  readonly windowSize: number;
  readonly hop: number;
  readonly feature: Feature;
}

/** Bands in which speech and music differ. */
const audioBands: readonly Band[] = [
  { name: 'bass', lowHz: 40, highHz: 250 },
  { name: 'low', lowHz: 250, highHz: 500 },
  { name: 'mid', lowHz: 500, highHz: 1000 },
  { name: 'high', lowHz: 1000, highHz: 2000 },
  { name: 'treble', lowHz: 2000, highHz: 4000 },
];

const blocksPerSecond = 16;

/**
 * Chooses the processing by kind and rate.
 *
 * - EEG and the like, from 100 Hz on: Butterworth band-pass of order 4, 0.5 to 45 Hz, then the five EEG bands
 *   of windows of 2 s, one every 0.5 s. The lower edge takes away electrode offset and drift, which would
 *   leak into delta through the window's side lobes; the upper one keeps mains hum (50 or 60 Hz) out of
 *   gamma. Both are the ends of the bands.
 * - Audio: the same shape, 40 Hz to 4 kHz, windows of 0.5 s, one every 0.25 s.
 * - Slower signals, such as the host's figures, have no such bands: a low-pass of order 2 at a fifth of the
 *   rate takes off the jitter, and what is computed of the windows (2 s, every 0.5 s) is their RMS.
 */
export function processingOf({ origin, rateHz }: Pick<Signal, 'origin' | 'rateHz'>): Processing {
  const block = Math.max(1, Math.round(rateHz / blocksPerSecond));
  if (origin.kind === 'wav') {
    const bands = audioBands.filter(({ highHz }) => highHz < 0.45 * rateHz);
    if (bands.length > 0) return banded(bands, block, Math.round(rateHz / 2), Math.round(rateHz / 4));
  }
  if (rateHz >= 100) return banded(eegBands, block, Math.round(2 * rateHz), Math.round(rateHz / 2));
  return {
    filterOrder: 2,
    filterBand: { type: 'lowpass', cutoffHz: rateHz / 5 },
    block: undefined,
    windowSize: Math.max(2, Math.round(2 * rateHz)),
    hop: Math.max(1, Math.round(rateHz / 2)),
    feature: { kind: 'rms' },
  };
}

function banded(bands: readonly Band[], block: number, windowSize: number, hop: number): Processing {
  const lowHz = Math.min(...bands.map((band) => band.lowHz));
  const highHz = Math.max(...bands.map((band) => band.highHz));
  return {
    filterOrder: 4,
    filterBand: { type: 'bandpass', lowHz, highHz },
    block,
    windowSize,
    hop,
    feature: { kind: 'bandPower', bands },
  };
}
