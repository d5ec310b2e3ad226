import type { FrameArray } from './dtype.ts';
import type { Doorbell } from './doorbell.ts';
import {
  flag,
  metaDouble,
  metaDoubles,
  metaWords,
  readerBase,
  readerState,
  readerWord,
  ringWord,
  ringWords,
} from './layout.ts';
import { BatchStamps } from './batch-stamps.ts';
import type { Journal } from './journal.ts';
import type { MailboxReader } from './mailbox-reader.ts';
import { activateReader, attachReader, detachReader, reserveReader } from './ring-places.ts';
import type { RingWriter } from './ring-writer.ts';

/**
 * What a reader that falls behind does: hold the writer back, jump to the newest, or keep the newest
 * `capacity`.
 */
export type ReaderPolicy = 'block' | 'latest' | 'dropOldest';

/** A message as a handler gets it; one object per reader or actor, refilled for each message. */
export class Envelope {
  port = '';
  frame: FrameArray | undefined = undefined;
  value: unknown = undefined;
  seq = 0;
  time = 0;
  flags = 0;
  /**
   * Wall clock of the publication in ms. Only with the flag `stamped`: the first message of a batch; to a
   * reader that watches, of every message, NaN where it is not known.
   */
  stamp = 0;

  get redelivered(): boolean {
    return (this.flags & flag.redelivered) !== 0;
  }

  get resent(): boolean {
    return (this.flags & flag.resent) !== 0;
  }
}

export interface ReaderOptions {
  /** Reader place; the first free one unless given. A given place is resumed where its cursor stands. */
  readonly place?: number;
  /** `block` unless given. */
  readonly policy?: ReaderPolicy;
  /** The most messages that wait for this reader; the ring's slots unless given. */
  readonly capacity?: number;
  /** Index of the doorbell to ring when something is published; none unless given. */
  readonly bell?: number;
  readonly bells?: readonly Doorbell[];
  /** The writer, when it is on this thread. */
  readonly fused?: RingWriter;
  /** Non-blocking readers: wants to know when each message was published. */
  readonly isWatching?: boolean;
}

/** Bounded attempts to copy a message that the writer keeps overtaking; then the reader comes back later. */
const copyTriesMax = 8;

/**
 * A reader's half of a ring. `position` is the next message to take, `handled` where the messages of finished
 * handler calls end, `released` what the writer has been told. Positions are Int32 counts modulo 2^32.
 */
export abstract class RingReader implements MailboxReader {
  /** The ring's index in its run, for the journal. */
  id = -1;
  readonly buffer: SharedArrayBuffer;
  readonly place: number = 0;
  readonly policy: ReaderPolicy;
  capacity: number = 0;
  position = 0;
  handled = 0;
  released = 0;
  /** Whether it holds the writer back. */
  isBlocking = false;
  /** Messages that were never taken: overtaken, or given up by `latest` and `dropOldest`. */
  skipped = 0;
  /** The deepest that its queue has been seen. */
  highWater = 0;
  protected readonly words: Int32Array<SharedArrayBuffer>;
  protected readonly mask: number = 0;
  protected readonly meta: Float64Array;
  protected readonly metaWords: Int32Array;
  readonly #base: number = 0;
  readonly #bells: readonly Doorbell[];
  readonly #writer: RingWriter | undefined;
  #head = 0;
  /** What had been released when the writer's wish was last looked at. */
  #nudged = 0;
  /** Whether the private copy still holds the message at `#copied`, for a retry. */
  #isCopied = false;
  #copied = 0;
  /** Where it wants to know when messages were published. */
  readonly #batches: BatchStamps | undefined;
  readonly #copiedMeta = { seq: 0, time: 0, flags: 0, stamp: 0 };

  constructor(buffer: SharedArrayBuffer, options: ReaderOptions = {}) {
    this.buffer = buffer;
    const { fused } = options;
    this.words = fused?.words ?? ringWords(buffer);
    const slots = this.words[ringWord.slots] ?? 0;
    this.mask = slots - 1;
    const metaOffset = this.words[ringWord.metaOffset] ?? 0;
    this.meta = fused?.meta ?? new Float64Array(buffer, metaOffset, slots * metaDoubles);
    this.metaWords = fused?.metaWords ?? new Int32Array(buffer, metaOffset, slots * metaWords);
    this.policy = options.policy ?? 'block';
    this.capacity = options.capacity ?? slots;
    this.#bells = options.bells ?? [];
    this.#writer = fused;
    this.place = options.place ?? reserveReader(this.words);
    if (options.isWatching === true) {
      this.#batches = new BatchStamps(this.meta, this.metaWords, this.mask);
      // Publishes the wish; ordered before the registry, by which the writer learns of it.
      Atomics.add(this.words, ringWord.watchers, 1);
    }
    this.#base = readerBase(this.place);
    // Acquires the predecessor's last release, or the cursor at which the owner placed this reader.
    const isResumed = Atomics.load(this.words, this.#base + readerWord.state) !== readerState.reserved;
    this.isBlocking = this.policy === 'block';
    if (isResumed) {
      // A predecessor may have let it grow.
      this.capacity = this.words[this.#base + readerWord.capacity] as number;
      this.isBlocking = this.words[this.#base + readerWord.state] === readerState.blocking;
    } else {
      attachReader(buffer, this.place, { ...options, capacity: this.capacity });
    }
    this.position = Atomics.load(this.words, this.#base + readerWord.cursor);
    this.handled = this.position;
    this.released = this.position;
    this.#head = this.position;
    // Whoever released last may not have looked.
    this.#nudged = (this.position - 1) | 0;
    this.#writer?.fuse(this);
  }

  /** Messages that can be taken now. */
  available(): number {
    const known = (this.#head - this.position) | 0;
    return known > 0 && this.isBlocking ? known : this.#refresh();
  }

  /** Whether the writer has emitted everything of a round: nothing more of it comes after what is there. */
  isMarked(round: number): boolean {
    // Acquires every message of the round; and an ended stream has nothing more of any round.
    if (((Atomics.load(this.words, ringWord.marked) - round) | 0) >= 0) return true;
    return Atomics.load(this.words, ringWord.ended) === 1;
  }

  /** Whether the writer had ended the stream before a round, and everything has been taken. */
  hasEndedBefore(round: number): boolean {
    return this.isLast(round) && this.#refresh() <= 0;
  }

  /** Messages to be taken now that were emitted before a round, which has begun. */
  availableBefore(round: number): number {
    // Acquires the marks. A writer is in the round or has ended it; one that has left earlier is over.
    const marked = Atomics.load(this.words, ringWord.marked);
    const isOver =
      marked !== round && marked !== ((round - 1) | 0) && Atomics.load(this.words, ringWord.ended) === 1;
    if (isOver) return this.available();
    return ((this.words[ringWord.marks + ((round - 1) & 1)] as number) - this.position) | 0;
  }

  /** Logical time of the message `offset` places behind the next one, which must be available. */
  timeAt(offset: number): number {
    return this.meta[((this.position + offset) & this.mask) * metaDoubles + metaDouble.time] as number;
  }

  /** Whether a call that emits so many messages must wait for this mailbox. */
  isFull(maxEmit: number): boolean {
    const waiting = this.#refresh() + ((this.position - this.released) | 0);
    return this.isBlocking && waiting + maxEmit > this.capacity;
  }

  /** Whether the writer waits for room; it rings when it begins to. */
  isWanted(): boolean {
    // Acquires the wish; pairs with `wantRoom`.
    return Atomics.load(this.words, ringWord.roomWanted) === 1;
  }

  /** Lets twice as many messages wait, as far as the ring has slots. False when it has no more. */
  grow(): boolean {
    if (this.capacity > this.mask) return false;
    this.capacity = Math.min(this.capacity * 2, this.mask + 1);
    // Publishes the new capacity to the writer's next look at this reader; then tells a writer that waits.
    Atomics.store(this.words, this.#base + readerWord.capacity, this.capacity);
    this.#wakeWriter();
    return true;
  }

  /** Fills the envelope with the next message and moves on. False when there is none (any more). */
  take(into: Envelope): boolean {
    if (!this.isBlocking) return this.#takeCopy(into);
    if (((this.#head - this.position) | 0) <= 0 && this.#refresh() <= 0) return false;
    const slot = this.position & this.mask;
    this.#loadMeta(slot, into);
    this.loadInPlace(slot, into);
    this.position = (this.position + 1) | 0;
    return true;
  }

  /** Passes over all but the newest `keep` messages, `most` at most, between handler calls. How many. */
  passOver(keep: number, most: number = Infinity): number {
    const count = Math.min(most, this.#refresh() - keep);
    if (count <= 0) return 0;
    this.#isCopied = false;
    this.position = (this.position + count) | 0;
    this.handled = this.position;
    return count;
  }

  /** Ends a handler call: what was taken is done with. */
  settle(): void {
    this.handled = this.position;
  }

  /** Goes back to the first message that is not settled. */
  rewind(): void {
    this.position = this.handled;
  }

  /** Says in the journal what `release` is going to store. */
  record(journal: Journal): void {
    if (this.handled !== this.released) journal.add(this.id, this.#base + readerWord.cursor, this.handled);
  }

  /** Gives settled messages back to the writer, and wakes it when it waits for room and half is free. */
  release(): void {
    if (this.handled === this.released) return;
    this.released = this.handled;
    // Publishes that the slots below have been read; ordered before the look at the writer's wish.
    Atomics.store(this.words, this.#base + readerWord.cursor, this.handled);
    if (this.#writer !== undefined || !this.isBlocking) return;
    if (((this.#head - this.handled) | 0) <= this.capacity >> 1) this.nudge();
  }

  /**
   * Wakes the writer if it waits for room, however little there is: to be called before the reader stops for
   * a while.
   */
  nudge(): void {
    // A wish that came after the last look has seen everything that was released before it. Who holds nobody
    // back has nothing to tell, and must not take the wish from one who has.
    if (!this.isBlocking || this.released === this.#nudged) return;
    this.#nudged = this.released;
    this.#wakeWriter();
  }

  #wakeWriter(): void {
    // A writer on this thread looks for itself.
    if (this.#writer !== undefined) return;
    // Acquires the wish; pairs with `wantRoom`.
    if (Atomics.load(this.words, ringWord.roomWanted) !== 1) return;
    if (Atomics.exchange(this.words, ringWord.roomWanted, 0) !== 1) return;
    this.#bells[Atomics.load(this.words, ringWord.writerBell)]?.ring();
  }

  /** Whether the writer has ended the stream (before a round); something may be left to be taken. */
  isLast(round?: number): boolean {
    // Acquires the end before the head: the head cannot move after it.
    if (Atomics.load(this.words, ringWord.ended) !== 1) return false;
    // Acquires the writer's last mark: who has marked a round was there in it.
    return round === undefined || Atomics.load(this.words, ringWord.marked) !== round;
  }

  /** Whether the writer has ended the stream and everything has been taken. */
  hasEnded(): boolean {
    return this.isLast() && this.#refresh() <= 0;
  }

  /** Blocking again, it resumes at the writer's position; what lies between is counted as skipped. */
  setBlocking(isBlocking: boolean): void {
    if (isBlocking === this.isBlocking) return;
    this.isBlocking = isBlocking;
    this.#isCopied = false;
    if (isBlocking) {
      const head = activateReader(this.words, this.place, readerState.blocking);
      this.#skipTo(head);
      this.settle();
      this.released = head;
      this.#head = head;
    } else {
      // The writer respects the old cursor until it sees the new state at its next look at the registry.
      Atomics.store(this.words, this.#base + readerWord.state, readerState.nonBlocking);
      Atomics.add(this.words, ringWord.registry, 1);
      this.#wakeWriter();
    }
  }

  /** Gives the place back; the writer is held no longer. */
  detach(): void {
    // From here on the place may be another reader's.
    this.handled = this.position;
    this.released = this.position;
    // Takes the wish back, before the registry tells that there is something new.
    if (this.#batches !== undefined) Atomics.sub(this.words, ringWord.watchers, 1);
    detachReader(this.buffer, this.place);
    if (this.isBlocking) this.#wakeWriter();
  }

  /** Points the envelope at the message in the slot. */
  protected abstract loadInPlace(slot: number, into: Envelope): void;
  /** Copies the message of the slot into private memory, which the writer may be overwriting meanwhile. */
  protected abstract copyOut(slot: number): void;
  /** Points the envelope at the private copy. False when the copied bytes cannot be used. */
  protected abstract loadCopy(into: Envelope): void;

  #loadMeta(slot: number, into: Envelope): void {
    const meta = this.meta;
    // Literal offsets of `metaDouble`, `metaWord` and `flag`: see `RingWriter.writeMeta`.
    into.seq = meta[slot * 4] as number;
    into.time = meta[slot * 4 + 1] as number;
    const flags = this.metaWords[slot * 8 + 6] as number;
    into.flags = flags;
    if ((flags & 4) !== 0) into.stamp = meta[slot * 4 + 2] as number;
  }

  #refresh(): number {
    // Acquires the slots of every published message; on the writer's own thread they are simply there.
    this.#head = this.#writer === undefined ? Atomics.load(this.words, ringWord.head) : this.#writer.settled;
    let waiting = (this.#head - this.position) | 0;
    if (waiting > this.highWater) this.highWater = waiting;
    // Nothing is given up while a message is in hand, or waits for its retry.
    if (this.isBlocking || this.position !== this.handled) return waiting;
    if (this.#isCopied && this.#copied === this.position) return waiting;
    const keep = this.policy === 'latest' ? 1 : this.capacity;
    if (waiting > keep) {
      this.#skipTo((this.#head - keep) | 0);
      waiting = keep;
    }
    return waiting;
  }

  #takeCopy(into: Envelope): boolean {
    const copied = this.#copiedMeta;
    if (!this.#isCopied || this.#copied !== this.position) {
      if (!this.#copyNext(into)) return false;
      this.#isCopied = true;
      this.#copied = this.position;
      copied.seq = into.seq;
      copied.time = into.time;
      copied.flags = into.flags;
      copied.stamp = into.stamp;
    } else {
      // Taken anew: the envelope may have been another mailbox's meanwhile.
      into.seq = copied.seq;
      into.time = copied.time;
      into.flags = copied.flags;
      into.stamp = copied.stamp;
    }
    this.loadCopy(into);
    this.position = (this.position + 1) | 0;
    return true;
  }

  #copyNext(into: Envelope): boolean {
    this.#isCopied = false;
    for (let tries = 0; tries < copyTriesMax && this.#refresh() > 0; tries++) {
      const slot = this.position & this.mask;
      this.#loadMeta(slot, into);
      this.copyOut(slot);
      if (this.#batches !== undefined) into.stamp = this.#batches.at(this.position, this.#head);
      // Orders the copy's loads before the load of the floor on ARMv8 (loads; STLR; LDAR), where a second
      // plain or acquiring load alone could be satisfied first.
      Atomics.store(this.words, this.#base + readerWord.fence, 0);
      // Acquires which positions may have been overwritten while they were copied.
      const floor = Atomics.load(this.words, ringWord.floor);
      if (((this.position - floor) | 0) >= 0) return true;
      // Halfway between the floor and the head the writer is not there again at once.
      const intact = Math.max(0, (this.#head - floor) | 0);
      this.#skipTo((this.#head - ((intact + 1) >> 1)) | 0);
    }
    return false;
  }

  #skipTo(position: number): void {
    const count = (position - this.position) | 0;
    if (count <= 0) return;
    this.skipped += count;
    this.position = position;
    this.handled = position;
  }
}
