import assert from 'node:assert/strict';
import {
  allocateDoorbells,
  allocateFrameRing,
  attachReader,
  detachReader,
  Doorbell,
  Envelope,
  FrameReader,
  FrameWriter,
  startRingAt,
} from '@troupe/mailbox';
import type { ReaderPolicy } from '@troupe/mailbox';
import type { Protocol } from '../engine/protocol.ts';
import { pause, untilOver } from '../engine/thread.ts';

const bellOf = { writer: 0, reader: 1, other: 2 } as const;
const frameWords = 2;
const longMs = 60_000;

/** A ring, and what its readers have seen. */
interface World {
  readonly buffer: SharedArrayBuffer;
  readonly bells: readonly Doorbell[];
  readonly total: number;
  readonly seen: number[];
  readonly seenByOther: number[];
  skipped: number;
}

interface Shape {
  readonly capacity?: number;
  readonly slots?: number;
  readonly total?: number;
  /** Where the cursors start. */
  readonly start?: number;
  /** Readers that are placed before the run. */
  readonly policies?: readonly ReaderPolicy[];
}

function worldOf({ capacity = 1, slots = 2, total = 3, start = 0, policies = ['block'] }: Shape): World {
  const buffer = allocateFrameRing({ dtype: 'int32', shape: [frameWords], capacity, slots, readersMax: 2 });
  startRingAt(buffer, start);
  const memory = allocateDoorbells(3);
  const bells = [0, 1, 2].map((index) => new Doorbell(memory, index));
  for (const [place, policy] of policies.entries())
    attachReader(buffer, place, { policy, capacity, bell: place + 1 });
  return { buffer, bells, total, seen: [], seenByOther: [], skipped: 0 };
}

function bellAt({ bells }: World, index: number): Doorbell {
  return bells[index] as Doorbell;
}

/** Writes frames from `from` on as an executor does, in one call each. */
function write(world: World, writer: FrameWriter, from: number): void {
  const bell = bellAt(world, bellOf.writer);
  writer.setBell(bellOf.writer);
  for (let n = from; n < world.total;) {
    const frame = writer.reserve();
    if (frame === undefined) {
      bell.arm();
      if (writer.wantRoom(1) > 0) bell.disarm();
      else bell.wait(longMs);
      continue;
    }
    for (let i = 0; i < frameWords; i++) frame[i] = 10 * n + 7;
    writer.commit(n);
    writer.settle();
    writer.publish(0);
    n++;
  }
  writer.end();
}

/** Takes what is there. False when there is nothing. */
function takeOne(reader: FrameReader, into: Envelope, seen: number[]): boolean {
  if (!reader.take(into)) return false;
  const frame = into.frame as Int32Array;
  const first = frame[0] as number;
  for (let i = 1; i < frameWords; i++) assert.equal(frame[i], first, 'a torn frame');
  assert.equal(first, 10 * into.seq + 7, 'a frame under the number of another');
  assert.equal(into.time, into.seq);
  seen.push(into.seq);
  reader.settle();
  reader.release();
  return true;
}

function read(world: World, reader: FrameReader, bell: number, seen: number[]): void {
  const envelope = new Envelope();
  const own = bellAt(world, bell);
  while (!reader.hasEnded()) {
    if (takeOne(reader, envelope, seen)) continue;
    reader.nudge();
    own.arm();
    if (reader.available() > 0 || reader.hasEnded()) own.disarm();
    else own.wait(longMs);
  }
}

function isComplete({ seen, total }: World): void {
  assert.deepEqual(
    seen,
    Array.from({ length: total }, (_, n) => n),
  );
}

/** In order, and with what was passed over all of them. */
function isAccounted({ seen, skipped, total }: World): void {
  for (let i = 1; i < seen.length; i++) assert.ok((seen[i] as number) > (seen[i - 1] as number), 'order');
  assert.equal(seen.length + skipped, total, 'taken and skipped');
}

function inOneRow(seen: readonly number[]): void {
  for (let i = 1; i < seen.length; i++) assert.equal(seen[i], (seen[i - 1] as number) + 1, 'a gap');
}

function blocking(shape: Shape): Protocol<World> {
  return {
    setup: () => worldOf(shape),
    threads: {
      writer(world) {
        write(world, new FrameWriter(world.buffer, world.bells), 0);
      },
      reader(world) {
        const reader = new FrameReader(world.buffer, { place: 0, bells: world.bells });
        read(world, reader, bellOf.reader, world.seen);
      },
    },
    final: isComplete,
  };
}

/** A full ring, an empty one, and everything between: nothing lost, nothing torn, nobody asleep for ever. */
export const publication: Protocol<World> = blocking({ capacity: 1, slots: 1 });

/** The same where slots and capacity differ. */
export const spareSlots: Protocol<World> = blocking({ capacity: 2, slots: 4, total: 4 });

/** The same across the sign change of the cursors, and across zero. */
export const signChange: Protocol<World> = blocking({ capacity: 2, start: 2 ** 31 - 1 });
export const wrapAround: Protocol<World> = blocking({ capacity: 2, start: -1 });

/** Two readers hold the writer back. */
export const twoReaders: Protocol<World> = {
  setup: () => worldOf({ total: 2, policies: ['block', 'block'] }),
  threads: {
    writer(world) {
      write(world, new FrameWriter(world.buffer, world.bells), 0);
    },
    reader(world) {
      read(world, new FrameReader(world.buffer, { place: 0, bells: world.bells }), bellOf.reader, world.seen);
    },
    other(world) {
      const reader = new FrameReader(world.buffer, { place: 1, bells: world.bells });
      read(world, reader, bellOf.other, world.seenByOther);
    },
  },
  final(world) {
    isComplete(world);
    assert.deepEqual(world.seenByOther, world.seen);
  },
};

function overtaken(policy: ReaderPolicy, shape: Shape): Protocol<World> {
  return {
    setup: () => worldOf({ capacity: 2, slots: 2, total: 4, ...shape, policies: [policy] }),
    threads: {
      writer(world) {
        write(world, new FrameWriter(world.buffer, world.bells), 0);
      },
      reader(world) {
        const reader = new FrameReader(world.buffer, { place: 0, policy, bells: world.bells, capacity: 2 });
        read(world, reader, bellOf.reader, world.seen);
        world.skipped = reader.skipped;
      },
    },
    final: isAccounted,
  };
}

/** The writer overtakes: what the reader gets is whole all the same, and the rest is counted. */
export const tornRead: Protocol<World> = overtaken('dropOldest', {});
export const tornLatest: Protocol<World> = overtaken('latest', {});
export const tornSignChange: Protocol<World> = overtaken('dropOldest', { start: 2 ** 31 - 2 });
export const tornWrapAround: Protocol<World> = overtaken('dropOldest', { start: -2 });

/** A reader comes while the writer writes, stays for a while, and goes. */
export const attachAndDetach: Protocol<World> = {
  setup: () => worldOf({ capacity: 2, slots: 2, total: 4, policies: [] }),
  threads: {
    writer(world) {
      write(world, new FrameWriter(world.buffer, world.bells), 0);
    },
    visitor(world) {
      const { buffer, bells } = world;
      const reader = new FrameReader(buffer, { policy: 'block', capacity: 1, bell: bellOf.other, bells });
      const envelope = new Envelope();
      const own = bellAt(world, bellOf.other);
      while (world.seen.length < 2 && !reader.hasEnded()) {
        if (takeOne(reader, envelope, world.seen)) continue;
        reader.nudge();
        own.arm();
        if (reader.available() > 0 || reader.hasEnded()) own.disarm();
        else own.wait(longMs);
      }
      reader.detach();
    },
  },
  final({ seen }) {
    inOneRow(seen);
  },
};

/** The same beside a reader that stays. */
export const attachBeside: Protocol<World> = {
  setup: () => worldOf({ capacity: 2, slots: 2, total: 3, policies: ['block'] }),
  threads: {
    ...attachAndDetach.threads,
    reader(world) {
      const reader = new FrameReader(world.buffer, { place: 0, bells: world.bells });
      read(world, reader, bellOf.reader, world.seenByOther);
    },
  },
  final({ seen, seenByOther, total }) {
    inOneRow(seen);
    assert.equal(seenByOther.length, total);
  },
};

/** A reader is switched to non-blocking, and back. */
export const switched: Protocol<World> = {
  setup: () => worldOf({ capacity: 2, slots: 2, total: 4 }),
  threads: {
    writer(world) {
      write(world, new FrameWriter(world.buffer, world.bells), 0);
    },
    reader(world) {
      const reader = new FrameReader(world.buffer, { place: 0, bells: world.bells });
      const envelope = new Envelope();
      takeOne(reader, envelope, world.seen);
      reader.setBlocking(false);
      takeOne(reader, envelope, world.seen);
      reader.setBlocking(true);
      read(world, reader, bellOf.reader, world.seen);
      world.skipped = reader.skipped;
    },
  },
  final: isAccounted,
};

/** A reader dies, at any point; the owner takes its place away, and the writer goes on. */
export const deadReader: Protocol<World> = {
  setup: () => worldOf({ total: 3 }),
  threads: {
    writer(world) {
      write(world, new FrameWriter(world.buffer, world.bells), 0);
    },
    reader(world) {
      read(world, new FrameReader(world.buffer, { place: 0, bells: world.bells }), bellOf.reader, world.seen);
    },
    owner(world) {
      if (!untilOver('reader')) return;
      detachReader(world.buffer, 0);
      for (const bell of world.bells) bell.rouse();
    },
  },
  mortal: ['reader'],
  final({ seen }) {
    inOneRow(seen);
  },
};

/** A writer dies, at any point; its successor goes on behind what was published. */
export const deadWriter: Protocol<World> = {
  setup: () => worldOf({ total: 3 }),
  threads: {
    writer(world) {
      write(world, new FrameWriter(world.buffer, world.bells), 0);
    },
    reader(world) {
      read(world, new FrameReader(world.buffer, { place: 0, bells: world.bells }), bellOf.reader, world.seen);
    },
    owner(world) {
      if (!untilOver('writer')) return;
      for (const bell of world.bells) bell.rouse();
      const writer = new FrameWriter(world.buffer, world.bells);
      write(world, writer, writer.seq);
    },
  },
  mortal: ['writer'],
  final: isComplete,
};

/** The same where the writer overtakes its reader. */
export const deadOvertaker: Protocol<World> = {
  ...overtaken('dropOldest', { total: 3 }),
  threads: {
    ...overtaken('dropOldest', {}).threads,
    owner(world) {
      if (!untilOver('writer')) return;
      for (const bell of world.bells) bell.rouse();
      const writer = new FrameWriter(world.buffer, world.bells);
      write(world, writer, writer.seq);
    },
  },
  mortal: ['writer'],
};

/** A mailbox fills up whose reader waits for something else: it grows, as often as it must. */
export const growth: Protocol<World> = {
  setup: () => worldOf({ capacity: 1, slots: 4, total: 3 }),
  threads: {
    writer(world) {
      const writer = new FrameWriter(world.buffer, world.bells);
      writer.tellsWishes = true;
      write(world, writer, 0);
    },
    reader(world) {
      const reader = new FrameReader(world.buffer, { place: 0, bells: world.bells });
      const own = bellAt(world, bellOf.reader);
      // It waits until everything is there.
      while (!reader.isLast()) {
        own.arm();
        const hasGrown = reader.isFull(1) && reader.isWanted() && reader.grow();
        if (hasGrown || reader.isLast()) own.disarm();
        else own.wait(longMs);
      }
      read(world, reader, bellOf.reader, world.seen);
    },
  },
  final: isComplete,
};

/** What is said of a round comes after everything that was emitted in it. */
export const marks: Protocol<World> = {
  setup: () => worldOf({ capacity: 2, slots: 2, total: 2 }),
  threads: {
    writer(world) {
      const writer = new FrameWriter(world.buffer, world.bells);
      for (let round = 1; round <= 2; round++) {
        const frame = writer.reserve() as Int32Array;
        for (let i = 0; i < frameWords; i++) frame[i] = 10 * writer.seq + 7;
        writer.commit(writer.seq);
        writer.settle();
        writer.publish(0);
        writer.mark(round);
      }
    },
    reader(world) {
      const reader = new FrameReader(world.buffer, { place: 0, bells: world.bells });
      const envelope = new Envelope();
      for (let round = 1; round <= 2; round++) {
        // The writer may be one round ahead.
        while (!reader.isMarked(round) && !reader.isMarked(round + 1)) pause();
        if (round === 2) assert.equal(reader.availableBefore(2), 0, 'more than the round before has brought');
        assert.ok(takeOne(reader, envelope, world.seen), 'marked, but not there');
      }
    },
  },
  final: isComplete,
};
