import { threadId } from 'node:worker_threads';
import type { Worker } from 'node:worker_threads';
import { getHeapStatistics } from 'node:v8';
import { workerCount } from '@troupe/mailbox';
import type { Gauges } from '@troupe/mailbox';
import { allocateLoopDelay, readLoopDelay, takeLoopDelay } from '../drivers/loop-delay.ts';
import { pooledThreads } from '../drivers/pool.ts';
import type { Plan } from '../plan/types.ts';
import type { Crew } from './crew.ts';
import type { CensusEntry, HeapMemory, LoopDelay } from './types.ts';

/** A thread that has not answered by then is left alone, in ms: it may hang. */
const answerMs = 250;

/** A run that holds threads. */
interface Household {
  readonly plan: Plan;
  readonly crew: Crew;
  readonly gauges: Gauges;
}

/** Where a thread is at work. */
interface Place extends Household {
  readonly worker: number;
}

const households = new Set<Household>();

/** Lets a run's threads be known by their owner until the returned function is called. */
export function enlist({ plan, crew, gauges }: Household): () => void {
  const household: Household = { plan, crew, gauges };
  households.add(household);
  return () => void households.delete(household);
}

/** Every thread of the process that Troupe knows: main, the workers of every run, and idle pooled ones. */
export async function takeCensus(asker: Plan): Promise<readonly CensusEntry[]> {
  const places = new Map<number, Place>();
  for (const household of households) {
    for (const [worker, id] of household.crew.threadIds()) places.set(id, { ...household, worker });
  }
  const threads = await pooledThreads();
  const entries = threads.map((thread) => entryOf(asker, thread, places.get(thread.threadId)));
  return [mainEntry(asker), ...(await Promise.all(entries))];
}

async function entryOf(asker: Plan, thread: Worker, place: Place | undefined): Promise<CensusEntry> {
  const { threadId: id } = thread;
  const isIo = place !== undefined && place.plan.workers[place.worker]?.io === true;
  // A thread may end, or hang, while it is asked.
  const [cpu, heap, loopDelay] = await Promise.all([
    answer(thread.cpuUsage()),
    answer(thread.getHeapStatistics()),
    isIo ? answer(askLoopDelay(place)) : undefined,
  ]);
  return {
    role: isIo ? 'io' : 'compute',
    owner: place?.plan.name ?? 'pool',
    threadId: id,
    // Two runs of one graph have plans of the same name, but each its own.
    worker: place?.plan === asker ? place.worker : undefined,
    stages: place === undefined ? [] : namesOf(place.plan, place.worker),
    cpuMs: cpu === undefined ? 0 : cpuMs(cpu),
    heap: heap === undefined ? undefined : heapOf(heap),
    loopDelay,
    sleeps: place === undefined ? 0 : sleepsOf(place),
  };
}

function mainEntry(asker: Plan): CensusEntry {
  const plans = households.size === 0 ? [asker] : [...households].map(({ plan }) => plan);
  const sleeps = [...households].map((household) => sleepsOf({ ...household, worker: 0 }));
  return {
    role: 'main',
    owner: plans.map(({ name }) => name).join(', '),
    threadId,
    worker: 0,
    stages: plans.flatMap((plan) => namesOf(plan, 0)),
    cpuMs: cpuMs(process.threadCpuUsage()),
    heap: heapOf(getHeapStatistics()),
    loopDelay: takeLoopDelay(),
    sleeps: sleeps.reduce((sum, each) => sum + each, 0),
  };
}

async function askLoopDelay({ crew, worker }: Place): Promise<LoopDelay | undefined> {
  const memory = allocateLoopDelay();
  await crew.ask(worker, (request) => ({ type: 'loopDelay', memory, request }));
  return readLoopDelay(memory);
}

async function answer<T>(asked: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), answerMs);
  try {
    return await Promise.race([asked.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

function sleepsOf({ gauges, worker }: Place): number {
  return gauges.worker(worker).counts[workerCount.sleeps] ?? 0;
}

function heapOf(heap: {
  readonly used_heap_size: number;
  readonly total_heap_size: number;
  readonly heap_size_limit: number;
}): HeapMemory {
  return {
    usedBytes: heap.used_heap_size,
    totalBytes: heap.total_heap_size,
    limitBytes: heap.heap_size_limit,
  };
}

function namesOf(plan: Plan, worker: number): string[] {
  return plan.actors.filter((actor) => actor.worker === worker).map((actor) => actor.name);
}

function cpuMs({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1_000;
}
