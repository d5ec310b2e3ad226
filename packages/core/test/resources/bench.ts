import { allocateDoorbells, Doorbell, lineWords } from '@troupe/mailbox';
import type { ResourcePlan } from '../../src/plan/conditions.ts';
import { Lease } from '../../src/resources/lease.ts';
import { allocateResources, leaseState, ResourceTable } from '../../src/resources/resource-table.ts';

/** What each actor needs of each resource. */
export type Demands = readonly Readonly<Record<string, number | undefined>>[];
export type Capacities = Readonly<Record<string, number>>;

/** Actors, each on a worker of its own (1, 2, …), that share resources. */
export class LeaseBench {
  readonly memory: SharedArrayBuffer;
  readonly table: ResourceTable;
  readonly counts: readonly Float64Array[];
  readonly plans: readonly ResourcePlan[];
  readonly leases: Lease[];
  readonly #bells: readonly Doorbell[];
  readonly #bellWords: Int32Array;

  constructor(demands: Demands, capacities: Capacities) {
    this.memory = allocateResources(demands.length);
    this.table = new ResourceTable(this.memory, 0);
    this.counts = demands.map(() => new Float64Array(32));
    const bells = allocateDoorbells(demands.length + 1);
    this.#bellWords = new Int32Array(bells);
    this.#bells = Array.from({ length: demands.length + 1 }, (_, i) => new Doorbell(bells, i));
    this.plans = Object.entries(capacities).map(([name, capacity]) => ({
      name,
      capacity,
      users: demands.flatMap(({ [name]: amount }, actor) =>
        amount === undefined ? [] : [{ actor, worker: actor + 1, amount }],
      ),
    }));
    this.leases = demands.map((_, actor) => this.#lease(actor));
  }

  at(actor: number): Lease {
    return this.leases[actor] as Lease;
  }

  /** The worker of an actor is about to sleep: a ring from now on wakes it. */
  arm(actor: number): void {
    this.#bells[actor + 1]?.arm();
  }

  isRung(actor: number): boolean {
    return this.#bellWords[(actor + 1) * lineWords] === 0;
  }

  /** As the owner does when the worker of an actor has ended. */
  bury(actor: number): void {
    this.table.bury(actor + 1, [actor]);
    this.leases[actor] = this.#lease(actor);
    for (const bell of this.#bells) bell.ring();
  }

  /** What of a resource is in the hands of actors in one of these states. */
  used(resource: ResourcePlan, ...states: readonly number[]): number {
    return resource.users
      .filter(({ actor }) => states.includes(this.table.state(actor)))
      .reduce((sum, { amount }) => sum + amount, 0);
  }

  /** Whether every resource is within its capacity. */
  isSound(): boolean {
    const { running, lingering } = leaseState;
    return this.plans.every((resource) => this.used(resource, running, lingering) <= resource.capacity);
  }

  #lease(actor: number): Lease {
    const table = new ResourceTable(this.memory, actor + 1);
    const counts = this.counts[actor] as Float64Array;
    return new Lease(actor, counts, { table, resources: this.plans, bells: this.#bells });
  }
}
