import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayoutError } from '../src/errors.ts';
import { flag } from '../src/layout.ts';
import { localQueue, localQueueAt } from '../src/local-queue.ts';
import type { LocalReader, LocalWriter } from '../src/local-queue.ts';
import { Envelope } from '../src/ring-reader.ts';
import type { ReaderPolicy } from '../src/ring-reader.ts';
import { expectArrayBehaviour, startPosition } from './mailbox-model.ts';

const append = (writer: LocalWriter, value: unknown): boolean => writer.append(value, 0, 0, writer.seq);

const emit = (writer: LocalWriter, ...values: unknown[]): void => {
  for (const value of values) append(writer, value);
  writer.settle();
  writer.publish(1);
};

const drain = (reader: LocalReader): unknown[] => {
  const values: unknown[] = [];
  const envelope = new Envelope();
  while (reader.take(envelope)) {
    values.push(envelope.value);
    reader.settle();
  }
  reader.release();
  return values;
};

describe('local queue', () => {
  it('behaves as a bounded array', () => {
    expectArrayBehaviour(
      fc.record({ capacity: fc.integer({ min: 1, max: 9 }), position: startPosition }),
      ({ capacity, position }) => {
        const { writer, reader } = localQueueAt({ capacity }, position | 0);
        return {
          writer,
          reader,
          capacity,
          isLocal: true,
          emit: (payload, seq) => writer.append({ payload }, seq * 10, 0, seq),
          payloadOf: (envelope) => (envelope.value as { payload: number }).payload,
        };
      },
    );
  });

  it('passes values by reference', () => {
    const { writer, reader } = localQueue({ capacity: 1 });
    const value = { a: 1 };
    emit(writer, value);
    expect(drain(reader)[0]).toBe(value);
  });

  it('stamps the first message of each batch, and only that', () => {
    const { writer, reader } = localQueue({ capacity: 8 });
    const stamps: (number | undefined)[] = [];
    for (const stampMs of [5, 6]) {
      append(writer, 'a');
      append(writer, 'b');
      writer.settle();
      writer.publish(stampMs);
    }
    const envelope = new Envelope();
    while (reader.take(envelope)) stamps.push(envelope.flags & flag.stamped ? envelope.stamp : undefined);
    expect(stamps).toEqual([5, undefined, 6, undefined]);
  });

  it('lets go of a value when it is released, not before', async () => {
    const { writer, reader } = localQueue({ capacity: 4 });
    const envelope = new Envelope();
    let value: object | undefined = { big: true };
    const watched = new WeakRef(value);
    emit(writer, value);
    value = undefined;
    reader.take(envelope);
    reader.settle();
    envelope.value = undefined;
    await collect();
    expect(watched.deref()).toBeDefined();
    reader.release();
    await collect();
    expect(watched.deref()).toBeUndefined();
  });

  it.each<[ReaderPolicy, string[], number]>([
    ['latest', ['e'], 4],
    ['dropOldest', ['c', 'd', 'e'], 2],
  ])('%s keeps what it says and counts the rest', (policy, kept, skipped) => {
    const { writer, reader } = localQueue({ capacity: 3, policy });
    emit(writer, 'a', 'b');
    emit(writer, 'c', 'd', 'e');
    expect(drain(reader)).toEqual(kept);
    expect(reader.skipped).toBe(skipped);
    expect(reader.highWater).toBe(5);
  });

  it('a lossy writer always has room, and never overtakes what it has not settled', () => {
    const { writer, reader } = localQueue({ capacity: 2, policy: 'dropOldest' });
    for (let batch = 0; batch < 10; batch += 1) {
      expect(writer.room(4)).toBe(4);
      emit(writer, `${batch}a`, `${batch}b`, `${batch}c`, `${batch}d`);
    }
    for (const value of ['w', 'x', 'y', 'z']) expect(append(writer, value)).toBe(true);
    expect(append(writer, 'one too many')).toBe(false);
    writer.settle();
    expect(drain(reader)).toEqual(['y', 'z']);
    expect(reader.skipped).toBe(42);
  });

  it('retries an overtaken message with the same value', () => {
    const { writer, reader } = localQueue({ capacity: 1, policy: 'latest' });
    const envelope = new Envelope();
    emit(writer, 'first');
    reader.take(envelope);
    for (let i = 0; i < 20; i += 1) emit(writer, i);
    reader.rewind();
    expect(reader.available()).toBeGreaterThan(0);
    envelope.value = undefined;
    expect([reader.take(envelope), envelope.value]).toEqual([true, 'first']);
    reader.settle();
    expect(drain(reader)).toEqual([19]);
    expect(reader.skipped).toBe(19);
  });

  it('delivers lossily in order, whole, and accounts for every message', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('emit' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant('abort' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant('block' as const), count: fc.integer({ min: 0, max: 1 }) }),
    );
    const setup = fc.record({
      capacity: fc.integer({ min: 1, max: 5 }),
      policy: fc.constantFrom<ReaderPolicy>('block', 'latest', 'dropOldest'),
      position: startPosition,
    });
    fc.assert(
      fc.property(setup, fc.array(step, { maxLength: 100 }), ({ capacity, policy, position }, steps) => {
        const { writer, reader } = localQueueAt({ capacity, policy }, position | 0);
        const envelope = new Envelope();
        const seen: unknown[] = [];
        let sent = 0;
        for (const { kind, count } of steps) {
          if (kind === 'block') reader.setBlocking(count === 1);
          for (let i = 0; i < count; i += 1) {
            if (kind === 'abort') append(writer, 'aborted');
            if (kind === 'emit' && append(writer, sent)) sent += 1;
            if (kind === 'take' && reader.take(envelope)) {
              seen.push(envelope.value);
              reader.settle();
            }
          }
          if (kind === 'abort') writer.rollback();
          if (kind === 'emit') writer.settle();
          if (kind === 'take') reader.release();
        }
        seen.push(...drain(reader));
        expect(seen).toEqual(seen.toSorted((a, b) => Number(a) - Number(b)));
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length + reader.skipped).toBe(sent);
        const maySkip = policy !== 'block' || steps.some(({ kind }) => kind === 'block');
        expect(maySkip || reader.skipped === 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('blocking again resumes at the writer, and holds it from then on', () => {
    const { writer, reader } = localQueue({ capacity: 2, policy: 'latest' });
    emit(writer, 1, 2, 3);
    reader.setBlocking(true);
    expect([reader.available(), reader.skipped]).toEqual([0, 3]);
    emit(writer, 4, 5);
    expect(append(writer, 6)).toBe(false);
    expect(drain(reader)).toEqual([4, 5]);
  });

  it('a detached reader holds nobody and gets nothing', () => {
    const { writer, reader } = localQueue({ capacity: 1 });
    emit(writer, 1);
    reader.detach();
    for (let i = 0; i < 5; i += 1) emit(writer, i);
    expect(append(writer, 'more')).toBe(true);
    expect([reader.available(), reader.take(new Envelope())]).toEqual([0, false]);
    writer.end();
    expect(reader.hasEnded()).toBe(true);
  });

  it('refuses impossible capacities', () => {
    for (const capacity of [0, -1, 1.5, 2 ** 24 + 1, Number.NaN]) {
      expect(() => localQueue({ capacity })).toThrow(LayoutError);
    }
  });
});

/** Collects garbage for certain: memory pressure alone may not reach a given object. */
async function collect(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // What a WeakRef was asked for lives until the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  gc();
}
