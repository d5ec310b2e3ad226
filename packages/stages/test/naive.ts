/** Plain computations, by definition: what the models of contracts are made of. */

/** One row per sample, one number per channel. */
export type Rows = readonly (readonly number[])[];

/** All samples of a stream of frames. */
export function rowsOf(frames: readonly ArrayLike<number>[], channels: number): Rows {
  return frames.flatMap((frame) => {
    const values = Array.from(frame);
    return Array.from({ length: values.length / channels }, (_, i) =>
      values.slice(i * channels, (i + 1) * channels),
    );
  });
}

/** Samples as frames of so many; what fills no whole one at the end is left out. */
export function framesOf(rows: Rows, block: number): Float32Array<ArrayBuffer>[] {
  return Array.from({ length: Math.floor(rows.length / block) }, (_, i) =>
    Float32Array.from(rows.slice(i * block, (i + 1) * block).flat()),
  );
}

/** Computes each channel on its own. */
export function perChannel(
  rows: Rows,
  channels: number,
  compute: (samples: readonly number[]) => readonly number[],
): Rows {
  const computed = Array.from({ length: channels }, (_, c) => compute(rows.map((row) => row[c] as number)));
  return (computed[0] ?? []).map((_, i) => computed.map((samples) => samples[i] as number));
}

/** Σ taps[k] · x[n − k], from rest. */
export function convolve(samples: readonly number[], taps: ArrayLike<number>): readonly number[] {
  return samples.map((_, n) => {
    let sum = 0;
    for (let k = 0; k <= n && k < taps.length; k++) sum += (taps[k] as number) * (samples[n - k] as number);
    return sum;
  });
}

/** Second-order sections one after the other, in direct form I: each has all of its past at hand. */
export function cascade(
  samples: readonly number[],
  sections: readonly (readonly [b0: number, b1: number, b2: number, a1: number, a2: number])[],
): readonly number[] {
  return sections.reduce((x, [b0, b1, b2, a1, a2]) => {
    const y: number[] = [];
    x.forEach((value, n) => {
      const forward = b0 * value + b1 * (x[n - 1] ?? 0) + b2 * (x[n - 2] ?? 0);
      y.push(forward - a1 * (y[n - 1] ?? 0) - a2 * (y[n - 2] ?? 0));
    });
    return y;
  }, samples);
}

/** Magnitudes of the discrete Fourier transform, padded with zeros to `size`: bins 0 to size / 2. */
export function dftMagnitudes(samples: readonly number[], size: number): readonly number[] {
  return Array.from({ length: size / 2 + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    samples.forEach((value, n) => {
      const angle = (-2 * Math.PI * ((k * n) % size)) / size;
      re += value * Math.cos(angle);
      im += value * Math.sin(angle);
    });
    return Math.hypot(re, im);
  });
}

/** The periodic Hann taper. */
export const hann = (size: number): readonly number[] =>
  Array.from({ length: size }, (_, n) => Math.sin((Math.PI * n) / size) ** 2);
