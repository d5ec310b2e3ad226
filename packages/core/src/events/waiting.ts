import type { ThreadTime, Timer } from '../executor/thread-time.ts';
import type { EventTable } from './event-table.ts';

/** How long to wait for an event, and what ends the wait before. */
export interface EventWaitOptions {
  /** Unbounded unless given. */
  readonly timeoutMs?: number | undefined;
  /** Rejects the wait with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The longest wait that a timer can make, in milliseconds: 24 days, beyond which a wait is unbounded. */
const timerMsMax = 2 ** 31 - 1;

/** One call of `wait`. */
interface Waiter {
  /** What had been given when it began. */
  readonly given: number;
  readonly end: (isSet: boolean) => void;
}

/**
 * Those on this thread who wait for one event. However many they are, one `Atomics.waitAsync` listens for
 * them; nothing blocks. The promises need the thread's event loop: while somebody waits here, a loop that
 * would park sleeps with its event loop turning instead (`hasAny`).
 */
export class Waiting {
  readonly #table: EventTable;
  readonly #event: number = 0;
  readonly #time: ThreadTime;
  readonly #waiters = new Set<Waiter>();
  #isListening = false;
  /** Waits that have ended, but whose promises may not have been seen to. */
  #ending = 0;

  constructor(table: EventTable, event: number, time: ThreadTime) {
    this.#time = time;
    this.#table = table;
    this.#event = event;
  }

  /** Whether somebody waits, or has not yet come to act on the end of his wait. */
  get hasAny(): boolean {
    return this.#waiters.size > 0 || this.#ending > 0;
  }

  /**
   * Resolves true once the event is set, or has been set since the call; false when the time or the run is
   * over.
   */
  wait({ timeoutMs, signal }: EventWaitOptions = {}): Promise<boolean> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      let timer: Timer | undefined;
      const leave = (): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
        this.#waiters.delete(waiter);
        this.#ending++;
        // What hangs on the promise runs before the event loop turns.
        this.#time.turn(() => this.#ending--);
      };
      const end = (isSet: boolean): void => {
        leave();
        resolve(isSet);
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = { given: this.#table.given(this.#event), end };
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutMs !== undefined && timeoutMs <= timerMsMax)
        timer = this.#time.after(Math.max(0, timeoutMs), () => end(false));
      this.#waiters.add(waiter);
      this.#listen();
    });
  }

  #listen(): void {
    while (!this.#isListening && this.#waiters.size > 0) {
      // Before the look: what is announced after it ends the wait for this version.
      const version = this.#table.version(this.#event);
      this.#look();
      if (this.#waiters.size === 0) return;
      const announced = this.#table.wait(this.#event, version, this.#time);
      if (announced === undefined) continue;
      this.#isListening = true;
      void announced.then(() => {
        this.#isListening = false;
        this.#listen();
      });
    }
  }

  #look(): void {
    const isSet = this.#table.count(this.#event) > 0;
    const given = this.#table.given(this.#event);
    const isOver = this.#table.isOver();
    for (const waiter of this.#waiters) {
      if (isSet || waiter.given !== given) waiter.end(true);
      else if (isOver) waiter.end(false);
    }
  }
}
