import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout } from '../samples.ts';
import { sampleLayout, samplesPort } from '../samples.ts';
import { openEdf } from './edf-file.ts';
import type { PaceOptions, SamplesOut } from './paced-source.ts';
import { PacedSource, paceOptions } from './paced-source.ts';

/** Options of `edfSource`. `channels` must be the number of signals played: `probeEdf` tells it. */
export interface EdfSourceOptions extends SampleLayout, PaceOptions {
  readonly path: string;
  /** Labels of the signals to play, in this order; all but the annotations when left out. All of one rate. */
  readonly signals?: readonly string[] | undefined;
}

/**
 * Plays an EDF or EDF+C recording.
 *
 * Output `samples`: float32 `[channels]`, or `[block, channels]` with the option `block`, in the physical
 * units that the file names (`probeEdf(path).units`). Time: integer nanoseconds from the first sample of the
 * recording, of the frame's first sample. Memory: one data record and one block.
 *
 * Create throws `SourceFileError` when the file is missing, corrupt, truncated, discontinuous (EDF+D), when
 * its signals differ in rate, or are not `channels` many.
 */
export const edfSource: Stage<
  OptionsSchema<EdfSourceOptions, 'speed' | 'maxEmit'>,
  {},
  SamplesOut
> = defineStage({
  module: import.meta.url,
  name: 'edfSource',
  io: true,
  outputs: (options: EdfSourceOptions): SamplesOut => ({
    samples: samplesPort(options, { maxEmit: options.maxEmit }),
  }),
  options: v.object({
    path: v.pipe(v.string(), v.minLength(1)),
    signals: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
    ...sampleLayout,
    ...paceOptions,
  }),
  create: ({ options, log }) =>
    new PacedSource(openEdf(options.path, options.channels, options.signals), options, log),
});
