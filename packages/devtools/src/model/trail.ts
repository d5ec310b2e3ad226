import type { EdgeWire, GraphWire, HaltWire } from '@troupe/core/telemetry';
import { downstreamOf, upstreamOf } from './topology.ts';

/** One halt of a message as a bar: where it waited, and where it was handled. Milliseconds from its start. */
export interface TrailBar {
  readonly stage: number;
  readonly edge: number | undefined;
  readonly worker: number;
  /** `undefined` where nobody saw it come. */
  readonly waitFromMs: number | undefined;
  readonly handleFromMs: number;
  readonly untilMs: number;
}

/** The way of one message through the graph. */
export interface Trail {
  /** Milliseconds since the run's epoch at which it was first seen. */
  readonly beganMs: number;
  readonly spanMs: number;
  readonly waitedMs: number;
  readonly handledMs: number;
  /** By the time at which they were handled. */
  readonly bars: readonly TrailBar[];
  /** The halt at which it waited longest. */
  readonly longestWait: TrailBar | undefined;
}

/**
 * Stages that what flows over an edge may have come through, or may go on to. Logical time alone does not
 * tell a message from one of another source that ticked at the same time.
 */
export function wayThrough(graph: GraphWire, { from, to }: EdgeWire): ReadonlySet<number> {
  const way = new Set<number>();
  const go = (stage: number, next: (graph: GraphWire, stage: number) => readonly number[]): void => {
    if (way.has(stage)) return;
    way.add(stage);
    for (const other of next(graph, stage)) go(other, next);
  };
  if (from.kind === 'stage') go(from.stage, upstreamOf);
  if (to.kind === 'stage') go(to.stage, downstreamOf);
  return way;
}

/** `undefined` where nothing was seen of it. */
export function trailOf(halts: readonly HaltWire[]): Trail | undefined {
  if (halts.length === 0) return undefined;
  const ordered = halts.toSorted((a, b) => a.at - b.at || a.stage - b.stage);
  const beganMs = Math.min(...ordered.map(({ waitedFromMs, at }) => Math.min(waitedFromMs ?? at, at)));
  const bars = ordered.map(({ stage, edge, worker, waitedFromMs, at, until }): TrailBar => {
    return {
      stage,
      edge,
      worker,
      // Clocks of two threads may differ by microseconds: no wait is negative.
      waitFromMs: waitedFromMs === undefined ? undefined : Math.min(waitedFromMs, at) - beganMs,
      handleFromMs: at - beganMs,
      untilMs: Math.max(until, at) - beganMs,
    };
  });
  const waits = bars.filter((bar) => waitOf(bar) > 0).toSorted((a, b) => waitOf(b) - waitOf(a));
  return {
    beganMs,
    spanMs: Math.max(...bars.map(({ untilMs }) => untilMs)),
    waitedMs: bars.reduce((sum, bar) => sum + waitOf(bar), 0),
    handledMs: bars.reduce((sum, { handleFromMs, untilMs }) => sum + untilMs - handleFromMs, 0),
    bars,
    longestWait: waits[0],
  };
}

/** Milliseconds that it waited there; 0 where nobody saw it come. */
export function waitOf({ waitFromMs, handleFromMs }: TrailBar): number {
  return waitFromMs === undefined ? 0 : handleFromMs - waitFromMs;
}
