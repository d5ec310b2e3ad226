import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import type { Payload } from '../recording/entries.ts';

/** A message that was to be compared. */
interface Compared {
  readonly step?: number;
  readonly stage: string;
  readonly port: string;
  readonly seq: number;
  readonly time: number;
  readonly payload: Payload;
}

/** Where a replay differs from its recording. */
export interface Divergence {
  readonly stage: string;
  readonly port: string;
  readonly seq: number;
  /** As recorded: its time and its frame or value; `undefined` where the replay has emitted more. */
  readonly recorded: { readonly time: number; readonly value: unknown } | undefined;
  /** As replayed; `undefined` where it has emitted less. */
  readonly replayed: { readonly time: number; readonly value: unknown } | undefined;
}

/** Compares two streams of each port, message by message. NaNs are equal. */
export class Comparison {
  divergence: Divergence | undefined;
  compared = 0;
  readonly #expected = new Map<string, Compared[]>();

  /** What was recorded, before it is replayed. */
  expected(message: Compared): void {
    const key = `${message.stage}.${message.port}`;
    const queue = this.#expected.get(key);
    if (queue === undefined) this.#expected.set(key, [message]);
    else queue.push(message);
  }

  /** What was replayed. */
  actual(message: Compared): void {
    if (this.divergence !== undefined) return;
    const queue = this.#expected.get(`${message.stage}.${message.port}`);
    const recorded = queue?.shift();
    this.compared++;
    if (recorded !== undefined && isSame(recorded, message)) return;
    this.divergence = divergence(recorded, message);
  }

  /** What was recorded and has not been replayed. */
  missing(): Divergence | undefined {
    for (const [recorded] of this.#expected.values())
      if (recorded !== undefined) return divergence(recorded, undefined);
    return undefined;
  }
}

function divergence(recorded: Compared | undefined, replayed: Compared | undefined): Divergence {
  const { stage, port, seq } = (recorded ?? replayed) as Compared;
  return { stage, port, seq, recorded: shown(recorded), replayed: shown(replayed) };
}

function shown(message: Compared | undefined): Divergence['recorded'] {
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
