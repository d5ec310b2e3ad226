/** Contracts (docs/testing.md) of features of windows. */
import { frames, stageContract } from '@troupe/core/testing';
import { describe } from 'vitest';
import type { Band } from '@troupe/stages';
import { bandPower, eegBands, fftMagnitude, rms } from '@troupe/stages';
import { realFft } from '../../src/features/real-fft.ts';
import { dftMagnitudes, hann, rowsOf } from '../naive.ts';

/** A window's samples, channel by channel. */
function channelsOf(window: Float32Array, channels: number): readonly (readonly number[])[] {
  const rows = rowsOf([window], channels);
  return Array.from({ length: channels }, (_, c) => rows.map((row) => row[c] as number));
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

describe('rms', () => {
  stageContract(rms, {
    options: { size: 5, channels: 3 },
    badOptions: [{ size: 0, channels: 1 }, { size: 4, channels: 0 }, { size: 4 }, { channels: 4 }],
    model: ({ inputs }) => ({
      rms: inputs.windows.map((window) =>
        Float32Array.from(channelsOf(window, 3), (x) => Math.sqrt(sumOf(x.map((value) => value ** 2)) / 5)),
      ),
    }),
  });
});

describe('fftMagnitude, with whatever a float may be', () => {
  stageContract(fftMagnitude, {
    options: { size: 32, channels: 2 },
    badOptions: [
      { size: 31, channels: 1 },
      { size: 224, channels: 1 },
      { size: 32, channels: 1, taper: 'hamming' },
      { size: 32, channels: 0 },
    ],
  });
});

describe.each(['hann', 'rectangular'] as const)('fftMagnitude, taper %s', (taper) => {
  const weights = taper === 'hann' ? hann(96) : Array.from({ length: 96 }, () => 1);
  stageContract(fftMagnitude, {
    options: { size: 96, channels: 2, taper },
    inputs: { windows: frames({ min: -1000, max: 1000 }) },
    runs: 20,
    stepsMax: 6,
    model: ({ inputs }) => ({
      magnitudes: inputs.windows.map((window) =>
        Float32Array.from(
          channelsOf(window, 2).flatMap((x) =>
            dftMagnitudes(
              x.map((value, n) => value * (weights[n] as number)),
              96,
            ).map((magnitude, k) => ((k % 48 === 0 ? 1 : 2) * magnitude) / sumOf(weights)),
          ),
        ),
      ),
    }),
    // The transform counts in single precision.
    tolerance: { absolute: 2e-3 },
  });
});

describe('bandPower, with whatever a float may be', () => {
  stageContract(bandPower, {
    options: { size: 100, channels: 2, rateHz: 256 },
    badOptions: [
      { size: 100, channels: 2, rateHz: 80 },
      { size: 100, channels: 2, rateHz: 256, fftSize: 96 },
      { size: 100, channels: 2, rateHz: 256, fftSize: 101 },
      { size: 100, channels: 2, rateHz: 256, bands: [] },
      { size: 100, channels: 2, rateHz: 256, bands: [{ name: 'narrow', lowHz: 1, highHz: 1.1 }] },
      { size: 100, channels: 2, rateHz: 256, bands: [{ name: 'reversed', lowHz: 20, highHz: 10 }] },
      { size: 100, channels: 2, rateHz: 0 },
    ],
  });
});

const halves: readonly Band[] = [
  { name: 'low', lowHz: 0, highHz: 16 },
  { name: 'high', lowHz: 16, highHz: 32 },
  { name: 'some', lowHz: 7, highHz: 17.5 },
];

describe.each([
  { size: 40, rateHz: 64, fftSize: 64, bands: halves },
  { size: 96, rateHz: 256, fftSize: 96, bands: eegBands },
])('bandPower of $size samples', ({ size, rateHz, fftSize, bands }) => {
  const weights = hann(size);
  const binHz = rateHz / fftSize;
  const density = (x: readonly number[]): readonly number[] => {
    const mean = sumOf(x) / size;
    const tapered = x.map((value, n) => (value - mean) * (weights[n] as number));
    const scale = rateHz * sumOf(weights.map((weight) => weight ** 2));
    return dftMagnitudes(tapered, fftSize).map(
      (magnitude, k) => ((k % (fftSize / 2) === 0 ? 1 : 2) * magnitude ** 2) / scale,
    );
  };
  const options = { size, channels: 2, rateHz, bands, ...(size === fftSize ? {} : { fftSize }) };
  stageContract(bandPower, {
    options: () => {
      // The thread's FFT is shared: somebody else has used it.
      realFft(fftSize).input.fill(NaN);
      return options;
    },
    inputs: { windows: frames({ min: -1, max: 1 }) },
    runs: 20,
    stepsMax: 6,
    model: ({ inputs }) => ({
      powers: inputs.windows.map((window) =>
        Float32Array.from(
          channelsOf(window, 2).flatMap((x) => {
            const power = density(x);
            return bands.map(({ lowHz, highHz }) =>
              sumOf(
                power
                  .filter((_, k) => k * rateHz >= lowHz * fftSize && k * rateHz < highHz * fftSize)
                  .map((p) => p * binHz),
              ),
            );
          }),
        ),
      ),
    }),
    tolerance: { absolute: 1e-6, relative: 1e-5 },
  });
});
