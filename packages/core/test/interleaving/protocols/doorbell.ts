import assert from 'node:assert/strict';
import { allocateDoorbells, Doorbell } from '@troupe/mailbox';
import type { Protocol } from '../engine/protocol.ts';
import { untilOver } from '../engine/thread.ts';

const longMs = 60_000;
/** Words of what is shared beside the bells: what the producers have published. */
const at = { one: 0, other: 1 } as const;

interface World {
  /** One object for each thread that has one: bells keep what their thread has seen. */
  readonly consumer: Doorbell;
  readonly producers: readonly Doorbell[];
  readonly words: Int32Array;
  /** Messages on the control port, and how many of them the consumer has handled. */
  readonly port: string[];
  handled: number;
}

function setup(): World {
  const memory = allocateDoorbells(1);
  return {
    consumer: new Doorbell(memory, 0),
    producers: [new Doorbell(memory, 0), new Doorbell(memory, 0)],
    words: new Int32Array(new SharedArrayBuffer(256)),
    port: [],
    handled: 0,
  };
}

/** Waits until the words say so. */
function consume({ consumer, words }: World, one: number, other: number): void {
  while (Atomics.load(words, at.one) < one || Atomics.load(words, at.other) < other) {
    consumer.arm();
    if (Atomics.load(words, at.one) >= one && Atomics.load(words, at.other) >= other) consumer.disarm();
    else consumer.wait(longMs);
  }
}

/** Wakes, now and again, a consumer that is about to sleep. */
export const wakeUp: Protocol<World> = {
  setup,
  threads: {
    consumer(world) {
      consume(world, 1, 0);
      consume(world, 2, 0);
    },
    producer({ producers, words }) {
      for (let n = 1; n <= 2; n++) {
        Atomics.store(words, at.one, n);
        producers[0]?.ring();
      }
    },
  },
};

/** Of two producers one notifies; both are heard. */
export const twoProducers: Protocol<World> = {
  setup,
  threads: {
    consumer(world) {
      consume(world, 1, 1);
    },
    one({ producers, words }) {
      Atomics.store(words, at.one, 1);
      producers[0]?.ring();
    },
    other({ producers, words }) {
      Atomics.store(words, at.other, 1);
      producers[1]?.ring();
    },
  },
};

/** Rings that are put off, until the strike. */
export const deferred: Protocol<World> = {
  setup,
  threads: {
    consumer(world) {
      consume(world, 2, 1);
    },
    one({ producers: [bell], words }) {
      bell?.defer();
      for (let n = 1; n <= 2; n++) {
        Atomics.store(words, at.one, n);
        bell?.ring();
      }
      if (bell?.wouldWake() === true) bell.strike();
      bell?.strike();
    },
    other({ producers, words }) {
      Atomics.store(words, at.other, 1);
      producers[1]?.ring();
    },
  },
};

/** A time that is over between a ring's two halves. */
export const timedOut: Protocol<World> = { ...twoProducers, timeoutsMax: 2 };

/** An event loop waits: its wait may end early. */
export const onLoop: Protocol<World> = {
  setup,
  threads: {
    async consumer({ consumer, words }) {
      while (Atomics.load(words, at.one) < 1 || Atomics.load(words, at.other) < 1) {
        consumer.arm();
        if (Atomics.load(words, at.one) === 1 && Atomics.load(words, at.other) === 1) consumer.disarm();
        else await consumer.waitAsync(longMs);
      }
    },
    one: twoProducers.threads['one'] as (world: World) => void,
    other: twoProducers.threads['other'] as (world: World) => void,
  },
  timeoutsMax: 1,
};

/** Control messages are announced by a counter of their own. */
export const control: Protocol<World> = {
  setup,
  threads: {
    consumer(world) {
      const { consumer, port } = world;
      while (world.handled < 3) {
        if (consumer.takeControl()) world.handled += port.splice(0).length;
        else {
          consumer.arm();
          if (consumer.hasControl()) consumer.disarm();
          else consumer.wait(longMs);
        }
      }
    },
    one({ producers, port }) {
      for (const message of ['go', 'drain']) {
        port.push(message);
        producers[0]?.ringControl();
      }
    },
    other({ producers, port }) {
      port.push('stop');
      producers[1]?.ringControl();
    },
  },
  final({ port, handled }) {
    assert.deepEqual([port, handled], [[], 3]);
  },
};

/** A producer dies at any point; the owner rouses whom it may have been about to wake. */
export const deadProducer: Protocol<World> = {
  setup,
  threads: {
    consumer(world) {
      consume(world, 1, 1);
    },
    producer({ producers, words }) {
      Atomics.store(words, at.one, 1);
      producers[0]?.ring();
    },
    owner({ producers, words }) {
      untilOver('producer');
      Atomics.store(words, at.one, 1);
      Atomics.store(words, at.other, 1);
      producers[1]?.rouse();
    },
  },
  mortal: ['producer'],
};
