import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandPower } from '../../src/features/band-power.ts';
import { bandBins, eegBands } from '../../src/features/bands.ts';
import { fftMagnitude } from '../../src/features/fft-magnitude.ts';
import { isFftSize, nextFftSize, realFft } from '../../src/features/real-fft.ts';
import { rms } from '../../src/features/rms.ts';
import { RefusedOptions, TestActor } from '../harness.ts';

/**
 * The signal of the SciPy references: a mean of 3 and four oscillations, 256 samples at 256 Hz, as float32.
 */
const oscillations = Float32Array.from({ length: 256 }, (_, i) => {
  const turns = (hz: number): number => (2 * Math.PI * hz * i) / 256;
  return (
    3 +
    10 * Math.sin(turns(10.3)) +
    4 * Math.sin(turns(2.2)) +
    2 * Math.cos(turns(20.7)) +
    0.5 * Math.cos(turns(37))
  );
});

const relativeError = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

describe('realFft', () => {
  it('is the discrete Fourier transform, by its definition', () => {
    const fft = realFft(96);
    const x = Float32Array.from({ length: 96 }, (_, n) => Math.sin(n * n));
    fft.input.set(x);
    const packed = Array.from(fft.transform());
    const direct = (k: number): [number, number] =>
      x.reduce<[number, number]>(
        ([re, im], value, n) => {
          const angle = (-2 * Math.PI * k * n) / 96;
          return [re + value * Math.cos(angle), im + value * Math.sin(angle)];
        },
        [0, 0],
      );
    expect(packed[0]).toBeCloseTo(direct(0)[0], 4);
    expect(packed[1]).toBeCloseTo(direct(48)[0], 4);
    for (let k = 1; k < 48; k++) {
      expect(packed[2 * k]).toBeCloseTo(direct(k)[0], 4);
      expect(packed[2 * k + 1]).toBeCloseTo(direct(k)[1], 4);
    }
  });

  it("obeys Parseval's theorem", () => {
    const sizes = fc.constantFrom(32, 64, 160, 256, 1024, 1440);
    fc.assert(
      fc.property(sizes, fc.integer(), (size, seed) => {
        const x = Float32Array.from({ length: size }, (_, n) => Math.sin(seed + n * n * 0.37) + 0.1);
        const fft = realFft(size);
        fft.input.set(x);
        const packed = fft.transform();
        let power = packed[0]! ** 2 + packed[1]! ** 2;
        for (let i = 2; i < size; i++) power += 2 * packed[i]! ** 2;
        const energy = x.reduce((sum, value) => sum + value * value, 0);
        expect(relativeError(power / size, energy)).toBeLessThan(1e-5);
      }),
    );
  });

  it('still gives right results after another size has made its memory grow', () => {
    const fft = realFft(64);
    fft.input.fill(1);
    const before = Array.from(fft.transform());
    realFft(1_048_576);
    realFft(983_040);
    realFft(1_036_800);
    fft.input.fill(1);
    expect(Array.from(fft.transform())).toEqual(before);
    expect(before[0]).toBe(64);
  });

  it('knows which sizes it can do, and the next one', () => {
    expect([32, 96, 160, 256, 1440].every(isFftSize)).toBe(true);
    expect([0, 16, 33, 224, 250, 1000, 2 ** 21].some(isFftSize)).toBe(false);
    expect([1, 250, 257, 1000].map(nextFftSize)).toEqual([32, 256, 288, 1024]);
    for (const size of [0, NaN, 1_048_577, Infinity]) {
      expect(() => nextFftSize(size)).toThrow('must be from 1 to 1,048,576');
    }
    expect(() => realFft(250)).toThrow('such as 192 or 256');
    expect(() => realFft(2 ** 21)).toThrow('such as 1048576');
  });
});

describe('bandPower, given a size out of range', () => {
  it.each([0, -1, 0.5, 1_048_577, 2 ** 30, Infinity])('refuses %d, and does not look for an FFT', (size) => {
    expect(() => new TestActor(bandPower, { size, channels: 1, rateHz: 256 })).toThrow(RefusedOptions);
  });
});

describe('fftMagnitude', () => {
  it('gives the amplitude of a sine at its bin, of the constant at bin 0, in each channel', () => {
    const samples = Float32Array.from({ length: 512 }, (_, i) =>
      i % 2 === 0 ? 3 * Math.sin((2 * Math.PI * 20 * (i / 2)) / 256) : 2,
    );
    const { values } = new TestActor(fftMagnitude, { size: 256, channels: 2 }).feed('windows', samples);
    expect(values.length).toBe(2 * 129);
    expect(values[20]).toBeCloseTo(3, 5);
    expect(values[129]).toBeCloseTo(2, 5);
    expect(values[129 + 20]).toBeCloseTo(0, 5);
  });

  it('without taper gives a sine at one bin only', () => {
    const samples = Float32Array.from({ length: 64 }, (_, n) => Math.cos((2 * Math.PI * 5 * n) / 64));
    const actor = new TestActor(fftMagnitude, { size: 64, channels: 1, taper: 'rectangular' });
    const { values } = actor.feed('windows', samples);
    values.forEach((value, k) => expect(value).toBeCloseTo(k === 5 ? 1 : 0, 5));
  });

  it('is the NumPy spectrum under the SciPy window', () => {
    // abs(np.fft.rfft(s * get_window('hann', 256))) / sum(window) * [1, 2, 2, …, 1], SciPy 1.17.1.
    const expected = new Map([
      [0, 2.9460388181673225],
      [1, 4.013513614289253],
      [2, 3.8969215888873348],
      [10, 9.434730768129922],
      [21, 1.8887256897756943],
      [37, 0.500024527791141],
    ]);
    const { values } = new TestActor(fftMagnitude, { size: 256, channels: 1 }).feed('windows', oscillations);
    for (const [k, amplitude] of expected) expect(relativeError(values[k]!, amplitude)).toBeLessThan(1e-5);
  });

  it('refuses a size the FFT cannot do, and names the nearest', () => {
    expect(() => new TestActor(fftMagnitude, { size: 250, channels: 1 })).toThrow('192 or 256');
  });
});

describe('bandPower', () => {
  // f, P = signal.periodogram(s, fs, 'hann', nfft=256, detrend='constant'); sum of P over lo <= f < hi, times
  // the bin width.
  it.each([
    {
      size: 256,
      powers: [
        7.823116194969545, 0.012506566554612603, 49.98788444624648, 2.009200772071415, 0.12500028333950092,
      ],
    },
    {
      size: 250,
      powers: [
        7.936503370292732, 0.02023150040834913, 49.97700383875333, 2.0021737300386784, 0.1250001553968736,
      ],
    },
  ])("is SciPy's periodogram summed over bands: $size samples", ({ size, powers }) => {
    const actor = new TestActor(bandPower, { size, channels: 1, rateHz: size });
    const { values } = actor.feed('windows', oscillations.subarray(0, size));
    powers.forEach((power, band) => expect(relativeError(values[band]!, power)).toBeLessThan(2e-5));
  });

  it('puts channels in rows and bands in columns', () => {
    const samples = Float32Array.from({ length: 512 }, (_, i) => (i % 2 === 1 ? oscillations[i >> 1]! : 0));
    const { values } = new TestActor(bandPower, { size: 256, channels: 2, rateHz: 256 }).feed(
      'windows',
      samples,
    );
    expect(values.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(relativeError(values[7]!, 49.98788444624648)).toBeLessThan(1e-5);
  });

  it('adds up to the variance of the tapered window over adjoining bands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const x = Float32Array.from({ length: 128 }, (_, n) => Math.sin(seed * 0.7 + n * n * 0.11));
        const mean = x.reduce((sum, value) => sum + value, 0) / 128;
        const hann = x.map((_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 128));
        const variance =
          x.reduce((sum, value, n) => sum + ((value - mean) * hann[n]!) ** 2, 0) /
          hann.reduce((sum, w) => sum + w * w, 0);
        const bands = [
          { name: 'low', lowHz: 0, highHz: 17 },
          { name: 'high', lowHz: 17, highHz: 64 },
        ];
        const [low, high] = new TestActor(bandPower, { size: 128, channels: 1, rateHz: 128, bands }).feed(
          'windows',
          x,
        ).values;
        // Nyquist itself lies in no half-open band below it; this signal has little there.
        expect(Math.abs(low! + high! - variance)).toBeLessThan(0.03 * variance);
      }),
      { numRuns: 30 },
    );
  });

  it('takes half-open bands: a bin on a limit belongs to the upper one', () => {
    expect(bandBins({ name: '', lowHz: 4, highHz: 8 }, 1)).toEqual([4, 8]);
    expect(bandBins({ name: '', lowHz: 0.28, highHz: 0.4 }, 0.04)).toEqual([7, 10]);
    expect(eegBands.map(({ name }) => name)).toEqual(['delta', 'theta', 'alpha', 'beta', 'gamma']);
  });

  it('refuses bands that hold no bin, lie beyond half the rate or are upside down', () => {
    const options = { size: 256, channels: 1, rateHz: 256 };
    const withBand = (lowHz: number, highHz: number): TestActor =>
      new TestActor(bandPower, { ...options, bands: [{ name: 'b', lowHz, highHz }] });
    expect(() => withBand(4.2, 4.8)).toThrow('holds no bin');
    expect(() => withBand(100, 130)).toThrow('beyond half the rate, 128 Hz');
    expect(() => withBand(10, 10)).toThrow('lowHz must be below highHz');
    expect(() => new TestActor(bandPower, { ...options, rateHz: 80 })).toThrow("band 'gamma'");
    expect(() => new TestActor(bandPower, { ...options, fftSize: 128 })).toThrow(
      "below the window's size 256",
    );
    expect(() => new TestActor(bandPower, { ...options, fftSize: 300 })).toThrow('such as 288 or 320');
  });
});

describe('rms', () => {
  it('is the root of the mean square of each channel', () => {
    const actor = new TestActor(rms, { size: 2, channels: 2 });
    expect(actor.feed('windows', [3, 0, 4, -1]).values).toEqual([
      Math.fround(Math.sqrt(12.5)),
      Math.fround(Math.SQRT1_2),
    ]);
  });

  it('of a sine over whole turns is its amplitude over √2', () => {
    const samples = Float32Array.from({ length: 100 }, (_, n) => 5 * Math.sin((2 * Math.PI * 3 * n) / 100));
    const [value] = new TestActor(rms, { size: 100, channels: 1 }).feed('windows', samples).values;
    expect(value).toBeCloseTo(5 / Math.SQRT2, 5);
  });
});
