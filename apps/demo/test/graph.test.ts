import { compile } from '@troupe/core';
import { eegBands } from '@troupe/stages';
import { describe, expect, it } from 'vitest';
import { studioGraph } from '../src/graph.ts';
import { processingOf } from '../src/processing.ts';
import type { Signal } from '../src/signal.ts';
import { openSignal } from '../src/signal.ts';

const eeg = openSignal('edf', undefined, undefined);

describe('studioGraph', () => {
  it('leads the EEG from the source on one worker to band powers on another', () => {
    const { graph, feature, block } = studioGraph(eeg, 1);
    const plan = compile(graph);
    expect(plan.warnings).toEqual([]);
    expect(plan.actors.map(({ name, worker }) => [name, worker])).toEqual([
      ['source', 1],
      ['departures', 1],
      ['filter', 2],
      ['window', 2],
      ['bandPower', 2],
    ]);
    expect(plan.edges.map(({ overflow }) => overflow)).toEqual(plan.edges.map(() => 'block'));
    expect(plan.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['departed', []],
      ['features', [5, 5]],
    ]);
    expect(feature).toEqual({ kind: 'bandPower', bands: eegBands });
    expect(block).toBe(16);
  });

  it('has the same shape for the host, with the RMS in place of band power', () => {
    const plan = compile(studioGraph(openSignal('host', undefined, undefined), 1).graph);
    expect(plan.warnings).toEqual([]);
    expect(plan.actors.map(({ name }) => name)).toEqual(['source', 'departures', 'filter', 'window', 'rms']);
    expect(plan.runners).toEqual([{ name: '10 Hz', hz: 10 }]);
    expect(plan.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['departed', []],
      ['features', [8]],
    ]);
  });

  it('is pure: the same signal gives the same declaration', () => {
    expect(studioGraph(eeg, 'max').graph.declaration()).toEqual(studioGraph(eeg, 'max').graph.declaration());
  });

  it.each([8000, 16_000, 44_100, 48_000])('can be planned for audio of %d Hz', (rateHz) => {
    const origin = { kind: 'wav', path: 'x.wav' } as const;
    const audio: Signal = { ...eeg, origin, channels: 2, rateHz, labels: ['l', 'r'], units: ['', ''] };
    expect(compile(studioGraph(audio, 1).graph).warnings).toEqual([]);
  });

  it.each([1, 10, 99.9, 100, 128, 500, 2000, 20_000])('can be planned for recordings of %d Hz', (rateHz) => {
    expect(compile(studioGraph({ ...eeg, rateHz }, 1).graph).warnings).toEqual([]);
  });
});

describe('processingOf', () => {
  const edf = { kind: 'edf', path: 'x.edf' } as const;

  it('filters an EEG to the ends of its bands, in windows of 2 s every 0.5 s', () => {
    expect(processingOf({ origin: edf, rateHz: 256 })).toEqual({
      filterOrder: 4,
      filterBand: { type: 'bandpass', lowHz: 0.5, highHz: 45 },
      block: 16,
      windowSize: 512,
      hop: 128,
      feature: { kind: 'bandPower', bands: eegBands },
    });
  });

  it('takes the RMS of slow signals', () => {
    expect(processingOf({ origin: { kind: 'host' }, rateHz: 10 })).toEqual({
      filterOrder: 2,
      filterBand: { type: 'lowpass', cutoffHz: 2 },
      block: undefined,
      windowSize: 20,
      hop: 5,
      feature: { kind: 'rms' },
    });
  });

  it('leaves out bands of sound that the rate does not reach', () => {
    const names = (rateHz: number): readonly string[] => {
      const { feature } = processingOf({ origin: { kind: 'wav', path: 'x.wav' }, rateHz });
      return feature.kind === 'rms' ? [] : feature.bands.map(({ name }) => name);
    };
    expect(names(16_000)).toEqual(['bass', 'low', 'mid', 'high', 'treble']);
    expect(names(8000)).toEqual(['bass', 'low', 'mid', 'high']);
  });
});
