/** A frequency band, half open: `lowHz ≤ f < highHz`. */
export interface Band {
  readonly name: string;
  readonly lowHz: number;
  readonly highHz: number;
}

/**
 * The classical EEG bands, adjoining. Gamma ends at 45 Hz, below the mains of 50 and 60 Hz. Limits differ by
 * up to a hertz or so between authors; see Kane et al. 2017, Clin. Neurophysiol. Practice 2:170–185, for the
 * clinical glossary.
 */
export const eegBands: readonly Band[] = [
  { name: 'delta', lowHz: 0.5, highHz: 4 },
  { name: 'theta', lowHz: 4, highHz: 8 },
  { name: 'alpha', lowHz: 8, highHz: 13 },
  { name: 'beta', lowHz: 13, highHz: 30 },
  { name: 'gamma', lowHz: 30, highHz: 45 },
];

/** The bins k of a spectrum with lowHz ≤ k·binHz < highHz, as `[first, end)`. */
export function bandBins(band: Band, binHz: number): [first: number, end: number] {
  // Rounding in lowHz / binHz must not move a limit that falls on a bin to the other side of it.
  const from = (hz: number): number => Math.ceil(hz / binHz - 1e-9);
  return [from(band.lowHz), from(band.highHz)];
}

/**
 * Checks bands against a spectrum of `fftSize / 2 + 1` bins.
 *
 * @throws RangeError for a band that is empty, holds no bin, or reaches beyond half the rate.
 */
export function checkBands(bands: readonly Band[], rateHz: number, fftSize: number): void {
  const binHz = rateHz / fftSize;
  for (const band of bands) {
    const where = `band '${band.name}' (${band.lowHz} to ${band.highHz} Hz)`;
    if (band.lowHz >= band.highHz) throw new RangeError(`${where}: lowHz must be below highHz`);
    if (band.highHz > rateHz / 2) {
      throw new RangeError(`${where} reaches beyond half the rate, ${rateHz / 2} Hz: choose other bands`);
    }
    const [first, end] = bandBins(band, binHz);
    if (first >= end) {
      throw new RangeError(
        `${where} holds no bin of the spectrum, which has one every ${binHz} Hz: use larger windows`,
      );
    }
  }
}
