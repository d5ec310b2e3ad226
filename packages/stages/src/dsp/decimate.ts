import type { Handlers, Input, Out, Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout, SamplesPort } from '../samples.ts';
import { checkedOptions, sampleLayout, samplesPort, wholeNumber } from '../samples.ts';
import type { DecimatorState } from './decimator.ts';
import { Decimator } from './decimator.ts';

/** Options of `decimate`. */
export interface DecimateOptions extends SampleLayout {
  /** By how much the rate falls, 1 to 1024. With `block`, a divisor of it. */
  readonly factor: number;
}

type DecimatePorts = { readonly samples: SamplesPort };

function checkFactor({ factor, block }: DecimateOptions): void {
  if (block !== undefined && block % factor !== 0) {
    throw new RangeError(`block ${block} is no multiple of factor ${factor}`);
  }
}

class DecimateActor implements Handlers<DecimatePorts, DecimatePorts> {
  readonly #decimator: Decimator;
  readonly #channels: number;
  readonly #hasBlocks: boolean;

  constructor({ factor, channels, block }: DecimateOptions) {
    this.#decimator = new Decimator(factor, channels);
    this.#channels = channels;
    this.#hasBlocks = block !== undefined;
  }

  onInput({ frame: samples }: Input<DecimatePorts>, out: Out<DecimatePorts>): void {
    if (this.#hasBlocks) {
      const kept = out.reserve('samples');
      for (let from = 0, to = 0; from < samples.length; from += this.#channels) {
        if (!this.#decimator.push(samples, from)) continue;
        this.#decimator.pull(kept, to);
        to += this.#channels;
      }
      out.commit('samples');
    } else if (this.#decimator.push(samples, 0)) {
      this.#decimator.pull(out.reserve('samples'), 0);
      out.commit('samples');
    }
  }

  snapshot(): DecimatorState {
    return this.#decimator.snapshot();
  }

  restore(state: unknown): void {
    this.#decimator.restore(state as DecimatorState);
  }
}

/**
 * Lowers the sample rate by a whole factor, behind a linear-phase anti-alias filter (see `Decimator`:
 * windowed sinc, 20·factor + 1 taps, half amplitude at the new Nyquist). Keeps samples 0, factor, 2·factor, …
 *
 * Input `samples`: float32 `[channels]` or `[block, channels]`. Output `samples`: float32 `[channels]` (one
 * for every `factor` inputs) or `[block / factor, channels]`, same unit. The time is the input's: the
 * filter's delay of 10·factor input samples is not taken off.
 */
export const decimate: Stage<OptionsSchema<DecimateOptions>, DecimatePorts, DecimatePorts> = defineStage({
  module: import.meta.url,
  name: 'decimate',
  inputs: (options: DecimateOptions): DecimatePorts => ({ samples: samplesPort(options) }),
  outputs: ({ channels, block, factor }: DecimateOptions): DecimatePorts => ({
    samples: samplesPort({ channels, block: block === undefined ? undefined : block / factor }),
  }),
  options: checkedOptions<DecimateOptions>(
    v.object({ factor: wholeNumber(1, 1024), ...sampleLayout }),
    checkFactor,
  ),
  create: ({ options }) => new DecimateActor(options),
});
