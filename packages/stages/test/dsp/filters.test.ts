import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyStage } from '@troupe/core';
import { decimate } from '../../src/dsp/decimate.ts';
import { fir } from '../../src/dsp/fir.ts';
import { iir } from '../../src/dsp/iir.ts';
import { referenceSignal, RefusedOptions, TestActor } from '../harness.ts';
import { butterworthReferences, yAt } from '../scipy-filters.ts';

const lowpass = { type: 'lowpass', cutoffHz: 40 } as const;
const stages: readonly { name: string; stage: AnyStage; options: object }[] = [
  { name: 'iir', stage: iir, options: { design: { order: 5, rateHz: 256, band: lowpass } } },
  { name: 'fir', stage: fir, options: { design: { taps: 21, rateHz: 256, band: lowpass } } },
  { name: 'decimate', stage: decimate, options: { factor: 3 } },
];

const signal = (length: number): fc.Arbitrary<Float32Array> =>
  fc.float32Array({
    minLength: length,
    maxLength: length,
    noNaN: true,
    noDefaultInfinity: true,
    min: -1e3,
    max: 1e3,
  });

describe.each(stages)('$name', ({ stage, options }) => {
  it('gives the same whether samples come one by one or in blocks', () => {
    fc.assert(
      fc.property(signal(2 * 36), fc.constantFrom(3, 6, 12, 36), (samples, block) => {
        const single = new TestActor(stage, { ...options, channels: 2 }).feed('samples', samples);
        const blocks = new TestActor(stage, { ...options, channels: 2, block }).feed('samples', samples);
        expect(blocks.values).toEqual(single.values);
      }),
      { numRuns: 50 },
    );
  });

  it('treats each channel as if it were alone', () => {
    fc.assert(
      fc.property(signal(60), signal(60), (left, right) => {
        const both = Float32Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? left : right)[i >> 1]!);
        const alone = [left, right].map((x) =>
          new TestActor(stage, { ...options, channels: 1 }).feed('samples', x),
        );
        const together = new TestActor(stage, { ...options, channels: 2 }).feed('samples', both).values;
        expect(together.filter((_, i) => i % 2 === 0)).toEqual(alone[0]!.values);
        expect(together.filter((_, i) => i % 2 === 1)).toEqual(alone[1]!.values);
      }),
      { numRuns: 50 },
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(signal(80), fc.nat(80), (samples, cut) => {
        const whole = new TestActor(stage, { ...options, channels: 1 }).feed('samples', samples);
        const first = new TestActor(stage, { ...options, channels: 1 }).feed(
          'samples',
          samples.slice(0, cut),
        );
        const state = first.snapshot();
        const second = new TestActor(stage, { ...options, channels: 1 }).restore(state);
        second.feed('samples', samples.slice(cut));
        expect([...first.values, ...second.values]).toEqual(whole.values);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the time of its input', () => {
    const actor = new TestActor(stage, { ...options, channels: 1 });
    actor.input({ port: 'samples', time: 12_345, frame: [1] });
    expect(actor.emissions[0]!.time).toBe(12_345);
  });
});

describe('iir', () => {
  it.each(butterworthReferences)(
    "filters as SciPy's sosfilt: $band.type, order $order",
    ({ order, rateHz, band, y }) => {
      const actor = new TestActor(iir, { channels: 1, design: { order, rateHz, band } });
      const { values } = actor.feed('samples', referenceSignal(64));
      yAt.forEach((n, i) => expect(values[n]).toBeCloseTo(y[i]!, 6));
    },
  );

  it('takes sections as they are', () => {
    const actor = new TestActor(iir, { channels: 1, design: { sections: [[1, 0, 0, -0.5, 0]] } });
    expect(actor.feed('samples', [1, 0, 0, 0]).values).toEqual([1, 0.5, 0.25, 0.125]);
  });

  it('falls silent after its input, instead of crawling through subnormal numbers', () => {
    const actor = new TestActor(iir, { channels: 1, design: { sections: [[1, 0, 0, -0.5, 0]] } });
    actor.feed('samples', [1, ...Array.from({ length: 200 }, () => 0)]);
    expect(actor.snapshot()).toEqual(new Float64Array(2));
  });

  it('refuses an unstable filter', () => {
    const unstable = { channels: 1, design: { sections: [[1, 0, 0, -2.1, 1.05]] } };
    expect(() => new TestActor(iir, unstable)).toThrow('section 1 is unstable');
  });

  it('refuses cut-offs beyond Nyquist at the plan, by schema', () => {
    const design = { order: 2, rateHz: 100, band: { type: 'lowpass', cutoffHz: 60 } };
    expect(() => new TestActor(iir, { channels: 1, design })).toThrow(RefusedOptions);
  });
});

describe('fir', () => {
  it('is the convolution with its coefficients', () => {
    const actor = new TestActor(fir, { channels: 1, design: { coefficients: [1, -2, 0.5] } });
    expect(actor.feed('samples', [1, 0, 0, 0, 2, 1]).values).toEqual([1, -2, 0.5, 0, 2, -3]);
  });

  it('refuses an empty impulse response', () => {
    expect(() => new TestActor(fir, { channels: 1, design: { coefficients: [] } })).toThrow(RefusedOptions);
  });
});

describe('decimate', () => {
  // signal.lfilter(signal.firwin(20 * q + 1, 1 / q), 1, x)[::q], SciPy 1.17.1.
  it.each([
    {
      factor: 2,
      at: [0, 5, 15, 31],
      y: [0, 0.0072354813495188785, 0.13283129313542547, -0.016127678896258803],
    },
    {
      factor: 4,
      at: [0, 5, 10, 15],
      y: [0, 0.0002732096132551722, 0.17244421603116142, -0.28256408826308405],
    },
  ])("is SciPy's firwin, lfilter and slice: factor $factor", ({ factor, at, y }) => {
    const { values } = new TestActor(decimate, { channels: 1, factor }).feed('samples', referenceSignal(64));
    expect(values.length).toBe(64 / factor);
    at.forEach((n, i) => expect(values[n]).toBeCloseTo(y[i]!, 7));
  });

  it('by 1 changes nothing', () => {
    expect(new TestActor(decimate, { channels: 1, factor: 1 }).feed('samples', [1, 2, 3]).values).toEqual([
      1, 2, 3,
    ]);
  });

  it('refuses a block that is no multiple of the factor', () => {
    expect(() => new TestActor(decimate, { channels: 1, factor: 3, block: 10 })).toThrow(
      'no multiple of factor 3',
    );
  });
});
