import { expect } from 'vitest';
import { allocateEvents, EventTable } from '../../src/events/event-table.ts';
import type { TakerPlace } from '../../src/events/event-table.ts';
import { dieAfter } from '../dying.ts';

/** One event `e` with two stages that take its activations, on threads of their own. */
const plans = [
  { takers: [], askers: [0] },
  { takers: [0, 1], askers: [1, 2] },
];
export const takers: readonly TakerPlace[] = [
  { event: 1, number: 1, line: 0 },
  { event: 1, number: 2, line: 1 },
];

export interface Bench {
  readonly table: EventTable;
  readonly store: (place: TakerPlace, done: number) => void;
  /** Numbers of activations before this test's own, so that all words wrap around. */
  readonly skip: (count: number) => void;
}

export function bench(isStepped: boolean = false, isInitial: boolean = false): Bench {
  const memory = allocateEvents({ initial: [false, isInitial], takers: 2, askers: 3, isStepped });
  const table = new EventTable(memory, plans);
  return {
    table,
    store: (place, done) => void Atomics.store(table.words, table.doneAt(place), done),
    skip: (count) => {
      const line = 2 * 32;
      table.words[line] = (table.words[line] ?? 0) + count;
      table.words[line + 1] = count << 8;
    },
  };
}

export type Op =
  | { readonly kind: 'set' | 'reset' | 'clear' }
  | { readonly kind: 'take' | 'finish'; readonly by: number };

/** What a thread does, and after how many atomic operations it dies in it (if it does). */
export type Deed = readonly [op: Op, death: number];

/** An event, and what each of its stages must have taken and not used up: none or one. */
export interface World extends Bench {
  readonly inHand: number[];
}

export function worldFrom(start: number): World {
  const world = { ...bench(), inHand: [0, 0] };
  world.skip(start);
  return world;
}

/** Does one thing, or half of it, and checks what must be true whatever happens. */
export function doIn(world: World, [op, death]: Deed): void {
  const { table, store, inHand } = world;
  const before = table.available(1);
  const change = (call: () => void): number => {
    dieAfter(death, call);
    return before - table.available(1);
  };
  if ('by' in op) {
    // Its thread, or a successor that finds out what its predecessor had done.
    const place = expectInHand(world, op.by);
    if (op.kind === 'take' && inHand[op.by] === 0) {
      inHand[op.by] = change(() => expect(table.takeFor(place)).toBe(before > 0));
    } else if (op.kind === 'finish' && inHand[op.by] === 1) {
      store(place, table.taken(place));
      inHand[op.by] = 0;
    }
  } else if (op.kind === 'set') expect([0, -1]).toContain(change(() => table.give(1, 'e')));
  else if (op.kind === 'reset') expect([0, Math.min(1, before)]).toContain(change(() => table.take(1, 1)));
  else expect([0, before]).toContain(change(() => table.take(1, Infinity)));
}

/** What a stage finds in its hand is what it has taken and not used up. */
export function expectInHand({ table, inHand }: World, at: number): TakerPlace {
  const place = takers[at] as TakerPlace;
  expect(table.taken(place) - table.done(place)).toBe(inHand[at]);
  return place;
}
