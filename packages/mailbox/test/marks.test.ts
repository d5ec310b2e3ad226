import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocateDoorbells, Doorbell } from '../src/doorbell.ts';
import { Envelope } from '../src/ring-reader.ts';
import type { MailboxReader } from '../src/mailbox-reader.ts';
import { allocateFrameRing, startRingAt } from '../src/layout.ts';
import { FrameReader, FrameWriter } from '../src/frame-ring.ts';
import { allocateMessageRing, MessageReader, MessageWriter } from '../src/message-ring.ts';
import { localQueueAt } from '../src/local-queue.ts';
import { encode } from '../src/codec.ts';

/** Both ends of a mailbox with values for numbers. */
interface Ends {
  readonly reader: MailboxReader;
  readonly send: (value: number, time: number) => boolean;
  readonly writer: {
    settle(): void;
    publish(stampMs: number): void;
    mark(round: number): void;
    hasMarked(round: number): boolean;
    unmark(round: number): void;
    end(): void;
  };
}

const capacity = 4;
const capacityMax = 16;
const kinds = ['frame', 'message', 'local'] as const;

function open(kind: (typeof kinds)[number], position: number): Ends {
  if (kind === 'frame') {
    const buffer = allocateFrameRing({ dtype: 'float64', shape: [1], capacity, slots: capacityMax });
    startRingAt(buffer, position);
    const writer = new FrameWriter(buffer);
    const reader = new FrameReader(buffer, { capacity });
    const send = (value: number, time: number): boolean => {
      if (writer.room(1) <= 0) return false;
      writer.view()[0] = value;
      writer.commit(time, 0);
      return true;
    };
    return { reader, writer, send };
  }
  if (kind === 'message') {
    const buffer = allocateMessageRing({ capacity, slots: capacityMax, bytesMax: 64, arenaBytes: 4096 });
    startRingAt(buffer, position);
    const writer = new MessageWriter(buffer);
    const reader = new MessageReader(buffer, { capacity });
    return { reader, writer, send: (value, time) => writer.append(encode(value), time, 0, writer.seq) };
  }
  const { writer, reader } = localQueueAt({ capacity, capacityMax }, position);
  return { reader, writer, send: (value, time) => writer.append(value, time, 0, writer.seq) };
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.nat({ max: 5 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.nat({ max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('mark' as const), count: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('next' as const), count: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), count: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const), count: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), count: fc.constant(0) }) },
);

const nearWrap = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: 2 ** 31 - 20, max: 2 ** 31 - 1 }),
);

/** What a mailbox should say, with all that was ever sent in the round that it was sent in. */
class Model {
  readonly waiting: { value: number; time: number; round: number }[] = [];
  capacity = capacity;
  round = 0;
  isMarked = false;
  hasEnded = false;

  /** Rounds may wrap around: only equality counts. */
  before(): number {
    return this.waiting.filter(({ round }) => round !== this.round).length;
  }
}

describe.each(kinds)('a %s mailbox with rounds', (kind) => {
  test('says what is marked, what was there before the round, and grows as far as it may', () => {
    fc.assert(
      fc.property(nearWrap, nearWrap, fc.array(step, { maxLength: 80 }), (position, round, steps) => {
        const { reader, writer, send } = open(kind, position | 0);
        const model = new Model();
        const envelope = new Envelope();
        // A ring that has never been marked is in round 0: the first round of a run is another one.
        model.round = (round | 0) === 0 ? 1 : round | 0;
        writer.mark((model.round - 1) | 0);
        let value = 0;
        for (const { do: what, count } of steps) {
          if (what === 'send' && !model.hasEnded && !model.isMarked) {
            for (let i = 0; i < count; i++) {
              const isSent = send(value, value * 3);
              deepStrictEqual(isSent, model.waiting.length < model.capacity);
              if (isSent) model.waiting.push({ value, time: value * 3, round: model.round });
              if (isSent) value++;
            }
            writer.settle();
            writer.publish(0);
          } else if (what === 'take') {
            for (let i = 0; i < count; i++) {
              const next = model.waiting.shift();
              if (next !== undefined) deepStrictEqual(reader.timeAt(0), next.time);
              deepStrictEqual(reader.take(envelope), next !== undefined);
              if (next !== undefined) deepStrictEqual(envelope.value ?? envelope.frame?.[0], next.value);
              envelope.value = undefined;
            }
            reader.settle();
            reader.release();
          } else if (what === 'mark' && !model.hasEnded) {
            writer.mark(model.round);
            model.isMarked = true;
          } else if (what === 'next' && (model.isMarked || model.hasEnded)) {
            model.round = (model.round + 1) | 0;
            model.isMarked = false;
          } else if (what === 'pass') {
            const passed = Math.max(0, model.waiting.length - count);
            deepStrictEqual(reader.passOver(count), passed);
            model.waiting.splice(0, passed);
            reader.release();
          } else if (what === 'grow') {
            deepStrictEqual(reader.grow(), model.capacity < capacityMax);
            model.capacity = Math.min(capacityMax, model.capacity * 2);
          } else if (what === 'end' && !model.hasEnded) {
            model.hasEnded = true;
            // Ended in a round that it has marked, it is seen in the next one.
            writer.end();
          }
          // A ring that knows of some messages looks for more when it is asked whether it is full.
          expect(reader.isFull(1)).toBe(model.waiting.length + 1 > model.capacity);
          expect(reader.available()).toBe(model.waiting.length);
          expect(reader.isMarked(model.round)).toBe(model.isMarked || model.hasEnded);
          expect(Math.max(0, reader.availableBefore(model.round))).toBe(model.before());
          const isLast = model.hasEnded && !model.isMarked;
          expect(reader.isLast(model.round)).toBe(isLast);
          expect(reader.hasEndedBefore(model.round)).toBe(isLast && model.waiting.length === 0);
        }
      }),
      { numRuns: 300 },
    );
  });
});

test.each(['frame', 'message'] as const)(
  'a successor takes back a mark of its own round only: %s',
  (kind) => {
    const { reader, writer } = open(kind, 0);
    writer.mark(7);
    writer.unmark(8);
    expect([writer.hasMarked(7), reader.isMarked(7)]).toEqual([true, true]);
    writer.unmark(7);
    expect([writer.hasMarked(7), reader.isMarked(7)]).toEqual([false, false]);
    expect(reader.isMarked(6)).toBe(true);
    writer.mark(7);
    expect(reader.isMarked(7)).toBe(true);
  },
);

test('who waits for room in place of a writer that has died waiting tells the readers anew', () => {
  const words = allocateDoorbells(2);
  const [writerBell, readerBell] = [new Doorbell(words, 0), new Doorbell(words, 1)];
  const bells = [writerBell, readerBell];
  const buffer = allocateFrameRing({ dtype: 'float64', shape: [1], capacity: 1 });
  const reader = new FrameReader(buffer, { capacity: 1, bell: 1, bells });
  const successor = (): FrameWriter => {
    const writer = new FrameWriter(buffer, bells);
    writer.tellsWishes = true;
    readerBell.arm();
    return writer;
  };
  const first = successor();
  first.write(Float64Array.of(1));
  expect(first.wantRoom(1)).toBe(0);
  expect(readerBell.isArmed()).toBe(false);
  first.mark(7);
  const second = successor();
  second.unmark(7);
  expect(second.wantRoom(1)).toBe(0);
  expect(readerBell.isArmed()).toBe(false);
  expect([reader.isFull(1), reader.isWanted(), reader.isMarked(7)]).toEqual([true, true, false]);
});
