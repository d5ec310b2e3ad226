import { expect } from 'vitest';
import { leaseState } from '../../src/resources/resource-table.ts';
import type { LeaseBench } from './bench.ts';

const { idle, waiting, running, lingering } = leaseState;

/** What leases must do, as lists: who waits, longest first. */
export class Model {
  readonly #bench: LeaseBench;
  readonly #asleep = new Set<number>();
  #queue: number[] = [];

  constructor(bench: LeaseBench) {
    this.#bench = bench;
  }

  do(kind: 'begin' | 'end' | 'withdraw', actor: number): void {
    const lease = this.#bench.at(actor);
    const before = this.#bench.table.state(actor);
    if (kind === 'begin' && before !== running) {
      if (before === idle) this.#queue.push(actor);
      const expected = before === lingering || !this.#isBlocked(actor);
      expect(lease.begin(0)).toBe(expected);
      if (expected) this.#queue = this.#queue.filter((other) => other !== actor);
      this.#asleep.delete(actor);
      if (!expected) this.#sleep(actor);
    } else if (kind === 'end' && before === running) lease.end();
    else if (kind === 'withdraw' && before !== running) {
      lease.withdraw();
      this.#queue = this.#queue.filter((other) => other !== actor);
      this.#asleep.delete(actor);
    }
    this.#check();
  }

  #sleep(actor: number): void {
    this.#bench.arm(actor);
    expect(this.#bench.at(actor).mayBegin()).toBe(false);
    this.#asleep.add(actor);
  }

  #check(): void {
    expect(this.#bench.isSound()).toBe(true);
    const queued = (actor: number): boolean => this.#bench.table.state(actor) === waiting;
    expect(this.#bench.leases.keys().filter(queued).toArray()).toEqual(this.#queue.toSorted((a, b) => a - b));
    for (const actor of this.#asleep) {
      if (!this.#isBlocked(actor)) expect(this.#bench.isRung(actor)).toBe(true);
    }
  }

  #isBlocked(actor: number): boolean {
    const earlier = this.#queue.slice(0, this.#queue.indexOf(actor));
    return this.#bench.plans.some(({ capacity, users }) => {
      const own = users.find((user) => user.actor === actor);
      if (own === undefined) return false;
      const ahead = users.filter(
        (user) =>
          user.actor !== actor &&
          (this.#bench.table.state(user.actor) === running || earlier.includes(user.actor)),
      );
      return own.amount + ahead.reduce((sum, { amount }) => sum + amount, 0) > capacity;
    });
  }
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
