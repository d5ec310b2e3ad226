import fc from 'fast-check';
import { expect } from 'vitest';
import type { MailboxReader } from '../src/mailbox-reader.ts';
import { Envelope } from '../src/ring-reader.ts';

/** The writer's face that rings and local queues share. */
export interface Writer {
  room(wanted: number): number;
  settle(): void;
  rollback(): void;
  publish(stampMs: number): void;
  end(): void;
  isDirty(): boolean;
}

/** A mailbox under test, with one reader that blocks. */
export interface Rig {
  writer: Writer;
  reader: MailboxReader;
  readonly capacity: number;
  /** How many messages the capacity allows more; `capacity` less those not released unless given. */
  readonly free?: (model: Model) => number;
  /** Whether the reader sees messages as soon as they are settled. */
  readonly isLocal: boolean;
  /** Writes the payload with this seq; false when it does not fit. */
  emit(payload: number, seq: number): boolean;
  /** The payload in an envelope; throws when it is damaged. */
  payloadOf(envelope: Envelope): number;
  /** Whether `emit` may refuse this payload, with these in the mailbox, although the capacity allows it. */
  mayRefuse?(payload: number, waiting: readonly number[]): boolean;
  /** Puts a successor in the writer's place, or in the reader's. */
  reopenWriter?(): void;
  reopenReader?(): void;
}

/** A mailbox as a plain array: everything ever settled, and five positions in it. */
export class Model {
  log: number[] = [];
  nextPayload = 0;
  settled = 0;
  published = 0;
  taken = 0;
  handled = 0;
  released = 0;
}

interface Operation {
  readonly name: string;
  readonly run: (model: Model, rig: Rig) => void;
}

class Step implements fc.Command<Model, Rig> {
  readonly #operation: Operation;

  constructor(operation: Operation) {
    this.#operation = operation;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, rig: Rig): void {
    this.#operation.run(model, rig);
  }

  toString(): string {
    return this.#operation.name;
  }
}

const freeIn = (model: Model, rig: Rig): number =>
  rig.free?.(model) ?? rig.capacity - (model.log.length - model.released);

const visible = (model: Model, rig: Rig): number => (rig.isLocal ? model.settled : model.published);

const emit = (count: number): Operation => ({
  name: `emit ${count}`,
  run(model, rig) {
    for (let i = 0; i < count; i += 1) {
      const payload = model.nextPayload;
      model.nextPayload += 1;
      const waiting = model.log.slice(model.released);
      const free = freeIn(model, rig);
      const isTaken = rig.emit(payload, model.log.length);
      if (free <= 0) expect(isTaken).toBe(false);
      else if (!isTaken) expect(rig.mayRefuse?.(payload, waiting) ?? false).toBe(true);
      if (isTaken) model.log.push(payload);
    }
  },
});

const take = (count: number): Operation => ({
  name: `take ${count}`,
  run(model, rig) {
    const envelope = new Envelope();
    for (let i = 0; i < count; i += 1) {
      const waiting = visible(model, rig) - model.taken;
      expect(rig.reader.available() > 0).toBe(waiting > 0);
      expect(rig.reader.available()).toBeLessThanOrEqual(waiting);
      expect(rig.reader.take(envelope)).toBe(waiting > 0);
      if (waiting === 0) return;
      expect(rig.payloadOf(envelope)).toBe(model.log[model.taken]);
      expect([envelope.seq, envelope.time]).toEqual([model.taken, model.taken * 10]);
      model.taken += 1;
    }
  },
});

/** Between handler calls only. */
const passOver = (keep: number, most: number): Operation => ({
  name: `pass over all but ${keep}, at most ${most}`,
  run(model, rig) {
    if (model.taken !== model.handled) return;
    const waiting = visible(model, rig) - model.taken;
    const passed = Math.max(0, Math.min(most, waiting - keep));
    expect(rig.reader.passOver(keep, most)).toBe(passed);
    model.taken += passed;
    model.handled = model.taken;
  },
});

const operations: Record<string, Operation['run']> = {
  room(model, rig) {
    const free = freeIn(model, rig);
    const room = rig.writer.room(rig.capacity);
    if (rig.mayRefuse === undefined) expect(room).toBe(free);
    else expect(room).toBeLessThanOrEqual(free);
  },
  settle(model, rig) {
    rig.writer.settle();
    model.settled = model.log.length;
    expect(rig.writer.isDirty()).toBe(model.settled !== model.published);
  },
  rollback(model, rig) {
    rig.writer.rollback();
    model.log.length = model.settled;
  },
  publish(model, rig) {
    rig.writer.publish(1);
    model.published = model.settled;
    expect(rig.writer.isDirty()).toBe(false);
  },
  settleReader(model, rig) {
    rig.reader.settle();
    model.handled = model.taken;
  },
  rewind(model, rig) {
    rig.reader.rewind();
    model.taken = model.handled;
  },
  release(model, rig) {
    rig.reader.release();
    model.released = model.handled;
  },
  reopenWriter(model, rig) {
    if (rig.reopenWriter === undefined) return;
    rig.reopenWriter();
    model.settled = model.published;
    model.log.length = model.published;
  },
  reopenReader(model, rig) {
    if (rig.reopenReader === undefined) return;
    rig.reopenReader();
    model.handled = model.released;
    model.taken = model.released;
  },
  ended(model, rig) {
    expect(rig.reader.isLast()).toBe(false);
    expect(rig.reader.hasEnded()).toBe(false);
    expect(rig.reader.skipped).toBe(0);
    expect((rig.reader.position - rig.reader.handled) | 0).toBe(model.taken - model.handled);
  },
};

const counts = fc.integer({ min: 1, max: 9 });

/** Any calls on both ends of a mailbox; transactions that are brought to their end are the most frequent. */
const commands = fc.commands<Model, Rig>(
  [
    counts.map((count) => new Step(emit(count))),
    counts.map((count) => new Step(take(count))),
    fc
      .tuple(fc.constantFrom(0, 1, Infinity), fc.constantFrom(2, Infinity))
      .map(([keep, most]) => new Step(passOver(keep, most))),
    ...Object.entries(operations).map(([name, run]) => fc.constant(new Step({ name, run }))),
    fc.constant(
      new Step({
        name: 'commit',
        run(model, rig) {
          operations['settle']?.(model, rig);
          operations['publish']?.(model, rig);
        },
      }),
    ),
    counts.map(
      (count) =>
        new Step({
          name: `handle ${count}`,
          run(model, rig) {
            take(count).run(model, rig);
            operations['settleReader']?.(model, rig);
            operations['release']?.(model, rig);
          },
        }),
    ),
  ],
  { maxCommands: 200, size: 'max' },
);

/** Positions from which 200 steps meet zero, the sign change and the 32-bit wrap-around. */
export const startPosition: fc.Arbitrary<number> = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 2 ** 31 - 60, max: 2 ** 31 - 1 }),
  fc.integer({ min: -60, max: -1 }),
);

/**
 * On one thread, what is handled makes room at once; but its slots are used again only when it is released
 * and what came after it is published, since a reader's or writer's successor starts there.
 */
export function fusedFree(model: Model, capacity: number): number {
  const slots = 2 ** Math.ceil(Math.log2(capacity));
  const oldest = Math.min(model.released, model.published);
  return Math.min(capacity - (model.log.length - model.handled), slots - (model.log.length - oldest));
}

/** Checks that a mailbox behaves as the plain array does, then that it drains and ends. */
export function expectArrayBehaviour<Setup>(
  setup: fc.Arbitrary<Setup>,
  open: (setup: Setup) => Rig,
  numRuns = 300,
): void {
  fc.assert(
    fc.property(setup, commands, (given, steps) => {
      const model = new Model();
      const rig = open(given);
      fc.modelRun(() => ({ model, real: rig }), steps);
      operations['settle']?.(model, rig);
      operations['publish']?.(model, rig);
      rig.writer.end();
      expect(rig.reader.isLast()).toBe(true);
      expect(rig.reader.hasEnded()).toBe(model.taken === model.settled);
      take(model.settled - model.taken).run(model, rig);
      expect(rig.reader.hasEnded()).toBe(true);
      expect(rig.reader.take(new Envelope())).toBe(false);
    }),
    { numRuns },
  );
}
