import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activationsMax } from '../../src/events/event-table.ts';
import type { Asked, EventTable, TakerPlace } from '../../src/events/event-table.ts';
import { dieAfter } from '../dying.ts';
import { bench, doIn, expectInHand, takers, worldFrom } from './world.ts';
import type { Deed, Op } from './world.ts';

const deed: fc.Arbitrary<Deed> = fc.tuple(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Op>({ kind: 'set' }) },
    { weight: 2, arbitrary: fc.constant<Op>({ kind: 'reset' }) },
    { weight: 1, arbitrary: fc.constant<Op>({ kind: 'clear' }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('take' as const, 'finish' as const),
        by: fc.integer({ min: 0, max: 1 }),
      }),
    },
  ),
  fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(12) }),
);

describe('an event', () => {
  test('counts its activations', () => {
    const { table } = bench(false, true);
    expect(table.count(1)).toBe(1);
    table.set(1, 'e', 1);
    table.set(1, 'e', 1);
    expect(table.count(1)).toBe(3);
    expect(table.count(0)).toBe(0);
    expect([table.reset(1, 1), table.clear(1, 1), table.reset(1, 1), table.clear(1, 1)]).toEqual([
      true,
      2,
      false,
      0,
    ]);
  });

  test('refuses more than it can count, and changes nothing then', () => {
    const { table } = bench();
    const line = 2 * 32;
    table.words[line] = activationsMax - 1;
    table.set(1, 'e', 1);
    expect(() => table.set(1, 'e', 1)).toThrow(
      expect.objectContaining({ code: 'EVENT_FULL', message: expect.stringContaining("'e'") }),
    );
    expect(table.count(1)).toBe(activationsMax);
    expect(table.reset(1, 1)).toBe(true);
    table.set(1, 'e', 1);
  });

  test.each([0, 2 ** 24 - 20, 2 ** 32 - 20])(
    'gives every activation to one taker, wherever threads die, from activation %d on',
    (start) => {
      fc.assert(
        fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
          const world = worldFrom(start | 0);
          for (const done of deeds) doIn(world, done);
          for (const at of takers.keys()) expectInHand(world, at);
        }),
        { numRuns: 1000 },
      );
    },
  );

  /** Ways to take the next activation, and how many of `left` they take. */
  const ways: Readonly<Record<string, (table: EventTable, left: number) => readonly [number, number]>> = {
    stage: (table) => [Number(table.takeFor(takers[1] as TakerPlace)), 1],
    reset: (table) => [table.take(1, 1), 1],
    clear: (table, left) => [table.take(1, Infinity), left],
  };

  test.each(Object.keys(ways))('a %s that takes the next one notes what a dead stage has taken', (by) => {
    const { table, store } = bench();
    const [first, second] = takers as [TakerPlace, TakerPlace];
    // It dies at each point of its way; the activation is in its hand exactly if it is gone.
    for (let steps = 0; steps < 12; steps++) {
      for (let i = 0; i < 3; i++) table.set(1, 'e', 1);
      const before = table.available(1);
      dieAfter(steps, () => table.takeFor(first));
      const taken = before - table.available(1);
      const [next, expected] = ways[by]?.(table, before - taken) ?? [];
      expect(next).toBe(expected);
      const found = table.taken(first);
      expect(found - table.done(first)).toBe(taken);
      store(first, found);
      store(second, table.taken(second));
      table.clear(1, 1);
    }
  });
});

/** One of two stages changes event 1. */
function change(table: EventTable, kind: 'set' | 'reset' | 'clear', asker: number): unknown {
  return kind === 'set' ? table.set(1, 'e', asker) : table[kind](1, asker);
}

describe('an event under a clock of steps', () => {
  test('shows what was changed in a step from the next one on', () => {
    const { table } = bench(true, true);
    expect(table.set(1, 'e', 1)).toBe(false);
    table.set(1, 'e', 1);
    expect(table.count(1)).toBe(1);
    expect(table.reset(1, 1)).toBe(true);
    expect(table.count(1)).toBe(1);
    expect(table.settle()).toEqual([1]);
    // One was there and has been taken back; two have come.
    expect(table.count(1)).toBe(2);
    expect(table.settle()).toEqual([]);
  });

  test('an activation that a stage takes is gone at once, and shown so at the boundary', () => {
    const { table } = bench(true, true);
    expect(table.takeFor(takers[0] as TakerPlace)).toBe(true);
    expect(table.takeFor(takers[1] as TakerPlace)).toBe(false);
    expect(table.count(1)).toBe(1);
    table.settle();
    expect(table.count(1)).toBe(0);
  });

  test('the order of changes within a step does not matter', () => {
    const kinds = fc.constantFrom('set' as const, 'reset' as const, 'clear' as const);
    const ask = fc.tuple(kinds, fc.constantFrom(1, 2));
    const steps = fc.array(fc.array(ask, { maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (changes, shuffles) => {
        const [one, other] = [bench(true), bench(true)];
        for (const step of changes) {
          const shuffled = [...step]
            .map((asked) => [shuffles.next().value as number, asked] as const)
            .sort(([a], [b]) => a - b);
          const results = step.map(([kind, by]) => [kind, change(one.table, kind, by)] as const);
          const others = shuffled.map(([, [kind, by]]) => [kind, change(other.table, kind, by)] as const);
          expect(Map.groupBy(others, ([kind]) => kind)).toEqual(Map.groupBy(results, ([kind]) => kind));
          expect(other.table.settle()).toEqual(one.table.settle());
          expect(other.table.count(1)).toBe(one.table.count(1));
        }
      }),
    );
  });

  test('what one stage has asked for can be asked again by the owner, with the same effect', () => {
    const kinds = fc.constantFrom('set' as const, 'reset' as const, 'clear' as const);
    const ask = fc.tuple(kinds, fc.constantFrom(1, 2));
    const steps = fc.array(fc.array(ask, { maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(steps, (changes) => {
        const [one, other] = [bench(true, true), bench(true, true)];
        for (const step of changes) {
          for (const [kind, by] of step) change(one.table, kind, by);
          const asked: Asked[] = [];
          one.table.settle((event, asker, what) => {
            expect(event).toBe(1);
            if (asker === 2) asked.push(what);
          });
          expect(asked.length).toBe(Number(step.some(([, by]) => by === 2)));
          for (const what of asked) other.table.ask(1, what);
          for (const [kind, by] of step) if (by === 1) change(other.table, kind, by);
          other.table.settle();
          expect(other.table.count(1)).toBe(one.table.count(1));
        }
      }),
    );
  });

  test('refuses a set beyond what can be counted with all that is asked for', () => {
    const { table } = bench(true);
    table.ask(1, { sets: activationsMax - 2, resets: 0, isCleared: false });
    table.set(1, 'e', 1);
    table.set(1, 'e', 2);
    expect(() => table.set(1, 'e', 1)).toThrow(expect.objectContaining({ code: 'EVENT_FULL' }));
    table.settle();
    expect(table.count(1)).toBe(activationsMax);
  });
});

describe('an event whose changes take effect at once', () => {
  test('notes who has done what, once somebody wants to know', () => {
    const { table } = bench(false, true);
    const collect = (): unknown[] => {
      const list: unknown[] = [];
      table.collect((...asked) => list.push(asked));
      return list;
    };
    table.set(1, 'e', 1);
    expect(collect()).toEqual([]);
    table.note();
    table.set(1, 'e', 1);
    table.set(1, 'e', 2);
    table.reset(1, 2);
    expect(table.clear(1, 1)).toBe(3);
    table.reset(1, 2);
    expect(collect()).toEqual([
      [1, 1, { sets: 1, resets: 3, isCleared: false }],
      [1, 2, { sets: 1, resets: 1, isCleared: false }],
    ]);
    expect(collect()).toEqual([]);
  });
});
