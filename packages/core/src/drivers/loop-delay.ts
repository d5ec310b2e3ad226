import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LoopDelay } from '../run/types.ts';

/** How often a turn of the loop is looked for, in ms. */
const resolutionMs = 10;
/** Nobody who has not asked for so long is still interested, in ms. */
const interestMs = 10_000;

let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
let ending: NodeJS.Timeout | undefined;

/**
 * By how much this thread's event loop came late since the last call; `undefined` at the first one, which
 * begins to measure. It ends by itself when nobody has asked for 10 s.
 */
export function takeLoopDelay(): LoopDelay | undefined {
  clearTimeout(ending);
  ending = setTimeout(() => {
    histogram?.disable();
    histogram = undefined;
  }, interestMs).unref();
  if (histogram === undefined) {
    histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    histogram.enable();
    return undefined;
  }
  if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
  // What is measured is the distance of two turns of which the second was due after the resolution.
  const late = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs);
  const delay = {
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  };
  histogram.reset();
  return delay;
}

/** Writes the same into shared memory: NaN where there is nothing to tell. */
export function writeLoopDelay(memory: SharedArrayBuffer): void {
  const { p50Ms = Number.NaN, p99Ms = Number.NaN, maxMs = Number.NaN } = takeLoopDelay() ?? {};
  new Float64Array(memory).set([p50Ms, p99Ms, maxMs]);
}

/** What another thread has written. */
export function readLoopDelay(memory: SharedArrayBuffer): LoopDelay | undefined {
  const [p50Ms = Number.NaN, p99Ms = 0, maxMs = 0] = new Float64Array(memory);
  return Number.isNaN(p50Ms) ? undefined : { p50Ms, p99Ms, maxMs };
}

export function allocateLoopDelay(): SharedArrayBuffer {
  return new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT);
}
