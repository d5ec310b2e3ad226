/** Contracts (docs/testing.md) of stages that cut, choose and scale samples. */
import { invariant, stageContract } from '@troupe/core/testing';
import { describe } from 'vitest';
import { channelSelect, decimate, designWindowedSinc, gain, window } from '@troupe/stages';
import { convolve, framesOf, perChannel, rowsOf } from '../naive.ts';

describe('gain', () => {
  const gains = [2, 0.5, -1];
  stageContract(gain, {
    options: { channels: 3, block: 2, gain: gains },
    badOptions: [
      { channels: 0, gain: 1 },
      { channels: 3, gain: [1, 2] },
      { channels: 3, gain: NaN },
      { channels: 3, gain: Infinity },
      { channels: 3, block: 0, gain: 1 },
      { channels: 3 },
    ],
    model: ({ inputs }) => ({
      samples: inputs.samples.map((one) => one.map((value, i) => value * (gains[i % 3] as number))),
    }),
  });
});

describe('gain, one for all channels', () => {
  stageContract(gain, {
    options: { channels: 2, gain: 1e30 },
    runs: 40,
    model: ({ inputs }) => ({ samples: inputs.samples.map((one) => one.map((value) => value * 1e30)) }),
  });
});

describe('channelSelect', () => {
  const select = [2, 0, 2, 3];
  stageContract(channelSelect, {
    options: { channels: 4, block: 2, select },
    badOptions: [
      { channels: 4, select: [] },
      { channels: 4, select: [4] },
      { channels: 4, select: [-1] },
      { channels: 4, select: [0.5] },
      { channels: 4 },
    ],
    model: ({ inputs }) => ({
      samples: framesOf(
        rowsOf(inputs.samples, 4).map((row) => select.map((index) => row[index] as number)),
        2,
      ),
    }),
  });
});

const windows = (options: { channels: number; block?: number; size: number; hop?: number }) => {
  const { channels, size, hop = size } = options;
  return {
    options,
    model: ({ inputs }: { inputs: { samples: readonly Float32Array[] } }) => {
      const rows = rowsOf(inputs.samples, channels);
      const count = rows.length < size ? 0 : 1 + Math.floor((rows.length - size) / hop);
      return {
        windows: Array.from(
          { length: count },
          (_, i) => framesOf(rows.slice(i * hop), size)[0] as Float32Array<ArrayBuffer>,
        ),
      };
    },
  };
};

describe('window, overlapping, several of one block', () => {
  stageContract(window, {
    ...windows({ channels: 2, block: 3, size: 4, hop: 1 }),
    badOptions: [
      { channels: 2, size: 0 },
      { channels: 2, size: 4, hop: 0 },
      { channels: 2, size: 4, hop: 1.5 },
      { channels: 4097, size: 4 },
    ],
    invariants: [
      invariant('windows have the time of the frame that completes them', ({ calls }) =>
        calls.every(({ time, emissions }) => emissions.every((emission) => emission.time === time)),
      ),
    ],
  });
});

describe('window, adjoining', () => {
  stageContract(window, { ...windows({ channels: 3, size: 5 }), runs: 40 });
});

describe('window, spaced', () => {
  stageContract(window, { ...windows({ channels: 1, block: 2, size: 3, hop: 7 }), runs: 40 });
});

const lowered = ({ channels, block, factor }: { channels: number; block?: number; factor: number }) => {
  const taps =
    factor === 1 ? [1] : designWindowedSinc(20 * factor + 1, { type: 'lowpass', cutoffHz: 0.5 / factor }, 1);
  return ({ inputs }: { inputs: { samples: readonly Float32Array[] } }) => {
    const filtered = perChannel(rowsOf(inputs.samples, channels), channels, (x) => convolve(x, taps));
    return {
      samples: framesOf(
        filtered.filter((_, n) => n % factor === 0),
        (block ?? factor) / factor,
      ),
    };
  };
};

describe('decimate', () => {
  const options = { channels: 2, block: 6, factor: 3 };
  stageContract(decimate, {
    options,
    badOptions: [
      { ...options, factor: 0 },
      { ...options, factor: 4 },
      { ...options, factor: 1025 },
    ],
    model: lowered(options),
  });
});

describe('decimate, sample by sample', () => {
  const options = { channels: 3, factor: 2 };
  stageContract(decimate, { options, runs: 40, model: lowered(options) });
});

describe('decimate by 1', () => {
  const options = { channels: 1, factor: 1 };
  stageContract(decimate, { options, runs: 40, model: lowered(options) });
});
