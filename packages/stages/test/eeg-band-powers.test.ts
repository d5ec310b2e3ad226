import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { graph } from '@troupe/core';
import { describe, expect, it } from 'vitest';
import { iir } from '../src/dsp/iir.ts';
import { window } from '../src/dsp/window.ts';
import { bandPower } from '../src/features/band-power.ts';
import { edfSource } from '../src/sources/edf-source.ts';
import { csvSink } from '../src/outputs/csv-sink.ts';
import { TestActor, withFolder } from './harness.ts';

const path = fileURLToPath(new URL('../cypress/fixtures/sample.edf', import.meta.resolve('edfjs')));

/**
 * In µV², rows channels, columns delta to gamma; made with NumPy and SciPy 1.17.1 from the file's bytes:
 * `y = sosfilt(butter(4, [1, 45], 'bandpass', fs=256, output='sos'), x)`, windows of 512 samples every 256,
 * `periodogram(w, 256, 'hann', nfft=512, detrend='constant')`, summed over each band times 0.5 Hz.
 */
const means = [
  [7.2730600965, 2.7192377029, 2.1177970195, 3.5582752372, 0.6513457172],
  [4.4735037117, 2.2914106781, 6.1008008587, 3.9046461176, 0.1209809947],
  [3.5508717775, 1.7194217674, 14.605555701, 4.7392890533, 0.0977714784],
  [3.6489790179, 2.1978591749, 36.568502231, 4.8220877128, 0.1111474484],
  [5.5616808374, 1.8425708741, 13.3165892571, 3.8031315053, 0.2019532666],
].flat();
const lastWindow = [
  [2.8883033775, 2.1895991813, 2.1697431977, 3.6292140925, 0.6056715397],
  [4.7906787498, 1.4830852045, 2.7885492688, 3.1968626779, 0.1154990815],
  [1.7673558556, 1.8624686812, 8.5867834787, 3.6465649604, 0.1488822895],
  [2.346795543, 2.2015080447, 37.1799285899, 3.6306575942, 0.0775996483],
  [5.1164270546, 1.4023772946, 7.5442535582, 3.0901722635, 0.1210055449],
].flat();

/** Hands everything that one actor has emitted to the next. */
function pipe(from: TestActor, to: TestActor, port: string): void {
  for (const { data, time } of from.emissions) to.input({ port, time, frame: data });
}

describe('the scalp EEG of the package edfjs', () => {
  it("has the band powers that SciPy computes from the file's bytes", async () => {
    const block = 64;
    const source = new TestActor(edfSource, { path, channels: 5, block, speed: 'max' });
    const band = { type: 'bandpass', lowHz: 1, highHz: 45 } as const;
    const filter = new TestActor(iir, { channels: 5, block, design: { order: 4, rateHz: 256, band } });
    const windows = new TestActor(window, { channels: 5, block, size: 512, hop: 256 });
    const power = new TestActor(bandPower, { channels: 5, size: 512, rateHz: 256 });
    await source.play();
    source.stop();
    pipe(source, filter, 'samples');
    pipe(filter, windows, 'samples');
    pipe(windows, power, 'windows');
    expect(power.emissions.length).toBe(99);
    for (let i = 0; i < 25; i++) {
      const mean = power.emissions.reduce((sum, { data }) => sum + data[i]!, 0) / 99;
      expect(Math.abs(mean / means[i]! - 1)).toBeLessThan(1e-5);
      expect(Math.abs(power.emissions[98]!.data[i]! / lastWindow[i]! - 1)).toBeLessThan(1e-5);
    }
  });

  it('has the same band powers when a graph computes them on two workers, sample by sample', async () => {
    await withFolder(async (folder) => {
      const band = { type: 'bandpass', lowHz: 1, highHz: 45 } as const;
      const g = graph('bands');
      const source = g.stage('source', edfSource, { options: { path, channels: 5, speed: 'max' } });
      const filter = g.stage('filter', iir, {
        options: { channels: 5, design: { order: 4, rateHz: 256, band } },
      });
      const windows = g.stage('windows', window, { options: { channels: 5, size: 512, hop: 256 } });
      const power = g.stage('power', bandPower, { options: { channels: 5, size: 512, rateHz: 256 } });
      const sink = g.stage('sink', csvSink, { options: { path: folder('powers.csv'), shape: [5, 5] } });
      g.connect(source.out.samples, filter.in.samples);
      g.connect(filter.out.samples, windows.in.samples);
      g.connect(windows.out.windows, power.in.windows);
      g.connect(power.out.powers, sink.in.frames);
      await using run = await g.start({ workers: 2 });
      expect((await run.done).reason).toBe('ended');
      const lines = readFileSync(folder('powers.csv'), 'utf8').trimEnd().split('\n').slice(1);
      const rows = lines.map((line) => line.split(',').map(Number));
      expect(rows.map(([seq]) => seq)).toEqual(Array.from({ length: 99 }, (_, i) => i));
      const lastSampleNs = (window: number): number => Math.round(((511 + 256 * window) * 1e9) / 256);
      expect(rows.map(([, time]) => time)).toEqual(rows.map((_, i) => lastSampleNs(i)));
      for (let i = 0; i < 25; i++) {
        const mean = rows.reduce((sum, row) => sum + row[i + 2]!, 0) / 99;
        expect(Math.abs(mean / means[i]! - 1)).toBeLessThan(1e-5);
      }
    });
  });
});
