import type { Stage } from '@troupe/core';
import { defineStage, frame } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SamplesPort } from '../samples.ts';
import type { WindowLayout, WindowsIn } from './window-input.ts';
import { windowLayout, windowsIn } from './window-input.ts';

type RmsOut = { readonly rms: SamplesPort };

/**
 * The root mean square of each channel of a window: √(Σ x² / size). The mean is not removed.
 *
 * Input `windows`: float32 `[size, channels]`. Output `rms`: float32 `[channels]`, in the input's unit. Same
 * time.
 */
export const rms: Stage<OptionsSchema<WindowLayout>, WindowsIn, RmsOut> = defineStage({
  module: import.meta.url,
  name: 'rms',
  inputs: (options: WindowLayout): WindowsIn => windowsIn(options),
  outputs: ({ channels }: WindowLayout): RmsOut => ({
    rms: frame('float32', [channels] as readonly number[]),
  }),
  options: v.object(windowLayout),
  create: ({ options: { size, channels } }) => ({
    onInput(input, out) {
      const window = input.frame;
      const result = out.reserve('rms');
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let at = channel; at < window.length; at += channels) sum += window[at]! * window[at]!;
        result[channel] = Math.sqrt(sum / size);
      }
      out.commit('rms');
    },
  }),
});
