import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout, SamplesPort } from '../samples.ts';
import { checkedOptions, sampleLayout, samplesPort } from '../samples.ts';

/** Options of `gain`. */
export interface GainOptions extends SampleLayout {
  /** The factor, or one per channel. */
  readonly gain: number | readonly number[];
}

type GainPorts = { readonly samples: SamplesPort };

const factor = v.pipe(v.number(), v.finite());

function checkGains({ gain, channels }: GainOptions): void {
  if (typeof gain !== 'number' && gain.length !== channels) {
    throw new RangeError(`${gain.length} gains for ${channels} channels: give one for all or one for each`);
  }
}

/**
 * Multiplies samples by a constant.
 *
 * Input and output `samples`: float32 `[channels]` or `[block, channels]`; the output's unit is the input's
 * times that of `gain`. Same time.
 */
export const gain: Stage<OptionsSchema<GainOptions>, GainPorts, GainPorts> = defineStage({
  module: import.meta.url,
  name: 'gain',
  inputs: (options: GainOptions): GainPorts => ({ samples: samplesPort(options) }),
  outputs: (options: GainOptions): GainPorts => ({ samples: samplesPort(options) }),
  options: checkedOptions<GainOptions>(
    v.object({ gain: v.union([factor, v.array(factor)]), ...sampleLayout }),
    checkGains,
  ),
  create: ({ options: { channels, gain: gains } }) => {
    const factors = Float64Array.from({ length: channels }, (_, c) =>
      typeof gains === 'number' ? gains : gains[c]!,
    );
    return {
      onInput(input, out) {
        const samples = input.frame;
        const scaled = out.reserve('samples');
        for (let i = 0, channel = 0; i < samples.length; i++) {
          scaled[i] = samples[i]! * factors[channel]!;
          if (++channel === channels) channel = 0;
        }
        out.commit('samples');
      },
    };
  },
});
