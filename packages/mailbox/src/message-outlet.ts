import { encode } from './codec.ts';
import { MessageTooLargeError, SpillOverflowError } from './errors.ts';
import type { Journal } from './journal.ts';
import type { LocalWriter } from './local-queue.ts';
import type { MessageWriter } from './message-ring.ts';
import type { MessageTap } from './message-tap.ts';
import { refuse } from './outlet.ts';
import type { Outlet, RefusalPolicy } from './outlet.ts';

/** One edge of a message outlet: shared memory to another thread, or by reference on this one. */
export interface MessageEdge {
  readonly writer: MessageWriter | LocalWriter;
  readonly isLocal: boolean;
  /** `undefined`: the edge holds its writer back (or is overtaken by it). */
  readonly refusal: RefusalPolicy | undefined;
  readonly capacity: number;
  dropped: number;
}

interface SpilledValue {
  readonly value: unknown;
  /** Already serialised, where an edge needs that: a failure belongs to the call that sent it. */
  readonly bytes: Uint8Array | undefined;
  readonly time: number;
  readonly flags: number;
}

/** From so many messages at once on taps are told at their end only. */
const restFrom = 16;

/** An output port of values: one queue per edge; serialised once where an edge leaves the thread. */
export class MessageOutlet implements Outlet {
  readonly port: string;
  readonly maxEmit: number;
  spilled = 0;
  #seq: number;
  #settledSeq: number;
  readonly #edges: readonly MessageEdge[];
  readonly #holding: readonly MessageEdge[];
  readonly #refusing: readonly MessageEdge[];
  readonly #settledDropped: number[] = [];
  readonly #spillMax: number;
  readonly #spill: SpilledValue[] = [];
  readonly #isRemote: boolean;
  /** The queue of the only edge, when that is a local one that holds: the usual case on one worker. */
  readonly #local: LocalWriter | undefined;
  /** The same while nobody wants to see anything: one field says that there is nothing else to do. */
  #sole: LocalWriter | undefined;
  readonly #taps: MessageTap[] = [];
  /** What had been emitted when taps were told last. */
  #toldTo = 0;

  constructor(port: string, edges: readonly MessageEdge[], maxEmit: number, spillMax: number) {
    this.port = port;
    this.maxEmit = maxEmit;
    this.#edges = edges;
    this.#holding = edges.filter((edge) => edge.refusal === undefined);
    this.#refusing = edges.filter((edge) => edge.refusal !== undefined);
    this.#isRemote = edges.some((edge) => !edge.isLocal);
    const isSole = edges.length === 1 && this.#holding.length === 1 && !this.#isRemote;
    this.#local = isSole ? (edges[0]?.writer as LocalWriter) : undefined;
    this.#sole = this.#local;
    this.#spillMax = spillMax;
    this.#seq = Math.max(0, ...edges.map((edge) => edge.writer.seq));
    this.#settledSeq = this.#seq;
  }

  get emitted(): number {
    return this.#settledSeq;
  }

  /** Lets somebody watch, until `unwatch`. Twice is once. */
  watch(tap: MessageTap): void {
    if (this.#taps.some(({ id }) => id === tap.id)) return;
    this.#passTaps();
    this.#taps.push(tap);
    this.#sole = undefined;
  }

  unwatch(id: number): void {
    const at = this.#taps.findIndex((tap) => tap.id === id);
    if (at < 0) return;
    this.#passTaps();
    this.#taps.splice(at, 1);
    if (this.#taps.length === 0) this.#sole = this.#local;
  }

  isReady(): boolean {
    if (this.#spill.length > 0) return false;
    if (this.#sole !== undefined) return this.#sole.room(this.maxEmit) >= this.maxEmit;
    for (let i = 0; i < this.#holding.length; i++) {
      if ((this.#holding[i] as MessageEdge).writer.room(this.maxEmit) < this.maxEmit) return false;
    }
    return true;
  }

  wantRoom(): boolean {
    let isReady = true;
    for (const edge of this.#holding) isReady = edge.writer.wantRoom(this.maxEmit) >= this.maxEmit && isReady;
    return isReady;
  }

  send(value: unknown, time: number, flags: number): void {
    const sole = this.#sole;
    if (sole !== undefined && this.#spill.length === 0 && sole.append(value, time, flags, this.#seq)) {
      this.#seq++;
      return;
    }
    const bytes = this.#isRemote ? encode(value) : undefined;
    const isShown = this.#taps.length > 0 && sole === undefined;
    if (isShown && this.#spill.length === 0 && this.#local?.append(value, time, flags, this.#seq) === true) {
      this.#show(value, bytes, time, flags);
      this.#seq++;
      return;
    }
    this.#offer(value, bytes, time, flags);
    if (this.#spill.length === 0 && this.#hasRoom()) this.#append(value, bytes, time, flags);
    else this.#spillOver(value, bytes, time, flags);
  }

  settle(): void {
    this.#settledSeq = this.#seq;
    if (this.#sole !== undefined) {
      this.#sole.settle();
      return;
    }
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]?.writer.settle();
    for (let i = 0; i < this.#taps.length; i++) this.#taps[i]?.settle();
    for (let i = 0; i < this.#refusing.length; i++) this.#settledDropped[i] = this.#refusing[i]?.dropped ?? 0;
  }

  rollback(): void {
    this.#seq = this.#settledSeq;
    this.#spill.length = 0;
    for (const edge of this.#edges) edge.writer.rollback();
    for (const tap of this.#taps) tap.rollback();
    for (const [i, edge] of this.#refusing.entries()) edge.dropped = this.#settledDropped[i] ?? 0;
  }

  isDirty(): boolean {
    return this.#edges.some((edge) => edge.writer.isDirty());
  }

  isDirtyOutside(): boolean {
    return this.#edges.some((edge) => !edge.isLocal && edge.writer.isDirty());
  }

  record(journal: Journal): void {
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]?.writer.record(journal);
  }

  publish(stampMs: number): void {
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]?.writer.publish(stampMs);
    if (this.#taps.length > 0) this.#publishTaps(stampMs);
  }

  mark(round: number): void {
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]?.writer.mark(round);
  }

  hasMarked(round: number): boolean {
    return this.#edges.every(({ writer }) => writer.hasMarked(round));
  }

  unmark(round: number): void {
    for (const { writer } of this.#edges) writer.unmark(round);
  }

  end(): void {
    for (const edge of this.#edges) edge.writer.end();
  }

  hasSpill(): boolean {
    return this.#spill.length > 0;
  }

  drainSpill(): boolean {
    while (this.#spill.length > 0 && this.#hasRoom()) {
      const { value, bytes, time, flags } = this.#spill.shift() as SpilledValue;
      this.#append(value, bytes, time, flags);
    }
    return this.#spill.length === 0;
  }

  #hasRoom(): boolean {
    for (let i = 0; i < this.#holding.length; i++) {
      if ((this.#holding[i] as MessageEdge).writer.room(1) <= 0) return false;
    }
    return true;
  }

  /**
   * Where messages come in batches, they go past sampled taps unseen until the end of the batch in which
   * something is asked for. Single ones are offered: whoever asks for the next one gets it.
   */
  #publishTaps(stampMs: number): void {
    const isBatch = this.#settledSeq - this.#toldTo >= restFrom;
    this.#passTaps();
    let isAsked = false;
    for (let i = 0; i < this.#taps.length; i++) {
      const tap = this.#taps[i] as MessageTap;
      tap.publish(stampMs);
      isAsked = tap.isAsked() || isAsked;
    }
    this.#sole = isAsked || !isBatch ? undefined : this.#local;
  }

  /** Counts what has gone past all taps. */
  #passTaps(): void {
    if (this.#sole !== undefined) {
      const count = this.#settledSeq - this.#toldTo;
      for (let i = 0; i < this.#taps.length; i++) this.#taps[i]?.pass(count);
    }
    this.#toldTo = this.#settledSeq;
  }

  /** Taps get a value when the edges that hold the writer back do: what waits for room has yet to come. */
  #show(value: unknown, bytes: Uint8Array | undefined, time: number, flags: number): void {
    for (let i = 0; i < this.#taps.length; i++) this.#taps[i]?.offer(value, bytes, time, flags, this.#seq);
  }

  /** Edges that may refuse never hold the writer back: they take the value now or not at all. */
  #offer(value: unknown, bytes: Uint8Array | undefined, time: number, flags: number): void {
    const seq = this.#seq + this.#spill.length;
    for (let i = 0; i < this.#refusing.length; i++) {
      const edge = this.#refusing[i] as MessageEdge;
      if (!appendTo(edge, value, bytes, time, flags, seq)) refuse(edge, edge.refusal ?? 'error', this.port);
    }
  }

  #append(value: unknown, bytes: Uint8Array | undefined, time: number, flags: number): void {
    for (let i = 0; i < this.#holding.length; i++) {
      appendTo(this.#holding[i] as MessageEdge, value, bytes, time, flags, this.#seq);
    }
    if (this.#taps.length > 0 && this.#sole === undefined) this.#show(value, bytes, time, flags);
    this.#seq++;
  }

  #spillOver(value: unknown, bytes: Uint8Array | undefined, time: number, flags: number): void {
    if (this.#spill.length >= this.#spillMax)
      throw new SpillOverflowError(this.port, this.#spillMax, this.maxEmit);
    for (const { writer } of this.#holding) {
      if ('bytesMax' in writer && bytes !== undefined && bytes.length > writer.bytesMax) {
        throw new MessageTooLargeError(bytes.length, writer.bytesMax, this.port);
      }
    }
    this.#spill.push({ value, bytes: bytes?.slice(), time, flags });
    this.spilled++;
  }
}

function appendTo(
  edge: MessageEdge,
  value: unknown,
  bytes: Uint8Array | undefined,
  time: number,
  flags: number,
  seq: number,
): boolean {
  if (edge.isLocal) return (edge.writer as LocalWriter).append(value, time, flags, seq);
  return (edge.writer as MessageWriter).append(bytes as Uint8Array, time, flags, seq);
}
