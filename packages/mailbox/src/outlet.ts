import { allocateFrame } from './dtype.ts';
import type { FrameArray } from './dtype.ts';
import { EdgeOverflowError, EmitError, MessageTooLargeError, SpillOverflowError } from './errors.ts';
import { copyFrame } from './frame-ring.ts';
import type { FrameWriter } from './frame-ring.ts';
import { encode } from './codec.ts';
import type { Journal } from './journal.ts';
import type { LocalWriter } from './local-queue.ts';
import type { MessageWriter } from './message-ring.ts';

/** What every output port of an actor offers its executor. */
export interface Outlet {
  readonly port: string;
  readonly maxEmit: number;
  /** Messages emitted and settled so far. */
  readonly emitted: number;
  /** Messages that waited in the spill buffer so far. */
  readonly spilled: number;
  /** Whether one more handler call has room for `maxEmit` messages on every edge that blocks. */
  isReady(): boolean;
  /** As `isReady`, after asking the readers of full edges to ring when they release. */
  wantRoom(): boolean;
  settle(): void;
  rollback(): void;
  isDirty(): boolean;
  /** Whether publishing shows something that outlives this thread. */
  isDirtyOutside(): boolean;
  record(journal: Journal): void;
  publish(stampMs: number): void;
  end(): void;
  /** Whether emissions of the current call wait for room. */
  hasSpill(): boolean;
  /** Moves spilled messages on while there is room; true once none is left. */
  drainSpill(): boolean;
}

/** What an edge does when it has no room and may not hold its writer back. */
export type RefusalPolicy = 'dropNewest' | 'error';

/** An edge with a ring of its own, which may refuse. */
export interface RefusingEdge<Writer> {
  readonly writer: Writer;
  readonly policy: RefusalPolicy;
  readonly capacity: number;
  dropped: number;
}

interface Spilled {
  readonly frame: FrameArray;
  readonly time: number;
  readonly flags: number;
}

/**
 * An output port of frames: one ring that handlers write in place, and a ring for each edge that may refuse.
 */
export class FrameOutlet implements Outlet {
  readonly port: string;
  readonly maxEmit: number;
  spilled = 0;
  readonly #writer: FrameWriter;
  readonly #refusing: readonly RefusingEdge<FrameWriter>[];
  readonly #hasRefusing: boolean;
  readonly #settledDropped: number[] = [];
  readonly #spillMax: number;
  readonly #spill: Spilled[] = [];
  #reserved: FrameArray | undefined;
  #scratch: FrameArray | undefined;

  constructor(
    port: string,
    writer: FrameWriter,
    refusing: readonly RefusingEdge<FrameWriter>[],
    maxEmit: number,
    spillMax: number,
  ) {
    this.port = port;
    this.#writer = writer;
    this.#refusing = refusing;
    this.#hasRefusing = refusing.length > 0;
    this.maxEmit = maxEmit;
    this.#spillMax = spillMax;
  }

  get emitted(): number {
    return this.#writer.seq;
  }

  isReady(): boolean {
    if (this.#spill.length > 0) return false;
    const writer = this.#writer;
    return (
      ((writer.limit - writer.position) | 0) >= this.maxEmit || writer.room(this.maxEmit) >= this.maxEmit
    );
  }

  wantRoom(): boolean {
    return this.#writer.wantRoom(this.maxEmit) >= this.maxEmit;
  }

  reserve(): FrameArray {
    const writer = this.#writer;
    if (((writer.limit - writer.position) | 0) <= 0 || this.#spill.length > 0) return this.#reserveSlowly();
    return (this.#reserved = writer.view());
  }

  commit(time: number, flags: number): void {
    const frame = this.#reserved;
    if (frame === undefined || frame === this.#scratch || this.#hasRefusing) {
      this.#commitSlowly(frame, time, flags);
      return;
    }
    this.#reserved = undefined;
    this.#writer.commit(time, flags);
  }

  /** At the limit that is known: perhaps there is more room, or the frame will go to the spill buffer. */
  #reserveSlowly(): FrameArray {
    const writer = this.#writer;
    if (this.#spill.length === 0 && writer.room(1) > 0) return (this.#reserved = writer.view());
    return (this.#reserved = this.#scratch ??= allocateFrame(writer.dtype, writer.length));
  }

  #commitSlowly(frame: FrameArray | undefined, time: number, flags: number): void {
    if (frame === undefined) {
      throw new EmitError(
        `commit('${this.port}') without reserve('${this.port}')`,
        this.port,
        'Call reserve first.',
      );
    }
    this.#reserved = undefined;
    if (this.#hasRefusing) this.#offer(frame, time, flags);
    if (frame === this.#scratch) this.#spillOver(frame, time, flags);
    else this.#writer.commit(time, flags);
  }

  send(frame: FrameArray, time: number, flags: number): void {
    const { length } = this.#writer;
    if (frame?.length !== length) {
      throw new EmitError(
        `a frame of ${String(frame?.length)} elements sent to port '${this.port}' of ${length}`,
        this.port,
        `Send a typed array of ${length} elements.`,
      );
    }
    copyFrame(this.reserve(), frame);
    this.commit(time, flags);
  }

  settle(): void {
    this.#writer.settle();
    for (let i = 0; i < this.#refusing.length; i++) {
      const edge = this.#refusing[i] as RefusingEdge<FrameWriter>;
      edge.writer.settle();
      this.#settledDropped[i] = edge.dropped;
    }
  }

  rollback(): void {
    this.#reserved = undefined;
    this.#spill.length = 0;
    this.#writer.rollback();
    for (const [i, edge] of this.#refusing.entries()) {
      edge.writer.rollback();
      edge.dropped = this.#settledDropped[i] ?? 0;
    }
  }

  isDirty(): boolean {
    return this.#writer.isDirty() || this.#refusing.some((edge) => edge.writer.isDirty());
  }

  isDirtyOutside(): boolean {
    return this.isDirty();
  }

  record(journal: Journal): void {
    this.#writer.record(journal);
    for (let i = 0; i < this.#refusing.length; i++) this.#refusing[i]?.writer.record(journal);
  }

  publish(stampMs: number): void {
    this.#writer.publish(stampMs);
    for (let i = 0; i < this.#refusing.length; i++) this.#refusing[i]?.writer.publish(stampMs);
  }

  end(): void {
    this.#writer.end();
    for (const edge of this.#refusing) edge.writer.end();
  }

  hasSpill(): boolean {
    return this.#spill.length > 0;
  }

  drainSpill(): boolean {
    let drained = 0;
    while (drained < this.#spill.length && this.#writer.room(1) > 0) {
      const { frame, time, flags } = this.#spill[drained] as Spilled;
      copyFrame(this.#writer.view(), frame);
      this.#writer.commit(time, flags);
      drained++;
    }
    this.#spill.splice(0, drained);
    return this.#spill.length === 0;
  }

  /** Copies the frame into the rings of its refusing edges, which never hold the writer back. */
  #offer(frame: FrameArray, time: number, flags: number): void {
    const seq = this.#writer.seq + this.#spill.length;
    for (const edge of this.#refusing) {
      if (edge.writer.room(1) > 0) {
        copyFrame(edge.writer.view(), frame);
        edge.writer.seq = seq;
        edge.writer.commit(time, flags);
      } else refuse(edge, edge.policy, this.port);
    }
  }

  #spillOver(frame: FrameArray, time: number, flags: number): void {
    if (this.#spill.length >= this.#spillMax)
      throw new SpillOverflowError(this.port, this.#spillMax, this.maxEmit);
    this.#spill.push({ frame: frame.slice(), time, flags });
    this.spilled++;
  }
}

function refuse(
  edge: { readonly capacity: number; dropped: number },
  policy: RefusalPolicy,
  port: string,
): void {
  if (policy === 'error') throw new EdgeOverflowError(port, edge.capacity);
  edge.dropped++;
}

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

  constructor(port: string, edges: readonly MessageEdge[], maxEmit: number, spillMax: number) {
    this.port = port;
    this.maxEmit = maxEmit;
    this.#edges = edges;
    this.#holding = edges.filter((edge) => edge.refusal === undefined);
    this.#refusing = edges.filter((edge) => edge.refusal !== undefined);
    this.#isRemote = edges.some((edge) => !edge.isLocal);
    this.#spillMax = spillMax;
    this.#seq = Math.max(0, ...edges.map((edge) => edge.writer.seq));
    this.#settledSeq = this.#seq;
  }

  get emitted(): number {
    return this.#settledSeq;
  }

  isReady(): boolean {
    if (this.#spill.length > 0) return false;
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
    const bytes = this.#isRemote ? encode(value) : undefined;
    this.#offer(value, bytes, time, flags);
    if (this.#spill.length === 0 && this.#hasRoom()) this.#append(value, bytes, time, flags);
    else this.#spillOver(value, bytes, time, flags);
  }

  settle(): void {
    this.#settledSeq = this.#seq;
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]?.writer.settle();
    for (let i = 0; i < this.#refusing.length; i++) this.#settledDropped[i] = this.#refusing[i]?.dropped ?? 0;
  }

  rollback(): void {
    this.#seq = this.#settledSeq;
    this.#spill.length = 0;
    for (const edge of this.#edges) edge.writer.rollback();
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
