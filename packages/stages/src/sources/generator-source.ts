import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout } from '../samples.ts';
import { checkedOptions, positiveNumber, sampleLayout, samplesPort, wholeNumber } from '../samples.ts';
import type { PaceOptions, SamplesOut } from './paced-source.ts';
import { PacedSource, paceOptions } from './paced-source.ts';
import type { Waveform, WaveformStream } from './waveform.ts';
import { WaveformReader } from './waveform.ts';

/** Options of `generatorSource`. */
export interface GeneratorSourceOptions extends SampleLayout, PaceOptions, WaveformStream {}

const frequency = v.pipe(v.number(), v.finite(), v.minValue(0));

const waveform: v.GenericSchema<Waveform> = v.variant('type', [
  v.object({ type: v.literal('sine'), amplitude: positiveNumber, frequencyHz: frequency }),
  v.object({
    type: v.literal('chirp'),
    amplitude: positiveNumber,
    startHz: frequency,
    endHz: frequency,
    sweepSeconds: positiveNumber,
  }),
  v.object({ type: v.literal('noise'), amplitude: positiveNumber }),
]);

function checkNyquist({ waveform, rateHz }: WaveformStream): void {
  const highest =
    waveform.type === 'sine'
      ? waveform.frequencyHz
      : waveform.type === 'chirp'
        ? Math.max(waveform.startHz, waveform.endHz)
        : 0;
  if (highest > rateHz / 2) {
    throw new RangeError(`${highest} Hz is above half the rate, ${rateHz / 2} Hz`);
  }
}

/**
 * Computes a sine, a chirp or white Gaussian noise.
 *
 * Output `samples`: float32 `[channels]`, or `[block, channels]` with the option `block`, in the unit of
 * `amplitude`. Channel c of n runs ahead by c/n of a turn (sine, chirp) or is independent (noise). The noise
 * is a function of the run's seed, the stage's name, channel and sample index. Time: integer nanoseconds from
 * sample 0, of the frame's first sample. Ends after `samples` samples where given.
 */
export const generatorSource: Stage<
  OptionsSchema<GeneratorSourceOptions, 'speed' | 'maxEmit'>,
  {},
  SamplesOut
> = defineStage({
  module: import.meta.url,
  name: 'generatorSource',
  io: true,
  outputs: (options: GeneratorSourceOptions): SamplesOut => ({
    samples: samplesPort(options, { maxEmit: options.maxEmit }),
  }),
  options: checkedOptions<GeneratorSourceOptions, 'speed' | 'maxEmit'>(
    v.object({
      waveform,
      rateHz: positiveNumber,
      samples: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
      ...sampleLayout,
      ...paceOptions,
    }),
    checkNyquist,
  ),
  create: ({ options, log, random }) =>
    new PacedSource(new WaveformReader(options, Math.floor(random() * 2 ** 32)), options, log),
});
