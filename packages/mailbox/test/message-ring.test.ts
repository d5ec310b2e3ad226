import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '../src/codec.ts';
import { LayoutError, MessageTooLargeError } from '../src/errors.ts';
import { allocateMessageRing, MessageReader, MessageWriter } from '../src/message-ring.ts';
import type { MessageRingSpec } from '../src/message-ring.ts';
import { Envelope } from '../src/ring-reader.ts';
import type { ReaderOptions, ReaderPolicy } from '../src/ring-reader.ts';
import {
  bytesMax,
  LossyScenario,
  lossyKinds,
  payloadOf,
  recordMax,
  ring,
  send,
  sizeOf,
} from './lossy-scenario.ts';
import { expectArrayBehaviour, fusedFree, startPosition } from './mailbox-model.ts';
import type { Rig } from './mailbox-model.ts';

const emit = (writer: MessageWriter, ...payloads: number[]): void => {
  for (const payload of payloads) expect(send(writer, payload)).toBe(true);
  writer.settle();
  writer.publish(1);
};

function drain(reader: MessageReader): number[] {
  const envelope = new Envelope();
  const payloads: number[] = [];
  while (reader.take(envelope)) {
    payloads.push(payloadOf(envelope));
    reader.settle();
  }
  reader.release();
  return payloads;
}

function open(
  spec: Partial<MessageRingSpec> = {},
  options: ReaderOptions = {},
  position = 0,
): { buffer: SharedArrayBuffer; writer: MessageWriter; reader: MessageReader } {
  const buffer = ring(spec, position);
  const reader = new MessageReader(buffer, options);
  return { buffer, reader, writer: new MessageWriter(buffer) };
}

interface Setup {
  readonly capacity: number;
  readonly arenaBytes: number;
  readonly position: number;
  readonly isFused: boolean;
}

function rigOf({ capacity, arenaBytes, position, isFused }: Setup): Rig {
  const buffer = ring({ capacity, arenaBytes }, position);
  let writer = new MessageWriter(buffer);
  const reader = new MessageReader(buffer, { capacity, ...(isFused ? { fused: writer } : {}) });
  const rig: Rig = {
    writer,
    reader,
    capacity,
    isLocal: isFused,
    emit: (payload, seq) => {
      // Whatever room promises must be kept, for the largest messages.
      const promised = writer.room(1) > 0;
      const isTaken = send(writer, payload, seq);
      expect(isTaken || !promised).toBe(true);
      return isTaken;
    },
    payloadOf,
    mayRefuse: (payload, waiting) => {
      const used = waiting.reduce((sum, each) => sum + sizeOf(each), 0);
      // What is free lies in at most two pieces, and one more is lost where a message did not fit before the
      // end.
      return arenaBytes - used - recordMax < 2 * sizeOf(payload);
    },
  };
  if (isFused) return { ...rig, free: (model) => fusedFree(model, capacity) };
  return Object.assign(rig, {
    reopenWriter: () => {
      writer = rig.writer = new MessageWriter(buffer);
      expect(writer.seq).toBe((writer.position - position) | 0);
    },
    reopenReader: () => {
      rig.reader = new MessageReader(buffer, { capacity, place: reader.place });
    },
  });
}

describe('message ring', () => {
  it('behaves as a bounded array, while the arena wraps and writer and reader are replaced', () => {
    expectArrayBehaviour(
      fc.record({
        capacity: fc.integer({ min: 1, max: 20 }),
        arenaBytes: fc.integer({ min: recordMax / 8, max: 200 }).map((n) => n * 8),
        position: startPosition,
        isFused: fc.boolean(),
      }),
      rigOf,
      500,
    );
  });

  it('room counts messages of the largest size, and the capacity exactly', () => {
    const largest = new Uint8Array(bytesMax);
    fc.assert(
      fc.property(
        fc.record({
          capacity: fc.integer({ min: 1, max: 12 }),
          arenaBytes: fc.integer({ min: recordMax / 8, max: 400 }).map((n) => n * 8),
        }),
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }),
        (spec, counts) => {
          const { writer, reader } = open(spec, { capacity: spec.capacity });
          let waiting = 0;
          for (const count of counts) {
            const room = writer.room(spec.capacity);
            expect(room).toBeLessThanOrEqual(spec.capacity - waiting);
            const roomMax = Math.min(spec.capacity, Math.floor(spec.arenaBytes / recordMax));
            expect(waiting > 0 || room === roomMax).toBe(true);
            const appended = Array.from({ length: Math.min(room, count) }, () =>
              writer.append(largest, 0, 0, 0),
            );
            expect(appended).not.toContain(false);
            waiting += Math.min(room, count);
            writer.settle();
            writer.publish(0);
            for (let i = 0; i < Math.min(waiting, count >> 1); i += 1)
              reader.position = (reader.position + 1) | 0;
            waiting -= Math.min(waiting, count >> 1);
            reader.settle();
            reader.release();
          }
        },
      ),
    );
  });

  it('a lossy reader gets whole messages in order, and counts the rest', () => {
    const setup = fc.record({
      capacity: fc.integer({ min: 1, max: 10 }),
      arenaBytes: fc.integer({ min: (recordMax * 3) / 8, max: 600 }).map((n) => n * 8),
      policy: fc.constantFrom<ReaderPolicy>('block', 'latest', 'dropOldest'),
      position: startPosition,
    });
    const steps = fc.array(
      fc.record({ kind: fc.constantFrom(...lossyKinds), count: fc.integer({ min: 1, max: 6 }) }),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(setup, steps, ({ capacity, arenaBytes, policy, position }, given) => {
        const scenario = new LossyScenario(
          { capacity, arenaBytes, slots: 16 },
          { capacity, policy },
          position,
        );
        for (const { kind, count } of given) scenario.run(kind, count);
        scenario.expectAccounted();
      }),
      { numRuns: 500 },
    );
  });

  it('a writer that is never read overtakes for ever, and the newest message is always whole', () => {
    const { writer, reader } = open(
      { capacity: 4, slots: 8, arenaBytes: 640 },
      { policy: 'latest', capacity: 4 },
    );
    const seen: number[] = [];
    for (let payload = 0; payload < 1000; payload += 1) {
      expect(writer.room(1)).toBeGreaterThan(0);
      emit(writer, payload);
      if (payload % 7 === 0) seen.push(...drain(reader));
    }
    expect(seen).toEqual(Array.from({ length: 143 }, (_, i) => i * 7));
    expect(drain(reader)).toEqual([999]);
    expect(reader.skipped).toBe(1000 - 144);
  });

  it('a message of bytesMax fits, one byte more never does, and nothing is lost by it', () => {
    const { writer, reader } = open({ arenaBytes: recordMax });
    expect(() => writer.append(new Uint8Array(bytesMax + 1), 0, 0, 0)).toThrow(MessageTooLargeError);
    const largest = encode(new Uint8Array(bytesMax - 1).fill(7)).slice();
    expect(largest.length).toBe(bytesMax);
    expect(writer.append(largest, 0, 0, 0)).toBe(true);
    expect(writer.append(largest, 0, 0, 1)).toBe(false);
    writer.settle();
    writer.publish(0);
    const envelope = new Envelope();
    expect(reader.take(envelope)).toBe(true);
    expect(envelope.value).toEqual(new Uint8Array(bytesMax - 1).fill(7));
  });

  it('what was taken does not change when the writer comes around', () => {
    const { writer, reader } = open({ capacity: 1, arenaBytes: recordMax });
    const envelope = new Envelope();
    const bytes = encode({ nested: new Float64Array([1, 2, 3]) }).slice();
    writer.append(bytes, 0, 0, 0);
    writer.settle();
    writer.publish(0);
    reader.take(envelope);
    const { value } = envelope;
    reader.settle();
    reader.release();
    emit(writer, 1);
    expect(value).toEqual({ nested: new Float64Array([1, 2, 3]) });
  });

  it('a successor of a writer that died with a full, unpublished ring goes on where the reader is', () => {
    for (const capacity of [1, 2, 4]) {
      const { buffer, writer, reader } = open({ capacity }, { capacity });
      emit(writer, 0);
      expect(drain(reader)).toEqual([0]);
      for (let i = 1; i <= capacity; i += 1) expect(send(writer, i)).toBe(true);
      writer.settle();
      const successor = new MessageWriter(buffer);
      expect(successor.seq).toBe(1);
      emit(successor, 1);
      expect(drain(reader)).toEqual([1]);
    }
  });

  it('knows which bytes are old when the slots have wrapped before the arena', () => {
    const spec = fc.record({
      arenaBytes: fc.integer({ min: recordMax / 8, max: 130 }).map((n) => n * 8),
      short: fc.integer({ min: 0, max: 40 }),
      long: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(spec, ({ arenaBytes, short, long }) => {
        const { writer, reader } = open({ capacity: 8, arenaBytes }, { policy: 'dropOldest', capacity: 8 });
        const texts = Array.from({ length: short + long }, (_, i) => `${i}`.padEnd(i < short ? 10 : 190));
        for (const text of texts) {
          expect(writer.append(encode(text), 0, 0, writer.seq)).toBe(true);
          writer.settle();
          writer.publish(0);
        }
        const envelope = new Envelope();
        const seen: unknown[] = [];
        while (reader.take(envelope)) {
          seen.push(envelope.value);
          reader.settle();
        }
        expect(seen.length).toBeGreaterThan(0);
        expect(seen).toEqual(texts.slice(-seen.length));
      }),
      { numRuns: 1000 },
    );
  });

  it('a rollback takes the seq back, over the gaps that refused messages left', () => {
    const { buffer, writer } = open();
    send(writer, 0, 5);
    writer.settle();
    send(writer, 0, 9);
    writer.rollback();
    expect(writer.seq).toBe(6);
    send(writer, 0, 7);
    writer.settle();
    send(writer, 0, 11);
    writer.publish(0);
    expect(new MessageWriter(buffer).seq).toBe(8);
  });

  it('refuses impossible sizes', () => {
    const good: MessageRingSpec = { capacity: 4, bytesMax: 100, arenaBytes: 1024 };
    expect(() => allocateMessageRing(good)).not.toThrow();
    const bad: Partial<MessageRingSpec>[] = [
      { capacity: 0 },
      { slots: 3 },
      { bytesMax: 0 },
      { bytesMax: 1.5 },
      { bytesMax: 2 ** 30, arenaBytes: 2 ** 30 },
      { arenaBytes: 96 },
      { arenaBytes: 1020 },
      { arenaBytes: 2 ** 30 + 8 },
      { arenaBytes: Number.NaN },
    ];
    for (const change of bad) expect(() => allocateMessageRing({ ...good, ...change })).toThrow(LayoutError);
  });
});
