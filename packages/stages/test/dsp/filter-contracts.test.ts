/** Contracts (docs/testing.md) of filters. */
import { frames, stageContract } from '@troupe/core/testing';
import { describe } from 'vitest';
import type { Section } from '@troupe/stages';
import { designButterworth, fir, iir } from '@troupe/stages';
import { cascade, convolve, framesOf, perChannel, rowsOf } from '../naive.ts';
import { firwinReferences } from '../scipy-filters.ts';

const lowpass = { type: 'lowpass', cutoffHz: 40 } as const;

describe('fir', () => {
  const coefficients = [0.5, 0, -2, 1e-3, 3];
  stageContract(fir, {
    options: { channels: 2, block: 3, design: { coefficients } },
    badOptions: [
      { channels: 1, design: { coefficients: [] } },
      { channels: 1, design: { coefficients: [NaN] } },
      { channels: 1, design: { coefficients: [1], taps: 3 } },
      { channels: 1, design: { taps: 2, rateHz: 256, band: lowpass } },
      { channels: 1, design: { taps: 20, rateHz: 256, band: { ...lowpass, type: 'highpass' } } },
      { channels: 1, design: { taps: 21, rateHz: 80, band: lowpass } },
      { channels: 1, design: { taps: 21, rateHz: 256, band: { type: 'bandpass', lowHz: 20, highHz: 10 } } },
    ],
    // Both add up the same products in the same order: bit for bit, infinities and all.
    model: ({ inputs }) => ({
      samples: framesOf(
        perChannel(rowsOf(inputs.samples, 2), 2, (x) => convolve(x, coefficients)),
        3,
      ),
    }),
  });
});

// A band-stop, and an even number of taps.
describe.each(firwinReferences.slice(3))(
  'fir, $taps taps, $band.type, as SciPy designs it',
  ({ taps, band, h }) => {
    stageContract(fir, {
      options: { channels: 1, design: { taps, rateHz: 256, band } },
      inputs: { samples: frames({ min: -1, max: 1 }) },
      runs: 20,
      stepsMax: 60,
      model: ({ inputs }) => ({
        samples: framesOf(
          perChannel(rowsOf(inputs.samples, 1), 1, (x) => convolve(x, h)),
          1,
        ),
      }),
      tolerance: { absolute: 1e-6 },
    });
  },
);

const sections: readonly Section[] = [
  [0.5, -0.25, 0.125, -1.2, 0.7],
  [1, 2, 1, 0.4, -0.3],
  [3, 0, 0, -0.95, 0],
];

describe('iir, by its sections, with whatever a float may be', () => {
  stageContract(iir, {
    options: { channels: 2, block: 2, design: { sections } },
    badOptions: [
      { channels: 2, design: { sections: [] } },
      { channels: 2, design: { sections: [[1, 0, 0, 0, 1]] } },
      { channels: 2, design: { sections: [[1, 0, 0, 2, 0.5]] } },
      { channels: 2, design: { sections: [[1, 0, 0, 0]] } },
      { channels: 2, design: { order: 25, rateHz: 250, band: lowpass } },
      { channels: 2, design: { order: 0, rateHz: 250, band: lowpass } },
      { channels: 2, design: { order: 4, rateHz: 80, band: lowpass } },
    ],
  });
});

describe('iir, by its sections', () => {
  stageContract(iir, {
    options: { channels: 2, block: 2, design: { sections } },
    inputs: { samples: frames({ min: -1000, max: 1000 }) },
    runs: 40,
    stepsMax: 60,
    model: ({ inputs }) => ({
      samples: framesOf(
        perChannel(rowsOf(inputs.samples, 2), 2, (x) => cascade(x, sections)),
        2,
      ),
    }),
    tolerance: { relative: 1e-6, absolute: 1e-6 },
  });
});

describe('iir, Butterworth', () => {
  const design = { order: 4, rateHz: 250, band: { type: 'bandpass', lowHz: 8, highHz: 12 } } as const;
  stageContract(iir, {
    options: { channels: 1, design },
    inputs: { samples: frames({ min: -1000, max: 1000 }) },
    runs: 20,
    stepsMax: 60,
    model: ({ inputs }) => {
      const designed = designButterworth(design.order, design.band, design.rateHz);
      return {
        samples: framesOf(
          perChannel(rowsOf(inputs.samples, 1), 1, (x) => cascade(x, designed)),
          1,
        ),
      };
    },
    tolerance: { relative: 1e-6, absolute: 1e-6 },
  });
});
