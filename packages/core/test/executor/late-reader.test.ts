import { deepStrictEqual } from 'node:assert/strict';
import { allocateFrameRing, Envelope, FrameReader, FrameWriter, startRingAt } from '@troupe/mailbox';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { LateReader } from '../../src/executor/late-reader.ts';

const capacity = 4;

/** What a mailbox behind a lossy back-edge should hold, as plain arrays of numbers. */
class Model {
  readonly #isRefusing: boolean;
  readonly #most: number;
  /** Set aside: of the rounds before. */
  kept: number[] = [];
  /** Taken by calls that are not settled, and settled ones that are not released. */
  inHand: number[] = [];
  settled: number[] = [];
  /** Sent in the round, or left with the writer. */
  sent: number[] = [];
  skipped = 0;
  refused = 0;

  constructor(policy: 'latest' | 'dropOldest' | 'dropNewest') {
    this.#isRefusing = policy === 'dropNewest';
    this.#most = policy === 'latest' ? 1 : capacity;
  }

  send(value: number): boolean {
    if (this.#isRefusing && this.sent.length === capacity) {
      this.refused++;
      return false;
    }
    this.sent.push(value);
    return true;
  }

  collect(): void {
    const room = this.#isRefusing ? capacity - this.kept.length : Infinity;
    this.kept.push(...this.sent.splice(0, room));
    if (this.#isRefusing) return;
    const surplus = Math.max(0, this.kept.length - this.#most);
    this.skipped += surplus;
    this.kept.splice(0, surplus);
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.nat({ max: 9 }) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('take' as const), count: fc.nat({ max: 3 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('round' as const), count: fc.constant(0) }) },
    ...(['settle', 'release', 'rewind', 'end'] as const).map((what) => ({
      weight: what === 'end' ? 1 : 2,
      arbitrary: fc.record({ do: fc.constant(what), count: fc.nat({ max: 9 }) }),
    })),
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), count: fc.nat({ max: 2 }) }) },
  ),
  { maxLength: 120, size: 'max' },
);

const positions = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.integer({ min: 2 ** 31 - 20, max: 2 ** 31 - 1 }),
);

function open(
  policy: 'latest' | 'dropOldest' | 'dropNewest',
  position: number,
): { readonly writer: FrameWriter; readonly reader: LateReader } {
  const buffer = allocateFrameRing({ dtype: 'float64', shape: [1], capacity, slots: 64 });
  startRingAt(buffer, position);
  const ring = policy === 'dropNewest' ? 'block' : policy;
  const reader = new LateReader(new FrameReader(buffer, { policy: ring, capacity }));
  return { writer: new FrameWriter(buffer), reader };
}

describe.each(['latest', 'dropOldest', 'dropNewest'] as const)('behind a %s back-edge', (policy) => {
  test('what a round has brought waits, is handled in order, and nothing is lost but what is counted', () => {
    fc.assert(
      fc.property(positions, steps, (position, list) => {
        const { writer, reader } = open(policy, position | 0);
        const model = new Model(policy);
        const envelope = new Envelope();
        let [value, round, handled, passed, hasEnded] = [0, 1, 0, 0, false];
        for (const { do: what, count } of list) {
          if (what === 'send' && !hasEnded) {
            for (let i = 0; i < count; i++, value++) {
              deepStrictEqual(writer.room(1) > 0, model.send(value));
              if (writer.room(1) <= 0) continue;
              writer.view()[0] = value;
              writer.commit(value * 3);
            }
            writer.settle();
            writer.publish(0);
          } else if (what === 'round') {
            if (!hasEnded) writer.mark(round);
            deepStrictEqual(reader.isMarked(round), true);
            reader.collect();
            model.collect();
            round++;
            deepStrictEqual(reader.isMarked(round), hasEnded);
          } else if (what === 'take') {
            for (let i = 0; i < count; i++) {
              const next = model.kept.shift();
              if (next !== undefined) deepStrictEqual(reader.timeAt(0), next * 3);
              deepStrictEqual(reader.take(envelope), next !== undefined);
              if (next === undefined) continue;
              deepStrictEqual([envelope.frame?.[0], envelope.time], [next, next * 3]);
              model.inHand.push(next);
            }
          } else if (what === 'settle' || (what === 'pass' && model.inHand.length > 0)) {
            reader.settle();
            handled += model.inHand.length;
            model.settled.push(...model.inHand.splice(0));
          } else if (what === 'rewind') {
            reader.rewind();
            model.kept.unshift(...model.inHand.splice(0));
          } else if (what === 'release') {
            reader.release();
            model.settled = [];
          } else if (what === 'pass') {
            const surplus = model.kept.splice(0, Math.max(0, model.kept.length - count));
            passed += surplus.length;
            deepStrictEqual(reader.passOver(count), surplus.length);
          } else if (what === 'end' && count === 0 && !hasEnded) {
            // As an actor does it: the round is marked first.
            writer.mark(round);
            writer.end();
            hasEnded = true;
          }
          deepStrictEqual(reader.available(), model.kept.length);
          deepStrictEqual(reader.availableBefore(round), model.kept.length);
          const left = model.sent.length + model.kept.length;
          deepStrictEqual(reader.hasEnded(), hasEnded && left === 0);
        }
        // Until it is taken over, what the ring overwrites is not known to be lost.
        reader.collect();
        model.collect();
        deepStrictEqual(reader.skipped, model.skipped);
        const left = model.kept.length + model.sent.length + model.inHand.length;
        deepStrictEqual(value, handled + passed + left + model.skipped + model.refused);
      }),
      { numRuns: 500 },
    );
  });
});
