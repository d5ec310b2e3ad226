import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import type { Payload } from '../recording/entries.ts';

/** A message that is to be compared. */
interface Compared {
  readonly stage: string;
  readonly port: string;
  readonly seq: number;
  readonly time: number;
  readonly payload: Payload;
}

/** A message as a divergence shows it. */
export interface ComparedMessage {
  /** Logical time in integer nanoseconds. */
  readonly time: number;
  /** The frame, or the value. */
  readonly value: unknown;
}

/** Where a replay differs from its recording. */
export interface Divergence {
  readonly stage: string;
  readonly port: string;
  /** Counts per port from 0. */
  readonly seq: number;
  /** As recorded; `undefined` where the replay has emitted more. */
  readonly recorded: ComparedMessage | undefined;
  /** As replayed; `undefined` where it has emitted less. */
  readonly replayed: ComparedMessage | undefined;
  /** It is the same message at another time. */
  readonly isOnlyTime: boolean;
}

/** What is still without a counterpart on one port. */
interface Stream {
  readonly rank: number;
  readonly recorded: Compared[];
  readonly replayed: Compared[];
}

/** Compares two streams of each port, message by message. NaNs are equal. */
export class Comparison {
  /** The first one. */
  divergence: Divergence | undefined;
  compared = 0;
  readonly #streams = new Map<string, Stream>();
  readonly #rankOf: (stage: string) => number;

  /** `rankOf`: of several stages that differ at once the one with the lowest rank is named. */
  constructor(rankOf: (stage: string) => number) {
    this.#rankOf = rankOf;
  }

  /** What was recorded. */
  expected(messages: readonly Compared[]): void {
    for (const message of messages) this.#of(message).recorded.push(message);
    this.#compare();
  }

  /** What was replayed. */
  actual(messages: readonly Compared[]): void {
    for (const message of messages) this.#of(message).replayed.push(message);
    this.#compare();
  }

  /** Everything of a step is there: what has no counterpart has none. `isWhole`: of the recording too. */
  settle(isWhole: boolean): void {
    for (const { recorded, replayed } of this.#inOrder()) {
      const [missing] = recorded.splice(0);
      const [extra] = replayed.splice(0);
      if (missing !== undefined) this.divergence ??= divergence(missing, undefined);
      else if (extra !== undefined && isWhole) this.divergence ??= divergence(undefined, extra);
    }
  }

  #of({ stage, port }: Compared): Stream {
    const key = `${stage}.${port}`;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { rank: this.#rankOf(stage), recorded: [], replayed: [] };
      this.#streams.set(key, stream);
    }
    return stream;
  }

  #inOrder(): readonly Stream[] {
    return [...this.#streams.values()].sort((a, b) => a.rank - b.rank);
  }

  #compare(): void {
    for (const { recorded, replayed } of this.#inOrder()) {
      const count = Math.min(recorded.length, replayed.length);
      const [before, now] = [recorded.splice(0, count), replayed.splice(0, count)];
      this.compared += count;
      const at = before.findIndex((message, i) => !isSame(message, now[i] as Compared));
      if (at >= 0) this.divergence ??= divergence(before[at], now[at]);
    }
  }
}

function divergence(recorded: Compared | undefined, replayed: Compared | undefined): Divergence {
  const { stage, port, seq } = (recorded ?? replayed) as Compared;
  const isBoth = recorded !== undefined && replayed !== undefined;
  const isOnlyTime =
    isBoth && recorded.seq === replayed.seq && isSamePayload(recorded.payload, replayed.payload);
  return { stage, port, seq, recorded: shown(recorded), replayed: shown(replayed), isOnlyTime };
}

function shown(message: Compared | undefined): ComparedMessage | undefined {
  if (message === undefined) return undefined;
  const { time, payload } = message;
  return { time, value: payload.kind === 'frame' ? payload.frame : payload.value };
}

function isSame(a: Compared, b: Compared): boolean {
  return a.seq === b.seq && a.time === b.time && isSamePayload(a.payload, b.payload);
}

function isSamePayload(a: Payload, b: Payload): boolean {
  if (a.kind === 'value') {
    if (b.kind !== 'value') return false;
    return isDeepStrictEqual(a.value, b.value) || serialize(a.value).equals(serialize(b.value));
  }
  if (b.kind !== 'frame' || a.dtype !== b.dtype || a.frame.length !== b.frame.length) return false;
  if (bytes(a.frame).equals(bytes(b.frame))) return true;
  // Other bits, but perhaps of the same numbers: there are many ways to write a NaN. Zeros keep their signs.
  for (let i = 0; i < a.frame.length; i++) if (!Object.is(a.frame[i], b.frame[i])) return false;
  return true;
}

function bytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
