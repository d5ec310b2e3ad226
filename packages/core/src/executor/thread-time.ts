import type { Turn } from '../clock/turn.ts';
import { clockOf, monotonicMs } from './wall-clock.ts';
import type { WallClock } from './wall-clock.ts';

/** Something that is to happen later. */
export interface Timer {
  /** It will not happen any more. */
  cancel(): void;
}

/**
 * Time as one thread has it: the machine's, or that of a simulation. Nothing here is asked for per message.
 */
export interface ThreadTime {
  /** A monotonic clock in ms, comparable between the threads of a run. */
  nowMs(): number;
  /** What the executor of the thread looks at. */
  clock(turn: Turn | undefined, epochMs: number): WallClock;
  after(delayMs: number, callback: () => void): Timer;
  /** As `after`, but what is still to happen keeps no process alive. */
  afterUnlessOver(delayMs: number, callback: () => void): Timer;
  /** Again and again. Keeps no process alive. */
  every(intervalMs: number, callback: () => void): Timer;
  /** After the event loop has turned. */
  turn(callback: () => void): void;
  /** Resolves when somebody has been notified about a word; `undefined` when it is not `value` any more. */
  changed(words: Int32Array<SharedArrayBuffer>, at: number, value: number): Promise<unknown> | undefined;
}

class NodeTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(timeout: NodeJS.Timeout) {
    this.#timeout = timeout;
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}

/** The machine's. */
export const machineTime: ThreadTime = {
  nowMs: monotonicMs,
  clock: clockOf,
  after: (delayMs, callback) => new NodeTimer(setTimeout(callback, delayMs)),
  afterUnlessOver: (delayMs, callback) => new NodeTimer(setTimeout(callback, delayMs).unref()),
  every: (intervalMs, callback) => new NodeTimer(setInterval(callback, intervalMs).unref()),
  turn: (callback) => void setImmediate(callback),
  changed(words, at, value) {
    const waiting = Atomics.waitAsync(words, at, value);
    return waiting.async ? waiting.value : undefined;
  },
};
