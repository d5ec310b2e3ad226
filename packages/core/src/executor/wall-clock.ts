import type { Turn } from '../clock/turn.ts';

/** Held here: the global is looked up through an accessor each time. */
const timer = performance;

/** How often the two clocks are compared; a thread can be held up between two looks. */
const comparisons = 8;

/**
 * Adding it to `performance.now()` gives milliseconds of the machine's monotonic clock, the same on every
 * thread to well below a microsecond.
 */
const originMs = measureOriginMs();

function measureOriginMs(): number {
  let bestMs = Infinity;
  let originMs = 0;
  for (let i = 0; i < comparisons; i++) {
    const beforeMs = timer.now();
    const monotonicMs = Number(process.hrtime.bigint()) / 1e6;
    const afterMs = timer.now();
    if (afterMs - beforeMs >= bestMs) continue;
    bestMs = afterMs - beforeMs;
    originMs = monotonicMs - (beforeMs + afterMs) / 2;
  }
  return originMs;
}

/** The machine's monotonic clock in milliseconds, comparable between threads. */
export function monotonicMs(): number {
  return performance.now() + originMs;
}

/** Milliseconds since a run's epoch, the same on every thread. */
export class WallClock {
  #offsetMs: number;

  constructor(epochMs: number) {
    this.#offsetMs = originMs - epochMs;
  }

  /** Counts from another epoch, a time of `monotonicMs`. */
  start(epochMs: number): void {
    this.#offsetMs = originMs - epochMs;
  }

  nowMs(): number {
    return timer.now() + this.#offsetMs;
  }

  /** Logical time: integer nanoseconds since the run's epoch. */
  nowNs(): number {
    return Math.round(this.nowMs() * 1e6);
  }
}

/** Under the paced and fast clocks logical time stands still while a step is done. */
class StepClock extends WallClock {
  readonly #turn: Turn;

  constructor(epochMs: number, turn: Turn) {
    super(epochMs);
    this.#turn = turn;
  }

  override nowNs(): number {
    return this.#turn.timeNs;
  }
}

/** The clock of a thread. */
export function clockOf(turn: Turn | undefined, epochMs: number): WallClock {
  return turn === undefined ? new WallClock(epochMs) : new StepClock(epochMs, turn);
}
