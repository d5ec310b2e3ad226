import assert from 'node:assert/strict';
import {
  allocateFrameRing,
  allocateJournal,
  allocateMessageRing,
  allocateTapControl,
  Dispatcher,
  Envelope,
  FrameOutlet,
  FrameReader,
  FrameWriter,
  MessageReader,
  MessageTap,
  redo,
  startRingAt,
  TapControl,
} from '@troupe/mailbox';
import type { RingReader } from '@troupe/mailbox';
import type { Protocol } from '../engine/protocol.ts';
import { untilOver } from '../engine/thread.ts';

const watchersWord = 33;
const headWord = 64;
const [askedWord, givenWord] = [0, 32];

/** A message as a tap has seen it. */
interface Seen {
  readonly seq: number;
  readonly stampMs: number;
}

/** Looks so often; whatever is seen says when its batch was published, or nothing. */
function look(reader: RingReader, seen: Seen[], times: number): void {
  const envelope = new Envelope();
  for (let i = 0; i < times; i++) {
    if (!reader.take(envelope)) continue;
    const { seq, time, stamp } = envelope;
    reader.settle();
    reader.release();
    seen.push({ seq, stampMs: stamp });
    if (!Number.isNaN(stamp)) assert.equal(stamp, time, 'published with another batch');
  }
}

function inOrder(seen: readonly Seen[]): void {
  for (let i = 1; i < seen.length; i++)
    assert.ok((seen[i]?.seq as number) > (seen[i - 1]?.seq as number), 'out of order');
}

// ---- Frames: a tap reads the ring ------------------------------------------------------------------------

interface FrameWorld {
  readonly rings: readonly SharedArrayBuffer[];
  readonly journal: SharedArrayBuffer;
  /** Frames of each batch. */
  readonly batches: readonly number[];
  readonly seen: Seen[];
  /** Those that were seen when the writer was over. */
  readonly seenLast: Seen[];
  readonly seenByOther: Seen[];
}

function framesOf(batches: readonly number[], slots: number, start = 0): FrameWorld {
  const rings = [0, 1].map(() => {
    const spec = { dtype: 'int32', shape: [1], capacity: slots, slots, readersMax: 2 } as const;
    const buffer = allocateFrameRing(spec);
    startRingAt(buffer, start);
    return buffer;
  });
  const own = { seen: [], seenLast: [], seenByOther: [] };
  return { rings, journal: allocateJournal(4), batches, ...own };
}

/** Each frame says by its time when its batch is published. */
function emit(outlet: FrameOutlet, count: number, atMs: number): void {
  for (let i = 0; i < count; i++) {
    (outlet.reserve() as Int32Array)[0] = i;
    outlet.commit(atMs, 0);
  }
  outlet.settle();
}

/** Publishes batches on the ring that is watched, and a frame each on another: there is a journal then. */
function publish({ rings, journal, batches }: FrameWorld, firstMs: number): void {
  const outlets = rings.map((ring, id) => {
    const writer = new FrameWriter(ring);
    writer.id = id;
    return new FrameOutlet('out', writer, [], 1, 8);
  });
  const [watched, other] = outlets as [FrameOutlet, FrameOutlet];
  const dispatcher = new Dispatcher(journal);
  let atMs = firstMs;
  for (const count of batches) {
    emit(watched, count, atMs);
    emit(other, 1, atMs);
    dispatcher.commit(outlets, [], atMs);
    atMs += 10;
  }
}

/** The writer without a journal: as many steps less. */
function write({ rings, batches }: FrameWorld): void {
  const writer = new FrameWriter(rings[0] as SharedArrayBuffer);
  let atMs = 10;
  for (const count of batches) {
    for (let i = 0; i < count; i++) {
      (writer.reserve() as Int32Array)[0] = i;
      writer.commit(atMs);
    }
    writer.settle();
    writer.publish(atMs);
    atMs += 10;
  }
}

function watch({ rings }: FrameWorld): FrameReader {
  return new FrameReader(rings[0] as SharedArrayBuffer, { policy: 'dropOldest', isWatching: true });
}

/** Nothing is left in a ring of those who have watched. */
function isLeft({ rings }: FrameWorld): void {
  assert.equal(new Int32Array(rings[0] as SharedArrayBuffer)[watchersWord], 0, 'who has left is counted');
}

function isTold(world: FrameWorld): void {
  inOrder([...world.seen, ...world.seenLast]);
  inOrder(world.seenByOther);
  for (const { stampMs } of world.seenLast) assert.ok(!Number.isNaN(stampMs), 'not told when');
  isLeft(world);
}

/** A tap is opened while batches are published, and overtaken; at last everything that is there is told. */
export const publication: Protocol<FrameWorld> = {
  setup: () => framesOf([2, 1, 2], 4),
  threads: {
    writer: write,
    main(world) {
      const reader = watch(world);
      look(reader, world.seen, 2);
      untilOver('writer');
      look(reader, world.seenLast, 5);
      reader.detach();
    },
  },
  final: isTold,
};

/** The same where positions change their sign. */
export const signChange: Protocol<FrameWorld> = {
  ...publication,
  setup: () => framesOf([2, 1, 2], 4, 2 ** 31 - 2),
};

/** A batch as long as the ring: its beginning is gone when the writer goes on. */
export const longBatches: Protocol<FrameWorld> = {
  ...publication,
  setup: () => framesOf([2, 2, 1], 2),
};

interface LearningWorld extends FrameWorld {
  readonly writer: FrameWriter;
}

/** A tap is opened when the writer has looked at its readers, and is about to publish. */
export const learning: Protocol<LearningWorld> = {
  setup() {
    const world = framesOf([2], 4);
    const writer = new FrameWriter(world.rings[0] as SharedArrayBuffer);
    for (let i = 0; i < 2; i++) {
      (writer.reserve() as Int32Array)[0] = i;
      writer.commit(10);
    }
    writer.settle();
    return { ...world, writer };
  },
  threads: {
    writer({ writer }) {
      writer.publish(10);
    },
    main(world) {
      const reader = watch(world);
      look(reader, world.seen, 2);
      untilOver('writer');
      look(reader, world.seenLast, 2);
      reader.detach();
    },
  },
  final: isTold,
};

/** One watches from beginning to end, another comes and goes. */
export const openAndClose: Protocol<FrameWorld> = {
  setup: () => framesOf([2, 2], 4),
  threads: {
    ...publication.threads,
    other(world) {
      const reader = watch(world);
      look(reader, world.seenByOther, 1);
      reader.detach();
    },
  },
  final: isTold,
};

/**
 * A writer dies, at any point. Its owner does what it has sealed; a successor goes on. What is told is right,
 * or nothing is told; of the successor's everything is.
 */
export const deadWriter: Protocol<FrameWorld> = {
  setup: () => framesOf([2, 2], 8),
  threads: {
    writer(world) {
      publish(world, 10);
    },
    main(world) {
      const reader = watch(world);
      look(reader, world.seen, 1);
      untilOver('owner');
      look(reader, world.seenLast, 8);
      reader.detach();
    },
    owner(world) {
      if (!untilOver('writer')) return;
      redo(world.journal, { rings: world.rings });
      publish(world, 1_000);
    },
  },
  mortal: ['writer'],
  final(world) {
    inOrder([...world.seen, ...world.seenLast]);
    const last = world.seenLast.slice(-2);
    for (const { stampMs } of last) assert.ok(!Number.isNaN(stampMs), 'not told when');
    isLeft(world);
  },
};

// ---- Values: a tap has a ring of its own, and a control block --------------------------------------------

interface ValueWorld {
  readonly ring: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly ringWords: Int32Array;
  readonly total: number;
  readonly isSampled: boolean;
  readonly seen: Seen[];
  /** What the writer has said that it has passed over, look by look. */
  readonly passed: number[];
}

/** The most that is asked for at once. */
const newest = 1;

function valuesOf(isSampled: boolean, total = 3): ValueWorld {
  const ring = allocateMessageRing({ capacity: 4, bytesMax: 16, arenaBytes: 64 });
  const control = allocateTapControl();
  const views = { words: new Int32Array(control), ringWords: new Int32Array(ring, 0, 96) };
  return { ring, control, ...views, total, isSampled, seen: [], passed: [] };
}

/** Offers values from `first` on, each published for itself, and says by their times when. */
function offer(world: ValueWorld, first: number): void {
  const tap = new MessageTap(0, world, world.isSampled, []);
  for (let n = first; n < first + world.total; n++) {
    tap.offer(n, undefined, 10 * n, 0, n);
    tap.settle();
    tap.publish(10 * n);
  }
}

/** As a live tap does: asks, looks, asks again. */
function observe(world: ValueWorld, reader: MessageReader, looks: number): void {
  const control = new TapControl(world.control);
  for (let i = 0; i < looks; i++) {
    if (world.isSampled) control.ask(newest);
    look(reader, world.seen, newest);
    world.passed.push(control.passed);
  }
}

/** No more is asked for than can be shown, and nothing is in the ring that was not asked for. */
function isAsked({ words, ringWords, isSampled }: ValueWorld): void {
  const [asked = 0, given = 0, head = 0] = [words[askedWord], words[givenWord], ringWords[headWord]];
  assert.ok(((head - given) | 0) <= 0, 'given before it is said');
  if (!isSampled) return;
  assert.ok(((given - asked) | 0) <= 0, 'given unasked');
  assert.ok(((asked - given) | 0) <= newest, 'asked for twice');
}

function isAccounted(world: ValueWorld): void {
  const control = new TapControl(world.control);
  inOrder(world.seen);
  assert.deepEqual(
    world.passed,
    world.passed.toSorted((a, b) => a - b),
  );
  for (const { stampMs } of world.seen) assert.ok(!Number.isNaN(stampMs), 'not told when');
  assert.equal((world.words[givenWord] as number) + control.passed, world.total, 'given and passed');
}

function values(isSampled: boolean): Protocol<ValueWorld> {
  return {
    setup: () => valuesOf(isSampled),
    threads: {
      writer(world) {
        offer(world, 0);
      },
      main(world) {
        const options = { policy: 'dropOldest', isWatching: true } as const;
        observe(world, new MessageReader(world.ring, options), 2);
      },
    },
    invariant: isAsked,
    final: isAccounted,
  };
}

/** Every value is written; some are overtaken. */
export const each: Protocol<ValueWorld> = values(false);

/** Only what is asked for is written. */
export const sampled: Protocol<ValueWorld> = values(true);

/** A writer dies between any two lines: its successor gives no more than was asked for, and counts on. */
export const deadSampled: Protocol<ValueWorld> = {
  ...values(true),
  setup: () => valuesOf(true, 2),
  threads: {
    ...values(true).threads,
    owner(world) {
      if (untilOver('writer')) offer(world, 100);
    },
  },
  mortal: ['writer'],
  final(world) {
    inOrder(world.seen);
    for (const { stampMs } of world.seen) assert.ok(!Number.isNaN(stampMs), 'not told when');
    const counted = (world.words[givenWord] as number) + new TapControl(world.control).passed;
    assert.ok(counted >= world.total && counted <= 2 * world.total, 'given and passed');
  },
};
