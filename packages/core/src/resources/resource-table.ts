import { lineBytes, lineWords } from '@troupe/mailbox';

/** Int32 positions in the header line. */
const header = { lock: 0, tickets: 1 } as const;

/** What an actor has to do with its resources, in its word of shared memory. */
export const leaseState = {
  /** Nothing. */
  idle: 0,
  /** It wants all of them, since its ticket. */
  waiting: 1,
  /** It holds all of them, and its handlers run. */
  running: 2,
  /** It holds all of them, but its handlers do not run: whoever waits may take them away. */
  lingering: 3,
} as const;

/** How often a pooled worker tries to get the lock before it does something else first. */
const lockTries = 64;

/** Shared memory for the resources of a run: a header line, a state word and a ticket word for each actor. */
export function allocateResources(actors: number): SharedArrayBuffer {
  const lines = Math.ceil(actors / lineWords);
  return new SharedArrayBuffer((1 + 2 * lines) * lineBytes);
}

/**
 * Who holds and who waits, in shared memory: one word per actor says it, and everything else follows from
 * these words. So a thread that dies leaves nothing half done; the owner sets the words of its actors to idle
 * (docs/resources.md, "In shared memory").
 */
export class ResourceTable {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #tickets: number = 0;
  readonly #key: number = 0;
  readonly #tries: number = 0;

  /** `worker`: of the thread that uses this object; 0, main, never waits for the lock. */
  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#words = new Int32Array(memory);
    this.#tickets = lineWords + (this.#words.length - lineWords) / 2;
    this.#key = worker + 1;
    this.#tries = worker === 0 ? 1 : lockTries;
  }

  state(actor: number): number {
    // Acquires what the actor's thread has decided.
    return Atomics.load(this.#words, lineWords + actor);
  }

  setState(actor: number, state: number): void {
    // Publishes it; ordered before the looks at others' states that follow.
    Atomics.store(this.#words, lineWords + actor, state);
  }

  /** Whether the state was `from`, and now is `to`. */
  changeState(actor: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#words, lineWords + actor, from, to) === from;
  }

  /** Under the lock: the actor waits from now on, behind everybody who waits already. */
  enqueue(actor: number): void {
    // Tickets first: whoever sees the state sees the ticket.
    Atomics.store(this.#words, this.#tickets + actor, Atomics.add(this.#words, header.tickets, 1));
    this.setState(actor, leaseState.waiting);
  }

  /** Whether an actor that waits has waited longer than another one. */
  isEarlier(actor: number, than: number): boolean {
    return ((this.#ticket(actor) - this.#ticket(than)) | 0) < 0;
  }

  /** False when another thread has the lock: for less than a microsecond, unless it is dead or suspended. */
  tryLock(): boolean {
    for (let i = 0; i < this.#tries; i++) {
      // Acquires what the last holder did under the lock.
      if (Atomics.compareExchange(this.#words, header.lock, 0, this.#key) === 0) return true;
    }
    return false;
  }

  unlock(): void {
    // Publishes what was done under the lock.
    Atomics.store(this.#words, header.lock, 0);
  }

  /** Owner, after a worker's end: its actors hold nothing and wait for nothing, and it has no lock. */
  bury(worker: number, actors: readonly number[]): void {
    for (const actor of actors) this.setState(actor, leaseState.idle);
    Atomics.compareExchange(this.#words, header.lock, worker + 1, 0);
  }

  #ticket(actor: number): number {
    return Atomics.load(this.#words, this.#tickets + actor);
  }
}
