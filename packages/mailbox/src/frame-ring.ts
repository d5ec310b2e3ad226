import { allocateFrame, arrayConstructor, dtypes } from './dtype.ts';
import type { Dtype, FrameArray, FrameArrayConstructor } from './dtype.ts';
import type { Doorbell } from './doorbell.ts';
import { ringWord, ringWords } from './layout.ts';
import { Envelope, RingReader } from './ring-reader.ts';
import type { ReaderOptions } from './ring-reader.ts';
import { RingWriter } from './ring-writer.ts';

/** One view per slot, built on first use: a ring that carries nothing costs nothing. */
class SlotViews {
  readonly dtype: Dtype;
  readonly length: number;
  /** The view of each slot that has been used. */
  readonly built: (FrameArray | undefined)[];
  readonly #buffer: SharedArrayBuffer;
  readonly #array: FrameArrayConstructor;
  readonly #dataOffset: number;
  readonly #slotBytes: number;

  constructor(buffer: SharedArrayBuffer) {
    const words = ringWords(buffer);
    this.#buffer = buffer;
    this.dtype = dtypes[words[ringWord.dtype] ?? 0] ?? 'uint8';
    this.length = words[ringWord.length] ?? 0;
    this.#array = arrayConstructor(this.dtype);
    this.#dataOffset = words[ringWord.dataOffset] ?? 0;
    this.#slotBytes = words[ringWord.slotBytes] ?? 0;
    this.built = Array.from({ length: words[ringWord.slots] ?? 0 });
  }

  build(slot: number): FrameArray {
    const view = new this.#array(this.#buffer, this.#dataOffset + slot * this.#slotBytes, this.length);
    this.built[slot] = view;
    return view;
  }
}

/** Writes frames in place or by copy. One writer per ring. */
export class FrameWriter extends RingWriter {
  readonly dtype: Dtype;
  /** Elements of a frame. */
  readonly length: number;
  /** Also those of a reader on this thread. */
  readonly views: SlotViews;
  readonly #built: readonly (FrameArray | undefined)[];

  constructor(buffer: SharedArrayBuffer, bells: readonly Doorbell[] = []) {
    super(buffer, bells);
    this.views = new SlotViews(buffer);
    this.#built = this.views.built;
    this.dtype = this.views.dtype;
    this.length = this.views.length;
  }

  /**
   * The next frame, to be filled in place; `undefined` when there is no room. Its old content is arbitrary.
   */
  reserve(): FrameArray | undefined {
    if (((this.limit - this.position) | 0) <= 0 && this.room(1) <= 0) return undefined;
    return this.view();
  }

  /** The frame at `position`; only while `room(1) > 0`. */
  view(): FrameArray {
    return this.#built[this.position & this.mask] ?? this.views.build(this.position & this.mask);
  }

  /** Emits the frame that `reserve` gave. It is shown to readers once it is settled and published. */
  commit(time: number, flags: number = 0): void {
    this.writeMeta(time, flags);
  }

  /** Copies a frame in and publishes it at once. False when there is no room; nothing is lost. */
  write(frame: FrameArray, time: number = 0): boolean {
    const view = this.reserve();
    if (view === undefined) return false;
    copyFrame(view, frame);
    this.commit(time);
    this.settle();
    this.publish(0);
    return true;
  }
}

/** Reads frames in place while it blocks the writer, from a private copy while it does not. */
export class FrameReader extends RingReader {
  readonly #views: SlotViews;
  readonly #built: readonly (FrameArray | undefined)[];
  readonly #envelope = new Envelope();
  #copy: FrameArray | undefined;
  #hasPeeked = false;

  constructor(buffer: SharedArrayBuffer, options: ReaderOptions = {}) {
    super(buffer, options);
    const { fused } = options;
    this.#views = fused instanceof FrameWriter ? fused.views : new SlotViews(buffer);
    this.#built = this.#views.built;
  }

  /** Seq, time and flags of what `peek` gave last. */
  get last(): Readonly<Envelope> {
    return this.#envelope;
  }

  /**
   * The next frame, valid until `advance`: a view into the ring, or the private copy. `undefined` when there
   * is none.
   */
  peek(): FrameArray | undefined {
    if (!this.#hasPeeked && !this.take(this.#envelope)) return undefined;
    this.#hasPeeked = true;
    return this.#envelope.frame;
  }

  /** Moves past the frame that `peek` gave and gives it back to the writer. */
  advance(): void {
    if (!this.#hasPeeked) return;
    this.#hasPeeked = false;
    this.settle();
    this.release();
  }

  /** An owned copy of the next frame. Allocates that copy and nothing else. */
  read(): FrameArray | undefined {
    const frame = this.peek();
    if (frame === undefined) return undefined;
    const copy = allocateFrame(this.#views.dtype, this.#views.length);
    copyFrame(copy, frame);
    this.advance();
    return copy;
  }

  /** Copies the next frame into `out` (same dtype and length). False when there is none. */
  readInto(out: FrameArray): boolean {
    const frame = this.peek();
    if (frame === undefined) return false;
    copyFrame(out, frame);
    this.advance();
    return true;
  }

  override setBlocking(isBlocking: boolean): void {
    // A peeked frame is given up by a switch: in place it would lose its protection.
    if (this.#hasPeeked) this.advance();
    super.setBlocking(isBlocking);
  }

  protected override loadInPlace(slot: number, into: Envelope): void {
    into.frame = this.#built[slot] ?? this.#views.build(slot);
  }

  protected override copyOut(slot: number): void {
    this.#copy ??= allocateFrame(this.#views.dtype, this.#views.length);
    copyFrame(this.#copy, this.#built[slot] ?? this.#views.build(slot));
  }

  protected override loadCopy(into: Envelope): void {
    into.frame = this.#copy;
  }
}

/** Copies between frames of one dtype. */
export function copyFrame(to: FrameArray, from: FrameArray): void {
  (to as Float64Array).set(from as Float64Array);
}
