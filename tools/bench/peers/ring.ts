/**
 * The frozen peer of the frame ring: the single-writer, single-reader ring that a good engineer writes by
 * hand in an afternoon.
 *
 * Free-running 32-bit indices on cache lines of their own, each side keeps the other's index cached, one
 * `Atomics.store` publishes (or releases) `batch` frames, and a side that finds nothing to do spins for a
 * bounded while, then sleeps in `Atomics.wait`. It has no flags, no times, no counters, no second reader.
 * Do not make it slower, do not make it cleverer: figures are compared over years.
 */

const INTS_PER_LINE_PAIR = 32;
const HEAD = 0;
const TAIL = INTS_PER_LINE_PAIR;
const READER_SLEEPS = 2 * INTS_PER_LINE_PAIR;
const WRITER_SLEEPS = 3 * INTS_PER_LINE_PAIR;
const HEADER_BYTES = 4 * INTS_PER_LINE_PAIR * 4;

/** Polls of the other side's index before going to sleep: some 50 µs. */
const SPINS_MAX = 5000;
/** A sleeping side looks again by itself after this, so that its flag may be read without a fence. */
const SLEEP_MAX_MS = 1;

export interface RingSpec {
  /** Slots, a power of two. */
  readonly capacity: number;
  /** Floats of one frame. */
  readonly frameLength: number;
  /** Frames per publication and per release. */
  readonly batch: number;
}

/** Allocates the shared block of a ring. */
export function createRing(spec: RingSpec): SharedArrayBuffer {
  return new SharedArrayBuffer(
    HEADER_BYTES + spec.capacity * spec.frameLength * Float32Array.BYTES_PER_ELEMENT,
  );
}

function slotViews(block: SharedArrayBuffer, spec: RingSpec): Float32Array[] {
  const frameBytes = spec.frameLength * Float32Array.BYTES_PER_ELEMENT;
  return Array.from(
    { length: spec.capacity },
    (_, slot) => new Float32Array(block, HEADER_BYTES + slot * frameBytes, spec.frameLength),
  );
}

/**
 * Waits until `words[index]` differs from `seen` and gives its value: spins first, then sleeps with
 * `words[flag]` raised.
 */
function awaitChange(words: Int32Array, index: number, seen: number, flag: number): number {
  for (let spin = 0; spin < SPINS_MAX; spin++) {
    const value = Atomics.load(words, index);
    if (value !== seen) return value;
  }
  Atomics.store(words, flag, 1);
  let value = Atomics.load(words, index);
  while (value === seen) {
    Atomics.wait(words, index, seen, SLEEP_MAX_MS);
    value = Atomics.load(words, index);
  }
  Atomics.store(words, flag, 0);
  return value;
}

export class RingWriter {
  readonly #words: Int32Array;
  readonly #slots: readonly Float32Array[];
  readonly #mask: number;
  readonly #capacity: number;
  readonly #batch: number;
  #head = 0;
  #published = 0;
  #tailSeen = 0;

  constructor(block: SharedArrayBuffer, spec: RingSpec) {
    this.#words = new Int32Array(block, 0, HEADER_BYTES / 4);
    this.#slots = slotViews(block, spec);
    this.#mask = spec.capacity - 1;
    this.#capacity = spec.capacity;
    this.#batch = spec.batch;
  }

  /** The view of the next free slot; waits for the reader when the ring is full. */
  reserve(): Float32Array {
    if (((this.#head - this.#tailSeen) | 0) >= this.#capacity) this.#awaitRoom();
    return this.#slots[this.#head & this.#mask] as Float32Array;
  }

  commit(): void {
    this.#head = (this.#head + 1) | 0;
    if (((this.#head - this.#published) | 0) >= this.#batch) this.flush();
  }

  /** Publishes everything committed. */
  flush(): void {
    this.#published = this.#head;
    Atomics.store(this.#words, HEAD, this.#head);
    if (this.#words[READER_SLEEPS] !== 0) Atomics.notify(this.#words, HEAD, 1);
  }

  #awaitRoom(): void {
    this.#tailSeen = Atomics.load(this.#words, TAIL);
    if (((this.#head - this.#tailSeen) | 0) < this.#capacity) return;
    if (this.#published !== this.#head) this.flush();
    this.#tailSeen = awaitChange(this.#words, TAIL, this.#tailSeen, WRITER_SLEEPS);
  }
}

export class RingReader {
  readonly #words: Int32Array;
  readonly #slots: readonly Float32Array[];
  readonly #mask: number;
  readonly #batch: number;
  #tail = 0;
  #released = 0;
  #headSeen = 0;

  constructor(block: SharedArrayBuffer, spec: RingSpec) {
    this.#words = new Int32Array(block, 0, HEADER_BYTES / 4);
    this.#slots = slotViews(block, spec);
    this.#mask = spec.capacity - 1;
    this.#batch = spec.batch;
  }

  /** The view of the next frame; waits for the writer when the ring is empty. */
  peek(): Float32Array {
    if (this.#tail === this.#headSeen) this.#awaitFrame();
    return this.#slots[this.#tail & this.#mask] as Float32Array;
  }

  advance(): void {
    this.#tail = (this.#tail + 1) | 0;
    if (((this.#tail - this.#released) | 0) >= this.#batch) this.#release();
  }

  #release(): void {
    this.#released = this.#tail;
    Atomics.store(this.#words, TAIL, this.#tail);
    if (this.#words[WRITER_SLEEPS] !== 0) Atomics.notify(this.#words, TAIL, 1);
  }

  #awaitFrame(): void {
    this.#headSeen = Atomics.load(this.#words, HEAD);
    if (this.#tail !== this.#headSeen) return;
    if (this.#released !== this.#tail) this.#release();
    this.#headSeen = awaitChange(this.#words, HEAD, this.#headSeen, READER_SLEEPS);
  }
}
