import type { FramePort } from '@troupe/core';
import { frame } from '@troupe/core';
import type * as v from 'valibot';
import type { SamplesPort } from '../samples.ts';
import { sampleLayout, wholeNumber } from '../samples.ts';

/** The windows that a feature is computed of, as the stage `window` makes them. */
export interface WindowLayout {
  /** Samples of a window, 1 to 1,048,576. */
  readonly size: number;
  /** Channels of a sample, 1 to 4096. */
  readonly channels: number;
}

/** Options entries of `WindowLayout`. */
export const windowLayout: {
  readonly size: v.GenericSchema<number>;
  readonly channels: v.GenericSchema<number>;
} = {
  size: wholeNumber(1, 1_048_576),
  channels: sampleLayout.channels,
};

/** Inputs of a feature stage. */
export type WindowsIn = { readonly windows: SamplesPort };

/** The input port for windows of a layout. */
export const windowsIn = ({ size, channels }: WindowLayout): WindowsIn => ({
  windows: frame('float32', [size, channels] as readonly number[]),
});

/** An output port of one row of values per channel. */
export const perChannel = (channels: number, values: number): FramePort<'float32', readonly number[]> =>
  frame('float32', [channels, values] as readonly number[]);
