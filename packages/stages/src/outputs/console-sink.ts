import type { Stage } from '@troupe/core';
import { defineStage, frame } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SamplesPort } from '../samples.ts';
import { wholeNumber } from '../samples.ts';
import { frameShape } from './frames-input.ts';
import { LineFile } from './line-file.ts';

/** Options of `consoleSink`. */
export interface ConsoleSinkOptions {
  /** Shape of the frames. */
  readonly shape: readonly number[];
  /** Prints one frame in so many, the first included: 1, the default, prints all. */
  readonly every: number;
  /** Prints at most so many values of a frame, 16 unless given; how many there are more is said. */
  readonly valuesMax: number;
}

type ConsoleIn = { readonly frames: SamplesPort };

/** One line: the stage's name, the time in seconds, and the values to four digits. */
export function consoleLine(name: string, timeNs: number, values: Float32Array, valuesMax: number): string {
  const shown = Math.min(values.length, valuesMax);
  let line = `${name} ${(timeNs / 1e9).toFixed(6)}s`;
  for (let i = 0; i < shown; i++) line += ` ${Number(values[i]!.toPrecision(4))}`;
  return shown < values.length ? `${line} … ${values.length - shown} more` : line;
}

/**
 * Prints frames on standard output, one line each, at once: the stage's name in the graph, the frame's time
 * in seconds since the run's epoch, and its values, row-major, to four digits: `rms 1.000000s 0.7071 0.25`.
 *
 * Input `frames`: float32 of `shape`, any unit. Memory: one line.
 */
export const consoleSink: Stage<
  OptionsSchema<ConsoleSinkOptions, 'every' | 'valuesMax'>,
  ConsoleIn,
  {}
> = defineStage({
  module: import.meta.url,
  name: 'consoleSink',
  inputs: ({ shape }: ConsoleSinkOptions): ConsoleIn => ({ frames: frame('float32', shape) }),
  options: v.object({
    shape: frameShape,
    every: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER), 1),
    valuesMax: v.optional(wholeNumber(1, 1024), 16),
  }),
  create: ({ name, options: { every, valuesMax } }) => {
    const stdout = new LineFile(undefined);
    let count = 0;
    return {
      onInput(input) {
        if (count++ % every !== 0) return;
        stdout.write(consoleLine(name, input.time, input.frame, valuesMax));
        stdout.flush();
      },
      snapshot: () => count,
      restore: (state) => {
        count = state as number;
      },
    };
  },
});
