import { threadId } from 'node:worker_threads';
import { pooledThreads } from '../drivers/pool.ts';
import type { Plan } from '../plan/types.ts';
import type { CensusEntry } from './types.ts';

/** Every thread of the process that Troupe knows: main, the workers of this run, and idle or foreign pooled ones. */
export async function takeCensus(plan: Plan, threadIds: ReadonlyMap<number, number>): Promise<readonly CensusEntry[]> {
  const namesOf = (worker: number): string[] =>
    plan.actors.filter((actor) => actor.worker === worker).map((actor) => actor.name);
  const main: CensusEntry = {
    role: 'main',
    owner: plan.name,
    threadId,
    stages: namesOf(0),
    cpuMs: cpuMs(process.threadCpuUsage()),
  };
  const workerByThread = new Map([...threadIds].map(([worker, id]) => [id, worker]));
  const threads = await pooledThreads();
  const entries = threads.map(async (thread): Promise<CensusEntry> => {
    // A thread may end while it is asked.
    const usage = await thread.cpuUsage().catch(() => ({ user: 0, system: 0 }));
    const worker = workerByThread.get(thread.threadId);
    return {
      role: worker !== undefined && plan.workers[worker]?.io === true ? 'io' : 'compute',
      owner: worker === undefined ? 'pool' : plan.name,
      threadId: thread.threadId,
      stages: worker === undefined ? [] : namesOf(worker),
      cpuMs: cpuMs(usage),
    };
  });
  return [main, ...(await Promise.all(entries))];
}

function cpuMs({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1_000;
}
