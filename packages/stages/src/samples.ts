import type { FramePort, PortOptions } from '@troupe/core';
import { frame } from '@troupe/core';
import * as v from 'valibot';

/** A port of float32 frames whose shape follows from the stage's options. */
export type SamplesPort = FramePort<'float32', readonly number[]>;

/**
 * A stage's options as its user writes them (those in `Defaulted` may be left out) and as `create` gets them.
 */
export type OptionsSchema<Options, Defaulted extends keyof Options = never> = v.GenericSchema<
  Omit<Options, Defaulted> & { readonly [K in Defaulted]?: Options[K] | undefined },
  Options
>;

/** How a stream of samples is cut into frames. */
export interface SampleLayout {
  /** Channels of one sample, 1 to 4096. */
  readonly channels: number;
  /**
   * Samples per frame, 1 to 1,048,576. Without it a frame is one sample, shape `[channels]`; with it (1
   * included) a frame is a block, shape `[block, channels]`, row-major: all channels of the first sample,
   * then of the next.
   */
  readonly block?: number | undefined;
}

/** Options entry: a whole number from `min` to `max`. */
export const wholeNumber = (min: number, max: number): v.GenericSchema<number> =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** Options entry: a finite number above 0. */
export const positiveNumber: v.GenericSchema<number> = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** Options entries of `SampleLayout`. */
export const sampleLayout: {
  readonly channels: v.GenericSchema<number>;
  readonly block: v.OptionalSchema<v.GenericSchema<number>, undefined>;
} = {
  channels: wholeNumber(1, 4096),
  block: v.optional(wholeNumber(1, 1_048_576)),
};

/** The port that carries samples of a layout. */
export function samplesPort(layout: SampleLayout, options?: PortOptions): SamplesPort {
  const shape = layout.block === undefined ? [layout.channels] : [layout.block, layout.channels];
  return frame('float32', shape as readonly number[], options);
}

/**
 * A schema of options that belong together: what `check` throws becomes an issue, reported with all other
 * problems.
 */
export function checkedOptions<Options, Defaulted extends keyof Options = never>(
  schema: OptionsSchema<Options, Defaulted>,
  check: (options: Options) => void,
): OptionsSchema<Options, Defaulted> {
  return v.pipe(
    schema,
    v.rawCheck(({ dataset, addIssue }) => {
      // Of the right types, but out of range: what is checked here may well need them within it.
      if (!dataset.typed || dataset.issues !== undefined) return;
      try {
        check(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
      }
    }),
  );
}
