import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activationsMax } from '../../src/events/event-table.ts';
import type { EventTable, TakerPlace } from '../../src/events/event-table.ts';
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
    table.set(1, 'e');
    table.set(1, 'e');
    expect(table.count(1)).toBe(3);
    expect(table.count(0)).toBe(0);
    expect([table.reset(1), table.clear(1), table.reset(1), table.clear(1)]).toEqual([true, 2, false, 0]);
  });

  test('refuses more than it can count, and changes nothing then', () => {
    const { table } = bench();
    const line = 2 * 32;
    table.words[line] = activationsMax - 1;
    table.set(1, 'e');
    expect(() => table.set(1, 'e')).toThrow(
      expect.objectContaining({ code: 'EVENT_FULL', message: expect.stringContaining("'e'") }),
    );
    expect(table.count(1)).toBe(activationsMax);
    expect(table.reset(1)).toBe(true);
    table.set(1, 'e');
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
      for (let i = 0; i < 3; i++) table.set(1, 'e');
      const before = table.available(1);
      dieAfter(steps, () => table.takeFor(first));
      const taken = before - table.available(1);
      const [next, expected] = ways[by]?.(table, before - taken) ?? [];
      expect(next).toBe(expected);
      const found = table.taken(first);
      expect(found - table.done(first)).toBe(taken);
      store(first, found);
      store(second, table.taken(second));
      table.clear(1);
    }
  });
});

describe('an event under a clock of steps', () => {
  test('shows what was changed in a step from the next one on', () => {
    const { table } = bench(true, true);
    expect(table.set(1, 'e')).toBe(false);
    table.set(1, 'e');
    expect(table.count(1)).toBe(1);
    expect(table.reset(1)).toBe(true);
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
    const change = fc.constantFrom('set' as const, 'reset' as const, 'clear' as const);
    const steps = fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (changes, shuffles) => {
        const [one, other] = [bench(true), bench(true)];
        for (const step of changes) {
          const shuffled = [...step]
            .map((kind) => [shuffles.next().value as number, kind] as const)
            .sort(([a], [b]) => a - b);
          const results = step.map((kind) => [kind, one.table[kind](1, 'e')] as const);
          const others = shuffled.map(([, kind]) => [kind, other.table[kind](1, 'e')] as const);
          expect(Map.groupBy(others, ([kind]) => kind)).toEqual(Map.groupBy(results, ([kind]) => kind));
          expect(other.table.settle()).toEqual(one.table.settle());
          expect(other.table.count(1)).toBe(one.table.count(1));
        }
      }),
    );
  });
});
