import type { Timer } from '../../executor/thread-time.ts';
import type { SimulatedThread } from './simulated-thread.ts';

interface Entry {
  dueMs: number;
  readonly owner: SimulatedThread;
  readonly callback: () => void;
  /** 0: once. */
  readonly everyMs: number;
  isOver: boolean;
}

/** What is to happen at a virtual time. */
export class Timers {
  readonly #entries: Entry[] = [];

  add(owner: SimulatedThread, dueMs: number, callback: () => void, everyMs: number = 0): Timer {
    const entry: Entry = { dueMs, owner, callback, everyMs, isOver: false };
    this.#insert(entry);
    return {
      cancel: () => {
        entry.isOver = true;
        const at = this.#entries.indexOf(entry);
        if (at >= 0) this.#entries.splice(at, 1);
      },
    };
  }

  /** Whether the oldest that is due is of a thread that is there and not held up. */
  hasDue(nowMs: number): boolean {
    return this.#due(nowMs) >= 0;
  }

  /** Carries out the oldest that is due. Returns its owner. */
  fire(nowMs: number, enter: (owner: SimulatedThread) => void): void {
    const at = this.#due(nowMs);
    const entry = this.#entries[at];
    if (entry === undefined) return;
    this.#entries.splice(at, 1);
    if (entry.everyMs > 0) {
      entry.dueMs = Math.max(entry.dueMs + entry.everyMs, nowMs);
      this.#insert(entry);
    }
    enter(entry.owner);
    entry.callback();
  }

  /** When the next one is due. `withRepeating`: those that happen again and again count as well. */
  nextMs(withRepeating: boolean): number {
    const next = this.#entries.find(
      ({ everyMs, owner }) => !owner.isGone && (withRepeating || everyMs === 0),
    );
    return next === undefined ? Infinity : Math.max(next.dueMs, next.owner.readyMs);
  }

  #due(nowMs: number): number {
    for (let i = 0; i < this.#entries.length; i++) {
      const { dueMs, owner } = this.#entries[i] as Entry;
      if (dueMs > nowMs) return -1;
      if (!owner.isGone && owner.readyMs <= nowMs) return i;
    }
    return -1;
  }

  #insert(entry: Entry): void {
    if (entry.isOver) return;
    const at = this.#entries.findIndex(({ dueMs }) => dueMs > entry.dueMs);
    this.#entries.splice(at < 0 ? this.#entries.length : at, 0, entry);
  }
}
