/**
 * The benchmark table: what is measured, by which contenders, and what it must reach. Order and bounds are
 * those of the issue.
 */
import type { contenders } from './contenders.ts';
import { slope } from './statistics.ts';

export type ContenderId = keyof typeof contenders;

/** Reads a metric of a contender: of one round, or its median over the rounds. */
export type Reading = (contender: ContenderId, metric: string) => number;

export interface Line {
  readonly what: string;
  /** The figure of one round; the table shows the median over the rounds. */
  readonly figure: (read: Reading) => number;
  readonly unit: '×' | '%' | 'ns' | 'µs' | 'ms' | 'KB' | 'M/s' | 'elements';
  readonly atLeast?: number;
  /** A bound, or a bound that depends on what was read (medians). */
  readonly atMost?: number | ((read: Reading) => number);
}

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly contenders: readonly ContenderId[];
  /** Interleaved rounds of a full run; figures that scatter take more than the usual five. */
  readonly rounds: number;
  readonly lines: readonly Line[];
}

/** How many times faster than `peer` Troupe handles a frame. */
function speedup(peer: ContenderId, troupe: ContenderId): Line['figure'] {
  return (read) => read(peer, 'nsPerFrame') / read(troupe, 'nsPerFrame');
}

function quotient(metric: string, troupe: ContenderId, peer: ContenderId): Line['figure'] {
  return (read) => read(troupe, metric) / read(peer, metric);
}

/** A metric as it was measured, and what it may be at most. */
function plain(
  contender: ContenderId,
  metric: string,
  what: string,
  unit: Line['unit'],
  atMost: number,
): Line {
  return { what, figure: (read) => read(contender, metric), unit, atMost };
}

const READERS_MAX = 4;

/**
 * Growth of the writer's time per commit with each reader, in percent of its time with none or one, whichever
 * is less: the steeper of the slopes from none on and from one on.
 */
function growthPerReader(read: Reading): number {
  const timesNs = Array.from({ length: READERS_MAX + 1 }, (_, readers) =>
    read('writer-readers', `readers${readers}NsPerCommit`),
  );
  const points = timesNs.map((timeNs, readers) => [readers, timeNs] as const);
  const steepest = Math.max(slope(points), slope(points.slice(1)));
  return (100 * steepest) / Math.min(...timesNs.slice(0, 2));
}

function memoryPerActorKb(read: Reading): number {
  const more = read('troupe-actors-2500', 'ownBytes') - read('troupe-actors-1000', 'ownBytes');
  return more / (2500 - 1000) / 1024;
}

const streaming: Row = {
  id: 'stream',
  title: '64 B frames, stage to stage across two workers, stats on',
  contenders: [
    'troupe-stream',
    'ring-each',
    'ring-by-64',
    'post-message',
    'tinypool',
    'tinypool-tuned',
    'piscina',
    'piscina-tuned',
  ],
  rounds: 5,
  lines: [
    {
      what: 'against the ring that publishes each',
      figure: speedup('ring-each', 'troupe-stream'),
      unit: '×',
      atLeast: 1.5,
    },
    {
      what: 'against the ring publishing by 64',
      figure: speedup('ring-by-64', 'troupe-stream'),
      unit: '×',
      atLeast: 0.5,
    },
    { what: 'against postMessage', figure: speedup('post-message', 'troupe-stream'), unit: '×', atLeast: 20 },
    {
      what: 'against tinypool.run, defaults',
      figure: speedup('tinypool', 'troupe-stream'),
      unit: '×',
      atLeast: 400,
    },
    {
      what: 'against tinypool.run, 64 calls at the worker',
      figure: speedup('tinypool-tuned', 'troupe-stream'),
      unit: '×',
      atLeast: 400,
    },
    {
      what: 'against piscina.run, defaults',
      figure: speedup('piscina', 'troupe-stream'),
      unit: '×',
      atLeast: 200,
    },
    {
      what: 'against piscina.run, 64 calls at the worker',
      figure: speedup('piscina-tuned', 'troupe-stream'),
      unit: '×',
      atLeast: 200,
    },
  ],
};

const burst: Row = {
  id: 'burst',
  title: 'Latency of the first frame of a burst',
  contenders: ['troupe-lone-frame', 'troupe-burst'],
  rounds: 9,
  lines: [
    {
      what: 'first of 64 beyond a lone frame, p50',
      figure: (read) => (read('troupe-burst', 'p50Ns') - read('troupe-lone-frame', 'p50Ns')) / 1000,
      unit: 'µs',
      atMost: 20,
    },
  ],
};

const large: Row = {
  id: 'large',
  title: 'Large frames, copied in, against the ring with TypedArray.set',
  contenders: ['troupe-copy-64k', 'ring-copy-64k', 'troupe-copy-1m', 'ring-copy-1m'],
  rounds: 7,
  lines: [
    { what: '64 KiB', figure: speedup('ring-copy-64k', 'troupe-copy-64k'), unit: '×', atLeast: 0.9 },
    { what: '1 MiB', figure: speedup('ring-copy-1m', 'troupe-copy-1m'), unit: '×', atLeast: 0.9 },
  ],
};

const inPlace: Row = {
  id: 'in-place',
  title: 'Large frames, produced in place against produced privately and copied',
  contenders: ['troupe-private-64k', 'troupe-in-place-64k', 'troupe-private-1m', 'troupe-in-place-1m'],
  rounds: 5,
  lines: [
    { what: '64 KiB', figure: speedup('troupe-private-64k', 'troupe-in-place-64k'), unit: '×', atLeast: 1.1 },
    { what: '1 MiB', figure: speedup('troupe-private-1m', 'troupe-in-place-1m'), unit: '×', atLeast: 1.2 },
  ],
};

const readers: Row = {
  id: 'readers',
  title: "One writer, four readers: the writer's time per commit",
  contenders: ['writer-readers'],
  rounds: 5,
  lines: [{ what: 'growth per reader', figure: growthPerReader, unit: '%', atMost: 20 }],
};

const roundTrip: Row = {
  id: 'round-trip',
  title: 'Round trip between two sleeping workers',
  contenders: ['troupe-round-trip', 'wait-notify', 'troupe-io-round-trip', 'wait-async'],
  rounds: 9,
  lines: [
    {
      what: 'p50 against bare Atomics.wait',
      figure: quotient('p50Ns', 'troupe-round-trip', 'wait-notify'),
      unit: '×',
      atMost: 1.5,
    },
    {
      what: 'p99 against bare Atomics.wait',
      figure: quotient('p99Ns', 'troupe-round-trip', 'wait-notify'),
      unit: '×',
      atMost: 3,
    },
    {
      what: 'io p50 against bare Atomics.waitAsync',
      figure: quotient('p50Ns', 'troupe-io-round-trip', 'wait-async'),
      unit: '×',
      atMost: 1.5,
    },
    {
      what: 'io p99 against bare Atomics.waitAsync',
      figure: quotient('p99Ns', 'troupe-io-round-trip', 'wait-async'),
      unit: '×',
      atMost: 3,
    },
  ],
};

const fused: Row = {
  id: 'fused',
  title: 'Fused edge (same worker)',
  contenders: ['troupe-fused-frames', 'troupe-fused-values'],
  rounds: 5,
  lines: [
    {
      what: '64 B frames',
      figure: (read) => 1000 / read('troupe-fused-frames', 'nsPerFrame'),
      unit: 'M/s',
      atLeast: 20,
    },
    {
      what: 'values',
      figure: (read) => 1000 / read('troupe-fused-values', 'nsPerFrame'),
      unit: 'M/s',
      atLeast: 20,
    },
  ],
};

const watched: Row = {
  id: 'watched',
  title: 'Watched: a sampled tap, and a trace, against the same run without',
  contenders: [
    'troupe-stream-tapped',
    'troupe-values-tapped',
    'troupe-stream-traced',
    'troupe-values-traced',
  ],
  rounds: 5,
  lines: [
    plain('troupe-stream-tapped', 'costPercent', '64 B stream, tapped', '%', 3),
    plain('troupe-values-tapped', 'costPercent', 'values on one worker, tapped', '%', 3),
    plain('troupe-stream-traced', 'costPercent', '64 B stream, traced', '%', 15),
    plain('troupe-values-traced', 'costPercent', 'values on one worker, traced', '%', 15),
  ],
};

const idle: Row = {
  id: 'idle',
  title: 'Idle started graph',
  contenders: ['troupe-idle'],
  rounds: 5,
  lines: [plain('troupe-idle', 'cpuPercent', 'of one core', '%', 0.5)],
};

const page: Row = {
  id: 'page',
  title: 'A page of the devtools open on 50 live stages',
  contenders: ['troupe-watched'],
  rounds: 5,
  lines: [plain('troupe-watched', 'costPercent', 'of one core, on the main thread', '%', 1)],
};

/** Bounds of our own: a page that a person does not wait for. */
const largePage: Row = {
  id: 'large-page',
  title: 'The page in a browser, on 1,000 stages and 3,000 edges',
  contenders: ['troupe-large-page'],
  rounds: 5,
  lines: [
    plain('troupe-large-page', 'openMs', 'opened and drawn', 'ms', 3000),
    plain('troupe-large-page', 'updateMs', 'an update, of the thread of the page', 'ms', 50),
    plain('troupe-large-page', 'searchMs', 'a search, drawn', 'ms', 500),
    plain('troupe-large-page', 'layoutMs', 'the slowest layout, engine loaded', 'ms', 3000),
    plain('troupe-large-page', 'elements', 'elements of the picture', 'elements', 300),
  ],
};

const start: Row = {
  id: 'start',
  title: 'Start to first frame, and memory',
  contenders: [
    'troupe-start',
    'troupe-start-1000',
    'compile-1000',
    'troupe-actors-1000',
    'troupe-actors-2500',
  ],
  rounds: 5,
  lines: [
    plain('troupe-start', 'coldMs', 'cold', 'ms', 150),
    plain('troupe-start', 'warmMs', 'on a warm pool', 'ms', 15),
    plain('troupe-start-1000', 'coldMs', '1,000 stages on two workers', 'ms', 1500),
    {
      what: 'memory per extra idle actor beside its ring',
      figure: memoryPerActorKb,
      unit: 'KB',
      atMost: 20,
    },
  ],
};

const stats: Row = {
  id: 'stats',
  title: 'Stats on against off, 64 B frames across two workers',
  contenders: ['troupe-stream', 'troupe-stream-no-stats'],
  rounds: 9,
  lines: [
    {
      what: 'extra time per frame',
      figure: (read) => read('troupe-stream', 'nsPerFrame') - read('troupe-stream-no-stats', 'nsPerFrame'),
      unit: 'ns',
      atMost: (read) => Math.max(3, 0.03 * read('troupe-stream-no-stats', 'nsPerFrame')),
    },
  ],
};

const rates = '50, 100, 500 and 1000 Hz on one thread';

const simulated: Row = {
  id: 'simulate-calls',
  title: 'A simulated chain with faults, one core',
  contenders: ['troupe-simulate-calls'],
  rounds: 5,
  lines: [
    {
      what: 'handler calls',
      figure: (read) => 1000 / read('troupe-simulate-calls', 'nsPerCall'),
      unit: 'M/s',
      atLeast: 0.2,
    },
  ],
};

/** The worst of the rates counts. A run takes 20 s, so there is one. */
function ticking(id: string, title: string, contender: ContenderId, lateUsMax?: number): Row {
  const lines: Line[] = [
    { what: 'ticks lost', figure: (read) => read(contender, 'lostPercent'), unit: '%', atMost: 0.05 },
    { what: 'drift of due times', figure: (read) => read(contender, 'driftNs'), unit: 'ns', atMost: 0 },
  ];
  if (lateUsMax !== undefined) {
    const figure: Line['figure'] = (read) => read(contender, 'lateP99Us');
    lines.push({ what: 'p99 lateness', figure, unit: 'µs', atMost: lateUsMax });
  }
  return { id, title, contenders: [contender], rounds: 1, lines };
}

const ticks: readonly Row[] = [
  ticking('ticks-compute', `Ticks on a compute worker: ${rates}`, 'troupe-ticks-compute', 300),
  ticking('ticks-io', `Ticks on an io worker: ${rates}`, 'troupe-ticks-io', 2000),
  ticking('ticks-main', `Ticks on main: ${rates}`, 'troupe-ticks-main', 2000),
  ticking('ticks-saturated', 'A 1 kHz tick beside a saturated worker', 'troupe-ticks-saturated'),
];

export const rows: readonly Row[] = [
  streaming,
  burst,
  large,
  inPlace,
  readers,
  roundTrip,
  fused,
  watched,
  idle,
  page,
  largePage,
  start,
  stats,
  ...ticks,
  simulated,
];
