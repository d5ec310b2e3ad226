import { describe, expect, it } from 'vitest';
import {
  allocateTraceRing,
  blankRecord,
  traced,
  TraceReader,
  TraceWriter,
} from '../../src/executor/trace-ring.ts';
import type { RawRecord } from '../../src/executor/trace-ring.ts';

function readAll(reader: TraceReader): RawRecord[] {
  const records: RawRecord[] = [];
  for (let record = blankRecord(); reader.take(record); record = blankRecord()) records.push(record);
  return records;
}

/** A blocked span of an actor, `n` ms long. */
function write(writer: TraceWriter, ...list: readonly number[]): void {
  for (const n of list) writer.span(traced.blocked, n, 0, n);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe('a trace ring', () => {
  it('gives each reader what is written from its begin on', () => {
    const memory = allocateTraceRing(64);
    const writer = new TraceWriter(memory);
    const early = new TraceReader(memory);
    write(writer, 0, 1);
    const late = new TraceReader(memory);
    write(writer, 2);
    expect(readAll(early).map(({ actor }) => actor)).toEqual([0, 1, 2]);
    expect(readAll(late)).toEqual([
      { ...blankRecord(), kind: traced.blocked, actor: 2, edge: 0, endNs: 2e6 },
    ]);
    expect(readAll(late)).toEqual([]);
  });

  it('gives what is there to whoever has not read for two thousand million records', () => {
    const memory = allocateTraceRing(64);
    const reader = new TraceReader(memory);
    new Int32Array(memory)[32] = 2 ** 31 + 10;
    const writer = new TraceWriter(memory);
    write(writer, ...upTo(64));
    const seen = readAll(reader);
    expect(seen.length).toBeGreaterThanOrEqual(32);
    expect(reader.missed + seen.length).toBe(2 ** 31 + 10 + 64);
  });

  it.each([0, 2 ** 31 - 40, -40])('overtakes whoever is slow, and he counts it: from %i on', (head) => {
    const memory = allocateTraceRing(64);
    new Int32Array(memory)[32] = head;
    const writer = new TraceWriter(memory);
    const reader = new TraceReader(memory);
    write(writer, ...upTo(63));
    expect(readAll(reader)).toHaveLength(63);
    expect(reader.missed).toBe(0);
    write(writer, ...upTo(200));
    const seen = readAll(reader).map(({ actor }) => actor);
    expect(seen).toEqual(upTo(200).slice(-seen.length));
    expect(reader.missed + seen.length).toBe(200);
    expect(seen.length).toBeGreaterThanOrEqual(32);
  });

  it('does not give what is overwritten while it is read', () => {
    const memory = allocateTraceRing(64);
    const writer = new TraceWriter(memory);
    const reader = new TraceReader(memory);
    write(writer, ...upTo(63));
    // Between the reader's copy and its last look at the head the writer comes around.
    const { store } = Atomics;
    let isDue = true;
    Object.assign(Atomics, {
      store: (...args: Parameters<typeof store>) => {
        if (isDue) {
          isDue = false;
          write(writer, ...upTo(40));
        }
        return store(...args);
      },
    });
    try {
      const [first] = readAll(reader);
      expect(first?.actor).toBeGreaterThan(0);
    } finally {
      Object.assign(Atomics, { store });
    }
    expect(reader.missed).toBeGreaterThan(0);
  });

  it('is continued by a successor, which writes over what had not been shown', () => {
    const memory = allocateTraceRing(64);
    const reader = new TraceReader(memory);
    write(new TraceWriter(memory), 0, 1);
    write(new TraceWriter(memory), 2);
    expect(readAll(reader).map(({ actor }) => actor)).toEqual([0, 1, 2]);
  });
});
