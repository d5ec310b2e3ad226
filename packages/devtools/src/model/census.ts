import type { ThreadWire } from '@troupe/core/telemetry';

/** The threads of the process, counted once a second while somebody looks. */
export interface Census extends Count {
  /** Counts before it, oldest first; shares are taken over them. */
  readonly past: readonly Count[];
}

interface Count {
  /** Milliseconds since the run's epoch. */
  readonly elapsedMs: number;
  readonly threads: readonly ThreadWire[];
}

/** Shares are those of the last so many milliseconds, as those of stages are. */
const windowMs = 4_000;
/** After a pause this long nobody was looking: what went on before is not of now. */
const pauseMs = 10_000;

/** The census with a new count. */
export function withCensus(census: Census | undefined, { elapsedMs, threads }: Count): Census {
  if (census === undefined || elapsedMs - census.elapsedMs > pauseMs) return { elapsedMs, threads, past: [] };
  const counts = [...census.past, { elapsedMs: census.elapsedMs, threads: census.threads }];
  // One that is older than the window stays: the window begins there.
  const first = counts.findLastIndex((count) => count.elapsedMs <= elapsedMs - windowMs);
  return { elapsedMs, threads, past: counts.slice(Math.max(0, first)) };
}

/**
 * CPU that a thread has used over the last seconds, as a share of one core. `undefined` until it has been
 * counted twice: a thread that does not answer is counted with none.
 */
export function cpuShareOf({ elapsedMs, past }: Census, { threadId, cpuMs }: ThreadWire): number | undefined {
  if (cpuMs === 0) return undefined;
  for (const count of past) {
    const before = count.threads.find((thread) => thread.threadId === threadId);
    if (before === undefined || before.cpuMs === 0 || count.elapsedMs >= elapsedMs) continue;
    return Math.max(0, (cpuMs - before.cpuMs) / (elapsedMs - count.elapsedMs));
  }
  return undefined;
}
