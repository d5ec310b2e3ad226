import assert from 'node:assert/strict';
import { allocateDoorbells, Doorbell } from '@troupe/mailbox';
import { Lease } from '../../../src/resources/lease.ts';
import { allocateResources, leaseState, ResourceTable } from '../../../src/resources/resource-table.ts';
import type { Protocol } from '../engine/protocol.ts';
import { pause, untilOver } from '../engine/thread.ts';

const longMs = 60_000;

interface World {
  readonly memory: SharedArrayBuffer;
  /** For each thread its own objects: they note what is due. */
  readonly bells: readonly (readonly Doorbell[])[];
  readonly table: ResourceTable;
  readonly capacity: number;
  readonly counts: Float64Array;
  /** Which actors' handlers run. */
  readonly isInside: boolean[];
}

/** Three actors on workers of their own, each of which needs one of the same resource. */
function worldOf(capacity: number): World {
  const memory = allocateResources(3);
  const bells = allocateDoorbells(4);
  return {
    memory,
    bells: [0, 1, 2, 3].map(() => [0, 1, 2, 3].map((index) => new Doorbell(bells, index))),
    table: new ResourceTable(memory, 0),
    capacity,
    counts: new Float64Array(32),
    isInside: [false, false, false],
  };
}

function leaseOf(world: World, actor: number): Lease {
  const { memory, bells, capacity, counts } = world;
  const users = [0, 1, 2].map((user) => ({ actor: user, worker: user + 1, amount: 1 }));
  const resources = [{ name: 'gpu', capacity, users }];
  const table = new ResourceTable(memory, actor + 1);
  return new Lease(actor, counts, { table, resources, bells: bells[actor + 1] ?? [] });
}

/** Runs handlers so many times, as an executor does: passes, and sleep where nothing can be done. */
function run(world: World, actor: number, times: number): void {
  const lease = leaseOf(world, actor);
  const bell = world.bells[actor + 1]?.[actor + 1] as Doorbell;
  for (let done = 0; done < times;) {
    if (lease.begin(0)) {
      world.isInside[actor] = true;
      // Others have their chance to come in.
      assert.equal(world.table.state(actor), leaseState.running);
      world.isInside[actor] = false;
      lease.end();
      done++;
      continue;
    }
    bell.arm();
    if (!lease.mayBegin()) bell.wait(longMs);
    else {
      bell.disarm();
      pause();
    }
  }
}

/** No more run, at any moment, than there is room for. */
function isExclusive({ isInside, capacity }: World): void {
  const running = isInside.filter(Boolean).length;
  assert.ok(running <= capacity, `${running} hold what there are ${capacity} of`);
}

export const two: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    one(world) {
      run(world, 0, 2);
    },
    other(world) {
      run(world, 1, 2);
    },
  },
  invariant: isExclusive,
};

/** One has run before, and holds it still, at hand. */
export const lingering: Protocol<World> = {
  setup() {
    const world = worldOf(1);
    world.table.setState(0, leaseState.lingering);
    return world;
  },
  threads: {
    one(world) {
      run(world, 0, 1);
    },
    other(world) {
      run(world, 1, 1);
    },
  },
  invariant: isExclusive,
};

export const three: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    one(world) {
      run(world, 0, 1);
    },
    other(world) {
      run(world, 1, 1);
    },
    third(world) {
      run(world, 2, 1);
    },
  },
  invariant: isExclusive,
};

export const threeForTwo: Protocol<World> = { ...three, setup: () => worldOf(2) };

/** One gives up waiting: nobody waits behind it. */
export const withdrawn: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    one(world) {
      run(world, 0, 1);
    },
    quitter(world) {
      const lease = leaseOf(world, 1);
      if (lease.begin(0)) lease.end();
      else lease.withdraw();
    },
    third(world) {
      run(world, 2, 1);
    },
  },
  invariant: isExclusive,
};

/** A thread dies anywhere, in the lock as well. */
export const dead: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    victim(world) {
      run(world, 0, 2);
    },
    other(world) {
      run(world, 1, 2);
    },
    owner(world) {
      if (!untilOver('victim')) return;
      world.isInside[0] = false;
      world.table.bury(1, [0]);
      for (const bell of world.bells[0] ?? []) bell.rouse();
    },
  },
  mortal: ['victim'],
  invariant: isExclusive,
};
