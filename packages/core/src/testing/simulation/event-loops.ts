import type { ThreadTime, Timer } from '../../executor/thread-time.ts';
import { VirtualClock } from './simulated-thread.ts';
import type { SimulatedThread } from './simulated-thread.ts';
import { Timers } from './timers.ts';

/** What is to happen after a turn of an event loop. */
interface Turned {
  readonly owner: SimulatedThread;
  readonly callback: () => void;
}

/** Somebody who waits for a word of shared memory to change. */
interface Listener {
  readonly owner: SimulatedThread;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly at: number;
  readonly value: number;
  readonly tell: (value: unknown) => void;
}

/** The event loops of all threads: what they are to do later. Each kind has an order of its own. */
export class EventLoops {
  readonly #nowMs: () => number;
  /** The thread that does something now. */
  readonly #current: () => SimulatedThread;
  readonly #timers = new Timers();
  readonly #turns: Turned[] = [];
  readonly #listeners: Listener[] = [];

  constructor(nowMs: () => number, current: () => SimulatedThread) {
    this.#nowMs = nowMs;
    this.#current = current;
  }

  /** Time as a thread has it. */
  timeOf(thread: SimulatedThread): ThreadTime {
    const nowMs = (): number => this.#nowMs() + (this.#current() === thread ? thread.aheadMs : 0);
    const after: ThreadTime['after'] = (delayMs, callback) =>
      this.#timers.add(thread, nowMs() + Math.max(0, delayMs), callback);
    return {
      nowMs,
      clock: (turn, epochMs) => new VirtualClock(thread, this.#nowMs, turn, epochMs),
      after,
      afterUnlessOver: after,
      every: (intervalMs, callback) => this.#timers.add(thread, nowMs() + intervalMs, callback, intervalMs),
      turn: (callback) => void this.#turns.push({ owner: thread, callback }),
      changed: (words, at, value) => {
        if (Atomics.load(words, at) !== value) return undefined;
        return new Promise((tell) => this.#listeners.push({ owner: thread, words, at, value, tell }));
      },
    };
  }

  /** After a virtual time, on a thread that is still there. */
  after(thread: SimulatedThread, delayMs: number, callback: () => void): Timer {
    return this.#timers.add(thread, this.#nowMs() + delayMs, callback);
  }

  get hasTimer(): boolean {
    return this.#timers.hasDue(this.#nowMs());
  }

  get hasTurn(): boolean {
    const owner = this.#turns[0]?.owner;
    return owner !== undefined && (owner.isGone || owner.readyMs <= this.#nowMs());
  }

  get hasNotice(): boolean {
    return this.#listeners.length > 0 && this.#listeners.some((each) => this.#isTold(each));
  }

  /**
   * When there is something to do: a timer is due, or a thread has done what it does now and its loop turns.
   * `withRepeating`: timers that happen again and again count as well.
   */
  nextMs(withRepeating: boolean): number {
    let next = this.#timers.nextMs(withRepeating);
    const [turned] = this.#turns;
    if (turned !== undefined) next = Math.min(next, turned.owner.readyMs);
    for (const { owner, words, at, value } of this.#listeners)
      if (Atomics.load(words, at) !== value) next = Math.min(next, owner.readyMs);
    return next;
  }

  /** Carries out what is due. `enter`: on whose thread. */
  fire(enter: (owner: SimulatedThread) => void): void {
    this.#timers.fire(this.#nowMs(), enter);
  }

  /** Carries out what was to happen after a turn. */
  turn(enter: (owner: SimulatedThread) => void): void {
    const next = this.#turns.shift();
    if (next === undefined || next.owner.isGone) return;
    enter(next.owner);
    next.callback();
  }

  /** Tells somebody of the change that he waits for. */
  notice(enter: (owner: SimulatedThread) => void): void {
    const at = this.#listeners.findIndex((each) => this.#isTold(each));
    const [listener] = at < 0 ? [] : this.#listeners.splice(at, 1);
    if (listener === undefined || listener.owner.isGone) return;
    enter(listener.owner);
    listener.tell('ok');
  }

  #isTold({ owner, words, at, value }: Listener): boolean {
    return owner.isGone || (owner.readyMs <= this.#nowMs() && Atomics.load(words, at) !== value);
  }
}
