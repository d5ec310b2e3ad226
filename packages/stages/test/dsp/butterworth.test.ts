import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sections } from '../../src/dsp/biquad.ts';
import { designButterworth } from '../../src/dsp/butterworth.ts';
import type { FilterBand } from '../../src/dsp/filter-band.ts';
import { referenceSignal } from '../harness.ts';
import { butterworthReferences, gainsAtHz, yAt } from '../scipy-filters.ts';

/** |H| at a frequency, evaluated from the coefficients. */
function gainAt(sections: Sections, hz: number, rateHz: number): number {
  const w = (2 * Math.PI * hz) / rateHz;
  const magnitude = (c0: number, c1: number, c2: number): number =>
    Math.hypot(c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w), c1 * Math.sin(w) + c2 * Math.sin(2 * w));
  return sections.reduce((g, [b0, b1, b2, a1, a2]) => (g * magnitude(b0, b1, b2)) / magnitude(1, a1, a2), 1);
}

/** The plain recursion in double precision, section by section. */
function filter(sections: Sections, x: readonly number[]): number[] {
  return sections.reduce<number[]>(
    (input, [b0, b1, b2, a1, a2]) => {
      const y: number[] = [];
      for (const [n, value] of input.entries()) {
        const past = (list: readonly number[], back: number): number => list[n - back] ?? 0;
        y.push(b0 * value + b1 * past(input, 1) + b2 * past(input, 2) - a1 * past(y, 1) - a2 * past(y, 2));
      }
      return y;
    },
    [...x],
  );
}

/** Where a band-pass filter has gain 1: the geometric mean of the pre-warped cut-offs. */
function bandpassCentreHz(band: FilterBand): number {
  if (!('lowHz' in band)) return 0;
  const warp = (hz: number): number => Math.tan((Math.PI * hz) / 256);
  return (256 / Math.PI) * Math.atan(Math.sqrt(warp(band.lowHz) * warp(band.highHz)));
}

describe('designButterworth', () => {
  for (const { order, rateHz, band, y, gains } of butterworthReferences) {
    it(`is SciPy's butter: ${JSON.stringify(band)}, order ${order}`, () => {
      const sections = designButterworth(order, band, rateHz);
      gainsAtHz.forEach((hz, i) => expect(gainAt(sections, hz, rateHz)).toBeCloseTo(gains[i]!, 10));
      const filtered = filter(sections, Array.from(referenceSignal(64)));
      yAt.forEach((n, i) => expect(filtered[n]).toBeCloseTo(y[i]!, 10));
    });
  }

  const bands = fc
    .tuple(
      fc.constantFrom('lowpass', 'highpass', 'bandpass', 'bandstop'),
      fc.double({ min: 4, max: 60, noNaN: true }),
    )
    .chain(([type, low]) =>
      fc
        .double({ min: low + 8, max: 120, noNaN: true })
        .map((high): FilterBand =>
          type === 'lowpass' || type === 'highpass'
            ? { type, cutoffHz: low }
            : { type, lowHz: low, highHz: high },
        ),
    );

  it('has half power at each cut-off, gain 1 in the pass band, and is stable, for any order and band', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), bands, (order, band) => {
        const sections = designButterworth(order, band, 256);
        for (const hz of 'cutoffHz' in band ? [band.cutoffHz] : [band.lowHz, band.highHz]) {
          expect(gainAt(sections, hz, 256)).toBeCloseTo(Math.SQRT1_2, 6);
        }
        const passHz = { lowpass: 0, bandstop: 0, highpass: 128, bandpass: bandpassCentreHz(band) }[
          band.type
        ];
        expect(gainAt(sections, passHz, 256)).toBeCloseTo(1, 6);
        for (const [, , , a1, a2] of sections) expect(Math.abs(a2) < 1 && Math.abs(a1) < 1 + a2).toBe(true);
        expect(sections.length).toBe('cutoffHz' in band ? Math.ceil(order / 2) : order);
      }),
    );
  });

  it('refuses orders, and cut-offs beyond Nyquist or out of order, and says the limit', () => {
    expect(() => designButterworth(0, { type: 'lowpass', cutoffHz: 10 }, 256)).toThrow('order 0');
    expect(() => designButterworth(2.5, { type: 'lowpass', cutoffHz: 10 }, 256)).toThrow('order 2.5');
    expect(() => designButterworth(2, { type: 'lowpass', cutoffHz: 128 }, 256)).toThrow(
      'below half the rate, 128 Hz',
    );
    expect(() => designButterworth(2, { type: 'bandpass', lowHz: 30, highHz: 3 }, 256)).toThrow(
      'lowHz must be below',
    );
  });
});
