import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generatorSource } from '../../src/sources/generator-source.ts';
import { RefusedOptions, TestActor } from '../harness.ts';

const sine = { type: 'sine', amplitude: 2, frequencyHz: 10 } as const;
const noise = { type: 'noise', amplitude: 1.5 } as const;
const chirp = { type: 'chirp', amplitude: 1, startHz: 5, endHz: 50, sweepSeconds: 0.25 } as const;

async function play(options: object, random?: () => number): Promise<TestActor> {
  return await new TestActor(
    generatorSource,
    { speed: 'max', rateHz: 256, channels: 1, ...options },
    random,
  ).play();
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

describe('generatorSource', () => {
  it('computes a sine, each channel ahead by its share of a turn', async () => {
    const { values, emissions } = await play({ waveform: sine, channels: 2, samples: 100 });
    for (let n = 0; n < 100; n++) {
      const angle = (2 * Math.PI * 10 * n) / 256;
      expect(values[2 * n]).toBeCloseTo(2 * Math.sin(angle), 5);
      expect(values[2 * n + 1]).toBeCloseTo(-2 * Math.sin(angle), 5);
    }
    expect(emissions.at(-1)!.time).toBe(Math.round((99 * 1e9) / 256));
  });

  it("computes SciPy's chirp, and starts it anew", async () => {
    // signal.chirp(n / 256, f0=5, t1=0.25, f1=50, phi=-90) at n = 0, 1, 10, 40, 63, SciPy 1.17.1.
    const expected = [0, 0.13096976254056938, 0.8681903567343313, -0.13458070850712858, -0.9076448147945064];
    const { values } = await play({ waveform: chirp, samples: 128 });
    [0, 1, 10, 40, 63].forEach((n, i) => {
      expect(values[n]).toBeCloseTo(expected[i]!, 6);
      expect(values[n + 64]).toBeCloseTo(expected[i]!, 6);
    });
  });

  it('computes white Gaussian noise: moments, tails, no correlation in time or over channels', async () => {
    const samples = 40_000;
    const { values } = await play({ waveform: noise, channels: 2, samples, block: 1000 }, () => 0.123);
    const deviations = values.map((v) => v / 1.5);
    const n = deviations.length;
    // Each bound is over four standard errors; the seed is fixed, so that the outcome is too.
    expect(Math.abs(mean(deviations))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(mean(deviations.map((v) => v * v)) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(mean(deviations.map((v) => v ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    for (const lag of [1, 2, 3, 4, 64]) {
      const products = deviations.slice(lag).map((v, i) => v * deviations[i]!);
      expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(n));
    }
    const beyondTwo = deviations.filter((v) => Math.abs(v) > 2).length / n;
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.005);
  });

  it('is the same for the same seed, and another for another', async () => {
    const options = { waveform: noise, samples: 50 };
    const values = (await play(options, () => 0.25)).values;
    expect((await play(options, () => 0.25)).values).toEqual(values);
    expect((await play(options, () => 0.75)).values).not.toEqual(values);
  });

  it('goes on from a snapshot as if nothing had happened, whatever the seed of the new actor', async () => {
    const waveforms = fc.constantFrom(sine, noise, chirp);
    await fc.assert(
      fc.asyncProperty(
        waveforms,
        fc.nat(8),
        fc.integer({ min: 1, max: 6 }),
        async (waveform, calls, maxEmit) => {
          const options = { waveform, samples: 40, maxEmit, rateHz: 256, channels: 2, speed: 'max' };
          const whole = await new TestActor(generatorSource, options).play();
          const first = await new TestActor(generatorSource, options).play(calls);
          const second = new TestActor(generatorSource, options, () => 0.9).restore(first.snapshot());
          await second.play();
          expect([...first.values, ...second.values]).toEqual(whole.values);
          expect(second.progress()).toEqual({ done: 40, total: 40 });
        },
      ),
    );
  });

  it('is endless without a number of samples', async () => {
    const options = { waveform: sine, rateHz: 256, channels: 1, speed: 'max' };
    const actor = await new TestActor(generatorSource, options).play(1000);
    expect(actor.progress()).toEqual({ done: 8000, total: undefined });
  });

  it('refuses frequencies above half the rate', () => {
    const options = { waveform: { ...sine, frequencyHz: 200 }, rateHz: 256, channels: 1 };
    expect(() => new TestActor(generatorSource, options)).toThrow('200 Hz is above half the rate, 128 Hz');
    const swept = { waveform: { ...chirp, endHz: 129 }, rateHz: 256, channels: 1 };
    expect(() => new TestActor(generatorSource, swept)).toThrow(RefusedOptions);
  });
});
