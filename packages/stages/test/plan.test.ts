import { PlanError, compile, graph } from '@troupe/core';
import type { Graph } from '@troupe/core';
import { describe, expect, it } from 'vitest';
import * as stages from '../src/index.ts';

/** The main job: a recording, filtered, cut into windows, its band powers written down. */
function bandPowers(settings: { readonly windowChannels: number; readonly cutoffHz: number }): Graph {
  const g = graph('band-powers');
  const source = g.stage('source', stages.edfSource, {
    options: { path: 'x.edf', channels: 5, speed: 'max' },
  });
  const band = { type: 'bandpass', lowHz: 1, highHz: settings.cutoffHz } as const;
  const filter = g.stage('filter', stages.iir, {
    options: { channels: 5, design: { order: 4, rateHz: 256, band } },
  });
  const windows = g.stage('windows', stages.window, {
    options: { channels: settings.windowChannels, size: 512, hop: 128 },
  });
  const power = g.stage('power', stages.bandPower, { options: { channels: 5, size: 512, rateHz: 256 } });
  const sink = g.stage('sink', stages.csvSink, { options: { path: 'x.csv', shape: [5, 5] } });
  g.connect(source.out.samples, filter.in.samples);
  g.connect(filter.out.samples, windows.in.samples);
  g.connect(windows.out.windows, power.in.windows);
  g.connect(power.out.powers, sink.in.frames);
  return g;
}

function problems(g: Graph): readonly string[] {
  try {
    compile(g);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ stage, message }) => `${stage}: ${message}`);
    throw error;
  }
  return [];
}

describe('graphs of these stages', () => {
  it('compile to a plan', () => {
    expect(compile(bandPowers({ windowChannels: 5, cutoffHz: 45 })).warnings).toEqual([]);
  });

  it('that do not fit are refused by shape and by options, with every problem', () => {
    const found = problems(bandPowers({ windowChannels: 4, cutoffHz: 200 })).join('\n');
    expect(found).toContain('cut-off 200 Hz: must lie above 0 and below half the rate, 128 Hz');
    expect(problems(bandPowers({ windowChannels: 4, cutoffHz: 45 })).length).toBe(2);
  });

  it('can be made of every stage there is', () => {
    const g = graph('all');
    const generator = g.stage('generator', stages.generatorSource, {
      options: { waveform: { type: 'noise', amplitude: 1 }, rateHz: 256, channels: 2, block: 64 },
    });
    const host = g.stage('host', stages.hostSource, { tick: { hz: 10 } });
    const selected = g.stage('selected', stages.channelSelect, {
      options: { channels: 2, select: [1], block: 64 },
    });
    const scaled = g.stage('scaled', stages.gain, { options: { channels: 1, gain: 2, block: 64 } });
    const smooth = g.stage('smooth', stages.fir, {
      options: { channels: 1, block: 64, design: { coefficients: [0.5, 0.5] } },
    });
    const slower = g.stage('slower', stages.decimate, { options: { channels: 1, factor: 2, block: 64 } });
    const windows = g.stage('windows', stages.window, { options: { channels: 1, size: 64, block: 32 } });
    const spectrum = g.stage('spectrum', stages.fftMagnitude, { options: { channels: 1, size: 64 } });
    const level = g.stage('level', stages.rms, { options: { channels: 1, size: 64 } });
    const lines = g.stage('lines', stages.jsonLinesSink, { options: { path: 'x.jsonl', shape: [1, 33] } });
    const shown = g.stage('shown', stages.consoleSink, { options: { shape: [1] } });
    const figures = g.stage('figures', stages.consoleSink, { options: { shape: [8] } });
    g.connect(generator.out.samples, selected.in.samples);
    g.connect(selected.out.samples, scaled.in.samples);
    g.connect(scaled.out.samples, smooth.in.samples);
    g.connect(smooth.out.samples, slower.in.samples);
    g.connect(slower.out.samples, windows.in.samples);
    g.connect(windows.out.windows, spectrum.in.windows);
    g.connect(windows.out.windows, level.in.windows);
    g.connect(spectrum.out.magnitudes, lines.in.frames);
    g.connect(level.out.rms, shown.in.frames);
    g.connect(host.out.samples, figures.in.frames);
    expect(problems(g)).toEqual([]);
  });

  it('tell a window that a block is cut into several how much room it needs', () => {
    const outputs = stages.window.outputs;
    if (typeof outputs !== 'function') throw new Error('its ports depend on options');
    const maxEmit = (block: number): number =>
      outputs({ channels: 1, size: 8, hop: 3, block }).windows.maxEmit;
    expect([1, 3, 4, 9, 10].map(maxEmit)).toEqual([1, 1, 2, 3, 4]);
  });
});
