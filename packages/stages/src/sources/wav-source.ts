import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout } from '../samples.ts';
import { sampleLayout, samplesPort } from '../samples.ts';
import type { PaceOptions, SamplesOut } from './paced-source.ts';
import { PacedSource, paceOptions } from './paced-source.ts';
import { openWav } from './wav-file.ts';

/** Options of `wavSource`. `channels` must be the file's: `probeWav` tells it. */
export interface WavSourceOptions extends SampleLayout, PaceOptions {
  readonly path: string;
}

/**
 * Plays a WAV file: integer PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, also as
 * WAVE_FORMAT_EXTENSIBLE, also with the open sizes of streaming writers.
 *
 * Output `samples`: float32 `[channels]`, or `[block, channels]` with the option `block`, in full scale:
 * integers map to [−1, 1), floats stay as they are. Time: integer nanoseconds from the file's start, of the
 * frame's first sample. Memory: 64 KiB and one block.
 *
 * Create throws `SourceFileError` when the file is missing, corrupt, truncated, of another encoding, or has
 * not `channels` channels.
 */
export const wavSource: Stage<
  OptionsSchema<WavSourceOptions, 'speed' | 'maxEmit'>,
  {},
  SamplesOut
> = defineStage({
  module: import.meta.url,
  name: 'wavSource',
  io: true,
  outputs: (options: WavSourceOptions): SamplesOut => ({
    samples: samplesPort(options, { maxEmit: options.maxEmit }),
  }),
  options: v.object({
    path: v.pipe(v.string(), v.minLength(1)),
    ...sampleLayout,
    ...paceOptions,
  }),
  create: ({ options, log }) => new PacedSource(openWav(options.path, options.channels), options, log),
});
