/** Contracts (docs/testing.md) of sources that compute their samples, and of the machine's own load. */
import { strict as assert } from 'node:assert';
import { graph } from '@troupe/core';
import { contractOf, invariant, stageContract } from '@troupe/core/testing';
import type { Seen } from '@troupe/core/testing';
import { describe, expect, it } from 'vitest';
import { generatorSource, hostFigures, hostSource } from '@troupe/stages';
import { framesOf } from '../naive.ts';

/** How many frames have been asked for: at full speed every call gives all that it may. */
const demanded = ({ calls }: Seen, maxEmit: number): number => calls.length * maxEmit;

const samplesOf = (
  count: number,
  channels: number,
  value: (t: number, turn: number) => number,
  rateHz: number,
) =>
  Array.from({ length: count }, (_, n) =>
    Array.from({ length: channels }, (_, c) => value(n / rateHz, c / channels)),
  );

/** Frame i has the time of its first sample. */
const isTimed = (rateHz: number, block: number) =>
  invariant('times are those of the first sample', ({ calls }) => {
    const times = calls.flatMap(({ emissions }) => emissions.map(({ time }) => time));
    assert.deepEqual(
      times,
      times.map((_, i) => Math.round((i * block * 1e9) / rateHz)),
    );
  });

describe('generatorSource, a sine to its end', () => {
  const options = {
    channels: 3,
    block: 4,
    rateHz: 1000,
    samples: 150,
    speed: 'max',
    maxEmit: 3,
    waveform: { type: 'sine', amplitude: 2, frequencyHz: 125 },
  } as const;
  stageContract(generatorSource, {
    options,
    badOptions: [
      { ...options, waveform: { ...options.waveform, frequencyHz: 501 } },
      { ...options, waveform: { ...options.waveform, amplitude: 0 } },
      { ...options, waveform: { type: 'square', amplitude: 1 } },
      { ...options, speed: 0 },
      { ...options, speed: 'fast' },
      { ...options, maxEmit: 0 },
      { ...options, samples: -1 },
      { ...options, rateHz: 0 },
    ],
    invariants: [isTimed(1000, 4)],
    model: (seen) => {
      const sine = (t: number, turn: number): number => 2 * Math.sin(2 * Math.PI * (125 * t + turn));
      const samples = framesOf(samplesOf(150, 3, sine, 1000), 4);
      return { samples: samples.slice(0, demanded(seen, 3)) };
    },
    tolerance: { absolute: 1e-6 },
  });
});

describe('generatorSource, a chirp without end', () => {
  stageContract(generatorSource, {
    options: {
      channels: 2,
      rateHz: 300,
      speed: 'max',
      waveform: { type: 'chirp', amplitude: 1, startHz: 10, endHz: 90, sweepSeconds: 0.25 },
    },
    runs: 40,
    invariants: [isTimed(300, 1)],
    model: (seen) => {
      const chirp = (t: number, turn: number): number => {
        const within = t % 0.25;
        return Math.sin(2 * Math.PI * (10 * within + (80 / 0.25 / 2) * within ** 2 + turn));
      };
      return { samples: framesOf(samplesOf(demanded(seen, 8), 2, chirp, 300), 1) };
    },
    tolerance: { absolute: 1e-6 },
  });
});

describe('generatorSource, noise', () => {
  stageContract(generatorSource, {
    options: { channels: 2, rateHz: 1000, speed: 'max', waveform: { type: 'noise', amplitude: 3 } },
    runs: 40,
    invariants: [
      isTimed(1000, 1),
      invariant('noise is finite, and no sample is the same as another', ({ outputs }) => {
        const all = outputs.samples.flatMap((one) => Array.from(one));
        return all.every(Number.isFinite) && new Set(all).size === all.length;
      }),
    ],
  });
});

// How many frames fall due while nobody asks is up to the machine, unless a call gives one at a time.
describe('generatorSource, at its own pace', () => {
  stageContract(generatorSource, {
    options: {
      channels: 1,
      rateHz: 20_000,
      speed: 2,
      maxEmit: 1,
      waveform: { type: 'sine', amplitude: 1, frequencyHz: 0 },
    },
    runs: 20,
    stepsMax: 8,
    invariants: [
      isTimed(20_000, 1),
      invariant('every call gives one frame', ({ calls }) =>
        calls.every(({ emissions }) => emissions.length === 1),
      ),
    ],
  });
});

// What is measured differs from look to look, so that nothing that compares two plays can be held. Nor is
// growth tried: 10,000 looks at all processors take seconds. All it keeps is four numbers and a histogram.
describe('hostSource', () => {
  const left = new Set(['repeatable', 'drivers', 'lossless', 'growth']);
  const properties = contractOf(hostSource, {
    ticks: { hz: 10 },
    runs: 10,
    invariants: [
      invariant('each tick gives one frame, of figures within their range', ({ calls }) => {
        for (const { time, emissions } of calls) {
          assert.deepEqual(
            emissions.map((emission) => emission.time),
            [time],
          );
          const figures = Array.from(emissions[0]?.data as Float32Array);
          assert.equal(figures.length, hostFigures.length);
          assert.ok(figures.every((figure) => figure >= 0 && figure < Infinity));
          assert.ok(Math.max(figures[0] as number, figures[3] as number) <= 1);
        }
      }),
    ],
  });
  it.each(properties.filter(({ clause }) => !left.has(clause)))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });

  it.each(['main', { dedicated: true }] as const)(
    'gives a frame for each tick in a graph, on %o',
    async (worker) => {
      const g = graph('host');
      const host = g.stage('host', hostSource, { tick: { hz: 10 }, worker });
      g.output('samples', host.out.samples);
      await using run = await g.start({
        clock: 'fast',
        durationMs: 1000,
        workers: 1,
        onLog: () => undefined,
      });
      const times: number[] = [];
      for await (const { time } of run.samples('samples')) times.push(time / 1e6);
      expect(times).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    },
  );
});
