/**
 * The bare round trip between two threads whose event loops wait in `Atomics.waitAsync`: no queue, no spin,
 * no data.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { quantile } from '../statistics.ts';

const PING = 0;
const PONG = 32;
const WORDS = 64;

interface Task {
  readonly role: 'ping' | 'pong';
  readonly words: Int32Array;
  readonly warmUp: number;
  readonly trips: number;
  readonly pauseMs: number;
}

/**
 * Parameters: `warmUp` (trips without a pause), `trips` (timed), `pauseMs` (sleep of the first thread before
 * each timed trip, 0 for none).
 */
export async function measure(load: Load): Promise<Sample> {
  const trips = countOf(load, numberOf(load, 'trips'));
  const task = {
    words: new Int32Array(new SharedArrayBuffer(WORDS * 4)),
    warmUp: countOf(load, numberOf(load, 'warmUp')),
    trips,
    pauseMs: numberOf(load, 'pauseMs'),
  };
  const start = (role: Task['role']): Worker =>
    new Worker(new URL(import.meta.url), { workerData: { ...task, role } satisfies Task });
  const pong = start('pong');
  const ping = start('ping');
  const [tripsNs] = (await once(ping, 'message')) as [Float64Array];
  await Promise.all([ping.terminate(), pong.terminate()]);
  return { p50Ns: quantile(tripsNs, 0.5), p99Ns: quantile(tripsNs, 0.99) };
}

async function sleepUntil(words: Int32Array, index: number, value: number): Promise<void> {
  while (Atomics.load(words, index) !== value) await Atomics.waitAsync(words, index, value - 1).value;
}

function wake(words: Int32Array, index: number, value: number): void {
  Atomics.store(words, index, value);
  Atomics.notify(words, index, 1);
}

async function ping({ words, warmUp, trips, pauseMs }: Task): Promise<Float64Array> {
  const tripsNs = new Float64Array(trips);
  for (let n = 1; n <= warmUp + trips; n++) {
    if (n > warmUp && pauseMs > 0) await delay(pauseMs);
    const startNs = process.hrtime.bigint();
    wake(words, PING, n);
    await sleepUntil(words, PONG, n);
    const tripNs = Number(process.hrtime.bigint() - startNs);
    if (n > warmUp) tripsNs[n - warmUp - 1] = tripNs;
  }
  return tripsNs;
}

async function pong({ words, warmUp, trips }: Task): Promise<void> {
  for (let n = 1; n <= warmUp + trips; n++) {
    await sleepUntil(words, PING, n);
    wake(words, PONG, n);
  }
}

if (!isMainThread) {
  const task = workerData as Task;
  // A pending `waitAsync` does not keep a thread alive: a listener on its port does.
  parentPort?.on('message', () => {});
  if (task.role === 'ping') parentPort?.postMessage(await ping(task));
  else await pong(task);
}
