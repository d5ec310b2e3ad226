import assert from 'node:assert/strict';
import { allocateEvents, EventTable } from '../../../src/events/event-table.ts';
import type { TakerPlace } from '../../../src/events/event-table.ts';
import { machineTime } from '../../../src/executor/thread-time.ts';
import type { Protocol } from '../engine/protocol.ts';
import { pause, untilOver } from '../engine/thread.ts';

/** One event with two takers; what each thread has got of it. */
interface World {
  readonly memory: SharedArrayBuffer;
  readonly places: readonly TakerPlace[];
  /** Runs that were committed, by taker. */
  readonly runs: number[];
  reset: number;
  isSet: boolean;
}

const name = 'armed';

function setup(): World {
  return {
    memory: allocateEvents({ initial: [false], takers: 2, askers: 2 }),
    places: [0, 1].map((line) => ({ event: 0, number: line + 1, line })),
    runs: [0, 0],
    reset: 0,
    isSet: false,
  };
}

function tableOf({ memory }: World): EventTable {
  return new EventTable(memory, [{ takers: [0, 1], askers: [0, 1] }]);
}

function give(world: World, count: number): void {
  const table = tableOf(world);
  for (let i = 0; i < count; i++) table.give(0, name);
}

/** A stage that runs once per activation: takes one, then its commit says that it is used up. */
function run(world: World, line: number, until: number): void {
  const table = tableOf(world);
  const place = world.places[line] as TakerPlace;
  for (;;) {
    const inHand = (table.taken(place) - table.done(place)) | 0;
    assert.ok(inHand === 0 || inHand === 1, `${inHand} in hand`);
    if (inHand === 0) {
      if (table.done(place) === until) return;
      if (!table.takeFor(place)) {
        pause();
        continue;
      }
    }
    world.runs[line] = (world.runs[line] as number) + 1;
    Atomics.store(table.words, table.doneAt(place), (table.done(place) + 1) | 0);
  }
}

function left(world: World): number {
  return tableOf(world).available(0);
}

/** Two give, one takes as often as was given. */
export const activations: Protocol<World> = {
  setup,
  threads: {
    one(world) {
      give(world, 1);
    },
    other(world) {
      give(world, 2);
    },
    taker(world) {
      run(world, 0, 3);
    },
  },
  invariant(world) {
    assert.ok(left(world) <= 3 && left(world) >= 0);
  },
  final(world) {
    assert.deepEqual([world.runs[0], left(world)], [3, 0]);
  },
};

/** Two takers and a reset for three activations: each of these goes to one of them. */
export const rivals: Protocol<World> = {
  setup() {
    const world = setup();
    give(world, 3);
    return world;
  },
  threads: {
    one(world) {
      run(world, 0, 1);
    },
    other(world) {
      run(world, 1, 1);
    },
    resetter(world) {
      // What it adds to must be read after the call: another thread may have run meanwhile.
      const taken = tableOf(world).take(0, 1);
      world.reset += taken;
    },
  },
  final(world) {
    assert.deepEqual([world.runs, world.reset, left(world)], [[1, 1], 1, 0]);
  },
};

/** One activation, and three who want it. */
export const oneForThree: Protocol<World> = {
  setup() {
    const world = setup();
    give(world, 1);
    return world;
  },
  threads: {
    one(world) {
      if (tableOf(world).takeFor(world.places[0] as TakerPlace)) world.reset++;
    },
    other(world) {
      if (tableOf(world).takeFor(world.places[1] as TakerPlace)) world.reset++;
    },
    resetter(world) {
      const taken = tableOf(world).take(0, Infinity);
      world.reset += taken;
    },
  },
  final(world) {
    assert.deepEqual([world.reset, left(world)], [1, 0]);
  },
};

/** A taker dies at any point, the other one goes on taking; the successor makes good what was left. */
export const deadTaker: Protocol<World> = {
  setup: rivals.setup,
  threads: {
    taker(world) {
      run(world, 0, 2);
    },
    other(world) {
      run(world, 1, 1);
    },
    owner(world) {
      if (untilOver('taker')) run(world, 0, 2);
    },
  },
  mortal: ['taker'],
  final(world) {
    const table = tableOf(world);
    const [first, second] = world.places as [TakerPlace, TakerPlace];
    assert.equal(left(world), 0);
    assert.deepEqual([table.taken(first), table.done(first)], [2, 2]);
    assert.deepEqual([table.taken(second), table.done(second)], [1, 1]);
  },
};

/** Somebody sleeps until it is set. */
export const waiter: Protocol<World> = {
  setup,
  threads: {
    async waiter(world) {
      const table = tableOf(world);
      while (!world.isSet) {
        const version = table.version(0);
        if (table.count(0) > 0 || table.isOver()) world.isSet = true;
        else {
          const announced = table.wait(0, version, machineTime);
          if (announced !== undefined) await announced;
        }
      }
    },
    setter(world) {
      give(world, 1);
    },
  },
};

/** The run is over, or the event set: one of them wakes him. */
export const closing: Protocol<World> = {
  ...waiter,
  threads: {
    ...waiter.threads,
    setter(world) {
      tableOf(world).take(0, 1);
    },
    owner(world) {
      tableOf(world).close();
    },
  },
};

/** A setter dies between the set and its announcement: the owner announces everything. */
export const deadSetter: Protocol<World> = {
  ...waiter,
  threads: {
    ...waiter.threads,
    owner(world) {
      if (!untilOver('setter')) return;
      const table = tableOf(world);
      if (table.count(0) === 0) table.give(0, name);
      else table.announceAll();
    },
  },
  mortal: ['setter'],
};

/** Changes of one step take effect together, at its end. */
export const stepped: Protocol<World> = {
  setup: () => ({
    ...setup(),
    memory: allocateEvents({ initial: [true], takers: 2, askers: 2, isStepped: true }),
  }),
  threads: {
    one(world) {
      const table = tableOf(world);
      assert.equal(table.set(0, name, 0), false);
      assert.equal(table.count(0), 1);
    },
    other(world) {
      const table = tableOf(world);
      table.reset(0, 1);
      table.set(0, name, 1);
      assert.equal(table.count(0), 1);
    },
    conductor(world) {
      untilOver('one');
      untilOver('other');
      assert.deepEqual(tableOf(world).settle(), [0]);
    },
  },
  final(world) {
    assert.equal(tableOf(world).count(0), 2);
  },
};

/** What handlers do is noted, and collected meanwhile: once each. */
export const noted: Protocol<World> = {
  setup() {
    const world = setup();
    tableOf(world).note();
    return world;
  },
  threads: {
    one(world) {
      const table = tableOf(world);
      table.set(0, name, 0);
      table.set(0, name, 0);
    },
    other(world) {
      const table = tableOf(world);
      if (table.reset(0, 1)) Atomics.add(table.words, 20, 1);
    },
    collector(world) {
      collect(world);
      collect(world);
    },
  },
  final(world) {
    collect(world);
    assert.deepEqual([world.runs[0], world.runs[1]], [2, world.reset]);
    assert.equal(left(world), 2 - world.reset);
  },
};

/** `runs`: sets and resets that were collected; `reset`: resets that took something. */
function collect(world: World): void {
  const table = tableOf(world);
  table.collect((_event, _asker, { sets, resets }) => {
    world.runs[0] = (world.runs[0] as number) + sets;
    world.runs[1] = (world.runs[1] as number) + resets;
  });
  world.reset = Atomics.load(table.words, 20);
}
