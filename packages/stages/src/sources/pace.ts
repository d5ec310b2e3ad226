import { performance } from 'node:perf_hooks';

/** 1 is real time, 2 twice as fast, `'max'` as fast as the graph takes the samples. */
export type Speed = number | 'max';

/**
 * An absolute schedule: a sample of time t is due (t − first) / speed after the first one was asked for.
 * Being late with one never moves the next.
 */
export class Pace {
  readonly #speed: Speed;
  readonly #nowMs: () => number;
  #startMs: number | undefined;

  constructor(speed: Speed, nowMs: () => number = () => performance.now()) {
    this.#speed = speed;
    this.#nowMs = nowMs;
  }

  /**
   * Fixes the schedule: a sample of this time is due now. Only the first call has an effect, until `reset`.
   */
  start(timeNs: number): void {
    if (this.#speed === 'max') return;
    this.#startMs ??= this.#nowMs() - timeNs / 1e6 / this.#speed;
  }

  /** Milliseconds until a sample of this time is due; 0 or less when it is due or late. */
  untilMs(timeNs: number): number {
    if (this.#speed === 'max' || this.#startMs === undefined) return 0;
    return this.#startMs + timeNs / 1e6 / this.#speed - this.#nowMs();
  }

  /** Forgets the schedule: the next `start` fixes a new one. */
  reset(): void {
    this.#startMs = undefined;
  }
}
