import assert from 'node:assert/strict';
import {
  allocateDoorbells,
  allocateMessageRing,
  attachReader,
  Doorbell,
  encode,
  Envelope,
  MessageReader,
  MessageWriter,
  startRingAt,
} from '@troupe/mailbox';
import type { ReaderPolicy } from '@troupe/mailbox';
import type { Protocol } from '../engine/protocol.ts';
import { untilOver } from '../engine/thread.ts';

const longMs = 60_000;

interface World {
  readonly buffer: SharedArrayBuffer;
  readonly bells: readonly Doorbell[];
  readonly total: number;
  readonly seen: number[];
  skipped: number;
}

interface Shape {
  readonly policy?: ReaderPolicy;
  readonly start?: number;
  readonly total?: number;
}

/** Two slots, and an arena that two short messages fill, or one long one. */
function worldOf({ policy = 'block', start = 0, total = 3 }: Shape): World {
  const capacity = 2;
  const buffer = allocateMessageRing({ capacity, slots: 2, bytesMax: 20, arenaBytes: 32 });
  startRingAt(buffer, start);
  const memory = allocateDoorbells(2);
  const bells = [0, 1].map((index) => new Doorbell(memory, index));
  attachReader(buffer, 0, { policy, capacity, bell: 1 });
  return { buffer, bells, total, seen: [], skipped: 0 };
}

/** Every other one is long; all show damage. */
function valueOf(n: number): string {
  return String.fromCodePoint(97 + n).repeat(n % 2 === 0 ? 4 : 12);
}

function write(world: World, writer: MessageWriter, from: number): void {
  const bell = world.bells[0] as Doorbell;
  writer.setBell(0);
  for (let n = from; n < world.total;) {
    if (!writer.append(encode(valueOf(n)), 10 * n, 0, n)) {
      bell.arm();
      // An executor waits for room for the largest message.
      if (writer.wantRoom(1) > 0) bell.disarm();
      else bell.wait(longMs);
      continue;
    }
    writer.settle();
    writer.publish(0);
    n++;
  }
  writer.end();
}

function read(world: World, reader: MessageReader): void {
  const envelope = new Envelope();
  const bell = world.bells[1] as Doorbell;
  while (!reader.hasEnded()) {
    if (reader.take(envelope)) {
      assert.equal(envelope.value, valueOf(envelope.seq), 'a damaged message');
      assert.equal(envelope.time, 10 * envelope.seq);
      world.seen.push(envelope.seq);
      reader.settle();
      reader.release();
      continue;
    }
    reader.nudge();
    bell.arm();
    if (reader.available() > 0 || reader.hasEnded()) bell.disarm();
    else bell.wait(longMs);
  }
  world.skipped = reader.skipped;
}

function isAccounted({ seen, skipped, total }: World): void {
  for (let i = 1; i < seen.length; i++) assert.ok((seen[i] as number) > (seen[i - 1] as number), 'order');
  assert.equal(seen.length + skipped, total, 'taken and skipped');
}

function isComplete(world: World): void {
  isAccounted(world);
  assert.equal(world.skipped, 0);
}

function exchange(shape: Shape): Protocol<World> {
  return {
    setup: () => worldOf(shape),
    threads: {
      writer(world) {
        write(world, new MessageWriter(world.buffer, world.bells), 0);
      },
      reader(world) {
        const { policy = 'block' } = shape;
        read(world, new MessageReader(world.buffer, { place: 0, policy, capacity: 2, bells: world.bells }));
      },
    },
    final: shape.policy === undefined ? isComplete : isAccounted,
  };
}

/** Messages of two sizes, around the arena. */
export const publication: Protocol<World> = exchange({});
export const wrapAround: Protocol<World> = exchange({ start: -1 });

/** The writer overtakes its reader, in the slots and in the arena. */
export const tornRead: Protocol<World> = exchange({ policy: 'dropOldest' });
export const tornWrapAround: Protocol<World> = exchange({ policy: 'dropOldest', start: -2 });

/** Switched to non-blocking and back between two messages. */
export const switched: Protocol<World> = {
  ...exchange({}),
  threads: {
    ...exchange({}).threads,
    reader(world) {
      const reader = new MessageReader(world.buffer, { place: 0, capacity: 2, bells: world.bells });
      reader.setBlocking(false);
      reader.setBlocking(true);
      read(world, reader);
    },
  },
  final: isAccounted,
};

/** A successor goes on behind what was published, in the arena too. */
export const deadWriter: Protocol<World> = {
  ...exchange({}),
  setup: () => worldOf({ total: 2 }),
  threads: {
    ...exchange({}).threads,
    owner(world) {
      if (!untilOver('writer')) return;
      for (const bell of world.bells) bell.rouse();
      const writer = new MessageWriter(world.buffer, world.bells);
      write(world, writer, writer.seq);
    },
  },
  mortal: ['writer'],
};
