import { graph } from '@troupe/core';
import type { FramePort, Graph, OutputRef, OutRef } from '@troupe/core';
import { bandPower, csvSource, edfSource, hostSource, iir, rms, wavSource, window } from '@troupe/stages';
import type { SamplesPort, Speed } from '@troupe/stages';
import { departures } from './departures.ts';
import { processingOf } from './processing.ts';
import type { Feature } from './processing.ts';
import type { Signal } from './signal.ts';

/** The studio's graph and what its application needs to know about it. */
export interface StudioGraph {
  readonly graph: Graph;
  /** float32 `[channels, bands]` of a window, or `[channels]` where the feature is the RMS. */
  readonly features: OutputRef<SamplesPort>;
  /** When the frame of a time left the source: float64 scalar, nanoseconds since the run's epoch. */
  readonly departed: OutputRef<FramePort<'float64', readonly []>>;
  readonly feature: Feature;
  /** Samples per frame from the source. */
  readonly block: number;
}

/** A window may be a megabyte; a few are enough to keep both threads busy. */
const windowsCapacity = 4;
/** So many frames may leave the source before their departure is noted down: never what holds it back. */
const departuresCapacity = 1024;

/**
 * Declares source → filter → window → features for a signal. The source has a worker with an event loop of
 * its own, the computing stages another one.
 */
export function studioGraph(signal: Signal, speed: Speed): StudioGraph {
  const { channels, rateHz } = signal;
  const { filterOrder, filterBand, block, windowSize: size, hop, feature } = processingOf(signal);
  const layout = { channels, ...(block === undefined ? {} : { block }) };
  const play = { worker: { group: 'play' } } as const;
  const analyse = { worker: { group: 'analyse' } } as const;

  const g = graph('studio');
  const samples = addSource(g, signal, speed, layout);
  const departure = g.stage('departures', departures, { options: layout, ...play });
  const filter = g.stage('filter', iir, {
    options: { ...layout, design: { order: filterOrder, rateHz, band: filterBand } },
    ...analyse,
  });
  const windows = g.stage('window', window, { options: { ...layout, size, hop }, ...analyse });
  g.connect(samples, departure.in.samples);
  g.connect(samples, filter.in.samples);
  g.connect(filter.out.samples, windows.in.samples);
  const departed = g.output('departed', departure.out.departedNs, { capacity: departuresCapacity });
  const features = g.output(
    'features',
    addFeature(g, feature, windows.out.windows, { size, channels, rateHz }),
  );
  return { graph: g, features, departed, feature, block: block ?? 1 };
}

function addSource(
  g: Graph,
  { origin, rateHz }: Signal,
  speed: Speed,
  layout: { readonly channels: number; readonly block?: number },
): OutRef<SamplesPort> {
  // A file that turns out to be bad in the middle does not get better by trying again.
  const settings = { worker: { group: 'play' }, supervision: { strategy: 'escalate' } } as const;
  switch (origin.kind) {
    case 'edf':
      return g.stage('source', edfSource, { options: { path: origin.path, speed, ...layout }, ...settings })
        .out.samples;
    case 'wav':
      return g.stage('source', wavSource, { options: { path: origin.path, speed, ...layout }, ...settings })
        .out.samples;
    case 'csv': {
      const { path, format } = origin;
      const clock = format.timeColumn === undefined ? { rateHz } : {};
      return g.stage('source', csvSource, {
        options: { path, speed, ...format, ...clock, ...layout },
        ...settings,
      }).out.samples;
    }
    case 'host':
      return g.stage('source', hostSource, { tick: { hz: rateHz, phase: 'acquisition' }, ...settings }).out
        .samples;
  }
}

function addFeature(
  g: Graph,
  feature: Feature,
  windows: OutRef<SamplesPort>,
  { size, channels, rateHz }: { readonly size: number; readonly channels: number; readonly rateHz: number },
): OutRef<SamplesPort> {
  const worker = { group: 'analyse' } as const;
  if (feature.kind === 'rms') {
    const stage = g.stage('rms', rms, { options: { size, channels }, worker });
    g.connect(windows, stage.in.windows, { capacity: windowsCapacity });
    return stage.out.rms;
  }
  const stage = g.stage('bandPower', bandPower, {
    options: { size, channels, rateHz, bands: feature.bands },
    worker,
  });
  g.connect(windows, stage.in.windows, { capacity: windowsCapacity });
  return stage.out.powers;
}
