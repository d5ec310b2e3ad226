import type { DetailWire, HistogramWire } from '@troupe/core/telemetry';

/** The latencies of a stage that are shown, each with a histogram of its own. */
export const latencyKinds = ['queueWait', 'onInput', 'onTick', 'sourceToHere'] as const;
export type LatencyKind = (typeof latencyKinds)[number];

/** How far back a window reaches, milliseconds. */
export const windowsMs = { '5 s': 5_000, '30 s': 30_000, all: Number.POSITIVE_INFINITY } as const;
export type WindowName = keyof typeof windowsMs;

interface Snapshot {
  readonly elapsedMs: number;
  readonly histograms: Readonly<Record<LatencyKind, HistogramWire>>;
}

/** Histograms of one stage as they came, oldest first; a little more than the longest window that ends. */
export interface LatencyHistory {
  readonly stage: number;
  readonly snapshots: readonly Snapshot[];
}

/** Durations that ended within a window, nanoseconds. */
export interface Distribution {
  readonly buckets: Float64Array;
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
  /** Whether `maxNs` is a measured duration; else it is the upper bound of the highest bucket. */
  readonly isMaxExact: boolean;
  /** What the window really covers: less than was asked for while there is not that much yet. */
  readonly spanMs: number;
}

const keptMs = 31_000;
/** Snapshots nearer to each other than this say nothing more. */
const apartMs = 240;

/** The history with what a detail says. A detail of another stage begins a new one. */
export function remember(
  history: LatencyHistory | undefined,
  elapsedMs: number,
  detail: DetailWire,
): LatencyHistory {
  const { stage, queueWait, onInput, onTick, sourceToHere } = detail;
  const snapshot: Snapshot = { elapsedMs, histograms: { queueWait, onInput, onTick, sourceToHere } };
  const old = history?.stage === stage ? history.snapshots : [];
  // The newest one is always the state of now: it takes the place of one that came just before.
  const before = old.at(-2);
  const kept = before !== undefined && elapsedMs - before.elapsedMs < apartMs ? old.slice(0, -1) : old;
  const first = kept.findIndex(({ elapsedMs: at }) => at >= elapsedMs - keptMs);
  // One older than the window stays: the longest window begins there.
  const from = first === -1 ? Math.max(0, kept.length - 1) : Math.max(0, first - 1);
  return { stage, snapshots: [...kept.slice(from), snapshot] };
}

/** What came in the last `windowMs` before the newest snapshot; everything since the start if infinite. */
export function windowOf(
  history: LatencyHistory,
  kind: LatencyKind,
  windowMs: number,
  bucketsNs: Float64Array,
): Distribution {
  const newest = history.snapshots.at(-1);
  if (newest === undefined) return empty(bucketsNs.length);
  const now = newest.histograms[kind];
  const base = baseOf(history.snapshots, newest.elapsedMs - windowMs);
  const then = base?.histograms[kind];
  const buckets = Float64Array.from(now.buckets, (count, at) =>
    // Counts that saturate are no longer exact; none is negative.
    Math.max(0, count - (then?.buckets[at] ?? 0)),
  );
  const isMaxExact = then === undefined || now.maxNs > then.maxNs;
  const maxNs = isMaxExact ? now.maxNs : Math.min(now.maxNs, upperBoundOf(buckets, bucketsNs));
  return summaryOf(buckets, bucketsNs, {
    sumNs: Math.max(0, now.sumNs - (then?.sumNs ?? 0)),
    maxNs,
    isMaxExact,
    spanMs: newest.elapsedMs - (base?.elapsedMs ?? 0),
  });
}

/** The newest snapshot at or before a time; the oldest one if none is; none where all time is meant. */
function baseOf(snapshots: readonly Snapshot[], atMs: number): Snapshot | undefined {
  if (atMs <= 0) return undefined;
  const base = snapshots.findLast(({ elapsedMs }) => elapsedMs <= atMs) ?? snapshots[0];
  return base === snapshots.at(-1) ? undefined : base;
}

interface Totals {
  readonly sumNs: number;
  readonly maxNs: number;
  readonly isMaxExact: boolean;
  readonly spanMs: number;
}

function summaryOf(buckets: Float64Array, bucketsNs: Float64Array, totals: Totals): Distribution {
  let count = 0;
  for (const some of buckets) count += some;
  if (count === 0) return { ...empty(buckets.length), spanMs: totals.spanMs };
  const at = (q: number): number => Math.min(totals.maxNs, quantileOf(buckets, bucketsNs, count, q));
  return {
    buckets,
    count,
    meanNs: totals.sumNs / count,
    p50Ns: at(0.5),
    p90Ns: at(0.9),
    p99Ns: at(0.99),
    maxNs: totals.maxNs,
    isMaxExact: totals.isMaxExact,
    spanMs: totals.spanMs,
  };
}

/** By nearest rank: the middle of the bucket that has it. */
function quantileOf(buckets: Float64Array, bucketsNs: Float64Array, count: number, q: number): number {
  const rank = Math.max(1, Math.ceil(q * count));
  let seen = 0;
  for (const [index, some] of buckets.entries()) {
    seen += some;
    if (seen >= rank) return ((bucketsNs[index] as number) + lastOf(bucketsNs, index)) / 2;
  }
  return 0;
}

function upperBoundOf(buckets: Float64Array, bucketsNs: Float64Array): number {
  const highest = buckets.findLastIndex((count) => count > 0);
  return highest === -1 ? 0 : lastOf(bucketsNs, highest);
}

/** The greatest whole number of nanoseconds that a bucket counts; the last bucket has no bound. */
function lastOf(bucketsNs: Float64Array, index: number): number {
  const next = bucketsNs[index + 1];
  return next === undefined ? (bucketsNs[index] as number) : next - 1;
}

function empty(buckets: number): Distribution {
  return {
    buckets: new Float64Array(buckets),
    count: 0,
    meanNs: 0,
    p50Ns: 0,
    p90Ns: 0,
    p99Ns: 0,
    maxNs: 0,
    isMaxExact: true,
    spanMs: 0,
  };
}
