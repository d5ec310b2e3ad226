import { lineBytes } from '@troupe/mailbox';
import type { Actor, Inlet, Work } from './actor.ts';

/** Int32 positions in the header: docs/memory-layout.md, "Trace". */
const word = { magic: 0, version: 1, records: 2, head: lineBytes / 4, fence: lineBytes / 2 } as const;
const headerBytes = 3 * lineBytes;
const MAGIC = 0x43_52_54_54; // 'TTRC'
const VERSION = 1;
/** Bytes of a record. */
const recordBytes = 64;
const recordDoubles = recordBytes / 8;
/** Int32 positions in a record, then its float64s. */
const field = { kind: 0, actor: 1, edge: 2, calls: 3 } as const;
const double = { start: 2, end: 3, first: 4, last: 5, seq: 6 } as const;

/** Bits 0 to 7 of the word `kind`; 8 to 15: the work; 16: the last call threw. */
export const traced = { calls: 1, blocked: 2, sleep: 3, restart: 4 } as const;
const failedBit = 0x1_00_00;
const works: readonly Work[] = ['input', 'tick', 'demand', 'post', 'resent', 'start', 'mode'];

/** `records`: a power of two. */
export function allocateTraceRing(records: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(headerBytes + records * recordBytes);
  new Int32Array(memory).set([MAGIC, VERSION, records]);
  return memory;
}

/** Writes down what one thread does: plain stores, then one that shows them. */
export class TraceWriter {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #mask: number = 0;
  /** Goes on where a predecessor has left off. */
  #head = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#mask = (this.#words[word.records] as number) - 1;
    this.#head = Atomics.load(this.#words, word.head);
  }

  /** A batch of inputs or demands, or one call; the envelope still is that of the last one. */
  calls(call: {
    readonly actor: Actor;
    readonly work: Work;
    readonly inlet: Inlet | undefined;
    readonly count: number;
    readonly isFailed: boolean;
    readonly startMs: number;
    readonly endMs: number;
    readonly firstTime: number;
  }): void {
    const { actor, work, inlet, count, isFailed } = call;
    const { time, seq } = actor.envelope;
    const at = this.#put(
      traced.calls | (works.indexOf(work) << 8) | (isFailed ? failedBit : 0),
      actor.plan.index,
    );
    this.#words[at * 2 + field.edge] = inlet === undefined ? -1 : inlet.edge;
    this.#words[at * 2 + field.calls] = count;
    // A mailbox that may be overtaken shows what has come since, where the first one was.
    this.#doubles[at + double.first] = Math.min(call.firstTime, time);
    this.#doubles[at + double.last] = time;
    const taken = isFailed ? count : count - 1;
    this.#doubles[at + double.seq] = inlet?.reader.isBlocking === true ? seq - taken : -1;
    this.#end(at, call.startMs, call.endMs);
  }

  /** One of `traced` beside calls. `actor`: its index in the plan, -1: the thread. */
  span(kind: number, actor: number, startMs: number, endMs: number): void {
    this.#end(this.#put(kind, actor), startMs, endMs);
  }

  /** Where the next record is, as an index of a float64. */
  #put(kind: number, actor: number): number {
    const at = (headerBytes + (this.#head & this.#mask) * recordBytes) / 8;
    this.#words[at * 2 + field.kind] = kind;
    this.#words[at * 2 + field.actor] = actor;
    return at;
  }

  #end(at: number, startMs: number, endMs: number): void {
    this.#doubles[at + double.start] = startMs * 1e6;
    this.#doubles[at + double.end] = endMs * 1e6;
    this.#head = (this.#head + 1) | 0;
    // Publishes the record. The load keeps the stores of the next one behind it on ARMv8 (STLR; LDAR; store).
    Atomics.store(this.#words, word.head, this.#head);
    Atomics.load(this.#words, word.head);
  }
}

/** A record as it lies in the ring; one object, refilled. */
export interface RawRecord {
  kind: number;
  work: Work;
  isFailed: boolean;
  actor: number;
  edge: number;
  calls: number;
  startNs: number;
  endNs: number;
  firstTime: number;
  lastTime: number;
  firstSeq: number;
}

/** One to be filled in. */
export function blankRecord(): RawRecord {
  return {
    kind: 0,
    work: 'input',
    isFailed: false,
    actor: -1,
    edge: -1,
    calls: 0,
    startNs: 0,
    endNs: 0,
    firstTime: 0,
    lastTime: 0,
    firstSeq: 0,
  };
}

/** Reads what a thread has written down, and never holds it back. */
export class TraceReader {
  /** Records that were overwritten before they could be read. */
  missed = 0;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #records: number = 0;
  readonly #copy = new Float64Array(recordDoubles);
  readonly #copyWords = new Int32Array(this.#copy.buffer);
  #position = 0;

  /** Begins with what is written from now on. */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#records = this.#words[word.records] as number;
    this.#position = Atomics.load(this.#words, word.head);
  }

  /** Fills in the next record. False when there is none. */
  take(into: RawRecord): boolean {
    for (;;) {
      // Acquires the records below it.
      const waiting = this.#waiting();
      if (waiting === 0) return false;
      // The one that is being written takes the place of the oldest.
      if (waiting >= this.#records) {
        this.#skip(waiting - (this.#records >> 1));
        continue;
      }
      const at = (headerBytes + (this.#position & (this.#records - 1)) * recordBytes) / 8;
      for (let i = 0; i < recordDoubles; i++) this.#copy[i] = this.#doubles[at + i] as number;
      // Orders the copy's loads before the load of the head on ARMv8: docs/semantics.md, "Ring".
      Atomics.store(this.#words, word.fence, 0);
      if (this.#waiting() >= this.#records) continue;
      this.#position = (this.#position + 1) | 0;
      this.#fill(into);
      return true;
    }
  }

  /** Records behind the last one that was taken: the head is never behind, and may be far ahead. */
  #waiting(): number {
    return (Atomics.load(this.#words, word.head) - this.#position) >>> 0;
  }

  #skip(count: number): void {
    this.missed += count;
    this.#position = (this.#position + count) | 0;
  }

  #fill(into: RawRecord): void {
    const kind = this.#copyWords[field.kind] as number;
    into.kind = kind & 0xff;
    into.work = works[(kind >> 8) & 0xff] as Work;
    into.isFailed = (kind & failedBit) !== 0;
    into.actor = this.#copyWords[field.actor] as number;
    into.edge = this.#copyWords[field.edge] as number;
    into.calls = this.#copyWords[field.calls] as number;
    into.startNs = this.#copy[double.start] as number;
    into.endNs = this.#copy[double.end] as number;
    into.firstTime = this.#copy[double.first] as number;
    into.lastTime = this.#copy[double.last] as number;
    into.firstSeq = this.#copy[double.seq] as number;
  }
}

/** Where a thread writes down what it does; nowhere unless somebody asks. */
export class Tracing {
  writer: TraceWriter | undefined = undefined;
}
