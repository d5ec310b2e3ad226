import type { Figures, Snapshot } from './figures.ts';
import { edgeFigure, stageFigure, windowStart, workerFigure } from './figures.ts';

/** What a stage does with its time: parts that add up to 1, over the last seconds. */
export interface Shares {
  readonly busy: number;
  /** It could work, but there is no room behind it. */
  readonly blocked: number;
  /** It waits for a resource. */
  readonly waiting: number;
  /** A person holds it. */
  readonly held: number;
  readonly idle: number;
}

const idle: Shares = { busy: 0, blocked: 0, waiting: 0, held: 0, idle: 1 };

/** How a stage's time went between the start of the window and now. */
export function sharesOf(figures: Figures | undefined, stage: number): Shares {
  if (figures === undefined) return idle;
  const start = windowStart(figures);
  const { now } = figures;
  const spanNs = (now.elapsedMs - start.elapsedMs) * 1e6;
  if (spanNs <= 0) return idle;
  let left = 1;
  const part = (column: 'busyNs' | 'blockedNs' | 'resourceWaitNs' | 'heldNs'): number => {
    const grown = stageFigure(now, stage, column) - stageFigure(start, stage, column);
    // Clocks of threads and of the reading differ a little: never more than the whole.
    const share = Math.min(left, Math.max(0, grown / spanNs));
    left -= share;
    return share;
  };
  const busy = part('busyNs');
  const held = part('heldNs');
  const blocked = part('blockedNs');
  const waiting = part('resourceWaitNs');
  return { busy, blocked, waiting, held, idle: Math.max(0, left) };
}

/** Percentages of shares as whole numbers that still add up to 100. */
export function percentagesOf(shares: Shares): Shares {
  const names = ['busy', 'blocked', 'waiting', 'held', 'idle'] as const;
  const whole = names.map((name) => Math.floor(shares[name] * 100 + 1e-9));
  const missing = 100 - whole.reduce((sum, each) => sum + each, 0);
  const byRest = names
    .map((name, at) => ({ at, rest: shares[name] * 100 - (whole[at] ?? 0) }))
    .toSorted((a, b) => b.rest - a.rest);
  for (const { at } of byRest.slice(0, missing)) whole[at] = (whole[at] ?? 0) + 1;
  const [busy = 0, blocked = 0, waiting = 0, held = 0, rest = 0] = whole;
  return { busy, blocked, waiting, held, idle: rest };
}

/** The share of the window in which a worker did not sleep. */
export function workerBusy(figures: Figures | undefined, worker: number): number {
  if (figures === undefined) return 0;
  const grown = growth(figures, (snapshot) => workerFigure(snapshot, worker, 'busyNs'));
  return Math.min(1, Math.max(0, grown / 1e9));
}

/** Milliseconds in handlers per second, over the window; more than 1,000 where async ones overlap. */
export function busyMsPerSecond(figures: Figures | undefined, stage: number): number {
  return Math.max(0, growth(figures, (snapshot) => stageFigure(snapshot, stage, 'busyNs')) / 1e6);
}

/** Per second, over the window. */
export function handledPerSecond(figures: Figures | undefined, stage: number): number {
  return growth(figures, (snapshot) => stageFigure(snapshot, stage, 'handled'));
}

/** Failures in the window. */
export function failsNow(figures: Figures | undefined, stage: number): boolean {
  return growth(figures, (snapshot) => stageFigure(snapshot, stage, 'failed')) > 0;
}

/** Messages that go over an edge, per second, over the window. */
export function sentPerSecond(figures: Figures | undefined, edge: number): number {
  return growth(figures, (snapshot) => edgeFigure(snapshot, edge, 'sent'));
}

const dropReasons = ['dropNewest', 'dropOldest', 'latest', 'nonBlocking', 'inactive'] as const;

/** What an edge has dropped since the run began, whatever the reason. `discarded` is what the end left. */
export function droppedOf(snapshot: Snapshot, edge: number): number {
  return dropReasons.reduce((sum, reason) => sum + edgeFigure(snapshot, edge, reason), 0);
}

export function droppedPerSecond(figures: Figures | undefined, edge: number): number {
  return growth(figures, (snapshot) => droppedOf(snapshot, edge));
}

function growth(figures: Figures | undefined, figure: (snapshot: Snapshot) => number): number {
  if (figures === undefined) return 0;
  const start = windowStart(figures);
  const seconds = (figures.now.elapsedMs - start.elapsedMs) / 1_000;
  return seconds <= 0 ? 0 : (figure(figures.now) - figure(start)) / seconds;
}
