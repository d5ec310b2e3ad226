import type { RunFigures, StageFigures } from '@troupe/cli';
import { stageTable } from '@troupe/cli';
import { describe, expect, it } from 'vitest';
import { Latency } from '../src/latency.ts';
import type { Signal } from '../src/signal.ts';
import { Tally } from '../src/tally.ts';
import { featureTable, studioLine, studioReport, studioView } from '../src/view.ts';

const signal: Signal = {
  title: 'x.edf',
  origin: { kind: 'edf', path: 'x.edf' },
  channels: 2,
  rateHz: 256,
  samples: 25_600,
  labels: ['Cz', 'Pz-long'],
  units: ['uV', 'uV'],
  note: undefined,
};
const bands = [
  { name: 'alpha', lowHz: 8, highHz: 13 },
  { name: 'beta', lowHz: 13, highHz: 30 },
];
const stage: StageFigures = {
  name: 'source',
  worker: 1,
  state: 'running',
  in: 0,
  out: 160,
  perSecond: 16,
  depth: 0,
  wait: undefined,
  handler: undefined,
  busy: 0,
  blocked: 0,
  idle: 1,
  drops: 0,
  restarts: 0,
  progress: { done: 160, total: 1600 },
};
const figures: RunFigures = {
  elapsedMs: 10_000,
  stages: [stage, { ...stage, name: 'filter', worker: 2, progress: undefined }],
  outputs: [{ name: 'features', taken: 2, perSecond: 0.2, depth: 0, drops: 0 }],
  drops: 0,
  restarts: 0,
  deadLetters: 0,
};

function bandTally(): Tally {
  const tally = new Tally(signal, { kind: 'bandPower', bands });
  tally.add(Float32Array.of(30, 10, 4, 4), 1_937_500_000);
  tally.add(Float32Array.of(10, 10, 0, 2), 2_437_500_000);
  tally.latency.depart(5, 1000);
  tally.latency.arrive(5, 251_000);
  return tally;
}

describe('the view', () => {
  it('shows the newest powers, each as a share of its channel', () => {
    expect(studioView(bandTally(), figures)).toEqual([
      'x.edf · 2 channels × 256 Hz · 10.0 s · window 2 at 2.4 s',
      '',
      'channel  alpha            beta',
      'Cz       ████         10  ████         10',
      'Pz-long                0  ████████      2',
      '',
      ...stageTable(figures),
      '',
      'source  ███░░░░░░░░░░░░░░░░░░░░░░░░░░░  10% of 1600 frames',
      'source to view: p50 250µs, p99 250µs, max 250µs · drops 0 · restarts 0',
    ]);
  });

  it('has shorter bars in a narrow terminal', () => {
    const tally = bandTally();
    expect(featureTable(tally, tally.newest, { columns: 35 })).toEqual([
      'channel  alpha        beta',
      'Cz       ██       10  ██       10',
      'Pz-long            0  ████      2',
    ]);
    expect(featureTable(tally, tally.newest, { columns: 1 })[1]).toBe('Cz       █      10  █      10');
  });

  it('shows RMS values with their units, each as a share of its peak', () => {
    const slow = { ...signal, rateHz: 10, units: ['MiB', ''] };
    const tally = new Tally(slow, { kind: 'rms' });
    tally.add(Float32Array.of(8, 3), 0);
    tally.add(Float32Array.of(4, 0.25), 1);
    expect(featureTable(tally, tally.newest)).toEqual([
      'channel  rms              unit',
      'Cz       ████          4   MiB',
      'Pz-long  ▋          0.25',
    ]);
    expect(studioLine(tally, figures)).toBe(
      '10.0 s | window 2 | Cz 4; Pz-long 0.25 | source to view not measured yet | drops 0 restarts 0',
    );
  });

  it('is a line without a terminal: the mean of each band over the channels', () => {
    expect(studioLine(bandTally(), figures)).toBe(
      '10.0 s | window 2 | alpha 5 beta 6 µV² (mean of 2 channels)' +
        ' | source to view p50 250µs, p99 250µs, max 250µs | drops 0 restarts 0',
    );
  });

  it('shows no values before the first window', () => {
    const tally = new Tally({ ...signal, channels: 1, labels: ['Cz'] }, { kind: 'bandPower', bands });
    expect(featureTable(tally, tally.newest)[1]).toBe('Cz                     –                –');
    expect(studioLine(tally, figures)).toBe(
      '10.0 s | window 0 | no window yet | source to view not measured yet | drops 0 restarts 0',
    );
  });

  it('reports in the end, with means and what was assumed', () => {
    const tally = bandTally();
    const noted = new Tally({ ...signal, units: ['uV', 'mV'], note: 'x says no rate' }, tally.feature);
    expect(studioReport(tally, 'ended', 160, 16, figures).slice(0, 10)).toEqual([
      'x.edf · 2 channels × 256 Hz: ended after 10s',
      '  played   10.0 s, 1 × real time, on 2 worker threads',
      '  frames   160 from the source, 2560 samples per channel; 2 windows',
      '  drops    0; restarts 0; dead letters 0',
      '  latency  source to view p50 250µs, p99 250µs, max 250µs',
      '',
      'mean power in µV², over all windows',
      'channel  alpha            beta',
      'Cz       █████▍       20  ██▋          10',
      'Pz-long  ███▎          2  ████▊         3',
    ]);
    expect(studioReport(noted, 'stopped', 0, 16, figures).slice(4, 8)).toEqual([
      '  latency  source to view not measured yet',
      '  note     x says no rate',
      '',
      'mean power in units², over all windows',
    ]);
  });
});

describe('Latency', () => {
  it('pairs departures with arrivals, whichever is told first', () => {
    const latency = new Latency();
    expect(latency.summary()).toBeUndefined();
    latency.depart(1, 100);
    latency.depart(2, 200);
    latency.arrive(2, 1200);
    latency.arrive(3, 3500);
    latency.depart(3, 2000);
    expect(latency.summary()).toMatchObject({ count: 2, p50: 1000, max: 1500 });
  });

  it('forgets what a later pair has overtaken', () => {
    const latency = new Latency();
    latency.depart(1, 100);
    latency.depart(2, 200);
    latency.arrive(2, 1200);
    latency.arrive(1, 9000);
    expect(latency.summary()).toMatchObject({ count: 1 });
  });
});
