import { copyFrame, EdgeOverflowError, edgeWriterCount, encode, FrameWriter } from '@troupe/mailbox';
import type { EdgeGauges, FrameArray, MessageTap, MessageWriter } from '@troupe/mailbox';
import { PushTimeoutError, RunStoppedError, TargetError } from '../errors.ts';
import type { ThreadTime, Timer } from '../executor/thread-time.ts';
import type { BoundaryPlan, EdgePlan } from '../plan/types.ts';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Payload } from '../recording/entries.ts';
import type { PushOptions } from './types.ts';

/**
 * The most pushes that are served at once in one turn of the event loop: a fast reader must not keep it from
 * turning.
 */
const perTurnMax = 256;

/** A push that waits for room. */
interface Waiting {
  readonly data: FrameArray;
  readonly time: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Where the application pushes into the graph. Everything here runs on the main thread. */
export class BoundaryInput {
  readonly plan: BoundaryPlan;
  readonly #writer: FrameWriter | MessageWriter;
  readonly #edge: EdgePlan;
  readonly #schema: StandardSchemaV1 | undefined;
  readonly #gauges: EdgeGauges;
  readonly #nowMs: () => number;
  readonly #timeNs: () => number;
  /** What is pushed is shown when it is admitted. */
  readonly #isHeld: boolean;
  readonly #time: ThreadTime;
  readonly #wake: () => void;
  readonly #waiting: Waiting[] = [];
  /** Values only: frames are watched in the ring. */
  readonly #taps: MessageTap[] = [];
  #closed: Error | undefined;
  /** Told of everything that is pushed: its number, time, and frame or bytes. */
  onEmit: ((seq: number, time: number, data: FrameArray) => void) | undefined;
  /** Somebody has been given the error that closed it. */
  hasTold = false;
  #dropped = 0;
  #servedInTurn = 0;

  constructor(parts: {
    readonly plan: BoundaryPlan;
    readonly writer: FrameWriter | MessageWriter;
    readonly edge: EdgePlan;
    readonly schema: StandardSchemaV1 | undefined;
    readonly gauges: EdgeGauges;
    readonly nowMs: () => number;
    /** Logical time of what is pushed now. */
    readonly timeNs: () => number;
    /** Pushes take effect between two steps. */
    readonly isHeld: boolean;
    readonly time: ThreadTime;
    /** Lets main's loop go round. */
    readonly wake: () => void;
  }) {
    this.plan = parts.plan;
    this.#writer = parts.writer;
    this.#edge = parts.edge;
    this.#schema = parts.schema;
    this.#gauges = parts.gauges;
    this.#nowMs = parts.nowMs;
    this.#timeNs = parts.timeNs;
    this.#isHeld = parts.isHeld;
    this.#time = parts.time;
    this.#wake = parts.wake;
  }

  /** Emits at once, or says that there is no room. Throws for data that does not fit the port. */
  tryPush(data: unknown, time: number | undefined): boolean {
    const checked = this.#check(data, time);
    if (this.#closed !== undefined || this.#waiting.length > 0) return false;
    return this.#emit(checked, time ?? this.#timeNs());
  }

  push(data: unknown, { time, timeoutMs, signal }: PushOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const checked = this.#check(data, time);
      signal?.throwIfAborted();
      if (this.#closed !== undefined) {
        this.hasTold = true;
        throw this.#closed;
      }
      const at = time ?? this.#timeNs();
      if (this.#waiting.length === 0 && this.#mayServe()) {
        if (this.#emit(checked, at)) {
          resolve();
          return;
        }
        if (this.#edge.overflow === 'error') throw this.#overflowError();
      }
      let timer: Timer | undefined;
      const settle = (): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', abort);
      };
      const waiting: Waiting = {
        // The caller may fill its array anew while the push waits, and the codec its buffer.
        data: ownedCopy(checked),
        time: at,
        resolve: () => (settle(), resolve()),
        reject: (error) => (settle(), reject(error)),
      };
      const abort = (): void => this.#giveUp(waiting, signal?.reason as Error);
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutMs !== undefined) {
        const late = (): void => this.#giveUp(waiting, new PushTimeoutError(this.plan.name, timeoutMs));
        timer = this.#time.after(timeoutMs, late);
      }
      this.#waiting.push(waiting);
      // Room may have appeared since: the loop asks for a ring, and looks once more.
      this.#wake();
    });
  }

  /** Serves pushes that wait. False when there is nothing to do. */
  pump(): boolean {
    let isProgress = false;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      try {
        if (this.#emit(next.data, next.time)) next.resolve();
        else if (this.#edge.overflow === 'error') next.reject(this.#overflowError());
        else break;
      } catch (error) {
        next.reject(error as Error);
      }
      this.#waiting.shift();
      isProgress = true;
    }
    return isProgress;
  }

  /** Whether a waiting push could go on; asks to be told otherwise. */
  hasWork(): boolean {
    return this.#waiting.length > 0 && this.#writer.wantRoom(1) >= 1;
  }

  /** Refuses further pushes, rejects those that wait, and ends the stream. */
  close(error: Error = new RunStoppedError(`push to '${this.plan.name}'`, this.plan.name)): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    if (this.#waiting.length > 0) this.hasTold = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    this.admit();
    this.#writer.end();
  }

  /** Pushes what has been recorded: a frame, or any value. False when there is no room. */
  put(payload: Payload, time: number): boolean {
    return this.#emit(payload.kind === 'frame' ? payload.frame : encode(payload.value), time);
  }

  /** Whether something has been pushed that no step has taken in. */
  get isWaiting(): boolean {
    return this.#writer.isDirty();
  }

  /** Shows what has been pushed. */
  admit(): void {
    const nowMs = this.#nowMs();
    this.#writer.publish(nowMs);
    for (let i = 0; i < this.#taps.length; i++) this.#taps[i]?.publish(nowMs);
  }

  /** Lets somebody watch what is pushed as values, until `unwatch`. */
  watch(tap: MessageTap): void {
    this.#taps.push(tap);
  }

  unwatch(id: number): void {
    const at = this.#taps.findIndex((tap) => tap.id === id);
    if (at >= 0) this.#taps.splice(at, 1);
  }

  /** Nothing more will come in this round. */
  mark(round: number): void {
    if (this.#closed === undefined) this.#writer.mark(round);
  }

  #mayServe(): boolean {
    if (this.#servedInTurn === 0) this.#time.turn(() => (this.#servedInTurn = 0));
    return this.#servedInTurn++ < perTurnMax;
  }

  #overflowError(): EdgeOverflowError {
    return new EdgeOverflowError(this.plan.name, this.#edge.capacity);
  }

  #giveUp(waiting: Waiting, error: Error): void {
    const at = this.#waiting.indexOf(waiting);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    waiting.reject(error);
  }

  /**
   * What will be written: the frame, or the value's bytes. Throws `TargetError` for a frame of another type
   * or length, a value the schema refuses, or a time that is no integer.
   */
  #check(data: unknown, time: number | undefined): FrameArray {
    const { name, dtype } = this.plan;
    if (time !== undefined && !Number.isSafeInteger(time)) {
      const remedy = 'Give integer nanoseconds since the run’s epoch.';
      throw new TargetError(`input '${name}' is given the time ${time}`, remedy, name);
    }
    if (this.#writer instanceof FrameWriter) {
      const { length } = this.#writer;
      const isFrame =
        ArrayBuffer.isView(data) && (data as FrameArray).length === length && isOfType(data, this.#writer);
      if (isFrame) return data as FrameArray;
      throw new TargetError(
        `input '${name}' takes ${dtype} frames of ${length} elements`,
        'Push such a typed array.',
        name,
      );
    }
    return encode(this.#schema === undefined ? data : this.#validated(data, this.#schema));
  }

  #validated(data: unknown, schema: StandardSchemaV1): unknown {
    const { name } = this.plan;
    const result = schema['~standard'].validate(data);
    if (result instanceof Promise)
      throw new TargetError(`the schema of input '${name}' is asynchronous`, 'Use another.', name);
    if (result.issues === undefined) return result.value;
    const issues = result.issues.map((issue) => issue.message).join('; ');
    throw new TargetError(
      `input '${name}' refuses the value: ${issues}`,
      'Push a value that fits its schema.',
      name,
    );
  }

  #emit(data: FrameArray, time: number): boolean {
    const writer = this.#writer;
    if (writer.room(1) <= 0) {
      if (this.#edge.overflow !== 'dropNewest') return false;
      this.#gauges.writer[edgeWriterCount.droppedNewest] = ++this.#dropped;
      return true;
    }
    if (writer instanceof FrameWriter) {
      copyFrame(writer.view(), data);
      writer.commit(time);
    } else if (!writer.append(data as Uint8Array, time, 0, writer.seq)) return false;
    writer.settle();
    for (let i = 0; i < this.#taps.length; i++) this.#show(this.#taps[i] as MessageTap, data, time);
    if (this.#isHeld) this.#wake();
    else this.admit();
    this.#gauges.writer[edgeWriterCount.sent] = writer.seq;
    this.onEmit?.(writer.seq - 1, time, data);
    return true;
  }

  #show(tap: MessageTap, bytes: FrameArray, time: number): void {
    tap.offer(undefined, bytes as Uint8Array, time, 0, this.#writer.seq - 1);
    tap.settle();
  }
}

/** By tag: a Buffer is a frame of uint8. */
function isOfType(data: ArrayBufferView, writer: FrameWriter): boolean {
  return (data as FrameArray)[Symbol.toStringTag] === writer.view()[Symbol.toStringTag];
}

/** `slice` of a Buffer would share its memory. */
function ownedCopy(data: FrameArray): FrameArray {
  return Buffer.isBuffer(data) ? new Uint8Array(data) : data.slice();
}
