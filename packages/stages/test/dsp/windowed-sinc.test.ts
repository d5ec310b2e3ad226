import { describe, expect, it } from 'vitest';
import { designWindowedSinc } from '../../src/dsp/windowed-sinc.ts';
import { firwinReferences } from '../scipy-filters.ts';

describe('designWindowedSinc', () => {
  for (const { taps, band, h } of firwinReferences) {
    it(`is SciPy's firwin: ${taps} taps, ${JSON.stringify(band)}`, () => {
      const designed = designWindowedSinc(taps, band, 256);
      expect(designed.length).toBe(taps);
      h.forEach((value, n) => expect(designed[n]).toBeCloseTo(value, 14));
    });
  }

  it('refuses an even number of taps where the gain at Nyquist is 1', () => {
    expect(() => designWindowedSinc(20, { type: 'highpass', cutoffHz: 40 }, 256)).toThrow('odd number');
    expect(() => designWindowedSinc(20, { type: 'bandstop', lowHz: 40, highHz: 50 }, 256)).toThrow(
      'odd number',
    );
    expect(() => designWindowedSinc(2, { type: 'lowpass', cutoffHz: 40 }, 256)).toThrow('2 taps');
    expect(() => designWindowedSinc(21, { type: 'lowpass', cutoffHz: 200 }, 256)).toThrow(
      'below half the rate',
    );
  });
});
