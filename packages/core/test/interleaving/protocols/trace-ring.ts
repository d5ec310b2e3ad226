import assert from 'node:assert/strict';
import {
  allocateTraceRing,
  blankRecord,
  traced,
  TraceReader,
  TraceWriter,
} from '../../../src/executor/trace-ring.ts';
import type { Protocol } from '../engine/protocol.ts';
import { untilOver } from '../engine/thread.ts';

const records = 2;
/** Where the head lies, as an int32 of the ring. */
const headWord = 32;

interface World {
  readonly memory: SharedArrayBuffer;
  /** Where the head began. */
  readonly start: number;
  readonly reader: TraceReader;
  /** Which records were given, by their numbers. */
  readonly seen: number[];
}

function worldOf(start: number = 0): World {
  const memory = allocateTraceRing(records);
  new Int32Array(memory)[headWord] = start;
  return { memory, start, reader: new TraceReader(memory), seen: [] };
}

/** Writes records, each with its number in all of its fields. */
function write({ memory, start }: World, count: number): void {
  const writer = new TraceWriter(memory);
  const words = new Int32Array(memory);
  const from = (Atomics.load(words, headWord) - start) | 0;
  for (let n = from; n < from + count; n++) writer.span(traced.sleep, n, n, n);
}

/** Takes what is there, so often, and looks whether all of each record is of one. */
function take(world: World, times: number): void {
  const record = blankRecord();
  for (let i = 0; i < times; i++) {
    if (!world.reader.take(record)) continue;
    const { actor, startNs, endNs } = record;
    assert.deepEqual([startNs, endNs], [actor * 1e6, actor * 1e6], 'a torn record');
    world.seen.push(actor);
  }
}

/** Each record is given once, in order, or counted as missed. */
function isWhole({ memory, start, reader, seen }: World): void {
  const record = blankRecord();
  while (reader.take(record)) seen.push(record.actor);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
    'out of order',
  );
  assert.equal(new Set(seen).size, seen.length, 'given twice');
  const written = ((new Int32Array(memory)[headWord] as number) - start) | 0;
  assert.equal(reader.missed + seen.length, written, 'taken and missed');
}

/** The writer comes around while a record is copied. */
export const tornRecord: Protocol<World> = {
  setup: () => worldOf(),
  threads: {
    writer(world) {
      write(world, 4);
    },
    reader(world) {
      take(world, 2);
    },
  },
  final: isWhole,
};

/** The same where positions change their sign. */
export const signChange: Protocol<World> = {
  ...tornRecord,
  setup: () => worldOf(2 ** 31 - 2),
};

/** A writer dies with a record half written: its successor writes over it. */
export const deadWriter: Protocol<World> = {
  setup: () => worldOf(),
  threads: {
    writer(world) {
      write(world, 2);
    },
    reader(world) {
      take(world, 2);
    },
    owner(world) {
      if (untilOver('writer')) write(world, 2);
    },
  },
  mortal: ['writer'],
  final: isWhole,
};
