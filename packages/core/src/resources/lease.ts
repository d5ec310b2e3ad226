import { actorCount } from '@troupe/mailbox';
import type { Doorbell } from '@troupe/mailbox';
import type { ResourcePlan } from '../plan/conditions.ts';
import { leaseState } from './resource-table.ts';
import type { ResourceTable } from './resource-table.ts';

/** Another actor that needs one of the same resources. */
interface Rival {
  readonly actor: number;
  readonly worker: number;
}

/** What an actor needs of one resource, and who else does. */
interface Want {
  readonly capacity: number;
  readonly amount: number;
  readonly rivals: readonly { readonly actor: number; readonly amount: number }[];
}

/** The part of a plan that resources need. */
export interface LeaseParts {
  readonly table: ResourceTable;
  readonly resources: readonly ResourcePlan[];
  /** Of all threads, by index. */
  readonly bells: readonly Doorbell[];
}

/**
 * One actor's hold on all the resources that it needs. Its thread calls `begin` before handlers run and `end`
 * after; between them no rival runs beyond the capacities. All or nothing: an actor that waits holds nothing,
 * so nobody waits in a circle. Who has waited longer goes first.
 */
export class Lease {
  readonly #table: ResourceTable;
  readonly #actor: number = 0;
  readonly #wants: readonly Want[];
  readonly #rivals: readonly Rival[];
  readonly #bells: readonly Doorbell[];
  readonly #counts: Float64Array;
  /** Since when it waits, in ms; -1 when it does not. */
  #sinceMs = -1;

  /** `counts`: the actor's gauges. */
  constructor(actor: number, counts: Float64Array, { table, resources, bells }: LeaseParts) {
    this.#table = table;
    this.#actor = actor;
    this.#bells = bells;
    this.#counts = counts;
    const rivals = new Map<number, Rival>();
    this.#wants = resources.flatMap(({ capacity, users }) => {
      const amount = users.find((user) => user.actor === actor)?.amount;
      if (amount === undefined) return [];
      const others = users.filter((user) => user.actor !== actor);
      for (const other of others) rivals.set(other.actor, other);
      return [{ capacity, amount, rivals: others }];
    });
    this.#rivals = [...rivals.values()];
  }

  /**
   * Before handlers run. False when they must not, since the resources are others': the actor then waits in
   * its turn, and its thread is rung when that may have changed.
   */
  begin(nowMs: number): boolean {
    const { lingering, running } = leaseState;
    const isHeld = this.#table.changeState(this.#actor, lingering, running) || this.#request();
    if (this.#sinceMs >= 0) this.#account(nowMs);
    if (isHeld) this.#sinceMs = -1;
    else if (this.#sinceMs < 0) this.#sinceMs = nowMs;
    return isHeld;
  }

  /** After the handlers have run, and settled. The resources stay at hand while nobody waits for them. */
  end(): void {
    const { running, lingering, idle } = leaseState;
    if (this.#table.state(this.#actor) !== running) return;
    // Before the look at who waits: a rival that begins to wait after that look sees that they are to be had.
    this.#table.setState(this.#actor, lingering);
    if (!this.#isWanted()) return;
    this.#table.changeState(this.#actor, lingering, idle);
    this.#ringWaiting();
  }

  /** The actor has nothing to do with its resources now: others need not wait behind it. */
  withdraw(): void {
    if (this.#sinceMs < 0) return;
    this.#sinceMs = -1;
    if (!this.#table.changeState(this.#actor, leaseState.waiting, leaseState.idle)) return;
    this.#ringWaiting();
  }

  /** Before the thread sleeps, with work at hand: whether `begin` might succeed now. */
  mayBegin(): boolean {
    const isWaiting = this.#table.state(this.#actor) === leaseState.waiting;
    return !isWaiting || !this.#isBlocked();
  }

  #account(nowMs: number): void {
    const { resourceWaitNs } = actorCount;
    this.#counts[resourceWaitNs] = (this.#counts[resourceWaitNs] as number) + (nowMs - this.#sinceMs) * 1e6;
    this.#sinceMs = nowMs;
  }

  #request(): boolean {
    if (!this.#table.tryLock()) return false;
    if (this.#table.state(this.#actor) !== leaseState.waiting) this.#table.enqueue(this.#actor);
    const isGranted = !this.#isBlocked() && this.#takeLingering();
    // One store takes all of them.
    if (isGranted) this.#table.setState(this.#actor, leaseState.running);
    this.#table.unlock();
    return isGranted;
  }

  /** Whether there is too little of a resource, beside what runs and what waits for longer. */
  #isBlocked(): boolean {
    for (const { capacity, amount, rivals } of this.#wants) {
      let used = amount;
      for (const rival of rivals) if (this.#isAhead(rival.actor)) used += rival.amount;
      if (used > capacity) return true;
    }
    return false;
  }

  #isAhead(rival: number): boolean {
    const state = this.#table.state(rival);
    if (state === leaseState.running) return true;
    return state === leaseState.waiting && this.#table.isEarlier(rival, this.#actor);
  }

  /**
   * Under the lock: takes away from rivals that do not run what is needed. False when one of them has begun
   * to run meanwhile.
   */
  #takeLingering(): boolean {
    const { idle, running, lingering } = leaseState;
    for (const { capacity, amount, rivals } of this.#wants) {
      let used = amount;
      for (const rival of rivals) {
        const state = this.#table.state(rival.actor);
        if (state === running || state === lingering) used += rival.amount;
      }
      for (const rival of rivals) {
        if (used <= capacity) break;
        if (this.#table.changeState(rival.actor, lingering, idle)) used -= rival.amount;
      }
      if (used > capacity) return false;
    }
    return true;
  }

  #isWanted(): boolean {
    for (let i = 0; i < this.#rivals.length; i++) {
      if (this.#table.state((this.#rivals[i] as Rival).actor) === leaseState.waiting) return true;
    }
    return false;
  }

  #ringWaiting(): void {
    for (const { actor, worker } of this.#rivals) {
      if (this.#table.state(actor) === leaseState.waiting) this.#bells[worker]?.ring();
    }
  }
}
