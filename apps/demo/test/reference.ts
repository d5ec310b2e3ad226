/**
 * The band powers of the sample EEG, computed without any of Troupe's code: the EDF bytes by the offsets of
 * its specification, the filter by its difference equation, the spectrum as a plain sum, all in double
 * precision.
 */

const rateHz = 256;
const windowSize = 512;
const hop = 128;

/** scipy 1.17: `butter(4, [0.5, 45], 'bandpass', fs=256, output='sos')`, rows of b0 b1 b2 a0 a1 a2. */
const sections = [
  [0.02983797227390115, 0.0596759445478023, 0.02983797227390115, 1, -0.5100773432060729, 0.10115747217430372],
  [1, 2, 1, 1, -0.6766536273368736, 0.4974730049174285],
  [1, -2, 1, 1, -1.9771101546860328, 0.9772642462627724],
  [1, -2, 1, 1, -1.9906332195126653, 0.9907839716776363],
] as const;

/** Limits of delta, theta, alpha, beta and gamma in Hz; the upper one is not in the band. */
const bandsHz = [
  [0.5, 4],
  [4, 8],
  [8, 13],
  [13, 30],
  [30, 45],
] as const;

/** The physical samples of all channels of an EDF file whose signals all have one rate. */
export function parseEdf(bytes: Buffer): readonly Float64Array[] {
  const text = (at: number, length: number): string => bytes.toString('latin1', at, at + length).trim();
  const records = Number(text(236, 8));
  const signals = Number(text(252, 4));
  // Each field of the signal header is stored for all signals, then the next field follows.
  const field = (before: number, width: number, signal: number): number =>
    Number(text(256 + before * signals + width * signal, width));
  const perRecord = field(216, 8, 0);
  return Array.from({ length: signals }, (_, signal) => {
    const [physicalMin, physicalMax] = [field(104, 8, signal), field(112, 8, signal)];
    const [digitalMin, digitalMax] = [field(120, 8, signal), field(128, 8, signal)];
    const gain = (physicalMax - physicalMin) / (digitalMax - digitalMin);
    return Float64Array.from({ length: records * perRecord }, (__, index) => {
      const record = Math.floor(index / perRecord);
      const place = (record * signals + signal) * perRecord + (index % perRecord);
      const digital = bytes.readInt16LE(256 * (1 + signals) + 2 * place);
      return physicalMin + gain * (digital - digitalMin);
    });
  });
}

/** y[n] = b0·x[n] + b1·x[n−1] + b2·x[n−2] − a1·y[n−1] − a2·y[n−2], section after section, from rest. */
export function bandPass(signal: Float64Array): Float64Array {
  let x = signal;
  for (const [b0, b1, b2, , a1, a2] of sections) {
    const y = new Float64Array(x.length);
    for (let n = 0; n < x.length; n++) {
      const past = b1 * (x[n - 1] ?? 0) + b2 * (x[n - 2] ?? 0) - a1 * (y[n - 1] ?? 0) - a2 * (y[n - 2] ?? 0);
      y[n] = b0 * x[n]! + past;
    }
    x = y;
  }
  return x;
}

/**
 * The powers of the five bands in window `index` of a filtered channel: mean removed, periodic Hann,
 * one-sided periodogram.
 */
export function bandPowers(filtered: Float64Array, index: number): readonly number[] {
  const window = filtered.subarray(index * hop, index * hop + windowSize);
  const mean = window.reduce((sum, value) => sum + value, 0) / windowSize;
  const hann = Float64Array.from(window, (_, n) => Math.sin((Math.PI * n) / windowSize) ** 2);
  const hannPower = hann.reduce((sum, weight) => sum + weight * weight, 0);
  const binHz = rateHz / windowSize;
  return bandsHz.map(([lowHz, highHz]) => {
    let power = 0;
    for (let k = 0; k < windowSize / 2; k++) {
      if (k * binHz < lowHz || k * binHz >= highHz) continue;
      let [re, im] = [0, 0];
      for (let n = 0; n < windowSize; n++) {
        const value = (window[n]! - mean) * hann[n]!;
        const angle = (-2 * Math.PI * ((k * n) % windowSize)) / windowSize;
        re += value * Math.cos(angle);
        im += value * Math.sin(angle);
      }
      power += ((2 * (re * re + im * im)) / (rateHz * hannPower)) * binHz;
    }
    return power;
  });
}
