import { LayoutError } from './errors.ts';
import type { Journal } from './journal.ts';
import { flag, powerOfTwo, slotsMax } from './layout.ts';
import type { MailboxReader } from './mailbox-reader.ts';
import type { Envelope, ReaderPolicy } from './ring-reader.ts';

export interface LocalQueueOptions {
  /** The most messages that wait, 1 to 2^24. */
  readonly capacity: number;
  /** To how many that may grow; not at all unless given. */
  readonly capacityMax?: number;
  /** `block` unless given. */
  readonly policy?: ReaderPolicy;
}

/** A slot: the value by reference, and what goes with it. */
class Entry {
  /** The position of the message that it holds. */
  position = 0;
  value: unknown = undefined;
  seq = 0;
  time = 0;
  flags = 0;
  stamp = 0;

  fill(position: number, value: unknown, seq: number, time: number, flags: number, stamp: number): void {
    this.position = position;
    this.value = value;
    this.seq = seq;
    this.time = time;
    this.flags = flags;
    this.stamp = stamp;
  }
}

/** What the two halves share. Positions are Int32 counts modulo 2^32. */
interface Queue {
  capacity: number;
  readonly policy: ReaderPolicy;
  readonly mask: number;
  readonly entries: (Entry | undefined)[];
  /** Where the messages of the writer's finished calls end. */
  settled: number;
  /** What the reader has given back. */
  released: number;
  /** The oldest message that the writer has not overtaken. */
  floor: number;
  isBlocking: boolean;
  isDetached: boolean;
  hasEnded: boolean;
  /** The writer waits for room. */
  isWanted: boolean;
  /** The last round in which the writer has emitted everything, and where it was in even and odd rounds. */
  marked: number;
  readonly marks: [even: number, odd: number];
}

/**
 * A bounded queue between two actors on one thread: values pass by reference, and both halves behave as those
 * of a ring. The reader sees messages once the writer has settled them; a slot is cleared when the reader
 * releases it, since until then a throw may rewind to it. Throws `LayoutError` for a capacity that it cannot
 * have.
 */
export function localQueue(options: LocalQueueOptions): { writer: LocalWriter; reader: LocalReader } {
  const queue = createQueue(options, 0);
  return { writer: new LocalWriter(queue), reader: new LocalReader(queue) };
}

/**
 * As `localQueue`, with all cursors at `position` instead of 0, so that tests can meet the 32-bit
 * wrap-around.
 */
export function localQueueAt(
  options: LocalQueueOptions,
  position: number,
): { writer: LocalWriter; reader: LocalReader } {
  const queue = createQueue(options, position);
  return { writer: new LocalWriter(queue), reader: new LocalReader(queue) };
}

function createQueue(options: LocalQueueOptions, position: number): Queue {
  const { capacity, capacityMax = capacity, policy = 'block' } = options;
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > slotsMax) {
    throw new LayoutError(
      `capacity ${capacity} is not an integer from 1 to ${slotsMax}`,
      'Give another capacity.',
    );
  }
  // A reader that is overtaken keeps `capacity` settled messages while the writer's next call fills other
  // slots.
  const slots = powerOfTwo(Math.max(capacity, capacityMax)) * (policy === 'block' ? 1 : 2);
  return {
    capacity,
    policy,
    mask: slots - 1,
    entries: Array.from({ length: slots }),
    settled: position,
    released: position,
    floor: position,
    isBlocking: policy === 'block',
    isDetached: false,
    hasEnded: false,
    isWanted: false,
    marked: 0,
    marks: [position, position],
  };
}

/** The writer's half of a local queue, with the face of a `MessageWriter`. */
export class LocalWriter {
  /** Where the next message goes. */
  position = 0;
  /** Sequence number of the last message and one more. */
  seq = 0;
  readonly #queue: Queue;
  #published = 0;
  #settledSeq = 0;

  /** `localQueue` makes both halves. */
  constructor(queue: Queue) {
    this.#queue = queue;
    this.position = queue.settled;
    this.#published = queue.settled;
  }

  /** Where the messages of finished calls end. */
  get settled(): number {
    return this.#queue.settled;
  }

  /** How many more messages fit now; `wanted` is of no consequence here. */
  room(_wanted: number): number {
    const queue = this.#queue;
    if (queue.isBlocking) return queue.capacity - ((this.position - queue.released) | 0);
    return queue.mask + 1 - ((this.position - queue.settled) | 0);
  }

  /** The reader is on this thread and needs no asking: `room`. */
  wantRoom(wanted: number): number {
    const room = this.room(wanted);
    this.#queue.isWanted = room < wanted;
    return room;
  }

  /** Emits a value. False when it does not fit. */
  append(value: unknown, time: number, flags: number, seq: number): boolean {
    if (this.room(1) <= 0) return false;
    if (!this.#queue.isDetached) this.#store(value, time, flags, seq);
    this.position = (this.position + 1) | 0;
    this.seq = seq + 1;
    return true;
  }

  /** Ends a handler call: the reader sees what it emitted. */
  settle(): void {
    this.#queue.settled = this.position;
    this.#settledSeq = this.seq;
  }

  /** Discards what has been emitted since the last settled call. */
  rollback(): void {
    const { settled, entries, mask } = this.#queue;
    for (let at = settled; at !== this.position; at = (at + 1) | 0) {
      const entry = entries[at & mask];
      if (entry !== undefined) entry.value = undefined;
    }
    this.position = settled;
    this.seq = this.#settledSeq;
  }

  /** Stamps the first message since the last call with the wall clock. */
  publish(stampMs: number): void {
    const { settled, entries, mask } = this.#queue;
    if (this.#published === settled) return;
    const first = entries[this.#published & mask];
    if (first?.position === this.#published) {
      first.stamp = stampMs;
      first.flags |= flag.stamped;
    }
    this.#published = settled;
  }

  /** Whether a settled message waits to be published. */
  isDirty(): boolean {
    return this.#published !== this.#queue.settled;
  }

  /** Nothing: what passes by reference dies with its thread. */
  record(_journal: Journal): void {}

  hasMarked(round: number): boolean {
    return this.#queue.marked === round;
  }

  /** Nothing: a predecessor's marks have died with its thread. */
  unmark(_round: number): void {}

  /** Says that everything of a round has been emitted. */
  mark(round: number): void {
    this.#queue.marks[round & 1] = this.#queue.settled;
    this.#queue.marked = round;
  }

  /** No more messages will come. */
  end(): void {
    this.#queue.hasEnded = true;
  }

  #store(value: unknown, time: number, flags: number, seq: number): void {
    const { entries, mask } = this.#queue;
    const slot = this.position & mask;
    const entry = (entries[slot] ??= new Entry());
    entry.fill(this.position, value, seq, time, flags, 0);
    const overtaken = (this.position - mask) | 0;
    if (((overtaken - this.#queue.floor) | 0) > 0) this.#queue.floor = overtaken;
  }
}

/** The reader's half of a local queue. */
export class LocalReader implements MailboxReader {
  readonly policy: ReaderPolicy;
  capacity: number = 0;
  position = 0;
  handled = 0;
  skipped = 0;
  highWater = 0;
  readonly #queue: Queue;
  /** A copy of what was taken last while it may be overtaken, for a retry. */
  readonly #held = new Entry();
  #isHolding = false;

  /** `localQueue` makes both halves. */
  constructor(queue: Queue) {
    this.#queue = queue;
    this.policy = queue.policy;
    this.capacity = queue.capacity;
    this.position = queue.settled;
    this.handled = queue.settled;
  }

  get isBlocking(): boolean {
    return this.#queue.isBlocking;
  }

  available(): number {
    if (this.#queue.isDetached) return 0;
    const waiting = (this.#queue.settled - this.position) | 0;
    if (waiting > this.highWater) this.highWater = waiting;
    // Nothing is given up while a message is in hand, or waits for its retry.
    if (this.isBlocking || this.position !== this.handled || this.#isHeld()) return waiting;
    const keep = this.policy === 'latest' ? 1 : this.capacity;
    const intact = (this.#queue.settled - this.#queue.floor) | 0;
    const kept = Math.min(waiting, keep, Math.max(0, intact));
    this.#skip(waiting - kept);
    return kept;
  }

  isMarked(round: number): boolean {
    return ((this.#queue.marked - round) | 0) >= 0 || this.#queue.hasEnded;
  }

  hasEndedBefore(round: number): boolean {
    return this.isLast(round) && this.available() <= 0;
  }

  availableBefore(round: number): number {
    const { marked, marks, hasEnded } = this.#queue;
    if (marked !== round && marked !== ((round - 1) | 0) && hasEnded) return this.available();
    return ((marks[(round - 1) & 1] as number) - this.position) | 0;
  }

  timeAt(offset: number): number {
    return this.#queue.entries[(this.position + offset) & this.#queue.mask]?.time ?? 0;
  }

  isFull(maxEmit: number): boolean {
    const { isBlocking, settled, released } = this.#queue;
    return isBlocking && ((settled - released) | 0) + maxEmit > this.capacity;
  }

  isWanted(): boolean {
    return this.#queue.isWanted;
  }

  grow(): boolean {
    if (this.capacity > this.#queue.mask) return false;
    this.capacity = Math.min(this.capacity * 2, this.#queue.mask + 1);
    this.#queue.capacity = this.capacity;
    return true;
  }

  take(into: Envelope): boolean {
    if (this.available() <= 0 || (!this.isBlocking && !this.#hold())) return false;
    const entry = this.isBlocking ? this.#queue.entries[this.position & this.#queue.mask] : this.#held;
    if (entry === undefined) return false;
    into.value = entry.value;
    into.seq = entry.seq;
    into.time = entry.time;
    into.flags = entry.flags;
    into.stamp = entry.stamp;
    this.position = (this.position + 1) | 0;
    return true;
  }

  passOver(keep: number, most: number = Infinity): number {
    const count = Math.min(most, this.available() - keep);
    if (count <= 0) return 0;
    this.#letGo();
    this.position = (this.position + count) | 0;
    this.handled = this.position;
    return count;
  }

  settle(): void {
    this.handled = this.position;
  }

  rewind(): void {
    this.position = this.handled;
  }

  /** Nothing: what passes by reference dies with its thread. */
  record(_journal: Journal): void {}

  release(): void {
    const queue = this.#queue;
    // Slots of overtaken messages are the writer's again.
    const overtaken = Math.max(0, (queue.floor - queue.released) | 0);
    for (let at = (queue.released + overtaken) | 0; ((this.handled - at) | 0) > 0; at = (at + 1) | 0) {
      const entry = queue.entries[at & queue.mask];
      if (entry !== undefined) entry.value = undefined;
    }
    queue.released = this.handled;
    if (((this.#held.position - this.handled) | 0) < 0) this.#letGo();
  }

  /** Nothing: the writer is on this thread and looks for itself. */
  nudge(): void {}

  isLast(round?: number): boolean {
    return this.#queue.hasEnded && this.#queue.marked !== round;
  }

  hasEnded(): boolean {
    return this.#queue.hasEnded && this.available() <= 0;
  }

  setBlocking(isBlocking: boolean): void {
    if (isBlocking === this.isBlocking || this.#queue.isDetached) return;
    this.#queue.isBlocking = isBlocking;
    if (!isBlocking) return;
    this.#skip((this.#queue.settled - this.position) | 0);
    this.settle();
    this.release();
  }

  detach(): void {
    this.#queue.isDetached = true;
    this.#queue.isBlocking = false;
    this.#queue.entries.fill(undefined);
    this.#letGo();
  }

  #isHeld(): boolean {
    return this.#isHolding && this.#held.position === this.position;
  }

  /** Copies the next message that is intact, unless it is held already. False when there is none. */
  #hold(): boolean {
    if (this.#isHeld()) return true;
    const { floor, settled, entries, mask } = this.#queue;
    this.#skip((floor - this.position) | 0);
    const entry = entries[this.position & mask];
    if (entry === undefined || ((settled - this.position) | 0) <= 0) return false;
    this.#held.fill(entry.position, entry.value, entry.seq, entry.time, entry.flags, entry.stamp);
    this.#isHolding = true;
    return true;
  }

  #letGo(): void {
    this.#isHolding = false;
    this.#held.value = undefined;
  }

  #skip(count: number): void {
    if (count <= 0) return;
    this.skipped += count;
    this.position = (this.position + count) | 0;
    this.handled = this.position;
  }
}
