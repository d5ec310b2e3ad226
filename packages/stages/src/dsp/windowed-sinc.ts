import type { FilterBand } from './filter-band.ts';
import { checkFilterBand } from './filter-band.ts';

/** The pass bands as fractions of Nyquist, `[low, high]`. */
function passBands(band: FilterBand, nyquistHz: number): [low: number, high: number][] {
  if (band.type === 'lowpass') return [[0, band.cutoffHz / nyquistHz]];
  if (band.type === 'highpass') return [[band.cutoffHz / nyquistHz, 1]];
  const low = band.lowHz / nyquistHz;
  const high = band.highHz / nyquistHz;
  if (band.type === 'bandpass') return [[low, high]];
  return [
    [0, low],
    [high, 1],
  ];
}

/** sin(πx) / (πx). */
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/**
 * Designs a linear-phase FIR filter by the window method: the ideal impulse response under a symmetric
 * Hamming window, scaled to gain 1 at the centre of the first pass band (DC or Nyquist where it reaches
 * there). Equal to SciPy's `firwin(taps, …, window='hamming', scale=True)`. Half amplitude (−6.02 dB) at each
 * cut-off. Delay: (taps − 1) / 2 samples.
 *
 * Source: Oppenheim & Schafer, Discrete-Time Signal Processing, 3rd ed., §7.5.
 *
 * @param taps Number of coefficients, at least 3; odd where the band reaches Nyquist (highpass, bandstop).
 * @param band Band and cut-off frequencies in Hz, each in (0, rateHz / 2), lowHz < highHz.
 * @param rateHz Sample rate in Hz.
 * @throws RangeError for taps or cut-offs out of range.
 */
export function designWindowedSinc(taps: number, band: FilterBand, rateHz: number): Float64Array {
  const nyquistHz = rateHz / 2;
  if (!Number.isInteger(taps) || taps < 3)
    throw new RangeError(`${taps} taps: must be a whole number from 3`);
  if (taps % 2 === 0 && (band.type === 'highpass' || band.type === 'bandstop')) {
    throw new RangeError(`${taps} taps: a ${band.type} filter needs an odd number, its gain at Nyquist is 1`);
  }
  checkFilterBand(band, rateHz);
  const bands = passBands(band, nyquistHz);
  const centre = (taps - 1) / 2;
  const response = Float64Array.from({ length: taps }, (_, n) => {
    const m = n - centre;
    const hamming = 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / (taps - 1));
    let ideal = 0;
    for (const [low, high] of bands) ideal += high * sinc(high * m) - low * sinc(low * m);
    return ideal * hamming;
  });
  const [low, high] = bands[0]!;
  const reference = low === 0 ? 0 : high === 1 ? 1 : (low + high) / 2;
  const gain = response.reduce((sum, h, n) => sum + h * Math.cos(Math.PI * (n - centre) * reference), 0);
  return response.map((h) => h / gain);
}
