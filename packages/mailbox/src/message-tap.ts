import { encode } from './codec.ts';
import type { Doorbell } from './doorbell.ts';
import { lineBytes } from './layout.ts';
import { MessageWriter } from './message-ring.ts';

/** Int32 positions in the control block of a tap, and its float64 counters: docs/memory-layout.md. */
const word = { asked: 0, given: lineBytes / 4 } as const;
const counter = { passed: lineBytes / 8 + 1, unreadable: lineBytes / 8 + 2 } as const;

/** The memory by which a tap is asked and answers: a line for whoever watches, a line for the writer. */
export function allocateTapControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(2 * lineBytes);
}

/** The control block of a tap, as whoever watches has it. */
export class TapControl {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#counts = new Float64Array(memory);
  }

  /** Lets a sampled tap take the next `count` messages, and no more. */
  ask(count: number): void {
    const given = Atomics.load(this.#words, word.given);
    Atomics.store(this.#words, word.asked, (given + count) | 0);
  }

  /** Messages that nobody had asked for, or that there was no room for. */
  get passed(): number {
    return this.#counts[counter.passed] as number;
  }

  /** Messages that could not be serialised, or were too large. */
  get unreadable(): number {
    return this.#counts[counter.unreadable] as number;
  }
}

/**
 * Somebody who watches an output of values: a ring of its own, written while it is there. It never holds the
 * writer back and never fails a call; like every edge it shows what settled calls have emitted. A sampled one
 * serialises only what has been asked for.
 */
export class MessageTap {
  readonly id: number = 0;
  readonly #writer: MessageWriter;
  readonly #isSampled: boolean;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  #given = 0;
  #passed = 0;
  #unreadable = 0;
  #settledGiven = 0;
  #settledPassed = 0;
  #settledUnreadable = 0;

  /** Goes on where a predecessor on another thread has left off. */
  constructor(
    id: number,
    memory: { readonly ring: SharedArrayBuffer; readonly control: SharedArrayBuffer },
    isSampled: boolean,
    bells: readonly Doorbell[],
  ) {
    this.id = id;
    this.#writer = new MessageWriter(memory.ring, bells);
    this.#isSampled = isSampled;
    this.#words = new Int32Array(memory.control);
    this.#counts = new Float64Array(memory.control);
    this.#given = this.#words[word.given] as number;
    this.#passed = this.#counts[counter.passed] as number;
    this.#unreadable = this.#counts[counter.unreadable] as number;
    this.settle();
  }

  /** Takes a message, if it may. `bytes`: the value as it is serialised for others. */
  offer(value: unknown, bytes: Uint8Array | undefined, time: number, flags: number, seq: number): void {
    if (!this.isAsked()) {
      this.#passed++;
      return;
    }
    try {
      if (this.#writer.append(bytes ?? encode(value), time, flags, seq)) this.#given = (this.#given + 1) | 0;
      else this.#passed++;
    } catch {
      // What passes by reference may be anything; and a call does not fail for being watched.
      this.#unreadable++;
    }
  }

  /** Whether it wants the next message. */
  isAsked(): boolean {
    return !this.#isSampled || (((this.#words[word.asked] as number) - this.#given) | 0) > 0;
  }

  /** Messages of settled calls have not been offered. */
  pass(count: number): void {
    this.#passed += count;
    this.#settledPassed += count;
  }

  settle(): void {
    this.#writer.settle();
    this.#settledGiven = this.#given;
    this.#settledPassed = this.#passed;
    this.#settledUnreadable = this.#unreadable;
  }

  rollback(): void {
    this.#writer.rollback();
    this.#given = this.#settledGiven;
    this.#passed = this.#settledPassed;
    this.#unreadable = this.#settledUnreadable;
  }

  publish(stampMs: number): void {
    this.#counts[counter.passed] = this.#settledPassed;
    this.#counts[counter.unreadable] = this.#settledUnreadable;
    this.#words[word.given] = this.#settledGiven;
    // Publishes the counts as well, where there is a message to be published.
    this.#writer.publish(stampMs);
  }
}
