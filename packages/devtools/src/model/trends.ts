import type { Snapshot } from './figures.ts';
import { stageFigure } from './figures.ts';

/** What each stage did over the last minutes, coarsely: a point about every second, oldest first. */
export type Trends = readonly TrendPoint[];

/** Never written once made. */
interface TrendPoint {
  readonly elapsedMs: number;
  /** A row of `kept` for each stage. */
  readonly figures: Float64Array;
}

/** The trend of one stage, all lists of one length. Rates and shares are of the time since the point before. */
export interface Trend {
  /** Seconds since the run's epoch, rising. */
  readonly times: readonly number[];
  /** Handled per second. */
  readonly rate: readonly number[];
  /** 0 to 100, in percent. */
  readonly busy: readonly number[];
  /** 0 to 100, in percent: blocked, or waiting for a resource. */
  readonly blocked: readonly number[];
  /** Messages that waited, at that time. */
  readonly depth: readonly number[];
}

export const noTrends: Trends = [];

const kept = ['handled', 'busyNs', 'blockedNs', 'resourceWaitNs', 'depth'] as const;
/** Points are at least so far from each other. */
const apartMs = 1_000;
/** Five minutes of points, and no more than so many numbers in all: 10 MB, however large the graph. */
const pointsMax = 300;
const numbersMax = 1_300_000;

/** The trends with what the figures are now; the same object where it is too soon for a point. */
export function withPoint(trends: Trends, now: Snapshot, stages: number): Trends {
  const last = trends.at(-1);
  if (last !== undefined && now.elapsedMs - last.elapsedMs < apartMs) return trends;
  const figures = new Float64Array(stages * kept.length);
  for (let stage = 0; stage < stages; stage += 1) {
    for (const [at, column] of kept.entries()) {
      figures[stage * kept.length + at] = stageFigure(now, stage, column);
    }
  }
  const most = Math.max(2, Math.min(pointsMax, Math.floor(numbersMax / Math.max(1, figures.length))));
  return [...trends.slice(-(most - 1)), { elapsedMs: now.elapsedMs, figures }];
}

/** The trend of one stage; empty until there are two points. */
export function trendOf(trends: Trends, stage: number): Trend {
  const trend = {
    times: [] as number[],
    rate: [] as number[],
    busy: [] as number[],
    blocked: [] as number[],
    depth: [] as number[],
  };
  if (trends.length < 2) return trend;
  for (const [index, point] of trends.entries()) {
    // Before the first point nothing is known: it is as what follows it.
    const [from, until] = index === 0 ? [point, trends[1]] : [trends[index - 1], point];
    if (from === undefined || until === undefined) continue;
    const spanMs = until.elapsedMs - from.elapsedMs;
    const grown = (column: (typeof kept)[number]): number =>
      Math.max(0, figureOf(until, stage, column) - figureOf(from, stage, column));
    const share = (ns: number): number => Math.min(100, (ns / 1e6 / spanMs) * 100);
    trend.times.push(point.elapsedMs / 1_000);
    trend.rate.push((grown('handled') / spanMs) * 1_000);
    trend.busy.push(share(grown('busyNs')));
    trend.blocked.push(share(grown('blockedNs') + grown('resourceWaitNs')));
    trend.depth.push(figureOf(point, stage, 'depth'));
  }
  return trend;
}

function figureOf({ figures }: TrendPoint, stage: number, column: (typeof kept)[number]): number {
  return figures[stage * kept.length + kept.indexOf(column)] ?? 0;
}
