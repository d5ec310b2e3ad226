import { allocateFrame } from './dtype.ts';
import type { FrameArray } from './dtype.ts';
import { EdgeOverflowError, EmitError, SpillOverflowError } from './errors.ts';
import { copyFrame } from './frame-ring.ts';
import type { FrameWriter } from './frame-ring.ts';
import type { Journal } from './journal.ts';

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
  /** Says that everything of a round has been published. */
  mark(round: number): void;
  /** Whether that has been said, perhaps by a predecessor. */
  hasMarked(round: number): boolean;
  /** Takes that back: a successor will say it again. */
  unmark(round: number): void;
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
  /**
   * What `reserve` gave: 0 nothing, 1 the ring's next slot, 2 the scratch frame. A number costs no write
   * barrier.
   */
  #reserved: 0 | 1 | 2 = 0;
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
    this.#reserved = 1;
    return writer.view();
  }

  commit(time: number, flags: number): void {
    if (this.#reserved !== 1 || this.#hasRefusing) {
      this.#commitSlowly(time, flags);
      return;
    }
    this.#reserved = 0;
    this.#writer.commit(time, flags);
  }

  /** At the limit that is known: perhaps there is more room, or the frame will go to the spill buffer. */
  #reserveSlowly(): FrameArray {
    const writer = this.#writer;
    const isRoom = this.#spill.length === 0 && writer.room(1) > 0;
    this.#reserved = isRoom ? 1 : 2;
    return isRoom ? writer.view() : (this.#scratch ??= allocateFrame(writer.dtype, writer.length));
  }

  #commitSlowly(time: number, flags: number): void {
    const reserved = this.#reserved;
    if (reserved === 0) {
      throw new EmitError(
        `commit('${this.port}') without reserve('${this.port}')`,
        this.port,
        'Call reserve first.',
      );
    }
    this.#reserved = 0;
    const frame = reserved === 1 ? this.#writer.view() : (this.#scratch as FrameArray);
    if (this.#hasRefusing) this.#offer(frame, time, flags);
    if (reserved === 2) this.#spillOver(frame, time, flags);
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
    if (this.#hasRefusing) this.#settleRefusing();
  }

  #settleRefusing(): void {
    for (let i = 0; i < this.#refusing.length; i++) {
      const edge = this.#refusing[i] as RefusingEdge<FrameWriter>;
      edge.writer.settle();
      this.#settledDropped[i] = edge.dropped;
    }
  }

  rollback(): void {
    this.#reserved = 0;
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

  mark(round: number): void {
    this.#writer.mark(round);
    for (const edge of this.#refusing) edge.writer.mark(round);
  }

  hasMarked(round: number): boolean {
    return this.#writer.hasMarked(round) && this.#refusing.every(({ writer }) => writer.hasMarked(round));
  }

  unmark(round: number): void {
    this.#writer.unmark(round);
    for (const { writer } of this.#refusing) writer.unmark(round);
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

/** An edge without room: the message is dropped and counted, or the emitting call fails. */
export function refuse(
  edge: { readonly capacity: number; dropped: number },
  policy: RefusalPolicy,
  port: string,
): void {
  if (policy === 'error') throw new EdgeOverflowError(port, edge.capacity);
  edge.dropped++;
}
