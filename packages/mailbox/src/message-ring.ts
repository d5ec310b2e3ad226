import { Buffer } from 'node:buffer';
import { decode } from './codec.ts';
import type { Doorbell } from './doorbell.ts';
import { LayoutError, MessageTooLargeError } from './errors.ts';
import {
  alignUp,
  checkSlots,
  metaWord,
  metaWords,
  readerBase,
  readerState,
  readerWord,
  ringBytesMax,
  ringKind,
  ringOffsets,
  ringWord,
  ringWords,
  writeCommonHeader,
} from './layout.ts';
import { RingReader } from './ring-reader.ts';
import type { Envelope, ReaderOptions } from './ring-reader.ts';
import { RingWriter } from './ring-writer.ts';

/** What a message ring is made of: one writer, one reader. */
export interface MessageRingSpec {
  /** The most messages that wait for a blocking reader. */
  readonly capacity: number;
  /**
   * A power of two ≥ capacity; the next one unless given. More lets a non-blocking reader fall further
   * behind.
   */
  readonly slots?: number;
  /** The most bytes of one message. */
  readonly bytesMax: number;
  /** Bytes that messages lie in, a multiple of 8; each takes 4 more than it has, rounded up to 8. */
  readonly arenaBytes: number;
}

/** A record is the message's length (int32) and its bytes. */
const prefixBytes = 4;
const arenaBytesMax = 2 ** 30;

function recordBytes(bytes: number): number {
  return (prefixBytes + bytes + 7) & ~7;
}

/**
 * Allocates and initialises the shared memory of a message ring. Its bytes are listed in
 * docs/memory-layout.md. Throws `LayoutError`.
 */
export function allocateMessageRing(spec: MessageRingSpec): SharedArrayBuffer {
  const { capacity, bytesMax, arenaBytes } = spec;
  const slots = checkSlots(capacity, spec.slots, 1);
  if (!Number.isInteger(bytesMax) || bytesMax < 1 || bytesMax > arenaBytesMax / 2) {
    throw new LayoutError(
      `messages of ${bytesMax} bytes`,
      `Give a whole number of bytes up to ${arenaBytesMax / 2}.`,
    );
  }
  if (arenaBytes % 8 !== 0 || arenaBytes < recordBytes(bytesMax) || arenaBytes > arenaBytesMax) {
    throw new LayoutError(
      `an arena of ${arenaBytes} bytes for messages of up to ${bytesMax}`,
      `Give a multiple of 8 from ${recordBytes(bytesMax)} to ${arenaBytesMax}.`,
    );
  }
  const { meta, data } = ringOffsets(slots, 1);
  const bytes = alignUp(data + arenaBytes, 8);
  if (bytes > ringBytesMax) {
    throw new LayoutError(
      `a ring of ${bytes} bytes exceeds ${ringBytesMax}`,
      'Lower the capacity or the arena.',
    );
  }
  const buffer = new SharedArrayBuffer(bytes);
  const words = new Int32Array(buffer, 0, meta / 4);
  words[ringWord.kind] = ringKind.message;
  words[ringWord.length] = bytesMax;
  words[ringWord.arenaBytes] = arenaBytes;
  writeCommonHeader(words, slots, 1, meta, data);
  return buffer;
}

/** The bytes of a ring's messages. */
class Arena {
  readonly length: number = 0;
  readonly bytesMax: number = 0;
  readonly #bytes: Buffer;
  readonly #lengths: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    const words = ringWords(buffer);
    const offset = words[ringWord.dataOffset] ?? 0;
    this.length = words[ringWord.arenaBytes] ?? 0;
    this.bytesMax = words[ringWord.length] ?? 0;
    this.#bytes = Buffer.from(buffer, offset, this.length);
    this.#lengths = new Int32Array(buffer, offset, this.length / 4);
  }

  write(offset: number, message: Uint8Array): void {
    this.#lengths[offset >> 2] = message.length;
    this.#bytes.set(message, offset + prefixBytes);
  }

  /**
   * A view of the message at an offset; empty when there can be none, since its writer has overtaken the
   * reader.
   */
  at(offset: number): Buffer {
    const start = offset + prefixBytes;
    const length = this.#lengths[offset >> 2] ?? 0;
    const isSound = length >= 0 && length <= this.bytesMax && start + length <= this.length;
    return this.#bytes.subarray(start, isSound ? start + length : start);
  }
}

/**
 * Writes messages of various sizes. Each lies in one piece in the arena; the pieces follow each other around
 * it, and their space is free again when the reader has released them (or, while it does not block, has been
 * overtaken).
 */
export class MessageWriter extends RingWriter {
  /** The most bytes of one message. */
  readonly bytesMax: number = 0;
  readonly #arena: Arena;
  readonly #recordMax: number = 0;
  readonly #readerState: number = 0;
  readonly #readerCursor: number = 0;
  /** Where the next record may go, as an offset in the arena. */
  #next = 0;
  #settledNext = 0;
  #settledSeq = 0;
  /** The oldest message whose bytes may not be overwritten, and where they start. */
  #tail = 0;
  #tailOffset = 0;
  #floor = 0;

  constructor(buffer: SharedArrayBuffer, bells: readonly Doorbell[] = []) {
    super(buffer, bells);
    this.#arena = new Arena(buffer);
    this.bytesMax = this.#arena.bytesMax;
    this.#recordMax = recordBytes(this.bytesMax);
    this.#readerState = readerBase(0) + readerWord.state;
    this.#readerCursor = readerBase(0) + readerWord.cursor;
    this.#next = this.notedArena();
    this.#settledNext = this.#next;
    this.#settledSeq = this.seq;
    // Every byte that a predecessor overwrote belonged to a message below the floor.
    this.#floor = Atomics.load(this.words, ringWord.floor);
    this.#tail = this.#floor;
    this.#tailOffset = this.#offsetOf(this.#tail);
  }

  /**
   * How many messages of `bytesMax` fit now. Looks at the reader only when fewer than `wanted` are known to
   * fit.
   */
  override room(wanted: number): number {
    const slots = super.room(wanted);
    let largest = this.#countLargest(this.#tail, this.#tailOffset);
    if (largest < wanted) {
      const tail = this.#reclaimable();
      largest = this.#countLargest(tail, this.#offsetOf(tail));
    }
    return Math.min(slots, largest);
  }

  /**
   * Emits the bytes of a message. False when they do not fit now: nothing is lost. Throws
   * `MessageTooLargeError` when they never will.
   */
  append(bytes: Uint8Array, time: number, flags: number, seq: number): boolean {
    if (bytes.length > this.bytesMax) throw new MessageTooLargeError(bytes.length, this.bytesMax);
    if (super.room(1) <= 0) return false;
    const size = recordBytes(bytes.length);
    // A slot that comes around takes its message's bytes with it; the floor is above it already.
    const oldest = (this.position - this.mask) | 0;
    if (((oldest - this.#tail) | 0) > 0) this.#moveTail(oldest);
    let offset = this.#place(size);
    if (offset < 0) offset = this.#placeReclaiming(size);
    if (offset < 0) return false;
    if (this.#tail === this.position) this.#tailOffset = offset;
    this.#arena.write(offset, bytes);
    this.#next = offset + size;
    this.metaWords[(this.position & this.mask) * metaWords + metaWord.extent] = offset;
    this.seq = seq;
    this.writeMeta(time, flags);
    return true;
  }

  override settle(): void {
    super.settle();
    this.#settledNext = this.#next;
    this.#settledSeq = this.seq;
  }

  override rollback(): void {
    super.rollback();
    this.#next = this.#settledNext;
    this.seq = this.#settledSeq;
  }

  protected override settledSeq(): number {
    return this.#settledSeq;
  }

  protected override settledArena(): number {
    return this.#settledNext;
  }

  /** The floor covers slots and bytes, whichever of them is used again first. */
  protected override publishFloor(floor: number): void {
    if (((floor - this.#floor) | 0) <= 0) return;
    this.#floor = floor;
    super.publishFloor(floor);
  }

  /** Where a record of `size` bytes fits, or -1. */
  #place(size: number): number {
    if (this.#tail === this.position) return 0;
    if (this.#next <= this.#tailOffset) return this.#next + size <= this.#tailOffset ? this.#next : -1;
    if (this.#next + size <= this.#arena.length) return this.#next;
    return size <= this.#tailOffset ? 0 : -1;
  }

  /** How many of the largest records fit, if the messages from `tail` on stay. */
  #countLargest(tail: number, tailOffset: number): number {
    const size = this.#recordMax;
    if (tail === this.position) return Math.floor(this.#arena.length / size);
    if (this.#next <= tailOffset) return Math.floor((tailOffset - this.#next) / size);
    return Math.floor((this.#arena.length - this.#next) / size) + Math.floor(tailOffset / size);
  }

  /**
   * As `#place`, after taking back what the reader needs no more: all of it, or as little as possible by
   * overtaking.
   */
  #placeReclaiming(size: number): number {
    const end = this.#reclaimable();
    const isBlocking = this.words[this.#readerState] === readerState.blocking;
    let offset = -1;
    while (offset < 0 && this.#tail !== end) {
      this.#moveTail(isBlocking ? end : (this.#tail + 1) | 0);
      offset = this.#place(size);
    }
    this.publishFloor(this.#tail);
    return offset;
  }

  /**
   * Up to where the tail may move: to the reader's cursor while it blocks, or through all that is published.
   */
  #reclaimable(): number {
    // Acquires the reader's state, and a blocking reader's release: its bytes may be overwritten.
    if (Atomics.load(this.words, this.#readerState) !== readerState.blocking) return this.published;
    const cursor = Atomics.load(this.words, this.#readerCursor);
    const waiting = (this.position - cursor) | 0;
    const occupied = (this.position - this.#tail) | 0;
    // A cursor that cannot be: its reader is between two lines of attaching.
    return waiting >= 0 && waiting < occupied ? cursor : this.#tail;
  }

  #moveTail(position: number): void {
    this.#tail = position;
    this.#tailOffset = this.#offsetOf(position);
  }

  #offsetOf(position: number): number {
    return this.metaWords[(position & this.mask) * metaWords + metaWord.extent] ?? 0;
  }
}

/**
 * Reads messages: each `take` gives a value of its own, made from the ring, or from a private copy while not
 * blocking.
 */
export class MessageReader extends RingReader {
  /** Bytes of the message that was taken last. */
  bytes = 0;
  readonly #arena: Arena;
  #copy: Buffer = Buffer.alloc(0);
  #copyLength = 0;

  constructor(buffer: SharedArrayBuffer, options: ReaderOptions = {}) {
    super(buffer, options);
    this.#arena = new Arena(buffer);
  }

  protected override loadInPlace(slot: number, into: Envelope): void {
    const record = this.#record(slot);
    this.bytes = record.length;
    into.value = decode(record);
  }

  protected override copyOut(slot: number): void {
    const message = this.#record(slot);
    if (this.#copy.length < message.length) this.#copy = Buffer.allocUnsafeSlow(message.length * 2);
    this.#copy.set(message);
    this.#copyLength = message.length;
  }

  protected override loadCopy(into: Envelope): void {
    this.bytes = this.#copyLength;
    into.value = decode(this.#copy.subarray(0, this.#copyLength));
  }

  #record(slot: number): Buffer {
    return this.#arena.at(this.metaWords[slot * metaWords + metaWord.extent] ?? 0);
  }
}
