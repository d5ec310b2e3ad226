import { lineBytes, lineWords } from '@troupe/mailbox';

/** Int32 positions in an actor's line of the ledger. */
const word = { edge: 0, position: 1, state: 2, calls: 3 } as const;
const idle = 0;
const running = 1;
const pending = 2;

/**
 * What is in hand, in shared memory, so that an owner can tell after a worker's death (or while it hangs) which handler
 * was running, and which inputs may have caused emissions that somebody has seen. Written by the worker with plain
 * stores; read by the owner after the thread's end, which orders them, and by the watchdog, which only compares.
 */
export class ActorLedger {
  readonly #words: Int32Array;
  readonly #base: number;

  constructor(ledger: SharedArrayBuffer, actor: number) {
    this.#words = new Int32Array(ledger);
    this.#base = actor * lineWords;
  }

  /** A chunk of calls begins; inputs come by `edge` (-1: none). */
  enter(edge: number): void {
    this.#words[this.#base + word.edge] = edge;
    this.#words[this.#base + word.calls] = (this.#words[this.#base + word.calls] as number) + 1;
    this.#words[this.#base + word.state] = running;
  }

  /** The position of the input that is about to be handled. */
  hold(position: number): void {
    this.#words[this.#base + word.position] = position;
  }

  /** The handler has returned a promise. */
  pend(): void {
    this.#words[this.#base + word.state] = pending;
  }

  leave(): void {
    this.#words[this.#base + word.state] = idle;
  }

  read(): { edge: number; position: number; isRunning: boolean; isPending: boolean; calls: number } {
    const [edge = -1, position = 0, state = idle, calls = 0] = this.#words.subarray(this.#base, this.#base + 4);
    return { edge, position, isRunning: state === running, isPending: state === pending, calls };
  }
}

/**
 * How far the inputs of an edge may already have caused emissions that were seen without being released: calls that were
 * published in part. One line per edge, behind the actors' lines.
 */
export class EdgeLedger {
  readonly #words: Int32Array;
  readonly #base: number;

  constructor(ledger: SharedArrayBuffer, actors: number, edge: number) {
    this.#words = new Int32Array(ledger);
    this.#base = (actors + edge) * lineWords;
  }

  /** Emissions of every input below `position` may be seen from now on. Call it before they are. */
  expose(position: number): void {
    this.#words[this.#base] = position;
    // Ordered before the publication that follows, for the owner of a thread that dies in between.
    Atomics.store(this.#words, this.#base + 1, 1);
  }

  /** How many inputs from `cursor` on were exposed: at most `slots` can have been. */
  exposedFrom(cursor: number, slots: number): number {
    if (this.#words[this.#base + 1] !== 1) return 0;
    const count = ((this.#words[this.#base] as number) - cursor) | 0;
    return count > 0 && count <= slots ? count : 0;
  }
}

export function allocateLedger(actors: number, edges: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, actors + edges) * lineBytes);
}
