import { EmitError, LatchReader, LatchWriter } from '@troupe/mailbox';
import type { FrameArray } from '@troupe/mailbox';
import type { Turn } from '../clock/turn.ts';
import type { ActorPlan } from '../plan/types.ts';
import type { LatchReading, LatchWriting } from '../stage.ts';

/** What the handles of one actor share. */
interface Session {
  /** Values that were there before this time are read: that of the step in hand. */
  atNs: number;
  /** A handler call is running. */
  isOpen: boolean;
}

class ReadHandle implements LatchReading {
  readonly #session: Session;
  readonly #reader: LatchReader;
  #takenAtNs = NaN;

  constructor(session: Session, memory: SharedArrayBuffer, clock: LatchClock) {
    this.#session = session;
    this.#reader = new LatchReader(memory, clock);
  }

  read(): never {
    this.#take();
    return this.#reader.frame as never;
  }

  get time(): number {
    this.#take();
    return this.#reader.timeNs;
  }

  #take(): void {
    const { atNs } = this.#session;
    if (atNs === this.#takenAtNs) return;
    this.#takenAtNs = atNs;
    this.#reader.take(atNs);
  }
}

class WriteHandle extends ReadHandle implements LatchWriting {
  readonly writer: LatchWriter;
  /** What the call in hand has written. */
  readonly draft: FrameArray;
  hasDraft = false;
  readonly #name: string;
  readonly #open: Session;

  constructor(session: Session, memory: SharedArrayBuffer, clock: LatchClock, name: string) {
    super(session, memory, clock);
    this.#open = session;
    this.#name = name;
    this.writer = new LatchWriter(memory);
    this.draft = new LatchReader(memory, clock).frame;
  }

  write(value: FrameArray): void {
    if (!this.#open.isOpen) {
      throw new EmitError(
        `a write of latch '${this.#name}' outside of a handler call`,
        this.#name,
        'Use post(value) and onPost.',
      );
    }
    if (value.length !== this.draft.length) {
      throw new EmitError(
        `latch '${this.#name}' has ${this.draft.length} elements, not ${value.length}`,
        this.#name,
        'Write a whole value.',
      );
    }
    this.draft.set(value as never);
    this.hasDraft = true;
  }
}

/** What time it is for the latches of a thread. */
interface LatchClock {
  nowNs(): number;
}

/**
 * The latches of one actor. A handler reads them as they were when its step began; what it writes is shown
 * when it has returned, and never when it has thrown.
 */
export class ActorLatches {
  /** By the names that the stage knows them by. */
  readonly handles: Readonly<Record<string, LatchReading>>;
  readonly #session: Session = { atNs: 0, isOpen: false };
  readonly #written: readonly WriteHandle[];

  readonly #clock: LatchClock;
  readonly #turn: Turn | undefined;
  readonly #onWrite: () => void;

  /**
   * `turn`: what leads the rounds, under a clock that has them. `onWrite`: called where there is none, when
   * something has been written.
   */
  constructor(
    { latches }: ActorPlan,
    memory: readonly SharedArrayBuffer[],
    clock: LatchClock,
    turn: Turn | undefined,
    onWrite: () => void,
  ) {
    this.#clock = clock;
    this.#turn = turn;
    this.#onWrite = onWrite;
    const handles = latches.map(({ name, latch, isWritten }) => {
      const buffer = memory[latch] as SharedArrayBuffer;
      const handle = isWritten
        ? new WriteHandle(this.#session, buffer, clock, name)
        : new ReadHandle(this.#session, buffer, clock);
      return [name, handle] as const;
    });
    this.handles = Object.fromEntries(handles);
    this.#written = handles.flatMap(([, handle]) => (handle instanceof WriteHandle ? [handle] : []));
  }

  /** Whether its calls have to be settled one by one. */
  get isWriter(): boolean {
    return this.#written.length > 0;
  }

  /** A call begins, in a step of that time. */
  open(atNs: number): void {
    this.#session.atNs = atNs;
    this.#session.isOpen = true;
  }

  /** A call has ended, in `timeNs`: what it has written is shown if it `isSound`. */
  settle(isSound: boolean, timeNs: number): void {
    this.#session.isOpen = false;
    for (let i = 0; i < this.#written.length; i++) {
      const handle = this.#written[i] as WriteHandle;
      if (!handle.hasDraft) continue;
      handle.hasDraft = false;
      if (!isSound) continue;
      if (this.#turn === undefined) {
        handle.writer.fill(handle.draft, timeNs);
        handle.writer.publish(this.#clock);
        this.#onWrite();
      } else handle.writer.writeAt(handle.draft, timeNs, this.#turn.latchNs);
    }
  }
}
