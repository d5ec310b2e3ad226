import { actorCount } from '@troupe/mailbox';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lease } from '../../src/resources/lease.ts';
import { leaseState } from '../../src/resources/resource-table.ts';
import { dieAfter } from '../dying.ts';
import { LeaseBench } from './bench.ts';
import type { Capacities, Demands } from './bench.ts';
import { doIn, everybodyRuns } from './model.ts';
import type { Model } from './model.ts';

const { idle, running, lingering } = leaseState;

/** Three actors that need the same. */
const three = [{ gpu: 1 }, { gpu: 1 }, { gpu: 1 }];

function trio(
  demands: Demands = three,
  capacities: Capacities = { gpu: 1 },
): [LeaseBench, Lease, Lease, Lease] {
  const bench = new LeaseBench(demands, capacities);
  return [bench, bench.at(0), bench.at(1), bench.at(2)];
}

describe('a lease', () => {
  test('lets one run at a time, in the order in which they came', () => {
    const [, a, b, c] = trio();
    expect(a.begin(0)).toBe(true);
    expect(c.begin(1)).toBe(false);
    expect(b.begin(2)).toBe(false);
    a.end();
    // Its turn is behind those who have waited.
    expect([a.begin(3), b.begin(4), c.begin(5)]).toEqual([false, false, true]);
    c.end();
    expect([a.begin(6), b.begin(7)]).toEqual([false, true]);
    b.end();
    expect(a.begin(8)).toBe(true);
  });

  test('lingers while nobody waits, and is taken from whoever does not run', () => {
    const [bench, a, b] = trio();
    for (let i = 0; i < 3; i++) {
      expect(a.begin(i)).toBe(true);
      a.end();
      expect(bench.table.state(0)).toBe(lingering);
    }
    expect(b.begin(4)).toBe(true);
    expect(bench.table.state(0)).toBe(idle);
    a.end();
    expect(bench.table.state(0)).toBe(idle);
    expect(a.begin(5)).toBe(false);
  });

  test('lets as many run as there is capacity for, and nobody small past somebody large for ever', () => {
    const [, a, large, b] = trio([{ gpu: 1 }, { gpu: 2 }, { gpu: 1 }], { gpu: 2 });
    expect(a.begin(0)).toBe(true);
    expect(large.begin(1)).toBe(false);
    // There is one left, but it is kept for who has waited longer.
    expect(b.begin(2)).toBe(false);
    a.end();
    expect([b.begin(3), large.begin(4)]).toEqual([false, true]);
  });

  test('takes several resources together, and keeps none while it waits', () => {
    const [bench, a, b, c] = trio([{ gpu: 1, net: 1 }, { gpu: 1 }, { net: 1 }], { gpu: 1, net: 1 });
    expect(b.begin(0)).toBe(true);
    expect(a.begin(1)).toBe(false);
    b.end();
    expect(c.begin(2)).toBe(false);
    expect(a.begin(3)).toBe(true);
    expect(bench.table.state(0)).toBe(running);
    a.end();
    expect([c.begin(4), b.begin(5)]).toEqual([true, true]);
  });

  test('stands in nobody’s way once its actor has nothing to do', () => {
    const [bench, a, b, c] = trio();
    expect([a.begin(0), b.begin(1), c.begin(2)]).toEqual([true, false, false]);
    bench.arm(2);
    b.withdraw();
    expect(bench.isRung(2)).toBe(true);
    a.end();
    expect(c.begin(3)).toBe(true);
    expect(bench.table.state(1)).toBe(idle);
  });

  test('tells how long it has waited', () => {
    const [bench, a, b] = trio();
    a.begin(0);
    b.begin(10);
    b.begin(12);
    expect(bench.counts[1]?.[actorCount.resourceWaitNs]).toBe(2e6);
    a.end();
    b.begin(15);
    expect(bench.counts[1]?.[actorCount.resourceWaitNs]).toBe(5e6);
    b.end();
    b.begin(20);
    expect(bench.counts[1]?.[actorCount.resourceWaitNs]).toBe(5e6);
  });

  test('a thread that finds the lock taken goes on with other things, and does not sleep', () => {
    const [bench, a, b] = trio();
    expect(bench.table.tryLock()).toBe(true);
    expect(a.begin(0)).toBe(false);
    expect(a.mayBegin()).toBe(true);
    bench.table.unlock();
    expect(a.begin(1)).toBe(true);
    expect(b.begin(2)).toBe(false);
    expect(b.mayBegin()).toBe(false);
  });
});

/** Actors and resources; every demand fits its capacity. */
const scenes = fc
  .record({ gpu: fc.integer({ min: 1, max: 3 }), net: fc.integer({ min: 1, max: 2 }) })
  .chain((capacities) => {
    const amounts = Object.entries(capacities).map(([name, max]) => [name, fc.integer({ min: 1, max })]);
    const demand = fc.record(Object.fromEntries(amounts) as Record<string, fc.Arbitrary<number>>, {
      requiredKeys: [],
    });
    return fc.record({
      capacities: fc.constant(capacities),
      demands: fc.array(demand, { minLength: 2, maxLength: 5 }),
    });
  });

const deeds = fc.array(
  fc.record({
    actor: fc.nat(4),
    kind: fc.constantFrom('begin' as const, 'begin' as const, 'end' as const, 'withdraw' as const),
  }),
  { maxLength: 80 },
);

describe('whatever actors do', () => {
  test('they run within the capacities, in turn, and nobody sleeps who may run', () => {
    fc.assert(
      fc.property(scenes, deeds, ({ capacities, demands }, steps) => {
        const bench = new LeaseBench(demands, capacities);
        const model: Model = { bench, asleep: new Set(), queue: [] };
        for (const { kind, actor } of steps) doIn(model, kind, actor % demands.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test('they run within the capacities wherever threads die, and all have their turn afterwards', () => {
    const mortal = fc.tuple(deeds, fc.infiniteStream(fc.oneof(fc.constant(Infinity), fc.nat(30))));
    fc.assert(
      fc.property(
        scenes,
        mortal,
        fc.infiniteStream(fc.boolean()),
        ({ capacities, demands }, [steps, deaths], burials) => {
          const bench = new LeaseBench(demands, capacities);
          const dead = new Set<number>();
          for (const { kind, actor: any } of steps) {
            const actor = any % demands.length;
            if (dead.has(actor)) continue;
            if (kind === 'begin' && bench.table.state(actor) === running) continue;
            const call = (): unknown =>
              kind === 'begin' ? bench.at(actor).begin(0) : bench.at(actor)[kind]();
            if (dieAfter(deaths.next().value as number, call)) dead.add(actor);
            expect(bench.isSound()).toBe(true);
            for (const other of dead) {
              if (burials.next().value !== true) continue;
              bench.bury(other);
              dead.delete(other);
            }
          }
          for (const actor of dead) bench.bury(actor);
          everybodyRuns(bench);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
