import { setImmediate as turn } from 'node:timers/promises';
import { lineBytes, lineWords } from './layout.ts';

const awake = 0;
const sleeping = 1;

/** Int32 positions in a doorbell's line. */
const bellWord = { state: 0, control: 1 } as const;

/** Shared memory for the doorbells of a run: one line each. */
export function allocateDoorbells(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * lineBytes);
}

/**
 * How one consumer thread sleeps and any producer wakes it. The consumer arms, checks all its sources once
 * more, and waits; a producer publishes, then rings. `arm` (store, then the consumer's loads) and `ring` (the
 * producer's store, then a load) are sequentially consistent, so one of the two always sees the other: no
 * wake-up is lost, and nobody notifies a consumer that is awake (docs/semantics.md, "Doorbell").
 */
export class Doorbell {
  readonly #words: Int32Array;
  readonly #state: number;
  readonly #control: number;
  #controlSeen = 0;
  #isDeferred = false;
  #isDue = false;

  constructor(bells: SharedArrayBuffer, index: number) {
    this.#words = new Int32Array(bells);
    this.#state = index * lineWords + bellWord.state;
    this.#control = index * lineWords + bellWord.control;
  }

  /** Producer: wakes the consumer if it sleeps. Call it after publishing. */
  ring(): void {
    if (this.#isDeferred) this.#isDue = true;
    // Acquires the consumer's decision to sleep; ordered after the caller's own publishing store.
    else if (Atomics.load(this.#words, this.#state) === sleeping) this.#wake();
  }

  /**
   * Producer: from now on `ring` only notes that it is due, and `strike` carries it out. A woken thread may
   * have to wait for the waker's core, so a thread that is about to sleep strikes last.
   */
  defer(): void {
    this.#isDeferred = true;
  }

  /** Producer: whether a deferred ring is due and would wake somebody. */
  wouldWake(): boolean {
    return this.#isDue && Atomics.load(this.#words, this.#state) === sleeping;
  }

  /** Producer: carries out a deferred ring. */
  strike(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    // As in `ring`: ordered after every publication since the ring was noted.
    if (Atomics.load(this.#words, this.#state) === sleeping) this.#wake();
  }

  #wake(): void {
    // Only the producer that turns `sleeping` into `awake` pays for the notify.
    if (Atomics.compareExchange(this.#words, this.#state, sleeping, awake) === sleeping) {
      Atomics.notify(this.#words, this.#state);
    }
  }

  /**
   * Owner, after a thread's end: wakes the consumer whatever the word says. The thread may have died between
   * turning it to `awake` and the notify, and then nobody else would notify.
   */
  rouse(): void {
    Atomics.store(this.#words, this.#state, awake);
    Atomics.notify(this.#words, this.#state);
  }

  /** Producer: says that a control message has been posted, and wakes the consumer. */
  ringControl(): void {
    // Publishes the message that the caller has put on the control port.
    Atomics.add(this.#words, this.#control, 1);
    this.ring();
  }

  /** Consumer: whether control messages have been announced since the last call that said so. */
  takeControl(): boolean {
    // Acquires the control messages announced by ringControl.
    const control = Atomics.load(this.#words, this.#control);
    if (control === this.#controlSeen) return false;
    this.#controlSeen = control;
    return true;
  }

  /** Consumer: whether control messages wait that `takeControl` has not reported. */
  hasControl(): boolean {
    return Atomics.load(this.#words, this.#control) !== this.#controlSeen;
  }

  /** Consumer: announces that it is about to sleep. It must check its sources once more before it waits. */
  arm(): void {
    // Publishes the intent to sleep; ordered before the consumer's last look at its sources.
    Atomics.store(this.#words, this.#state, sleeping);
  }

  /** Consumer: takes the announcement back. */
  disarm(): void {
    Atomics.store(this.#words, this.#state, awake);
  }

  /** Whether the consumer is armed, or asleep, and nobody has rung since. */
  isArmed(): boolean {
    return Atomics.load(this.#words, this.#state) === sleeping;
  }

  /** Consumer: blocks until rung, or until the time is over: false then. Only after `arm`. */
  wait(timeoutMs: number): boolean {
    const outcome = Atomics.wait(this.#words, this.#state, sleeping, timeoutMs);
    this.disarm();
    return outcome !== 'timed-out';
  }

  /**
   * Consumer with an event loop: resolves when rung, or when the time is over: to false then; may resolve
   * early. Only after `arm`.
   */
  async waitAsync(timeoutMs: number): Promise<boolean> {
    const wait = Atomics.waitAsync(this.#words, this.#state, sleeping, timeoutMs);
    let isRung = true;
    if (wait.async) isRung = (await wait.value) !== 'timed-out';
    // A consumer that is rung again and again must not keep its event loop from turning.
    else await turn();
    this.disarm();
    return isRung;
  }
}
