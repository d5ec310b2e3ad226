import { describe, expect, it } from 'vitest';
import {
  allocateFrameRing,
  allocateJournal,
  Envelope,
  FrameReader,
  FrameWriter,
  allocateMessageRing,
  encode,
  MessageReader,
  MessageWriter,
  startRingAt,
} from '@troupe/mailbox';
import { Journal } from '../src/journal.ts';

interface Watched {
  readonly buffer: SharedArrayBuffer;
  readonly writer: FrameWriter;
  readonly watch: (capacity?: number) => FrameReader;
}

function ring(slots: number, start = 0): Watched {
  const buffer = allocateFrameRing({ dtype: 'float64', shape: [1], capacity: slots });
  startRingAt(buffer, start);
  const watch = (capacity = slots): FrameReader =>
    new FrameReader(buffer, { policy: 'dropOldest', capacity, isWatching: true });
  return { buffer, writer: new FrameWriter(buffer), watch };
}

/** Emits so many frames and shows them at once. */
function publish(writer: FrameWriter, count: number, stampMs: number): void {
  for (let i = 0; i < count; i++) {
    (writer.reserve() as Float64Array)[0] = writer.seq;
    writer.commit(0);
    writer.settle();
  }
  writer.publish(stampMs);
}

/** What is there: numbers, and when each was published. */
function seen(reader: FrameReader): readonly (readonly [seq: number, stampMs: number])[] {
  const found: [number, number][] = [];
  const envelope = new Envelope();
  while (reader.take(envelope)) {
    found.push([envelope.seq, envelope.stamp]);
    reader.settle();
  }
  reader.release();
  return found;
}

describe('a reader that watches', () => {
  it.each([0, 2 ** 31 - 4, -3])('is told when each message was published: cursors at %i', (start) => {
    const { writer, watch } = ring(8, start);
    publish(writer, 3, 10);
    const reader = watch();
    publish(writer, 1, 20);
    publish(writer, 3, 30);
    publish(writer, 2, 40);
    expect(seen(reader)).toEqual([
      [3, 20],
      [4, 30],
      [5, 30],
      [6, 30],
      [7, 40],
      [8, 40],
    ]);
  });

  it('though the beginning of the batch has been overwritten', () => {
    const { writer, watch } = ring(8);
    const reader = watch();
    publish(writer, 1, 10);
    publish(writer, 8, 20);
    // What the writer claims next takes the first of them away.
    writer.room(1);
    const last = seen(reader);
    expect(last.length).toBeLessThan(8);
    expect(last.every(([, stampMs]) => stampMs === 20)).toBe(true);
    expect(last.at(-1)).toEqual([8, 20]);
  });

  it('and looks at the newest ones only', () => {
    const { writer, watch } = ring(8);
    const reader = watch(2);
    publish(writer, 1, 10);
    publish(writer, 3, 20);
    publish(writer, 1, 30);
    expect(seen(reader)).toEqual([
      [3, 20],
      [4, 30],
    ]);
  });

  it('also of the batch that was published before its writer knew', () => {
    const { writer, watch } = ring(8);
    publish(writer, 1, 5);
    // The writer does not look at its readers while it knows that there is room.
    writer.room(4);
    const reader = watch();
    publish(writer, 3, 10);
    expect(seen(reader)).toEqual([1, 2, 3].map((seq) => [seq, 10]));
    publish(writer, 2, 20);
    expect(seen(reader)).toEqual([4, 5].map((seq) => [seq, 20]));
  });

  it('is told nothing of what is shown in place of a dead writer: neither too early, nor too late', () => {
    const { buffer, writer, watch } = ring(8);
    const reader = watch();
    publish(writer, 2, 10);
    for (let i = 0; i < 2; i++) {
      (writer.reserve() as Float64Array)[0] = writer.seq;
      writer.commit(0);
      writer.settle();
    }
    // Its journal was sealed: its owner does what was left.
    const journal = new Journal(allocateJournal(4));
    writer.record(journal);
    const head = 64;
    Atomics.store(new Int32Array(buffer), head, writer.settled);
    const successor = new FrameWriter(buffer);
    publish(successor, 2, 30);
    expect(seen(reader)).toEqual([
      [0, 10],
      [1, 10],
      [2, Number.NaN],
      [3, Number.NaN],
      [4, 30],
      [5, 30],
    ]);
  });

  it('leaves the writer as it was', () => {
    const { buffer, writer, watch } = ring(4);
    const plain = new FrameReader(buffer, { policy: 'dropOldest' });
    const flags = (): readonly number[] => {
      const all: number[] = [];
      const envelope = new Envelope();
      while (plain.take(envelope)) {
        all.push(envelope.flags);
        plain.settle();
      }
      plain.release();
      return all;
    };
    publish(writer, 2, 10);
    expect(flags()).toEqual([4, 0]);
    const [one, other] = [watch(), watch()];
    publish(writer, 1, 15);
    publish(writer, 2, 20);
    expect(flags().slice(-2)).toEqual([4, 8]);
    one.detach();
    publish(writer, 1, 25);
    publish(writer, 2, 30);
    expect(flags().slice(-2)).toEqual([4, 8]);
    other.detach();
    publish(writer, 1, 35);
    publish(writer, 2, 40);
    expect(flags().slice(-2)).toEqual([4, 0]);
  });

  it('of values too', () => {
    const buffer = allocateMessageRing({ capacity: 4, bytesMax: 64, arenaBytes: 1_024 });
    const reader = new MessageReader(buffer, { policy: 'dropOldest', isWatching: true });
    const writer = new MessageWriter(buffer);
    for (const seq of [7, 9]) writer.append(encode(seq), 0, 0, seq);
    writer.settle();
    writer.publish(10);
    const envelope = new Envelope();
    const stamps: unknown[] = [];
    while (reader.take(envelope)) stamps.push([envelope.value, envelope.stamp]);
    expect(stamps).toEqual([
      [7, 10],
      [9, 10],
    ]);
  });
});
