import type { Doorbell } from './doorbell.ts';
import {
  flag,
  lineWords,
  metaDouble,
  metaDoubles,
  metaWord,
  metaWords,
  noteWord,
  noteWords,
  readerBase,
  readerState,
  readerWord,
  ringWord,
  ringWords,
} from './layout.ts';
import type { Journal } from './journal.ts';
import type { RingReader } from './ring-reader.ts';

/**
 * The writer's half of a ring: cursors, readers, publication. Positions are Int32 counts modulo 2^32; only
 * their differences mean anything. `position` is where the next message goes, `settled` where the messages of
 * finished handler calls end, `published` what readers on other threads have been shown. docs/semantics.md,
 * "Ring", has the argument.
 */
export abstract class RingWriter {
  /** The ring's index in its run, for the journal. */
  id = -1;
  /**
   * Readers are rung when this writer begins to wait for room: their mailboxes may grow. It costs a wake-up
   * for each time that a ring is full.
   */
  tellsWishes = false;
  readonly buffer: SharedArrayBuffer;
  position = 0;
  settled = 0;
  published = 0;
  /** The writer never writes at or beyond it without a new look at the readers. */
  limit = 0;
  /** Sequence number of the message at `position`. */
  seq = 0;
  readonly slots: number = 0;
  /** These views of the ring are also those of a reader on this thread. */
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly meta: Float64Array;
  readonly metaWords: Int32Array;
  protected readonly mask: number = 0;
  readonly #bells: readonly Doorbell[];
  readonly #fused: RingReader[] = [];
  /** Everything below it may have been written since the floor was published. */
  #claimed = 0;
  /** The note that holds for `published`. */
  #note = 0;
  #registry = -1;
  #blocking: number[] = [];
  #wake: Doorbell[] = [];
  #isOvertaking = true;
  /** Somebody wants to know when each message was published. */
  #isWatched = false;

  /**
   * `bells`: the doorbells of the run by index, to wake sleeping readers. Resumes where the ring's words
   * stand.
   */
  constructor(buffer: SharedArrayBuffer, bells: readonly Doorbell[] = []) {
    this.buffer = buffer;
    this.words = ringWords(buffer);
    this.slots = this.words[ringWord.slots] ?? 0;
    this.mask = this.slots - 1;
    const metaOffset = this.words[ringWord.metaOffset] ?? 0;
    this.meta = new Float64Array(buffer, metaOffset, this.slots * metaDoubles);
    this.metaWords = new Int32Array(buffer, metaOffset, this.slots * metaWords);
    this.#bells = bells;
    // Acquires everything that a predecessor on another thread published.
    const head = Atomics.load(this.words, ringWord.head);
    this.position = head;
    this.settled = head;
    this.published = head;
    this.limit = head;
    // A predecessor may have begun to write everything that it had claimed.
    this.#claimed = (Atomics.load(this.words, ringWord.floor) + this.slots) | 0;
    const [first, second] = [ringWord.notes, ringWord.notes + noteWords];
    this.#note = this.words[first + noteWord.head] === head ? first : second;
    const low = (this.words[this.#note + noteWord.seqLow] ?? 0) >>> 0;
    this.seq = low + (this.words[this.#note + noteWord.seqHigh] ?? 0) * 2 ** 32;
  }

  /** A reader on this thread: it is read directly, without atomics, and needs no wake-up. */
  fuse(reader: RingReader): void {
    this.#fused.push(reader);
    this.#registry = -1;
  }

  /** How many more messages fit now. Looks at the readers only when fewer than `wanted` are known to fit. */
  room(wanted: number): number {
    let room = (this.limit - this.position) | 0;
    if (room < wanted) {
      this.#scan(wanted);
      room = (this.limit - this.position) | 0;
    }
    return room;
  }

  /** Ends a handler call: what it emitted will be published. */
  settle(): void {
    this.settled = this.position;
  }

  /** Discards what has been emitted since the last settled call. */
  rollback(): void {
    this.seq -= (this.position - this.settled) | 0;
    this.position = this.settled;
  }

  /**
   * Shows all settled messages to the readers and wakes those that sleep. `stampMs`: the wall clock, for
   * queue waits.
   */
  publish(stampMs: number): void {
    const first = this.published;
    if (first === this.settled) return;
    this.meta[(first & this.mask) * metaDoubles + metaDouble.stamp] = stampMs;
    const flags = (first & this.mask) * metaWords + metaWord.flags;
    this.metaWords[flags] = (this.metaWords[flags] as number) | flag.stamped;
    const isStamped = this.#isWatched;
    if (isStamped) {
      const last = this.#stampLast(stampMs);
      this.metaWords[last] = (this.metaWords[last] as number) | flag.stampedLast;
    }
    this.#note = this.#writeNote();
    this.published = this.settled;
    // Publishes slots and meta of every settled message (and, on a sleeping reader, pairs with its `arm`).
    Atomics.store(this.words, ringWord.head, this.settled);
    this.#wakeReaders();
    // Somebody has come in the meantime. Publishes the stamp, which no head does any more.
    if (!isStamped && this.#isWatched) Atomics.or(this.metaWords, this.#stampLast(stampMs), flag.stampedLast);
  }

  /** Whether everything of a round has been emitted: this writer has said so, or one before it. */
  hasMarked(round: number): boolean {
    return this.words[ringWord.marked] === round;
  }

  /**
   * In place of a writer that has said so and died in the same round: takes that back, and what it has waited
   * for.
   */
  unmark(round: number): void {
    // Publishes that something may come: marks of a round are looked at by whoever has not done his part.
    if (this.hasMarked(round)) Atomics.store(this.words, ringWord.marked, (round - 1) | 0);
    // A dead writer's wish is nobody's. This one's is new, so that readers are told of it, and finds no mark.
    Atomics.store(this.words, ringWord.roomWanted, 0);
  }

  /**
   * Says that everything of a round has been emitted, and rings the readers that wait for it. Call it after
   * the round's last `publish`.
   */
  mark(round: number): void {
    this.words[ringWord.marks + (round & 1)] = this.published;
    // Publishes the mark's head, and after it there is nothing more of this round to be seen.
    Atomics.store(this.words, ringWord.marked, round);
    this.#wakeReaders();
  }

  /** No more messages will come. Call after the last `publish`. */
  end(): void {
    // Publishes the end of the stream; readers load it before the head, so they miss no message.
    Atomics.store(this.words, ringWord.ended, 1);
    this.#wakeReaders();
  }

  /** Whether a settled message waits to be published. */
  isDirty(): boolean {
    return this.settled !== this.published;
  }

  /** Says in the journal what `publish` is going to store. */
  record(journal: Journal): void {
    if (!this.isDirty()) return;
    this.#writeNote();
    journal.add(this.id, ringWord.head, this.settled);
  }

  /** Asks for a ring of the writer's doorbell at the next release. Returns the room found after asking. */
  wantRoom(wanted: number): number {
    // Publishes the wish before the last look at the cursors, as a reader releases before it looks for
    // wishes.
    const isNew = Atomics.exchange(this.words, ringWord.roomWanted, 1) === 0;
    const room = this.room(wanted);
    if (room >= wanted) Atomics.store(this.words, ringWord.roomWanted, 0);
    // A reader that sleeps until something else comes may have to let its mailbox grow.
    else if (isNew && this.tellsWishes) this.#wakeReaders();
    return room;
  }

  /** Names the doorbell that readers ring when this writer wants room. */
  setBell(index: number): void {
    Atomics.store(this.words, ringWord.writerBell, index);
  }

  /** Sequence number of the message at `settled`. */
  protected settledSeq(): number {
    return this.seq - ((this.position - this.settled) | 0);
  }

  /** Byte offset in the arena of the message at `settled`; rings without an arena have none. */
  protected settledArena(): number {
    return 0;
  }

  /**
   * Notes what goes with the head to be published, beside the note that holds until then. The slot at `head -
   * 1` could not say it: unpublished messages may have come around to it when this thread dies. The store of
   * the head publishes it.
   */
  #writeNote(): number {
    const note = this.#note === ringWord.notes ? ringWord.notes + noteWords : ringWord.notes;
    const seq = this.settledSeq();
    this.words[note + noteWord.head] = this.settled;
    this.words[note + noteWord.seqLow] = seq | 0;
    this.words[note + noteWord.seqHigh] = Math.floor(seq / 2 ** 32);
    this.words[note + noteWord.arena] = this.settledArena();
    return note;
  }

  /**
   * Says at the end of a batch, too, when it is published: whoever watches finds that behind any message of
   * it, where its beginning may have been overwritten. Returns the word that its flag goes to.
   */
  #stampLast(stampMs: number): number {
    const slot = (this.settled - 1) & this.mask;
    this.meta[slot * metaDoubles + metaDouble.stamp] = stampMs;
    return slot * metaWords + metaWord.flags;
  }

  /** What the note that holds says of the arena. */
  protected notedArena(): number {
    return this.words[this.#note + noteWord.arena] ?? 0;
  }

  protected writeMeta(time: number, flags: number): void {
    const slot = this.position & this.mask;
    const meta = this.meta;
    // Literal offsets of `metaDouble` and `metaWord`: a look-up in an imported table costs more than these
    // three stores.
    meta[slot * 4] = this.seq;
    meta[slot * 4 + 1] = time;
    this.metaWords[slot * 8 + 6] = flags;
    this.position = (this.position + 1) | 0;
    this.seq++;
  }

  /** Shows readers the new floor before anything below it may be overwritten. */
  protected publishFloor(floor: number): void {
    // Publishes which positions may be overwritten from now on. The load that follows orders this store
    // before the plain stores into the slots on ARMv8 (STLR; LDAR; store), where a release store alone would
    // not.
    Atomics.store(this.words, ringWord.floor, floor);
    Atomics.load(this.words, ringWord.fence);
  }

  #scan(wanted: number): void {
    this.#refreshReaders();
    // No slot above what is published may come around before a reader that attaches now can have seen it.
    let room = this.slots - ((this.position - this.published) | 0);
    if (this.#isOvertaking) room = Math.min(room, Math.max(wanted, this.slots >> 2));
    for (const place of this.#blocking) {
      const base = readerBase(place);
      // Acquires the reader's release: its slots may be overwritten.
      const cursor = Atomics.load(this.words, base + readerWord.cursor);
      room = Math.min(room, this.#roomBehind(cursor, this.words[base + readerWord.capacity] ?? 1));
    }
    for (const reader of this.#fused) {
      if (!reader.isBlocking) continue;
      // Handled messages make room at once, but stay intact until released: a successor may have to hand them
      // over again.
      room = Math.min(room, this.#roomBehind(reader.handled, reader.capacity));
      room = Math.min(room, this.#roomBehind(reader.released, this.slots));
    }
    const limit = (this.position + Math.max(0, room)) | 0;
    this.limit = limit;
    if (((limit - this.#claimed) | 0) <= 0) return;
    this.#claimed = limit;
    this.publishFloor((limit - this.slots) | 0);
  }

  /** A cursor that cannot be (its reader is between two lines of attaching) leaves no room. */
  #roomBehind(cursor: number, capacity: number): number {
    const lag = (this.position - cursor) | 0;
    return lag < 0 || lag > capacity ? 0 : capacity - lag;
  }

  #refreshReaders(): void {
    // Acquires attachments and switches; ordered before the loads of the cursors.
    const registry = Atomics.load(this.words, ringWord.registry);
    if (registry === this.#registry) return;
    this.#registry = registry;
    // Acquires the wish of whoever has attached since: it is there before the registry tells of him.
    this.#isWatched = Atomics.load(this.words, ringWord.watchers) > 0;
    const blocking: number[] = [];
    const wake = new Set<Doorbell>();
    let active = this.#fused.length;
    const places = (this.words.length - ringWord.readers) / lineWords;
    for (let place = 0; place < places; place++) {
      const base = readerBase(place);
      const state = Atomics.load(this.words, base + readerWord.state);
      if (state !== readerState.blocking && state !== readerState.nonBlocking) continue;
      if (this.#fused.some((reader) => reader.place === place)) continue;
      active++;
      if (state === readerState.blocking) blocking.push(place);
      const bell = this.#bells[this.words[base + readerWord.bell] ?? -1];
      if (bell !== undefined) wake.add(bell);
    }
    this.#blocking = blocking;
    this.#wake = [...wake];
    const blockers = blocking.length + this.#fused.filter((reader) => reader.isBlocking).length;
    this.#isOvertaking = blockers < active || active === 0;
  }

  #wakeReaders(): void {
    this.#refreshReaders();
    for (let i = 0; i < this.#wake.length; i++) this.#wake[i]?.ring();
  }
}
