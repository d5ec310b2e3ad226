import type { Tick } from '../stage.ts';

/**
 * When tick `index` of a rate is due: integer nanoseconds, computed from the index so that no rounding adds
 * up.
 */
export function tickDueNs(index: number, hz: number): number {
  return Math.round((index * 1e9) / hz);
}

/** The last tick of a rate that is due at a time. */
export function tickIndexAt(timeNs: number, hz: number): number {
  let index = Math.floor((timeNs * hz) / 1e9);
  // The two roundings can disagree by one.
  if (tickDueNs(index + 1, hz) <= timeNs) index++;
  else if (tickDueNs(index, hz) > timeNs) index--;
  return index;
}

/**
 * The ticks of one actor on the real-time clock: an absolute schedule; what is missed is dropped and counted.
 */
export class Ticker implements Tick {
  time = 0;
  dt = 0;
  index = 0;
  dropped = 0;
  /** A tick has come due and has not been delivered. */
  isPending = false;
  /** A tick has been passed over since the last delivered one; `dropped` of it were before. */
  #isPassed = false;
  readonly #hz: number;
  #next: number;
  /** The tick delivered before this one. */
  #previousNs: number;

  /** The first tick is the first one due at or after `startNs`. */
  constructor(hz: number, startNs: number) {
    this.#hz = hz;
    this.#next = Math.max(0, tickIndexAt(startNs - 1, hz) + 1);
    this.#previousNs = tickDueNs(this.#next - 1, hz);
  }

  /** When the next tick is due, in nanoseconds since the run's epoch. */
  get dueNs(): number {
    return tickDueNs(this.#next, this.#hz);
  }

  /**
   * Makes this object the newest tick that is due. An older one that still waits is dropped. False when none
   * is.
   */
  advance(nowNs: number): boolean {
    if (nowNs < this.dueNs) return this.isPending;
    const newest = tickIndexAt(nowNs, this.#hz);
    this.dropped = newest - this.#next + (this.isPending || this.#isPassed ? this.dropped + 1 : 0);
    this.#isPassed = false;
    this.index = newest;
    this.time = tickDueNs(newest, this.#hz);
    this.#next = newest + 1;
    this.isPending = true;
    return true;
  }

  /** Fills in what is known when the tick is delivered at last. */
  open(): void {
    this.dt = this.time - this.#previousNs;
  }

  /** The tick came while it was not to be delivered: the next one counts it as dropped. */
  pass(): void {
    this.isPending = false;
    this.#isPassed = true;
  }

  /** The tick has been delivered, or given up. */
  close(): void {
    this.#previousNs = this.time;
    this.isPending = false;
    this.dropped = 0;
  }
}
