import assert from 'node:assert/strict';
import { allocateDoorbells, Doorbell } from '@troupe/mailbox';
import { runOnLoop, runParked } from '../../../src/drivers/loops.ts';
import type { Loop } from '../../../src/drivers/loops.ts';
import type { Protocol } from '../engine/protocol.ts';

/** What a control port carries here. */
type Message = 'stop' | 'close' | 'open' | 'closed';

/** A thread that steps what there is to do, and handles what it is told. */
interface Player {
  readonly bell: Doorbell;
  readonly port: Message[];
  isStopped: boolean;
  isOpen: boolean;
  /** Work that it has done; there is as much as `work` says. */
  done: number;
}

interface World {
  readonly players: readonly Player[];
  /** For each player, how much work there is. */
  readonly work: Int32Array;
  readonly memory: SharedArrayBuffer;
  /** When so much work is done, main is told. */
  readonly total: number;
}

function worldOf(count: number): World {
  const memory = allocateDoorbells(count);
  const players = Array.from({ length: count }, (_, index) => ({
    bell: new Doorbell(memory, index),
    port: [],
    isStopped: false,
    isOpen: index !== 1,
    done: 0,
  }));
  return { players, work: new Int32Array(new SharedArrayBuffer(128 * count)), memory, total: -1 };
}

/** Posts a message and announces it, as a link does. */
function send({ players, memory }: World, to: number, message: Message): void {
  players[to]?.port.push(message);
  new Doorbell(memory, to).ringControl();
}

function give({ work, memory }: World, to: number): void {
  Atomics.add(work, to * 32, 1);
  new Doorbell(memory, to).ring();
}

/** As much of an executor as a loop sees. Every look at the clock takes a second: nobody spins for long. */
function loopOf(world: World, index: number): Loop & { readonly isAwaiting: () => boolean } {
  const player = world.players[index] as Player;
  let nowMs = 0;
  const executor = {
    step(): boolean {
      nowMs += 1_000;
      if (!player.isOpen || player.done === Atomics.load(world.work, index * 32)) return false;
      player.done++;
      if (player.done === world.total) send(world, 0, 'closed');
      return true;
    },
    hasWork(): boolean {
      return player.isOpen && player.done < Atomics.load(world.work, index * 32);
    },
    untilDeadlineMs: () => Infinity,
    get nowMs() {
      return nowMs;
    },
    strike(): void {},
    wouldWake: () => false,
  };
  const gauges = { counts: new Float64Array(16) };
  const { bell } = player;
  const isStopping = (): boolean => player.isStopped;
  return {
    executor,
    bell,
    gauges,
    isStopping,
    isAwaiting: () => false,
    control(): void {
      obey(world, index);
    },
  };
}

/** Does as it is told; `answer` is called between two messages. */
function obey(world: World, index: number): void {
  const player = world.players[index] as Player;
  for (const message of player.port.splice(0)) {
    if (message === 'stop') player.isStopped = true;
    else player.isOpen = message === 'open';
    if (message === 'close') send(world, 0, 'closed');
  }
}

/** A stop comes while the worker goes to sleep, sleeps, or works. */
export const stop: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    async worker(world) {
      await runParked(loopOf(world, 0));
    },
    main(world) {
      give(world, 0);
      send(world, 0, 'stop');
    },
  },
};

/** The same for a thread with an event loop. */
export const stopOnLoop: Protocol<World> = {
  setup: () => worldOf(1),
  threads: {
    async worker(world) {
      await runOnLoop(loopOf(world, 0));
    },
    main: stop.threads['main'] as (world: World) => void,
  },
};

/** Two give work: all of it is done, and told, before anybody thinks of a stop. */
export const work: Protocol<World> = {
  setup: () => ({ ...worldOf(2), total: 2 }),
  threads: {
    main(world) {
      const { bell, port } = world.players[0] as Player;
      give(world, 1);
      awaitMessage(bell, port);
      send(world, 1, 'stop');
    },
    other(world) {
      give(world, 1);
      send(world, 1, 'open');
    },
    async worker(world) {
      await runParked(loopOf(world, 1));
    },
  },
  final({ players: [, player] }) {
    assert.equal(player?.done, 2);
  },
};

function awaitMessage(bell: Doorbell, port: readonly Message[]): void {
  while (port.length === 0) {
    bell.arm();
    if (bell.hasControl()) bell.disarm();
    else bell.wait(60_000);
    bell.takeControl();
  }
}

/**
 * A change of mode: the worker that the old one lets run is closed, and has said so, before the other one is
 * opened.
 */
export const modeChange: Protocol<World> = {
  setup: () => worldOf(3),
  threads: {
    main(world) {
      const { players } = world;
      const own = players[0] as Player;
      send(world, 2, 'close');
      awaitMessage(own.bell, own.port);
      send(world, 1, 'open');
      send(world, 2, 'stop');
      send(world, 1, 'stop');
    },
    async next(world) {
      await runParked(loopOf(world, 1));
    },
    async last(world) {
      give(world, 2);
      await runParked(loopOf(world, 2));
    },
  },
  invariant({ players: [, next, last] }) {
    assert.ok(next?.isOpen !== true || last?.isOpen !== true, 'both modes at once');
  },
};
