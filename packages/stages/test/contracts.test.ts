/** The contracts of stages: docs/testing.md. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frames, invariant, stageContract } from '@troupe/core/testing';
import { afterAll, describe } from 'vitest';
import { csvSink, gain, generatorSource, iir, window } from '@troupe/stages';

const folder = mkdtempSync(join(tmpdir(), 'troupe-contracts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

describe('gain', () => {
  stageContract(gain, {
    options: { channels: 3, block: 2, gain: [2, 0.5, -1] },
    badOptions: [
      { channels: 0, gain: 1 },
      { channels: 3, gain: [1, 2] },
      { channels: 3, gain: NaN },
    ],
    model: ({ inputs }) => ({
      samples: inputs.samples.map((one) => one.map((value, i) => value * ([2, 0.5, -1][i % 3] as number))),
    }),
  });
});

describe('iir', () => {
  const design = { order: 4, rateHz: 250, band: { type: 'bandpass', lowHz: 8, highHz: 12 } } as const;
  stageContract(iir, {
    options: { channels: 2, design },
    badOptions: [{ channels: 2, design: { sections: [[1, 0, 0, 0, 2]] } }],
    invariants: [
      invariant(
        'one frame for each',
        ({ inputs, outputs }) => inputs.samples.length === outputs.samples.length,
      ),
    ],
  });
});

describe('window', () => {
  stageContract(window, {
    options: { channels: 2, block: 3, size: 4, hop: 1 },
    inputs: { samples: frames({ finite: true }) },
  });
});

describe('generatorSource', () => {
  stageContract(generatorSource, {
    options: { channels: 2, rateHz: 1000, speed: 'max', waveform: { type: 'noise', amplitude: 1 } },
    badOptions: [{ channels: 1, rateHz: 10, waveform: { type: 'sine', amplitude: 1, frequencyHz: 6 } }],
  });
});

describe('csvSink', () => {
  stageContract(csvSink, {
    options: () => ({ path: join(folder, `${files++}.csv`), shape: [2] }),
    badOptions: [{ path: join(folder, 'bad.csv'), shape: [2], columns: ['one'] }],
    outside: ({ path }) => readFileSync(path, 'utf8'),
  });
});
