import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SamplesPort } from '../samples.ts';
import { checkedOptions } from '../samples.ts';
import { checkFftSize } from './real-fft.ts';
import type { Taper } from './spectrum.ts';
import { Spectrum } from './spectrum.ts';
import type { WindowLayout, WindowsIn } from './window-input.ts';
import { perChannel, windowLayout, windowsIn } from './window-input.ts';

/** Options of `fftMagnitude`. `size` must be one the FFT can do: 2^a·3^b·5^c with a ≥ 5. */
export interface FftMagnitudeOptions extends WindowLayout {
  /** `hann` (periodic) unless given, or `rectangular`. */
  readonly taper: Taper;
}

type FftMagnitudeOut = { readonly magnitudes: SamplesPort };

/**
 * The one-sided amplitude spectrum of each channel of a window: A[k] = c·|X[k]| / Σw, with c = 1 at DC and
 * Nyquist and 2 elsewhere, w the taper. A sine of amplitude a at a bin's centre gives a at that bin.
 *
 * Input `windows`: float32 `[size, channels]`. Output `magnitudes`: float32 `[channels, size / 2 + 1]`, in
 * the input's unit; bin k lies at k · rate / size Hz. Same time.
 */
export const fftMagnitude: Stage<
  OptionsSchema<FftMagnitudeOptions, 'taper'>,
  WindowsIn,
  FftMagnitudeOut
> = defineStage({
  module: import.meta.url,
  name: 'fftMagnitude',
  inputs: (options: FftMagnitudeOptions): WindowsIn => windowsIn(options),
  outputs: ({ channels, size }: FftMagnitudeOptions): FftMagnitudeOut => ({
    magnitudes: perChannel(channels, size / 2 + 1),
  }),
  options: checkedOptions<FftMagnitudeOptions, 'taper'>(
    v.object({ taper: v.optional(v.picklist(['hann', 'rectangular']), 'hann'), ...windowLayout }),
    ({ size }) => checkFftSize(size),
  ),
  create: ({ options: { size, channels, taper } }) => {
    const spectrum = new Spectrum(size, size, channels, taper);
    const bins = size / 2 + 1;
    return {
      onInput(input, out) {
        const magnitudes = out.reserve('magnitudes');
        for (let c = 0; c < channels; c++) spectrum.amplitudes(input.frame, c, magnitudes, c * bins);
        out.commit('magnitudes');
      },
    };
  },
});
