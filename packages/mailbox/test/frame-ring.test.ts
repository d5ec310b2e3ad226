import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateFrame, dtypes, frameLength } from '../src/dtype.ts';
import type { Dtype, FrameArray } from '../src/dtype.ts';
import { LayoutError, TooManyReadersError } from '../src/errors.ts';
import { FrameReader, FrameWriter } from '../src/frame-ring.ts';
import { allocateFrameRing, flag, powerOfTwo, startRingAt } from '../src/layout.ts';
import type { FrameRingSpec } from '../src/layout.ts';
import { detachReader } from '../src/ring-places.ts';
import { Envelope } from '../src/ring-reader.ts';
import type { ReaderOptions, ReaderPolicy } from '../src/ring-reader.ts';
import { expectArrayBehaviour, fusedFree, startPosition } from './mailbox-model.ts';
import type { Rig } from './mailbox-model.ts';

const length = 6;

function ring(spec: Partial<FrameRingSpec> = {}, position = 0): SharedArrayBuffer {
  const buffer = allocateFrameRing({ dtype: 'int32', shape: [length], capacity: 4, ...spec });
  startRingAt(buffer, position | 0);
  return buffer;
}

/** A frame whose elements all follow from one number, so that a torn one shows. */
function fill(frame: FrameArray, payload: number): void {
  for (let i = 0; i < frame.length; i += 1) (frame as Int32Array)[i] = payload * 7 + i;
}

function payloadOf(frame: FrameArray | undefined): number {
  const payload = (Number(frame?.[0]) || 0) / 7;
  expect(Array.from((frame ?? []) as Int32Array)).toEqual(Array.from({ length }, (_, i) => payload * 7 + i));
  return payload;
}

function send(writer: FrameWriter, payload: number): boolean {
  const frame = writer.reserve();
  if (frame === undefined) return false;
  fill(frame, payload);
  writer.commit(writer.seq * 10);
  return true;
}

function emit(writer: FrameWriter, ...payloads: number[]): void {
  for (const payload of payloads) expect(send(writer, payload)).toBe(true);
  writer.settle();
  writer.publish(1);
}

function drain(reader: FrameReader): number[] {
  const payloads: number[] = [];
  for (let frame = reader.peek(); frame !== undefined; frame = reader.peek()) {
    payloads.push(payloadOf(frame));
    reader.advance();
  }
  return payloads;
}

interface Setup {
  readonly capacity: number;
  readonly position: number;
  readonly isFused: boolean;
}

function rigOf({ capacity, position, isFused }: Setup): Rig {
  const buffer = ring({ capacity }, position);
  let writer = new FrameWriter(buffer);
  const reader = new FrameReader(buffer, { capacity, ...(isFused ? { fused: writer } : {}) });
  const rig: Rig = {
    writer,
    reader,
    capacity,
    isLocal: isFused,
    emit: (payload) => send(writer, payload),
    payloadOf: ({ frame }) => payloadOf(frame),
  };
  if (isFused) return { ...rig, free: (model) => fusedFree(model, capacity) };
  return Object.assign(rig, {
    reopenWriter: () => {
      writer = rig.writer = new FrameWriter(buffer);
      expect(writer.seq).toBe((writer.position - position) | 0);
    },
    reopenReader: () => {
      rig.reader = new FrameReader(buffer, { capacity, place: reader.place });
    },
  });
}

describe('frame ring', () => {
  it('behaves as a bounded array, while writer and reader are replaced', () => {
    expectArrayBehaviour(
      fc.record({ capacity: fc.integer({ min: 1, max: 9 }), position: startPosition, isFused: fc.boolean() }),
      rigOf,
      500,
    );
  });

  it.each(dtypes.map((dtype) => [dtype]))('carries %s frames of any shape, scalars too', (dtype: Dtype) => {
    const isBig = dtype === 'int64' || dtype === 'uint64';
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
        fc.array(fc.nat(127), { minLength: 125, maxLength: 125 }),
        (shape, elements) => {
          const buffer = ring({ dtype, shape, capacity: 3 });
          const [writer, reader] = [new FrameWriter(buffer), new FrameReader(buffer)];
          const frame = allocateFrame(dtype, frameLength(shape));
          const out = allocateFrame(dtype, frameLength(shape));
          for (let i = 0; i < frame.length; i += 1) {
            const element = elements[i] ?? 0;
            (frame as Float64Array)[i] = (isBig ? 2n ** 61n + BigInt(element) : element) as number;
          }
          for (let round = 0; round < 5; round += 1) {
            expect(writer.write(frame, 5)).toBe(true);
            expect(writer.write(frame, 6)).toBe(true);
            expect(reader.readInto(out)).toBe(true);
            expect(out).toEqual(frame);
            const copy = reader.read();
            expect(copy).toEqual(frame);
            expect(copy?.buffer).not.toBe(buffer);
            expect([reader.last.seq, reader.last.time]).toEqual([2 * round + 1, 6]);
          }
          expect(reader.read()).toBeUndefined();
          expect(reader.readInto(out)).toBe(false);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives one contiguous view of each slot, always the same one, and no two overlap', () => {
    const buffer = ring({ dtype: 'float64', shape: [3], capacity: 4 });
    const [writer, reader] = [new FrameWriter(buffer), new FrameReader(buffer)];
    const views: FrameArray[] = [];
    for (let i = 0; i < 8; i += 1) {
      const view = writer.reserve();
      expect(view?.length).toBe(3);
      if (view !== undefined) views.push(view);
      writer.commit(0);
      writer.settle();
      writer.publish(0);
      reader.peek();
      reader.advance();
    }
    expect(new Set(views).size).toBe(4);
    expect(views.slice(4)).toEqual(views.slice(0, 4));
    const offsets = [...new Set(views)].map((view) => view.byteOffset).toSorted((a, b) => a - b);
    for (const [i, offset] of offsets.slice(1).entries()) {
      expect(offset - (offsets[i] ?? 0)).toBeGreaterThanOrEqual(24);
    }
  });

  it('carries time and flags, and the stamp of the first frame of a batch', () => {
    const buffer = ring();
    const [writer, reader] = [new FrameWriter(buffer), new FrameReader(buffer)];
    for (const flags of [flag.redelivered, flag.resent, 0]) {
      writer.reserve();
      writer.commit(2 ** 52 + 1, flags);
    }
    writer.settle();
    writer.publish(77);
    const envelope = new Envelope();
    const seen: unknown[] = [];
    while (reader.take(envelope)) {
      const stamp = (envelope.flags & flag.stamped) === 0 ? undefined : envelope.stamp;
      seen.push([envelope.time, envelope.redelivered, envelope.resent, stamp]);
    }
    const time = 2 ** 52 + 1;
    expect(seen).toEqual([
      [time, true, false, 77],
      [time, false, true, undefined],
      [time, false, false, undefined],
    ]);
  });

  it('no reader misses, reorders or tears a frame while it blocks; the others only skip', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), startPosition, readerSteps, runReaders), {
      numRuns: 400,
    });
  });

  it('holds the writer at the capacity of each reader, exactly', () => {
    const buffer = ring({ capacity: 8 });
    const writer = new FrameWriter(buffer);
    const [wide, narrow] = [new FrameReader(buffer), new FrameReader(buffer, { capacity: 3 })];
    emit(writer, 0, 1, 2);
    expect(send(writer, 3)).toBe(false);
    expect(drain(narrow)).toEqual([0, 1, 2]);
    emit(writer, 3, 4, 5);
    expect(send(writer, 6)).toBe(false);
    narrow.detach();
    emit(writer, 6, 7);
    expect(send(writer, 8)).toBe(false);
    expect(drain(wide)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    [16, 4],
    [2048, 512],
  ])('of %i slots a reader that holds nobody back lets %i be claimed at a look', (slots, claimed) => {
    const buffer = ring({ capacity: slots, slots });
    const writer = new FrameWriter(buffer);
    const reader = new FrameReader(buffer, { policy: 'dropOldest', capacity: slots });
    expect(writer.room(1)).toBe(claimed);
    reader.detach();
  });

  it('room for many is found although only few were claimed ahead of a lossy reader', () => {
    const buffer = ring({ capacity: 8, slots: 16 });
    const writer = new FrameWriter(buffer);
    const reader = new FrameReader(buffer, { policy: 'latest', capacity: 8 });
    for (let i = 0; i < 10; i += 1) {
      expect(writer.room(8)).toBeGreaterThanOrEqual(8);
      emit(writer, ...Array.from({ length: 8 }, (_, k) => i * 8 + k));
    }
    expect(drain(reader)).toEqual([79]);
    expect(reader.skipped).toBe(79);
  });

  it.each<[ReaderPolicy, number[], number]>([
    ['latest', [4], 4],
    ['dropOldest', [2, 3, 4], 2],
  ])('%s keeps what it says and counts the rest', (policy, kept, skipped) => {
    const buffer = ring({ capacity: 3, slots: 8 });
    const writer = new FrameWriter(buffer);
    const reader = new FrameReader(buffer, { policy, capacity: 3 });
    for (const payload of [0, 1, 2, 3, 4]) emit(writer, payload);
    expect(drain(reader)).toEqual(kept);
    expect(reader.skipped).toBe(skipped);
  });

  it('a message taken anew has its own number, whatever the envelope was used for meanwhile', () => {
    const buffer = ring();
    const writer = new FrameWriter(buffer);
    const reader = new FrameReader(buffer, { policy: 'dropOldest', capacity: 2 });
    for (const payload of [1, 2]) send(writer, payload);
    writer.settle();
    writer.publish(0);
    const envelope = new Envelope();
    expect(reader.take(envelope)).toBe(true);
    reader.rewind();
    Object.assign(envelope, { seq: 77, time: 77, flags: flag.resent, stamp: 77 });
    expect(reader.take(envelope)).toBe(true);
    const { seq, time, resent } = envelope;
    expect({ seq, time, resent, payload: payloadOf(envelope.frame) }).toEqual({
      seq: 0,
      time: 0,
      resent: false,
      payload: 1,
    });
  });

  it('retries an overtaken frame from its private copy', () => {
    const buffer = ring({ capacity: 2, slots: 4 });
    const writer = new FrameWriter(buffer);
    const reader = new FrameReader(buffer, { policy: 'latest', capacity: 2 });
    const envelope = new Envelope();
    emit(writer, 0);
    expect(reader.take(envelope)).toBe(true);
    for (let payload = 1; payload < 20; payload += 1) emit(writer, payload);
    expect(reader.available()).toBeGreaterThan(0);
    reader.rewind();
    expect(reader.take(envelope)).toBe(true);
    expect([payloadOf(envelope.frame), envelope.seq]).toEqual([0, 0]);
    reader.settle();
    expect(drain(reader)).toEqual([19]);
    expect(reader.skipped).toBe(18);
  });

  it('has as many reader places as it was declared with, and gives them again', () => {
    const buffer = ring({ readersMax: 2 });
    const [first, second] = [new FrameReader(buffer), new FrameReader(buffer)];
    expect(() => new FrameReader(buffer)).toThrow(TooManyReadersError);
    detachReader(buffer, second.place);
    const third = new FrameReader(buffer);
    expect(third.place).toBe(second.place);
    expect(first.place).not.toBe(third.place);
  });

  it('a successor of a writer that died with a full, unpublished ring goes on where readers are', () => {
    for (const capacity of [1, 2, 4]) {
      const buffer = ring({ capacity });
      const [writer, reader] = [new FrameWriter(buffer), new FrameReader(buffer)];
      emit(writer, 0);
      expect(drain(reader)).toEqual([0]);
      for (let i = 1; i <= capacity; i += 1) expect(send(writer, i)).toBe(true);
      writer.settle();
      const successor = new FrameWriter(buffer);
      expect(successor.seq).toBe(1);
      emit(successor, 1);
      expect(drain(reader)).toEqual([1]);
      expect(reader.last.seq).toBe(1);
    }
  });

  it('seq goes on beyond 2^32', () => {
    const buffer = ring({ capacity: 2 });
    const [writer, reader] = [new FrameWriter(buffer), new FrameReader(buffer)];
    writer.seq = 2 ** 32 - 1;
    emit(writer, 0);
    emit(writer, 1);
    expect([drain(reader), reader.last.seq]).toEqual([[0, 1], 2 ** 32]);
    expect(new FrameWriter(buffer).seq).toBe(2 ** 32 + 1);
  });

  it('refuses what it cannot be, and memory that is no ring', () => {
    const bad: Partial<FrameRingSpec>[] = [
      { dtype: 'complex64' as Dtype },
      { shape: [0] },
      { shape: [2, -1] },
      { shape: [1.5] },
      { capacity: 0 },
      { capacity: 2 ** 24 + 1 },
      { capacity: Number.NaN },
      { slots: 3 },
      { slots: 2 },
      { readersMax: 0 },
      { readersMax: 65 },
      { shape: [2 ** 28], capacity: 64 },
    ];
    for (const spec of bad) expect(() => ring(spec)).toThrow(LayoutError);
    expect(() => new FrameWriter(new SharedArrayBuffer(4096))).toThrow(LayoutError);
  });
});

interface ReaderStep {
  readonly kind: 'emit' | 'abort' | 'read' | 'attach' | 'detach' | 'lossy' | 'block';
  readonly who: number;
  readonly count: number;
  readonly policy: ReaderPolicy;
}

const readerSteps: fc.Arbitrary<ReaderStep[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<ReaderStep['kind']>(
      'emit',
      'emit',
      'abort',
      'read',
      'read',
      'attach',
      'detach',
      'lossy',
      'block',
    ),
    who: fc.nat(3),
    count: fc.integer({ min: 1, max: 6 }),
    policy: fc.constantFrom<ReaderPolicy>('block', 'latest', 'dropOldest'),
  }),
  { maxLength: 120 },
);

/**
 * A reader with what it must see: everything from `next` on while it blocks, later frames only while it does
 * not.
 */
interface Watched {
  readonly reader: FrameReader;
  readonly attachedAt: number;
  next: number;
  seen: number;
}

/** Readers that come, go, block and unblock, against the count of frames sent. */
function runReaders(capacity: number, position: number, steps: readonly ReaderStep[]): void {
  const buffer = ring({ capacity, readersMax: 4 }, position);
  const writer = new FrameWriter(buffer);
  const watched: Watched[] = [];
  let sent = 0;
  for (const { kind, who, count, policy } of steps) {
    const index = who % Math.max(1, watched.length);
    const each = watched[index];
    if (kind === 'emit') sent += emitUpTo(writer, sent, count, watched, capacity);
    if (kind === 'abort') {
      for (let i = 0; i < count; i += 1) send(writer, 1_000_000);
      writer.rollback();
    }
    if (kind === 'attach' && watched.length < 4) {
      const options: ReaderOptions = { policy, capacity: Math.min(capacity, count) };
      watched.push({ reader: new FrameReader(buffer, options), attachedAt: sent, next: sent, seen: 0 });
    }
    if (each === undefined) continue;
    if (kind === 'read') for (let i = 0; i < count; i += 1) readOne(each);
    if (kind === 'detach') {
      each.reader.detach();
      watched.splice(index, 1);
    }
    if (kind === 'lossy') each.reader.setBlocking(false);
    if (kind === 'block' && !each.reader.isBlocking) {
      each.reader.setBlocking(true);
      each.next = sent;
    }
  }
  for (const each of watched) {
    while (each.reader.available() > 0) readOne(each);
    expect(each.seen + each.reader.skipped).toBe(sent - each.attachedAt);
  }
}

function emitUpTo(
  writer: FrameWriter,
  first: number,
  count: number,
  watched: readonly Watched[],
  capacity: number,
): number {
  const blocking = watched.filter(({ reader }) => reader.isBlocking);
  let sent = 0;
  while (sent < count && send(writer, first + sent)) sent += 1;
  writer.settle();
  writer.publish(0);
  for (const { reader } of blocking) {
    // What the writer knew to be free before a reader came or began to block, it may still fill.
    expect((writer.published - reader.handled) | 0).toBeLessThanOrEqual(powerOfTwo(capacity));
  }
  if (blocking.every(({ reader }) => ((writer.published - reader.handled) | 0) < reader.capacity)) {
    expect(sent).toBeGreaterThan(0);
  }
  return sent;
}

function readOne(watched: Watched): void {
  const { reader } = watched;
  const frame = reader.peek();
  if (frame === undefined) return;
  const payload = payloadOf(frame);
  expect(reader.last.seq).toBe(payload);
  if (reader.isBlocking) expect(payload).toBe(watched.next);
  else expect(payload).toBeGreaterThanOrEqual(watched.next);
  watched.next = payload + 1;
  watched.seen += 1;
  reader.advance();
}
