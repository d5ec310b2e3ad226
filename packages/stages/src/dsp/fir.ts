import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout, SamplesPort } from '../samples.ts';
import { checkedOptions, positiveNumber, sampleLayout, samplesPort, wholeNumber } from '../samples.ts';
import type { FilterBand } from './filter-band.ts';
import { filterBand } from './filter-band.ts';
import type { FirState } from './fir-filter.ts';
import { FirFilter } from './fir-filter.ts';
import { designWindowedSinc } from './windowed-sinc.ts';

/** A filter given by its impulse response, or designed by `designWindowedSinc`. */
export type FirDesign =
  | { readonly coefficients: readonly number[] }
  | { readonly taps: number; readonly rateHz: number; readonly band: FilterBand };

/** Options of `fir`. */
export interface FirOptions extends SampleLayout {
  readonly design: FirDesign;
}

type FirPorts = { readonly samples: SamplesPort };

const TAPS_MAX = 65_536;

const designTaps = (design: FirDesign): ArrayLike<number> =>
  'coefficients' in design
    ? design.coefficients
    : designWindowedSinc(design.taps, design.band, design.rateHz);

/**
 * A finite impulse response filter: y[n] = Σ h[k]·x[n−k], per channel, from rest. Double precision inside.
 *
 * Input and output `samples`: float32 `[channels]` or `[block, channels]`, same unit. The time is the
 * input's: the filter's delay, (taps − 1) / 2 samples for linear phase, is not taken off.
 */
export const fir: Stage<OptionsSchema<FirOptions>, FirPorts, FirPorts> = defineStage({
  module: import.meta.url,
  name: 'fir',
  inputs: (options: FirOptions): FirPorts => ({ samples: samplesPort(options) }),
  outputs: (options: FirOptions): FirPorts => ({ samples: samplesPort(options) }),
  options: checkedOptions<FirOptions>(
    v.object({
      design: v.union([
        v.strictObject({
          coefficients: v.pipe(
            v.array(v.pipe(v.number(), v.finite())),
            v.minLength(1),
            v.maxLength(TAPS_MAX),
          ),
        }),
        v.strictObject({ taps: wholeNumber(3, TAPS_MAX), rateHz: positiveNumber, band: filterBand }),
      ]),
      ...sampleLayout,
    }),
    ({ design }) => void designTaps(design),
  ),
  create: ({ options }) => {
    const filter = new FirFilter(designTaps(options.design), options.channels);
    return {
      onInput(input, out) {
        filter.process(input.frame, out.reserve('samples'));
        out.commit('samples');
      },
      snapshot: () => filter.snapshot(),
      restore: (state) => filter.restore(state as FirState),
    };
  },
});
