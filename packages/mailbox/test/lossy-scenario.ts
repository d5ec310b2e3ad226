import assert from 'node:assert/strict';
import { encode } from '../src/codec.ts';
import { ringWord, ringWords, startRingAt } from '../src/layout.ts';
import { allocateMessageRing, MessageReader, MessageWriter } from '../src/message-ring.ts';
import type { MessageRingSpec } from '../src/message-ring.ts';
import { Envelope } from '../src/ring-reader.ts';
import type { ReaderOptions } from '../src/ring-reader.ts';

export const lossyKinds = ['emit', 'abort', 'take', 'lossy', 'block', 'successor', 'retry'] as const;
export const bytesMax = 200;
export const recordMax = 208;

/** A value whose size depends on its number, up to `bytesMax` bytes once encoded, and that shows damage. */
function valueOf(payload: number): { readonly payload: number; readonly filler: string } {
  // Times of short messages change with times of all sizes, so that sometimes the slots wrap first, sometimes
  // the arena.
  const length = payload % 40 < 20 ? 0 : (payload * 73) % 160;
  return { payload, filler: String.fromCodePoint(97 + (payload % 26)).repeat(length) };
}

export const sizeOf = (payload: number): number => (encode(valueOf(payload)).length + 4 + 7) & ~7;

export function payloadOf(envelope: Envelope): number {
  const { payload } = envelope.value as { payload: number };
  assert.deepEqual(envelope.value, valueOf(payload));
  return payload;
}

export const send = (writer: MessageWriter, payload: number, seq = writer.seq): boolean =>
  writer.append(encode(valueOf(payload)), seq * 10, 0, seq);

export function ring(spec: Partial<MessageRingSpec> = {}, position = 0): SharedArrayBuffer {
  const buffer = allocateMessageRing({ capacity: 8, bytesMax, arenaBytes: 2048, ...spec });
  startRingAt(buffer, position | 0);
  return buffer;
}

/** A reader that is switched to and fro, and what it must see. */
export class LossyScenario {
  readonly #buffer: SharedArrayBuffer;
  readonly #reader: MessageReader;
  #writer: MessageWriter;
  readonly #envelope = new Envelope();
  readonly #seen: number[] = [];
  #sent = 0;
  /** The next payload that must come, while the reader blocks. */
  #next: number | undefined;
  #floor: number;

  constructor(spec: Partial<MessageRingSpec>, options: ReaderOptions, position: number) {
    this.#buffer = ring(spec, position);
    this.#reader = new MessageReader(this.#buffer, options);
    this.#writer = new MessageWriter(this.#buffer);
    this.#next = this.#reader.isBlocking ? 0 : undefined;
    this.#floor = ringWords(this.#buffer)[ringWord.floor] ?? 0;
  }

  run(kind: (typeof lossyKinds)[number], count: number): void {
    const reader = this.#reader;
    if (kind === 'successor') this.#writer = new MessageWriter(this.#buffer);
    if (kind === 'retry') this.#retry();
    if (kind === 'lossy') {
      reader.setBlocking(false);
      this.#next = undefined;
    }
    if (kind === 'block' && !reader.isBlocking) {
      reader.setBlocking(true);
      this.#next = this.#sent;
    }
    for (let i = 0; i < count; i += 1) {
      if (kind === 'emit') this.#emit();
      if (kind === 'abort') send(this.#writer, 1_000_000);
      if (kind === 'take') this.#take();
    }
    if (kind === 'abort') this.#writer.rollback();
    this.#commit();
    reader.release();
    const floor = ringWords(this.#buffer)[ringWord.floor] ?? 0;
    assert.ok(((floor - this.#floor) | 0) >= 0, 'what has been given up came back');
    this.#floor = floor;
  }

  expectAccounted(): void {
    const waiting = (this.#writer.published - this.#reader.position) | 0;
    assert.equal(this.#seen.length + this.#reader.skipped + waiting, this.#sent);
    assert.deepEqual(
      this.#seen,
      [...new Set(this.#seen)].toSorted((a, b) => a - b),
    );
  }

  #emit(): void {
    if (send(this.#writer, this.#sent, this.#sent)) this.#sent += 1;
    else assert.equal(this.#reader.isBlocking, true);
    if (!this.#reader.isBlocking) this.#commit();
  }

  #commit(): void {
    this.#writer.settle();
    this.#writer.publish(0);
  }

  #take(): void {
    if (!this.#reader.take(this.#envelope)) return;
    const payload = payloadOf(this.#envelope);
    assert.equal(this.#envelope.seq, payload);
    assert.equal(payload, this.#next ?? payload);
    if (this.#next !== undefined) this.#next += 1;
    this.#seen.push(payload);
    this.#reader.settle();
  }

  /** A handler throws, and the message comes again, however far the writer has come meanwhile. */
  #retry(): void {
    const reader = this.#reader;
    if (!reader.take(this.#envelope)) return;
    const payload = payloadOf(this.#envelope);
    for (let i = 0; i < 40 && !reader.isBlocking; i += 1) this.#emit();
    reader.rewind();
    assert.equal(reader.take(this.#envelope), true);
    assert.equal(payloadOf(this.#envelope), payload);
    reader.rewind();
  }
}
