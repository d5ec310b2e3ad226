import assert from 'node:assert/strict';
import { allocateLatch, LatchReader, LatchWriter } from '@troupe/mailbox';
import type { Protocol } from '../engine/protocol.ts';
import { untilOver } from '../engine/thread.ts';

const length = 2;
const stepNs = 100_000;

interface World {
  readonly buffer: SharedArrayBuffer;
  /** The time, on whose order the threads agree. */
  nowNs: number;
  /** What each reader has found. */
  readonly found: number[][];
  /** Where threads meet that have nothing else in common yet. */
  readonly gate: Int32Array;
  /** A writer whose next value lies ready. */
  readonly filled: LatchWriter[];
}

function setup(): World {
  const buffer = allocateLatch({ dtype: 'int32', shape: [length], slots: 4 });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  return { buffer, nowNs: 0, found: [[], []], gate, filled: [] };
}

/** Time goes on whenever somebody looks. */
function clockOf(world: World): { nowNs: () => number } {
  return { nowNs: () => (world.nowNs += 1_000) };
}

function write(world: World, values: number): void {
  const writer = new LatchWriter(world.buffer);
  const frame = new Int32Array(length);
  for (let n = 1; n <= values; n++) {
    writer.fill(frame.fill(n), n);
    writer.publish(clockOf(world));
  }
}

/** Takes as of a time, and looks whether all of it is one value. */
function take(reader: LatchReader, atNs: number): number {
  reader.take(atNs);
  const [first, second] = reader.frame;
  assert.equal(first, second, 'a torn value');
  assert.equal(reader.timeNs, first === 0 ? -1 : first, 'the time of another value');
  return first as number;
}

function readOnwards(world: World, at: number, times: number): void {
  const reader = new LatchReader(world.buffer, clockOf(world));
  for (let i = 0; i < times; i++) world.found[at]?.push(take(reader, Infinity));
}

/** Takes as of a time which has come just now. */
function takeAsOf(world: World, at: number, atNs: number): void {
  // It comes before or after anything that the writer does.
  Atomics.load(world.gate, 0);
  world.nowNs = Math.max(world.nowNs, atNs);
  const reader = new LatchReader(world.buffer, clockOf(world));
  world.found[at]?.push(take(reader, atNs));
}

/** Values are whole and never go back, though the writer waits for nobody. */
export const tornRead: Protocol<World> = {
  setup,
  threads: {
    writer(world) {
      write(world, 4);
    },
    reader(world) {
      readOnwards(world, 0, 2);
    },
  },
  final({ found: [found = []] }) {
    assert.deepEqual(
      found,
      found.toSorted((a, b) => a - b),
    );
  },
};

/** Two who read as of the same time find the same value, whoever decides since when it counts. */
export const agreement: Protocol<World> = {
  setup() {
    const world = setup();
    world.nowNs = 10 * stepNs;
    const writer = new LatchWriter(world.buffer);
    writer.fill(new Int32Array(length).fill(1), 1);
    world.filled.push(writer);
    return world;
  },
  threads: {
    writer(world) {
      Atomics.store(world.gate, 0, 1);
      world.filled[0]?.publish(clockOf(world));
    },
    one(world) {
      takeAsOf(world, 0, 11 * stepNs);
    },
    other(world) {
      takeAsOf(world, 1, 11 * stepNs);
    },
  },
  final({ found: [one = [], other = []] }) {
    assert.deepEqual(one, other);
  },
};

/** A writer dies while it writes; its successor goes on behind what was published. */
export const deadWriter: Protocol<World> = {
  setup,
  threads: {
    writer(world) {
      write(world, 2);
    },
    reader(world) {
      readOnwards(world, 0, 2);
    },
    owner(world) {
      if (untilOver('writer')) write(world, 2);
    },
  },
  mortal: ['writer'],
};
