import { allocateFrame, arrayConstructor, dtypeCode, dtypes, frameLength, isDtype } from './dtype.ts';
import type { Dtype, FrameArray } from './dtype.ts';
import { LayoutError } from './errors.ts';
import { alignUp, lineBytes, lineWords, powerOfTwo, ringBytesMax } from './layout.ts';

/** Int32 positions in a latch's header. docs/memory-layout.md says who writes each of them. */
const latchWord = {
  magic: 0,
  version: 1,
  dtype: 2,
  length: 3,
  slots: 4,
  slotBytes: 5,
  metaOffset: 6,
  dataOffset: 7,
  /** Line 1, the writer's: the newest value that is published. */
  head: lineWords,
  /** Values below this one may be overwritten, or being overwritten. */
  floor: lineWords + 1,
} as const;

/** Float64 positions in a slot's meta. */
const latchDouble = { about: 0, time: 1 } as const;
const metaDoubles = 3;
/** Int32 positions in it: since when the value counts, once that has been decided. */
const latchDecision = { word: 4 } as const;
const metaWords: number = metaDoubles * 2;

/**
 * A decision is one word, so that one of several who decide at once wins: seven bits that tell values of the
 * same slot apart, one that says that it has been made, and the time, in units, from `about` on.
 */
const tagShift = 25;
const tagMask = 0x7f;
const madeBit = 1 << 24;
const unitMask = madeBit - 1;
const unitNs = 16_000;
/** Clocks of threads differ, and a store takes its time to be seen: this is more than both. */
const marginUnits = 2;

const latchMagic = 0x4354414c; // 'LATC'
const latchVersion = 1;
const slotsMax = 64;
const slotsMin = 4;
/** Small values keep more of their past than large ones. */
const bytesAimed = 2 ** 18;
/** How often a reader tries to get ahead of a writer that overtakes it. */
const triesMax = 1_000;

/** What a latch holds. */
export interface LatchSpec {
  readonly dtype: Dtype;
  /** Row-major; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** How many values are kept for readers that look back: a power of two from 4. By size unless given. */
  readonly slots?: number;
}

/** Allocates a latch. Its first value is all zeros, written before all time. Throws `LayoutError`. */
export function allocateLatch({ dtype, shape, slots: wanted }: LatchSpec): SharedArrayBuffer {
  if (!isDtype(dtype)) {
    throw new LayoutError(`unknown dtype ${String(dtype)}`, `Use one of ${dtypes.join(', ')}.`);
  }
  const length = frameLength(shape);
  const slotBytes = alignUp(length * arrayConstructor(dtype).BYTES_PER_ELEMENT, 16);
  const fitting = powerOfTwo(Math.floor(bytesAimed / slotBytes / 2) + 1);
  const slots = wanted ?? Math.min(slotsMax, Math.max(slotsMin, fitting));
  const metaOffset = 2 * lineBytes;
  const dataOffset = alignUp(metaOffset + slots * metaDoubles * 8, lineBytes);
  const bytes = dataOffset + slots * slotBytes;
  if (!Number.isInteger(length) || length < 1 || bytes > ringBytesMax) {
    throw new LayoutError(`a latch of shape [${shape.join(', ')}] cannot be made`, 'Give another shape.');
  }
  if (slots < slotsMin || powerOfTwo(slots) !== slots) {
    throw new LayoutError(`${slots} slots: not a power of two from ${slotsMin}`, 'Leave `slots` out.');
  }
  const buffer = new SharedArrayBuffer(bytes);
  const words = new Int32Array(buffer, 0, metaOffset / 4);
  words[latchWord.magic] = latchMagic;
  words[latchWord.version] = latchVersion;
  words[latchWord.dtype] = dtypeCode(dtype);
  words[latchWord.length] = length;
  words[latchWord.slots] = slots;
  words[latchWord.slotBytes] = slotBytes;
  words[latchWord.metaOffset] = metaOffset;
  words[latchWord.dataOffset] = dataOffset;
  words[latchWord.floor] = 2 - slots;
  new Float64Array(buffer, metaOffset, metaDoubles).set([-Infinity, -1]);
  new Int32Array(buffer, metaOffset, metaWords)[latchDecision.word] = madeBit;
  return buffer;
}

/** Starts the values of a fresh latch at `position` instead of 0, so that tests can meet the wrap-around. */
export function startLatchAt(buffer: SharedArrayBuffer, position: number): void {
  const memory = new LatchMemory(buffer);
  const { words, doubles, slots } = memory;
  const slot = position & (slots - 1);
  words[latchWord.head] = position;
  words[latchWord.floor] = (position + 2 - slots) | 0;
  doubles[slot * metaDoubles + latchDouble.about] = -Infinity;
  doubles[slot * metaDoubles + latchDouble.time] = -1;
  words[memory.decisionAt(slot)] = memory.tagOf(position) | madeBit;
}

/** The parts of a latch. Values are counted modulo 2^32; only near ones are compared. */
class LatchMemory {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly frames: readonly FrameArray[];
  readonly dtype: Dtype;
  readonly length: number;
  readonly slots: number;
  readonly #decisions: number;
  readonly #slotBits: number;

  constructor(buffer: SharedArrayBuffer) {
    const words = new Int32Array(buffer);
    if (words[latchWord.magic] !== latchMagic || words[latchWord.version] !== latchVersion) {
      throw new LayoutError('this memory is no latch', 'Pass the memory that `allocateLatch` returned.');
    }
    const at = (index: number): number => words[index] as number;
    this.words = words;
    this.dtype = dtypes[at(latchWord.dtype)] as Dtype;
    this.length = at(latchWord.length);
    this.slots = at(latchWord.slots);
    this.doubles = new Float64Array(buffer, at(latchWord.metaOffset), this.slots * metaDoubles);
    const FrameOf = arrayConstructor(this.dtype);
    this.frames = Array.from({ length: this.slots }, (_, slot) => {
      const offset = at(latchWord.dataOffset) + slot * at(latchWord.slotBytes);
      return new FrameOf(buffer, offset, this.length);
    });
    this.#decisions = at(latchWord.metaOffset) / 4 + latchDecision.word;
    this.#slotBits = 31 - Math.clz32(this.slots);
  }

  /** The place, in `words`, of the decision about the value in a slot. */
  decisionAt(slot: number): number {
    return this.#decisions + slot * metaWords;
  }

  /** What tells a value's decision from those about others of its slot. */
  tagOf(value: number): number {
    return ((value >>> this.#slotBits) & tagMask) << tagShift;
  }

  /** Decides that a value counts from now on, unless that has been decided. Returns the decision. */
  decide(value: number, nowNs: number): number {
    const tag = this.tagOf(value);
    const made = tag | madeBit | ((Math.floor(nowNs / unitNs) + marginUnits) & unitMask);
    // Publishes the decision, or acquires the one that was made before.
    const before = Atomics.compareExchange(this.words, this.decisionAt(value & (this.slots - 1)), tag, made);
    return before === tag ? made : before;
  }
}

/** The time of the threads that share a latch, in ns. */
interface Clock {
  nowNs(): number;
}

/** Writes a latch. One writer at a time; a successor goes on behind what has been published. */
export class LatchWriter {
  readonly length: number;
  readonly #memory: LatchMemory;
  #next = 0;
  #slot = 0;
  /** Of the newest value, if this writer has written it with `writeAt`. */
  #stampNs = NaN;
  /** The number of the first of the two values with that stamp; `undefined` where there is one. */
  #first: number | undefined;

  constructor(buffer: SharedArrayBuffer) {
    this.#memory = new LatchMemory(buffer);
    this.length = this.#memory.length;
    // A predecessor's publications are all of what it has written that counts.
    this.#next = (Atomics.load(this.#memory.words, latchWord.head) + 1) | 0;
  }

  /** Writes the next value, with its logical time. Nobody reads it before it is published. */
  fill(frame: FrameArray, timeNs: number): void {
    const { words, doubles, frames, slots } = this.#memory;
    const slot = this.#next & (slots - 1);
    this.#slot = slot;
    // Publishes that the value which lies in this slot is given up. The load after it keeps the plain stores
    // below from becoming visible first (ARMv8: STLR before LDAR, LDAR before everything after it).
    Atomics.store(words, latchWord.floor, (this.#next - slots + 1) | 0);
    Atomics.load(words, latchWord.floor);
    // Nobody decides about what was here before any more.
    Atomics.store(words, this.#memory.decisionAt(slot), this.#memory.tagOf(this.#next));
    frames[slot]?.set(frame as never);
    doubles[slot * metaDoubles + latchDouble.time] = timeNs;
  }

  /**
   * Writes a value, and shows it to those who read as of a time after `stampNs`, of whom there must be none
   * before all values of that stamp are written. So only the last one of a stamp is ever read: from the third
   * on they take turns in two slots, the newer of which stays whole until the other one is shown.
   */
  writeAt(frame: FrameArray, timeNs: number, stampNs: number): void {
    if (stampNs === this.#stampNs && this.#first !== undefined) {
      this.#replace(frame, timeNs, this.#first);
      return;
    }
    this.#first = stampNs === this.#stampNs ? (this.#next - 1) | 0 : undefined;
    this.#stampNs = stampNs;
    this.fill(frame, timeNs);
    this.publishAt(stampNs);
  }

  /** Of the values `first` and `first + 1`, which nobody reads yet, the older one gives way. */
  #replace(frame: FrameArray, timeNs: number, first: number): void {
    const { doubles, frames, slots } = this.#memory;
    const newest = (this.#next - 1) | 0;
    this.#next = newest === first ? (first + 1) | 0 : first;
    const slot = this.#next & (slots - 1);
    frames[slot]?.set(frame as never);
    doubles[slot * metaDoubles + latchDouble.time] = timeNs;
    this.#show();
  }

  /** Shows the value to those who read as of a time after `stampNs`. */
  publishAt(stampNs: number): void {
    const { words, doubles } = this.#memory;
    doubles[this.#slot * metaDoubles + latchDouble.about] = stampNs;
    const made = this.#memory.tagOf(this.#next) | madeBit | (Math.floor(stampNs / unitNs) & unitMask);
    // Published with the slot.
    Atomics.store(words, this.#memory.decisionAt(this.#slot), made);
    this.#show();
  }

  /** Shows the value to those who read as of a time after now. */
  publish(clock: Clock): void {
    this.#memory.doubles[this.#slot * metaDoubles + latchDouble.about] = clock.nowNs();
    const value = this.#next;
    this.#show();
    // After it can be seen: whoever reads as of a later time, sees it.
    this.#memory.decide(value, clock.nowNs());
  }

  #show(): void {
    // Publishes the slot.
    Atomics.store(this.#memory.words, latchWord.head, this.#next);
    this.#next = (this.#next + 1) | 0;
  }
}

/** A word that only its thread uses: a store to it orders the loads before it and those after it. */
const fence = new Int32Array(new SharedArrayBuffer(4));

/** Reads a latch: any number of them, on any thread, none of which the writer waits for. */
export class LatchReader {
  /** The value taken last: whole, in private memory. Another `take` may overwrite it, but one. */
  frame: FrameArray;
  /** Its logical time; -1 as long as nothing has been written. */
  timeNs = -1;
  readonly #memory: LatchMemory;
  readonly #clock: Clock;
  #spare: FrameArray;
  #found = 0;
  #taken = 0;
  #hasTaken = false;

  constructor(buffer: SharedArrayBuffer, clock: Clock) {
    this.#memory = new LatchMemory(buffer);
    this.#clock = clock;
    const { dtype, length } = this.#memory;
    this.frame = allocateFrame(dtype, length);
    this.#spare = allocateFrame(dtype, length);
  }

  /** The number of that value, counted from 1 modulo 2^32; 0 before anything was written. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes the newest value that counted before `atNs`, which is not in the future: the same one for everybody
   * who reads as of that time. Where it has been overwritten already, takes the oldest one that has not. A
   * reader that a writer overtakes under every one of many copies keeps what it has.
   */
  take(atNs: number): void {
    for (let tries = 0; tries < triesMax; tries++) {
      if (!this.#find(atNs)) continue;
      if (this.#hasTaken && this.#found === this.#taken) return;
      if (this.#copy(this.#found)) return;
    }
  }

  /**
   * Finds the newest value that is old enough; or the oldest that is kept for sure. False when the writer has
   * gone round meanwhile.
   */
  #find(atNs: number): boolean {
    const { words, slots } = this.#memory;
    // Acquires the slots of all values up to this one.
    let value = Atomics.load(words, latchWord.head);
    for (let back = 0; back < slots - 2; back++) {
      const sinceNs = this.#countsFrom(value);
      if (Number.isNaN(sinceNs)) return false;
      if (sinceNs < atNs) break;
      value = (value - 1) | 0;
    }
    this.#found = value;
    return true;
  }

  /** Since when a value counts; NaN of one that has been given up. */
  #countsFrom(value: number): number {
    const { words, doubles, slots } = this.#memory;
    const slot = value & (slots - 1);
    // Acquires the decision.
    let decision = Atomics.load(words, this.#memory.decisionAt(slot));
    const tag = this.#memory.tagOf(value);
    // Its writer has not come to it, perhaps for long: then the reader decides for everybody.
    if (decision === tag) decision = this.#memory.decide(value, this.#clock.nowNs());
    if ((decision & ~(madeBit | unitMask)) !== tag) return NaN;
    const aboutNs = doubles[slot * metaDoubles + latchDouble.about] as number;
    return aboutNs + unitNs * (((decision & unitMask) - Math.floor(aboutNs / unitNs)) & unitMask);
  }

  /** False when the value may have been overwritten meanwhile: nothing has been taken then. */
  #copy(value: number): boolean {
    const { words, doubles, frames, slots } = this.#memory;
    const slot = value & (slots - 1);
    const copy = this.#spare;
    copy.set(frames[slot] as never);
    const timeNs = doubles[slot * metaDoubles + latchDouble.time] as number;
    // Orders the loads of the copy before the load of the floor (ARMv8: everything before a STLR).
    Atomics.store(fence, 0, 0);
    // Acquires the writer's decision to overwrite: below it the copy may be torn.
    if (((value - Atomics.load(words, latchWord.floor)) | 0) < 0) return false;
    this.#spare = this.frame;
    this.frame = copy;
    this.timeNs = timeNs;
    this.#taken = value;
    this.#hasTaken = true;
    return true;
  }
}
