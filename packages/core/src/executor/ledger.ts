import { lineBytes, lineWords, slotsMax } from '@troupe/mailbox';

/** Int32 positions in an actor's line of the ledger. */
const word = { edge: 0, position: 1, state: 2, calls: 3, ticked: 4 } as const;
const state = { idle: 0, running: 1, pending: 2, creating: 3 } as const;

/** What stands in the place of an edge while something else than an input is in hand. */
export const noEdge = { other: -1, resent: -2, start: -3, stop: -4 } as const;

/** The edge by which the input in hand of an actor has come, in the words of a ledger. */
export function edgeInHand(words: Int32Array, actor: number): number {
  return words[actor * lineWords + word.edge] as number;
}

/** What an actor has in hand. */
export interface Held {
  /** The edge that inputs come by, or one of `noEdge`. */
  readonly edge: number;
  /** One more than the position of the input in hand; `noEdge.resent`: the letter's id. */
  readonly position: number;
  /** A handler runs. */
  readonly isRunning: boolean;
  /** An async handler has not settled. */
  readonly isPending: boolean;
  /** The stage is being created. */
  readonly isCreating: boolean;
  /** Counts chunks of calls. */
  readonly calls: number;
}

/** One view for all actors of a thread. */
const views = new WeakMap<SharedArrayBuffer, Int32Array>();

function wordsOf(ledger: SharedArrayBuffer): Int32Array {
  const known = views.get(ledger) ?? new Int32Array(ledger);
  views.set(ledger, known);
  return known;
}

/**
 * What is in hand, in shared memory, so that an owner can tell after a worker's death (or while it hangs)
 * which handler was running, and which inputs may have caused emissions that somebody has seen. Written by
 * the worker with plain stores; read by the owner after the thread's end, which orders them, and by the
 * watchdog, which only compares.
 */
export class ActorLedger {
  /** All words of the ledger; calls store the position of what they are about to handle at `heldAt`. */
  readonly words: Int32Array;
  readonly heldAt: number = 0;
  readonly #base: number = 0;

  constructor(ledger: SharedArrayBuffer, actor: number) {
    this.words = wordsOf(ledger);
    this.#base = actor * lineWords;
    this.heldAt = this.#base + word.position;
  }

  /** A chunk of calls begins; inputs come by `edge`, anything else is one of `noEdge`. */
  enter(edge: number): void {
    this.words[this.#base + word.edge] = edge;
    this.words[this.#base + word.calls] = (this.words[this.#base + word.calls] as number) + 1;
    this.words[this.#base + word.state] = state.running;
  }

  /** A call that is no input begins. */
  enterOther(): void {
    this.enter(noEdge.other);
  }

  /**
   * One more than the position of the input that is about to be handled; any other number for other calls.
   */
  hold(position: number): void {
    this.words[this.heldAt] = position;
  }

  /** The handler has returned a promise. */
  pend(): void {
    this.words[this.#base + word.state] = state.pending;
  }

  /** `create` of the stage begins: it may take as long as it needs. */
  create(): void {
    this.words[this.#base + word.edge] = noEdge.start;
    this.words[this.#base + word.state] = state.creating;
  }

  /** Where `ticked` is among the words of the ledger. */
  get tickedAt(): number {
    return this.#base + word.ticked;
  }

  /** The round whose tick has been handled, under a clock with rounds. */
  get ticked(): number {
    return this.words[this.#base + word.ticked] as number;
  }

  set ticked(round: number) {
    this.words[this.#base + word.ticked] = round;
  }

  leave(): void {
    this.words[this.#base + word.state] = state.idle;
  }

  read(): Held {
    const [edge = -1, position = 0, now = 0, calls = 0] = this.words.subarray(this.#base, this.#base + 4);
    return {
      edge,
      position,
      isRunning: now === state.running,
      isPending: now === state.pending,
      isCreating: now === state.creating,
      calls,
    };
  }
}

/**
 * How far the inputs of an edge may already have caused emissions that were seen without being released:
 * calls that were published in part. One line per edge, behind the actors' lines.
 */
export class EdgeLedger {
  readonly #words: Int32Array;
  readonly #base: number;

  constructor(ledger: SharedArrayBuffer, actors: number, edge: number) {
    this.#words = wordsOf(ledger);
    this.#base = (actors + edge) * lineWords;
  }

  /**
   * Emissions of every input below `position` may be seen from now on. Call it before they are. What was said
   * of later inputs, perhaps by a predecessor, still holds.
   */
  expose(position: number): void {
    const ahead = this.#isSaid() ? ((this.#words[this.#base] as number) - position) | 0 : 0;
    if (ahead > 0 && ahead <= slotsMax) return;
    this.#words[this.#base] = position;
    // Ordered before the publication that follows, for the owner of a thread that dies in between.
    Atomics.store(this.#words, this.#base + 1, 1);
  }

  /** How many inputs from `cursor` on were exposed: at most `slots` can have been. */
  exposedFrom(cursor: number, slots: number): number {
    if (!this.#isSaid()) return 0;
    const count = ((this.#words[this.#base] as number) - cursor) | 0;
    return count > 0 && count <= slots ? count : 0;
  }

  #isSaid(): boolean {
    return this.#words[this.#base + 1] === 1;
  }
}

export function allocateLedger(actors: number, edges: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(1, actors + edges) * lineBytes);
}
