import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout, SamplesPort } from '../samples.ts';
import { checkedOptions, positiveNumber, sampleLayout, samplesPort, wholeNumber } from '../samples.ts';
import type { Sections } from './biquad.ts';
import { BiquadCascade } from './biquad.ts';
import { designButterworth } from './butterworth.ts';
import type { FilterBand } from './filter-band.ts';
import { filterBand } from './filter-band.ts';

/** A filter given by its second-order sections, or a Butterworth filter designed by `designButterworth`. */
export type IirDesign =
  | { readonly sections: Sections }
  | { readonly order: number; readonly rateHz: number; readonly band: FilterBand };

/** Options of `iir`. */
export interface IirOptions extends SampleLayout {
  readonly design: IirDesign;
}

type IirPorts = { readonly samples: SamplesPort };

const finite = v.pipe(v.number(), v.finite());

const designSections = (design: IirDesign): Sections =>
  'sections' in design ? design.sections : designButterworth(design.order, design.band, design.rateHz);

/** A section is stable when its poles lie inside the unit circle: |a2| < 1 and |a1| < 1 + a2. */
function checkStability({ design }: IirOptions): void {
  for (const [index, [, , , a1, a2]] of designSections(design).entries()) {
    if (Math.abs(a2) < 1 && Math.abs(a1) < 1 + a2) continue;
    throw new RangeError(`section ${index + 1} is unstable: its poles lie on or outside the unit circle`);
  }
}

/**
 * An infinite impulse response filter: a cascade of second-order sections per channel, from rest. Double
 * precision inside.
 *
 * Input and output `samples`: float32 `[channels]` or `[block, channels]`, same unit. The time is the
 * input's: the filter's delay is not taken off. Options that make an unstable filter, such as a cut-off too
 * low for the rate and order, are refused.
 */
export const iir: Stage<OptionsSchema<IirOptions>, IirPorts, IirPorts> = defineStage({
  module: import.meta.url,
  name: 'iir',
  inputs: (options: IirOptions): IirPorts => ({ samples: samplesPort(options) }),
  outputs: (options: IirOptions): IirPorts => ({ samples: samplesPort(options) }),
  options: checkedOptions<IirOptions>(
    v.object({
      design: v.union([
        v.strictObject({
          sections: v.pipe(
            v.array(v.strictTuple([finite, finite, finite, finite, finite])),
            v.minLength(1),
            v.maxLength(64),
          ),
        }),
        v.strictObject({ order: wholeNumber(1, 24), rateHz: positiveNumber, band: filterBand }),
      ]),
      ...sampleLayout,
    }),
    checkStability,
  ),
  create: ({ options }) => {
    const filter = new BiquadCascade(designSections(options.design), options.channels);
    return {
      onInput(input, out) {
        filter.process(input.frame, out.reserve('samples'));
        out.commit('samples');
      },
      snapshot: () => filter.snapshot(),
      restore: (state) => filter.restore(state as Float64Array),
    };
  },
});
