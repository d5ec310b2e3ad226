import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort, Worker } from 'node:worker_threads';
import type { Tinypool } from 'tinypool';
import { WorkerEntryError } from '../errors.ts';
import type { StartOptions } from '../run/types.ts';
import type { WorkerTask } from './messages.ts';
import type { EntryTask } from './worker-entry.ts';

/** Threads that no run needs are kept this long. */
const idleTimeoutMs = 60_000;
/** More executors than any graph has: an executor must never queue behind another. */
const threadsMax = 1_024;

/**
 * Young objects of a thread, unless the run says otherwise; V8 would let them grow to 48 MB. What handlers
 * leave behind is short-lived: a small nursery stays near the processor, is collected in less time, and
 * leaves a thread of idle actors small.
 */
const youngGenerationMb = 12;

/** An executor on its way through a pooled worker. */
export interface PooledTask {
  readonly port: MessagePort;
  /** Resolves when the task has returned, or with what ended it. Never rejects. */
  readonly ended: Promise<{ readonly error: unknown }>;
  /** Ends the thread, if the task still runs on it. */
  abort(): void;
  /** Resolves with the exit code when the thread, which hosts this task, has ended. */
  exitOf(threadId: number): Promise<number>;
}

type Limits = StartOptions['resourceLimits'];

const pools = new Map<string, Promise<Tinypool>>();
/** Pools that have lost a thread: their tasks go on, but they get no more. */
const retired = new Set<Promise<Tinypool>>();

/** The process's pool of threads with these limits. Threads are reused between runs. */
async function poolOf(limits: Limits): Promise<Tinypool> {
  const key = JSON.stringify(limits ?? {});
  const known = pools.get(key);
  if (known !== undefined) {
    // A pool never learns that an idle thread has ended itself, and would give it a task.
    const isWhole = threadsOf(await known).every(({ threadId }) => threadId >= 0);
    if (isWhole) return known;
    if (pools.get(key) === known) pools.delete(key);
    retired.add(known);
    return poolOf(limits);
  }
  const created = createPool(limits);
  pools.set(key, created);
  return created;
}

async function createPool(limits: Limits): Promise<Tinypool> {
  const { Tinypool: Pool } = await import('tinypool');
  // Neither loader nor bundler rewrites this: sources sit beside a .ts entry, dist beside a .js one.
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? './worker-entry.ts' : './worker-entry.js',
    import.meta.url,
  );
  // A thread that finds nothing to begin with would leave its task waiting for ever.
  if (!existsSync(entry)) throw new WorkerEntryError(fileURLToPath(entry));
  const pool = new Pool({
    filename: entry.href,
    minThreads: 0,
    maxThreads: threadsMax,
    idleTimeout: idleTimeoutMs,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb, ...limits },
  });
  // A thread that dies between two tasks concerns nobody; the next task gets another one.
  pool.on('error', () => undefined);
  return pool;
}

/** Gives a task to an idle pooled thread, or to a new one. */
export async function runPooled(task: WorkerTask, limits: Limits): Promise<PooledTask> {
  const pool = await poolOf(limits);
  const { port1, port2 } = new MessageChannel();
  const abort = new AbortController();
  const entry: EntryTask = { task, port: port2 };
  const ended = pool.run(entry, { transferList: [port2], signal: abort.signal }).then(
    () => ({ error: undefined }),
    (error: unknown) => ({ error }),
  );
  const exitOf = (threadId: number): Promise<number> =>
    new Promise((resolve) => {
      const thread = threadsOf(pool).find((candidate) => candidate.threadId === threadId);
      thread?.once('exit', resolve);
      // The thread goes on to other tasks, and would gather listeners.
      void ended.then(() => setImmediate(() => thread?.off('exit', resolve)));
    });
  return { port: port1, ended, abort: () => abort.abort(), exitOf };
}

/** Has a thread of the pool at hand with these modules loaded: it takes the next task at once. */
export async function keepSpare(modules: readonly string[], limits: Limits): Promise<void> {
  const pool = await poolOf(limits);
  const entry: EntryTask = { modules };
  // A thread that cannot load them is no loss: the task that needs them will say why.
  await pool.run(entry).catch(() => undefined);
}

function threadsOf(pool: Tinypool): Worker[] {
  return pool.threads.map((worker) => (worker as unknown as { thread: Worker }).thread);
}

/** The pooled threads of this process. */
export async function pooledThreads(): Promise<readonly Worker[]> {
  const all = await Promise.all([...pools.values(), ...retired]);
  return all.flatMap(threadsOf).filter(({ threadId }) => threadId >= 0);
}
