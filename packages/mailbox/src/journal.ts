import { ringWords } from './layout.ts';

/**
 * A worker's redo log for one commit: which ring words get which values. A commit shows several outputs and
 * releases several inputs; a thread can die between any two of these stores. The owner then repeats them from
 * the journal, so that either all of a commit has happened or nothing. Only the worker writes it, and only
 * the owner reads it, after the thread's end (which orders all its stores before); plain stores suffice.
 */
export class Journal {
  readonly #words: Int32Array;
  #count = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** Stores noted for the commit in hand. */
  get count(): number {
    return this.#count;
  }

  /** Adds a store to be done; `ring` may be `eventsId` or `ledgerId`. */
  add(ring: number, word: number, value: number): void {
    const at = 1 + this.#count * entryWords;
    this.#words[at] = ring;
    this.#words[at + 1] = word;
    this.#words[at + 2] = value;
    this.#count++;
  }

  /** From here on the commit will happen, by its worker or by the owner. */
  seal(): void {
    // Ordered after the entries for any later reader of this thread's memory (the release half of the store).
    Atomics.store(this.#words, 0, this.#count);
  }

  /** The commit has happened. */
  clear(): void {
    this.#count = 0;
    this.#words[0] = 0;
  }
}

const entryWords = 3;

/** Stands in the place of a ring's index for a word of the run's events. */
export const eventsId = -1;
/** The same for a word of the run's ledger. */
export const ledgerId = -2;

/** The shared memory that entries of a journal mean. */
export interface Journaled {
  readonly rings: readonly SharedArrayBuffer[];
  readonly events?: SharedArrayBuffer;
  readonly ledger?: SharedArrayBuffer;
}

/** Shared memory for the journal of a worker whose actors touch `words` ring words in all. */
export function allocateJournal(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer((1 + words * entryWords) * 4);
}

/**
 * Owner: finishes the commit that a dead worker had sealed. Returns whether there was one. Repeating it is
 * harmless.
 */
export function redo(journal: SharedArrayBuffer, { rings, events, ledger }: Journaled): boolean {
  const words = new Int32Array(journal);
  const count = words[0] ?? 0;
  for (let entry = 0; entry < count; entry++) {
    const [ring = 0, word = 0, value = 0] = words.subarray(1 + entry * entryWords);
    const other = ring === eventsId ? events : ring === ledgerId ? ledger : undefined;
    const buffer = other ?? rings[ring];
    if (buffer === undefined) continue;
    Atomics.store(other === undefined ? ringWords(buffer) : new Int32Array(other), word, value);
  }
  words[0] = 0;
  return count > 0;
}
