import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout, SamplesPort } from '../samples.ts';
import { checkedOptions, sampleLayout, samplesPort, wholeNumber } from '../samples.ts';

/** Options of `channelSelect`. */
export interface ChannelSelectOptions extends SampleLayout {
  /** Indices of the channels to keep, from 0, in the order wanted; a channel may come twice. */
  readonly select: readonly number[];
}

type SelectPorts = { readonly samples: SamplesPort };

function checkSelection({ select, channels }: ChannelSelectOptions): void {
  const beyond = select.find((index) => index >= channels);
  if (beyond !== undefined)
    throw new RangeError(`channel ${beyond} does not exist: there are ${channels}, from 0`);
}

/**
 * Keeps some channels, in a new order.
 *
 * Input `samples`: float32 `[channels]` or `[block, channels]`. Output `samples`: float32 `[select.length]`
 * or `[block, select.length]`, same units and time.
 */
export const channelSelect: Stage<
  OptionsSchema<ChannelSelectOptions>,
  SelectPorts,
  SelectPorts
> = defineStage({
  module: import.meta.url,
  name: 'channelSelect',
  inputs: (options: ChannelSelectOptions): SelectPorts => ({ samples: samplesPort(options) }),
  outputs: ({ select, block }: ChannelSelectOptions): SelectPorts => ({
    samples: samplesPort({ channels: select.length, block }),
  }),
  options: checkedOptions<ChannelSelectOptions>(
    v.object({
      select: v.pipe(v.array(wholeNumber(0, 4095)), v.minLength(1), v.maxLength(4096)),
      ...sampleLayout,
    }),
    checkSelection,
  ),
  create: ({ options: { channels, select } }) => ({
    onInput(input, out) {
      const samples = input.frame;
      const kept = out.reserve('samples');
      for (let from = 0, to = 0; from < samples.length; from += channels) {
        for (let i = 0; i < select.length; i++) kept[to++] = samples[from + select[i]!]!;
      }
      out.commit('samples');
    },
  }),
});
