import * as v from 'valibot';
import { positiveNumber } from '../samples.ts';

/**
 * What a filter lets through (bandstop: what it blocks). Cut-offs in Hz, in (0, rate / 2), lowHz < highHz.
 */
export type FilterBand =
  | { readonly type: 'lowpass'; readonly cutoffHz: number }
  | { readonly type: 'highpass'; readonly cutoffHz: number }
  | { readonly type: 'bandpass'; readonly lowHz: number; readonly highHz: number }
  | { readonly type: 'bandstop'; readonly lowHz: number; readonly highHz: number };

/** Options entry of a `FilterBand`. */
export const filterBand: v.GenericSchema<FilterBand> = v.variant('type', [
  v.object({ type: v.literal('lowpass'), cutoffHz: positiveNumber }),
  v.object({ type: v.literal('highpass'), cutoffHz: positiveNumber }),
  v.object({ type: v.literal('bandpass'), lowHz: positiveNumber, highHz: positiveNumber }),
  v.object({ type: v.literal('bandstop'), lowHz: positiveNumber, highHz: positiveNumber }),
]);

/** @throws RangeError when a cut-off does not lie between 0 and Nyquist, or the two are not in order. */
export function checkFilterBand(band: FilterBand, rateHz: number): void {
  const edges = 'cutoffHz' in band ? [band.cutoffHz] : [band.lowHz, band.highHz];
  for (const hz of edges) {
    if (!(hz > 0 && hz < rateHz / 2)) {
      throw new RangeError(`cut-off ${hz} Hz: must lie above 0 and below half the rate, ${rateHz / 2} Hz`);
    }
  }
  if ('lowHz' in band && band.lowHz >= band.highHz) {
    throw new RangeError(`cut-offs ${band.lowHz} and ${band.highHz} Hz: lowHz must be below highHz`);
  }
}
