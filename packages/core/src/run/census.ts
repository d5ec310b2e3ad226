import { threadId } from 'node:worker_threads';
import { pooledThreads } from '../drivers/pool.ts';
import type { Plan } from '../plan/types.ts';
import type { CensusEntry } from './types.ts';

/** A run that holds threads: its plan, and the id of each worker's thread by the worker's index. */
interface Household {
  readonly plan: Plan;
  readonly threadIds: () => ReadonlyMap<number, number>;
}

const households = new Set<Household>();

/** Lets a run's threads be known by their owner until the returned function is called. */
export function enlist(plan: Plan, threadIds: () => ReadonlyMap<number, number>): () => void {
  const household: Household = { plan, threadIds };
  households.add(household);
  return () => void households.delete(household);
}

/** Every thread of the process that Troupe knows: main, the workers of every run, and idle pooled ones. */
export async function takeCensus(asker: Plan): Promise<readonly CensusEntry[]> {
  const places = new Map<number, { readonly plan: Plan; readonly worker: number }>();
  for (const { plan, threadIds } of households) {
    for (const [worker, id] of threadIds()) places.set(id, { plan, worker });
  }
  const threads = await pooledThreads();
  const entries = threads.map(async (thread): Promise<CensusEntry> => {
    // A thread may end while it is asked.
    const usage = await thread.cpuUsage().catch(() => ({ user: 0, system: 0 }));
    const place = places.get(thread.threadId);
    return {
      role: place !== undefined && place.plan.workers[place.worker]?.io === true ? 'io' : 'compute',
      owner: place?.plan.name ?? 'pool',
      threadId: thread.threadId,
      stages: place === undefined ? [] : namesOf(place.plan, place.worker),
      cpuMs: cpuMs(usage),
    };
  });
  const owners = households.size === 0 ? [asker] : [...households].map(({ plan }) => plan);
  const main: CensusEntry = {
    role: 'main',
    owner: owners.map(({ name }) => name).join(', '),
    threadId,
    stages: owners.flatMap((plan) => namesOf(plan, 0)),
    cpuMs: cpuMs(process.threadCpuUsage()),
  };
  return [main, ...(await Promise.all(entries))];
}

function namesOf(plan: Plan, worker: number): string[] {
  return plan.actors.filter((actor) => actor.worker === worker).map((actor) => actor.name);
}

function cpuMs({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1_000;
}
