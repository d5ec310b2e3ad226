import { arrayConstructor, dtypeCode, dtypes, frameLength, isDtype } from './dtype.ts';
import type { Dtype } from './dtype.ts';
import { LayoutError } from './errors.ts';

/**
 * Distance between words that different threads write, in bytes. Two 64-byte lines: x86 prefetches pairs of
 * them, and several arm64 machines have lines of 128 bytes.
 */
export const lineBytes = 128;
export const lineWords: number = lineBytes / 4;

/** Int32 positions in a ring's header, 32 to a line. docs/memory-layout.md says who writes each of them. */
export const ringWord = {
  magic: 0,
  version: 1,
  kind: 2,
  dtype: 3,
  slots: 4,
  readersMax: 5,
  /** Elements of a frame; of a message ring: the most bytes of one message. */
  length: 6,
  slotBytes: 7,
  metaOffset: 8,
  dataOffset: 9,
  /** Message rings: bytes of the arena. */
  arenaBytes: 10,
  /** Line 1: counts every change of the set of readers. */
  registry: 32,
  /** How many readers want to know when each message was published. */
  watchers: 33,
  /** Line 2, written by the writer (roomWanted also by the reader that answers it). */
  head: 64,
  floor: 65,
  ended: 66,
  roomWanted: 67,
  writerBell: 68,
  fence: 69,
  /** The last round in which the writer has emitted everything, and the head then (for even, odd rounds). */
  marked: 70,
  /** Two notes (`noteWord`), written in turn: the one whose head is `head` holds. */
  notes: 72,
  marks: 80,
  /** Line 3 and on: one line for each reader place. */
  readers: 96,
} as const;

/** Int32 positions in a note: what a writer's successor must know about a head beside what its slots say. */
export const noteWord = { head: 0, seqLow: 1, seqHigh: 2, arena: 3 } as const;
export const noteWords = 4;

/** Int32 positions in a reader's line. */
export const readerWord = { cursor: 0, state: 1, bell: 2, capacity: 3, fence: 4 } as const;

export const readerState = { free: 0, blocking: 1, nonBlocking: 2, reserved: 3 } as const;

/** Float64 positions in a slot's meta; the last eight bytes are two Int32 (`metaWord`). */
export const metaDouble = { seq: 0, time: 1, stamp: 2 } as const;
export const metaDoubles = 4;
export const metaWord = { flags: 6, extent: 7 } as const;
export const metaWords = 8;

/**
 * Flags of a message. The first two go on from an input to what its handler emits. The others say what its
 * writer has stamped: the first message of a batch, and, while somebody watches, the last one.
 */
export const flag = { redelivered: 1, resent: 2, stamped: 4, stampedLast: 8 } as const;

const ringMagic = 0x54525550;
const ringVersion = 1;
export const ringKind = { frame: 1, message: 2 } as const;
export const slotsMax: number = 2 ** 24;
const readersLimit = 64;
export const ringBytesMax: number = 2 ** 31;

/** What a frame ring is made of. */
export interface FrameRingSpec {
  readonly dtype: Dtype;
  /** Row-major; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** The most frames that wait for a blocking reader. */
  readonly capacity: number;
  /**
   * A power of two ≥ capacity; the next one unless given. More lets non-blocking readers fall further behind.
   */
  readonly slots?: number;
  /** Reader places, 1 to 64; 8 unless given. */
  readonly readersMax?: number;
}

/** Word offset of a reader's line. */
export function readerBase(place: number): number {
  return ringWord.readers + place * lineWords;
}

/** The smallest power of two ≥ n. */
export function powerOfTwo(n: number): number {
  return n <= 1 ? 1 : 2 ** (32 - Math.clz32(n - 1));
}

export function alignUp(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}

/** Throws `LayoutError` unless the numbers describe a ring. Returns its slots. */
export function checkSlots(capacity: number, slots: number | undefined, readersMax: number): number {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > slotsMax) {
    throw new LayoutError(
      `capacity ${capacity} is not an integer from 1 to ${slotsMax}`,
      'Give another capacity.',
    );
  }
  const count = slots ?? powerOfTwo(capacity);
  if (count < capacity || count > slotsMax || powerOfTwo(count) !== count) {
    throw new LayoutError(
      `${count} slots: not a power of two from ${capacity} to ${slotsMax}`,
      'Leave `slots` out.',
    );
  }
  if (!Number.isInteger(readersMax) || readersMax < 1 || readersMax > readersLimit) {
    throw new LayoutError(
      `readersMax ${readersMax} is not an integer from 1 to ${readersLimit}`,
      'Use a relay stage.',
    );
  }
  return count;
}

/** Bytes from the start of a ring to its slots' meta, and from there to the data. */
export function ringOffsets(slots: number, readersMax: number): { meta: number; data: number } {
  const meta = (ringWord.readers + readersMax * lineWords) * 4;
  return { meta, data: alignUp(meta + slots * metaDoubles * 8, lineBytes) };
}

/**
 * Allocates and initialises the shared memory of a frame ring. Its bytes are listed in docs/memory-layout.md.
 */
export function allocateFrameRing(spec: FrameRingSpec): SharedArrayBuffer {
  if (!isDtype(spec.dtype)) {
    throw new LayoutError(`unknown dtype ${String(spec.dtype)}`, `Use one of ${dtypes.join(', ')}.`);
  }
  if (spec.shape.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new LayoutError(
      `shape [${spec.shape.join(', ')}] has a size that is no positive integer`,
      'Correct it.',
    );
  }
  const readersMax = spec.readersMax ?? 8;
  const slots = checkSlots(spec.capacity, spec.slots, readersMax);
  const length = frameLength(spec.shape);
  const frameBytes = length * arrayConstructor(spec.dtype).BYTES_PER_ELEMENT;
  // Frames of less than a line are packed by 16 bytes; larger ones start on a line of their own.
  const slotBytes = alignUp(frameBytes, frameBytes < 64 ? 16 : 64);
  const { meta, data } = ringOffsets(slots, readersMax);
  const bytes = data + slots * slotBytes;
  if (bytes > ringBytesMax) {
    throw new LayoutError(
      `a ring of ${bytes} bytes exceeds ${ringBytesMax}`,
      'Lower the capacity or the frame size.',
    );
  }
  const buffer = new SharedArrayBuffer(bytes);
  const words = new Int32Array(buffer, 0, meta / 4);
  words[ringWord.kind] = ringKind.frame;
  words[ringWord.dtype] = dtypeCode(spec.dtype);
  words[ringWord.length] = length;
  words[ringWord.slotBytes] = slotBytes;
  writeCommonHeader(words, slots, readersMax, meta, data);
  return buffer;
}

/** The header words that frame and message rings share. */
export function writeCommonHeader(
  words: Int32Array,
  slots: number,
  readersMax: number,
  meta: number,
  data: number,
): void {
  words[ringWord.magic] = ringMagic;
  words[ringWord.version] = ringVersion;
  words[ringWord.slots] = slots;
  words[ringWord.readersMax] = readersMax;
  words[ringWord.metaOffset] = meta;
  words[ringWord.dataOffset] = data;
  words[ringWord.writerBell] = -1;
  words[ringWord.floor] = -slots;
}

/**
 * Starts all cursors of a fresh ring at `position` instead of 0, so that tests can meet the 32-bit
 * wrap-around.
 */
export function startRingAt(buffer: SharedArrayBuffer, position: number): void {
  const words = ringWords(buffer);
  words[ringWord.head] = position;
  words[ringWord.notes + noteWord.head] = position;
  words[ringWord.floor] = position - (words[ringWord.slots] ?? 0);
  const readersMax = words[ringWord.readersMax] ?? 0;
  for (let place = 0; place < readersMax; place++) words[readerBase(place) + readerWord.cursor] = position;
}

/** The header of a ring as Int32 words. Throws `LayoutError` when the memory is no ring of this version. */
export function ringWords(buffer: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  const start = new Int32Array(buffer, 0, ringWord.dataOffset + 1);
  if (start[ringWord.magic] !== ringMagic || start[ringWord.version] !== ringVersion) {
    throw new LayoutError(
      'this memory is no ring of this version',
      'Use rings made by the same version of Troupe.',
    );
  }
  return new Int32Array(buffer, 0, (start[ringWord.metaOffset] ?? 0) / 4);
}
