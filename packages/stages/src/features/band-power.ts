import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SamplesPort } from '../samples.ts';
import { checkedOptions, positiveNumber, wholeNumber } from '../samples.ts';
import type { Band } from './bands.ts';
import { bandBins, checkBands, eegBands } from './bands.ts';
import { checkFftSize, nextFftSize } from './real-fft.ts';
import { Spectrum } from './spectrum.ts';
import type { WindowLayout, WindowsIn } from './window-input.ts';
import { perChannel, windowLayout, windowsIn } from './window-input.ts';

/** Options of `bandPower`. */
export interface BandPowerOptions extends WindowLayout {
  /** Samples per second. */
  readonly rateHz: number;
  /** Half-open bands, each with at least one bin, up to half the rate; `eegBands` unless given. */
  readonly bands: readonly Band[];
  /**
   * Windows are padded with zeros to this size, `size` or more; the smallest the FFT can do when left out.
   */
  readonly fftSize?: number | undefined;
}

type BandPowerOut = { readonly powers: SamplesPort };

const fftSizeOf = ({ size, fftSize }: BandPowerOptions): number => fftSize ?? nextFftSize(size);

function checkSpectrum(options: BandPowerOptions): void {
  const fftSize = fftSizeOf(options);
  checkFftSize(fftSize);
  if (fftSize < options.size)
    throw new RangeError(`fftSize ${fftSize} is below the window's size ${options.size}`);
  checkBands(options.bands, options.rateHz, fftSize);
}

/**
 * The power of each channel of a window in frequency bands: delta, theta, alpha, beta and gamma unless others
 * are given. The window's mean is removed, a periodic Hann taper w applied, and the one-sided power spectral
 * density summed over each band:
 *
 *     P[k] = c·|X[k]|² / (rate · Σw²)      c = 1 at DC and Nyquist, 2 elsewhere; units²/Hz
 *     power = Σ P[k] · rate / fftSize      over lowHz ≤ k · rate / fftSize < highHz; units²
 *
 * so that adjoining bands from 0 to half the rate add up to the tapered window's variance, but for Nyquist.
 * Source: P. D. Welch 1967, the modified periodogram; equal to SciPy's `periodogram(x, rate, 'hann', fftSize,
 * detrend='constant')`, summed likewise.
 *
 * Input `windows`: float32 `[size, channels]`. Output `powers`: float32 `[channels, bands]`, in the input's
 * unit squared. Same time.
 */
export const bandPower: Stage<
  OptionsSchema<BandPowerOptions, 'bands'>,
  WindowsIn,
  BandPowerOut
> = defineStage({
  module: import.meta.url,
  name: 'bandPower',
  inputs: (options: BandPowerOptions): WindowsIn => windowsIn(options),
  outputs: ({ channels, bands }: BandPowerOptions): BandPowerOut => ({
    powers: perChannel(channels, bands.length),
  }),
  options: checkedOptions<BandPowerOptions, 'bands'>(
    v.object({
      rateHz: positiveNumber,
      bands: v.optional(
        v.pipe(
          v.array(
            v.object({
              name: v.string(),
              lowHz: v.pipe(v.number(), v.finite(), v.minValue(0)),
              highHz: positiveNumber,
            }),
          ),
          v.minLength(1),
        ),
        [...eegBands],
      ),
      fftSize: v.optional(wholeNumber(32, 1_048_576)),
      ...windowLayout,
    }),
    checkSpectrum,
  ),
  create: ({ options }) => {
    const { size, channels, rateHz, bands } = options;
    const fftSize = fftSizeOf(options);
    const binHz = rateHz / fftSize;
    const spectrum = new Spectrum(size, fftSize, channels, 'hann');
    const density = new Float64Array(fftSize / 2 + 1);
    const bins = bands.map((band) => bandBins(band, binHz));
    return {
      onInput(input, out) {
        const powers = out.reserve('powers');
        for (let channel = 0, to = 0; channel < channels; channel++) {
          spectrum.density(input.frame, channel, rateHz, density);
          for (let band = 0; band < bins.length; band++) {
            const [first, end] = bins[band]!;
            let sum = 0;
            for (let k = first; k < end; k++) sum += density[k]!;
            powers[to++] = sum * binHz;
          }
        }
        out.commit('powers');
      },
    };
  },
});
