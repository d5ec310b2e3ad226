import type { Handlers, Input, Out, Stage } from '@troupe/core';
import { defineStage, frame } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout, SamplesPort } from '../samples.ts';
import { sampleLayout, samplesPort, wholeNumber } from '../samples.ts';
import type { WindowState } from './sliding-window.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Options of `window`. */
export interface WindowOptions extends SampleLayout {
  /** Samples of a window, 1 to 1,048,576. */
  readonly size: number;
  /** Samples from the start of a window to the start of the next, 1 to 1,048,576; `size` when left out. */
  readonly hop?: number | undefined;
}

type WindowIn = { readonly samples: SamplesPort };
type WindowOut = { readonly windows: SamplesPort };

class WindowActor implements Handlers<WindowIn, WindowOut> {
  readonly #window: SlidingWindow;
  readonly #channels: number;

  constructor({ size, hop, channels }: WindowOptions) {
    this.#window = new SlidingWindow(size, hop ?? size, channels);
    this.#channels = channels;
  }

  onInput({ frame: samples }: Input<WindowIn>, out: Out<WindowOut>): void {
    for (let at = 0; at < samples.length; at += this.#channels) {
      if (!this.#window.push(samples, at)) continue;
      this.#window.copyTo(out.reserve('windows'));
      out.commit('windows');
    }
  }

  snapshot(): WindowState {
    return this.#window.snapshot();
  }

  restore(state: unknown): void {
    this.#window.restore(state as WindowState);
  }
}

/**
 * Cuts a stream of samples into windows: overlapping (hop < size), adjoining (hop = size) or spaced (hop >
 * size).
 *
 * Input `samples`: float32 `[channels]` or `[block, channels]`. Output `windows`: float32 `[size, channels]`,
 * oldest sample first, same unit; the first after `size` samples, then one every `hop`. Time: of the input
 * frame that completed the window. Where a block completes several windows, `maxEmit` of the output is ⌈block
 * / hop⌉.
 */
export const window: Stage<OptionsSchema<WindowOptions>, WindowIn, WindowOut> = defineStage({
  module: import.meta.url,
  name: 'window',
  inputs: (options: WindowOptions): WindowIn => ({ samples: samplesPort(options) }),
  outputs: ({ size, hop = size, channels, block = 1 }: WindowOptions): WindowOut => ({
    windows: frame('float32', [size, channels] as readonly number[], { maxEmit: Math.ceil(block / hop) }),
  }),
  options: v.object({
    size: wholeNumber(1, 1_048_576),
    hop: v.optional(wholeNumber(1, 1_048_576)),
    ...sampleLayout,
  }),
  create: ({ options }) => new WindowActor(options),
});
