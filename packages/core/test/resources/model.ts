import { expect } from 'vitest';
import { leaseState } from '../../src/resources/resource-table.ts';
import type { LeaseBench } from './bench.ts';

const { idle, waiting, running, lingering } = leaseState;

/** What leases must do, as lists: who waits, longest first, and whose thread sleeps. */
export interface Model {
  readonly bench: LeaseBench;
  readonly asleep: Set<number>;
  queue: number[];
}

export function doIn(model: Model, kind: 'begin' | 'end' | 'withdraw', actor: number): void {
  const { bench, asleep } = model;
  const lease = bench.at(actor);
  const before = bench.table.state(actor);
  const leave = (): void => {
    model.queue = model.queue.filter((other) => other !== actor);
    asleep.delete(actor);
  };
  if (kind === 'begin' && before !== running) {
    if (before === idle) model.queue.push(actor);
    const expected = before === lingering || !isBlocked(model, actor);
    expect(lease.begin(0)).toBe(expected);
    if (expected) leave();
    else {
      bench.arm(actor);
      expect(lease.mayBegin()).toBe(false);
      asleep.add(actor);
    }
  } else if (kind === 'end' && before === running) lease.end();
  else if (kind === 'withdraw' && before !== running) {
    lease.withdraw();
    leave();
  }
  expectSound(model);
}

function expectSound(model: Model): void {
  const { bench, asleep, queue } = model;
  expect(bench.isSound()).toBe(true);
  const queued = (actor: number): boolean => bench.table.state(actor) === waiting;
  expect(bench.leases.keys().filter(queued).toArray()).toEqual(queue.toSorted((a, b) => a - b));
  for (const actor of asleep) if (!isBlocked(model, actor)) expect(bench.isRung(actor)).toBe(true);
}

function isBlocked({ bench, queue }: Model, actor: number): boolean {
  const earlier = queue.slice(0, queue.indexOf(actor));
  const isAhead = (other: number): boolean =>
    other !== actor && (bench.table.state(other) === running || earlier.includes(other));
  return bench.plans.some(({ capacity, users }) => {
    const own = users.find((user) => user.actor === actor);
    if (own === undefined) return false;
    const ahead = users.filter((user) => isAhead(user.actor));
    return own.amount + ahead.reduce((sum, { amount }) => sum + amount, 0) > capacity;
  });
}

/** All want to run from now on: each must have done so before any of them has often. */
export function everybodyRuns(bench: LeaseBench): void {
  const count = bench.leases.length;
  for (const lease of bench.leases) lease.end();
  const left = new Set(bench.leases.keys());
  for (let round = 0; round <= count; round++) {
    for (const [actor, lease] of bench.leases.entries()) {
      if (!lease.begin(0)) continue;
      expect(bench.isSound()).toBe(true);
      left.delete(actor);
    }
    for (const lease of bench.leases) lease.end();
  }
  expect([...left]).toEqual([]);
}
