import assert from 'node:assert/strict';
import { allocateDoorbells, Doorbell } from '@troupe/mailbox';
import { allocateTurn, Turn, want } from '../../../src/clock/turn.ts';
import type { Protocol } from '../engine/protocol.ts';
import { untilOver } from '../engine/thread.ts';

const longMs = 60_000;
const rounds = 2;

interface World {
  readonly memory: SharedArrayBuffer;
  readonly bells: readonly Doorbell[];
  readonly workers: number;
  /** Which round each worker is in: 0 between two. */
  readonly inRound: number[];
  asked: number;
}

function worldOf(workers: number): World {
  const bells = allocateDoorbells(workers + 1);
  return {
    memory: allocateTurn(1, workers + 1),
    bells: Array.from({ length: workers + 1 }, (_, index) => new Doorbell(bells, index)),
    workers,
    inRound: [0, 0, 0],
    asked: 0,
  };
}

/** Tells everybody of a round, and waits until all have done everything of it. */
function lead(world: World): void {
  const { memory, bells, workers } = world;
  const turn = new Turn(memory);
  const own = bells[0] as Doorbell;
  for (let round = 1; round <= rounds; round++) {
    turn.setStep(10 * round, 100 * round, 100);
    turn.setRunner(0, { index: round, dueNs: round, nextDueNs: round + 1, isDue: true, dtNs: 1 });
    turn.open(round, round + 5, 0, round + 7);
    for (let worker = 1; worker <= workers; worker++) bells[worker]?.ring();
    for (let worker = 1; worker <= workers;) {
      if (turn.isClosed(worker, round)) {
        if ((turn.wants(worker) & want.outside) !== 0) world.asked++;
        worker++;
        continue;
      }
      own.arm();
      if (turn.isClosed(worker, round)) own.disarm();
      else own.wait(longMs);
    }
  }
}

/** Waits for the next round after one, does it, and says that it has. */
function follow(world: World, worker: number, after: number): void {
  const { memory, bells } = world;
  const turn = new Turn(memory);
  const own = bells[worker] as Doorbell;
  for (let last = after; last < rounds;) {
    const round = turn.round();
    if (round === last) {
      own.arm();
      if (turn.round() !== last) own.disarm();
      else own.wait(longMs);
      continue;
    }
    assert.equal(round, last + 1, 'a round was left out');
    world.inRound[worker] = round;
    assert.deepEqual([turn.phase, turn.flags, turn.step], [round + 5, round + 7, 10 * round]);
    assert.deepEqual([turn.runner(0).index, turn.isDue(0)], [round, true]);
    world.inRound[worker] = 0;
    turn.close(worker, round, worker === 1 ? want.outside : 0);
    bells[0]?.ring();
    last = round;
  }
}

/** Nobody is in one round while another is in the next. */
function oneRound({ inRound }: World): void {
  const open = new Set(inRound.filter((round) => round > 0));
  assert.ok(open.size <= 1, 'two rounds at once');
}

function allAsked({ asked }: World): void {
  assert.equal(asked, rounds);
}

export const oneWorker: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    conductor: lead,
    worker(world) {
      follow(world, 1, 0);
    },
  },
  invariant: oneRound,
  final: allAsked,
};

export const twoWorkers: Protocol<World> = {
  setup: () => worldOf(2),
  threads: {
    conductor: lead,
    worker(world) {
      follow(world, 1, 0);
    },
    other(world) {
      follow(world, 2, 0);
    },
  },
  invariant: oneRound,
  final: allAsked,
};

/** A successor begins behind the last round that its predecessor has closed. */
export const deadWorker: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    conductor: lead,
    worker(world) {
      follow(world, 1, 0);
    },
    owner(world) {
      if (!untilOver('worker')) return;
      world.inRound[1] = 0;
      for (const bell of world.bells) bell.rouse();
      follow(world, 1, new Turn(world.memory).closedBy(1));
    },
  },
  mortal: ['worker'],
  final: allAsked,
};

/** Something comes up between two rounds: it is heard, whether the conductor looks before or after. */
export const asking: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    conductor({ memory, bells }) {
      const turn = new Turn(memory);
      const own = bells[0] as Doorbell;
      while ((turn.wants(1) & want.outside) === 0) {
        own.arm();
        if ((turn.wants(1) & want.outside) !== 0) own.disarm();
        else own.wait(longMs);
      }
    },
    worker({ memory, bells }) {
      const turn = new Turn(memory);
      turn.close(1, 0, want.back);
      turn.ask(1, want.outside);
      bells[0]?.ring();
      assert.equal(turn.wants(1), want.back | want.outside);
    },
  },
};
