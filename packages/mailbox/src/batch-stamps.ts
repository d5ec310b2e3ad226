import { flag, metaDouble, metaDoubles, metaWord, metaWords } from './layout.ts';

/**
 * When messages of a ring were published, as their batches say: the first message of a batch is stamped, and
 * the last one while somebody watches. Everything between a message and the end of its batch is newer than
 * the message, so it is intact whenever the message itself turns out to be.
 */
export class BatchStamps {
  readonly #meta: Float64Array;
  readonly #metaWords: Int32Array;
  readonly #mask: number = 0;
  /**
   * What was found last, and up to where it holds: positions only ascend. Where it was found in slots that
   * had been overwritten, the reader is sent beyond them before it asks again.
   */
  #stampMs = Number.NaN;
  #end = 0;
  #isKnown = false;

  constructor(meta: Float64Array, words: Int32Array, mask: number) {
    this.#meta = meta;
    this.#metaWords = words;
    this.#mask = mask;
  }

  /**
   * Of the message at `position`, below a head that has been acquired; NaN where its batch does not say
   * (yet): it is the first since somebody watches, or was published in place of a writer that had died.
   */
  at(position: number, head: number): number {
    if (this.#isKnown && ((this.#end - position) | 0) >= 0) return this.#stampMs;
    this.#isKnown = false;
    for (let at = position; ((head - at) | 0) > 0; at = (at + 1) | 0) {
      const slot = at & this.#mask;
      // Acquires the stamp: of the batch in which its writer learned of a watcher it comes after the head.
      const flags = Atomics.load(this.#metaWords, slot * metaWords + metaWord.flags);
      // The next batch: this one has no stamp at its end.
      if (at !== position && (flags & flag.stamped) !== 0) return Number.NaN;
      if ((flags & (flag.stamped | flag.stampedLast)) === 0) continue;
      this.#isKnown = true;
      this.#end = at;
      return (this.#stampMs = this.#meta[slot * metaDoubles + metaDouble.stamp] as number);
    }
    return Number.NaN;
  }
}
