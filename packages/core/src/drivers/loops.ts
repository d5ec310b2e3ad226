import type { Doorbell, WorkerGauges } from '@troupe/mailbox';
import { workerCount } from '@troupe/mailbox';

/** How long an executor that has run out of work looks for more before it sleeps, in ms. */
const spinMs = 0.02;
/** How long an executor with an event loop works before it lets the loop run, in ms. */
const sliceMs = 0.5;

/** What a loop drives: an executor, or main's executor and boundary ports together. */
export interface Steppable {
  /** False when there was nothing to do. */
  step(): boolean;
  /** After the doorbell has been armed: whether there is something to do after all. */
  hasWork(): boolean;
  untilDeadlineMs(): number;
}

export interface Loop {
  readonly executor: Steppable;
  readonly bell: Doorbell;
  readonly gauges: WorkerGauges;
  /** Handles what has come on the control port. */
  readonly control: () => void;
  readonly isStopping: () => boolean;
}

function add(gauges: WorkerGauges, index: number, value: number): void {
  gauges.counts[index] = (gauges.counts[index] as number) + value;
}

/** Steps while there is work, and a little longer. True when a control message has come. */
function work({ executor, bell, gauges }: Loop, untilMs: number): boolean {
  const startMs = performance.now();
  let idleMs = 0;
  for (;;) {
    if (bell.takeControl()) return true;
    const isBusy = executor.step();
    const nowMs = performance.now();
    if (isBusy) idleMs = 0;
    else if (idleMs === 0) idleMs = nowMs;
    if (nowMs >= untilMs || (!isBusy && nowMs - idleMs >= spinMs)) {
      add(gauges, workerCount.busyNs, (nowMs - startMs) * 1e6);
      return false;
    }
  }
}

/** The loop of a compute worker: parks its thread while there is nothing to do. Returns when the worker is to stop. */
export function runParked(loop: Loop): void {
  const { executor, bell, gauges } = loop;
  while (!loop.isStopping()) {
    if (work(loop, Infinity)) {
      loop.control();
      continue;
    }
    bell.arm();
    if (bell.hasControl() || executor.hasWork()) {
      bell.disarm();
      continue;
    }
    const sleptMs = performance.now();
    bell.wait(executor.untilDeadlineMs());
    add(gauges, workerCount.sleeps, 1);
    add(gauges, workerCount.idleNs, (performance.now() - sleptMs) * 1e6);
  }
}

/** The loop of an `io` worker and of the main thread: sleeps and works between turns of the event loop. */
export async function runOnLoop(loop: Loop): Promise<void> {
  const { executor, bell, gauges } = loop;
  while (!loop.isStopping()) {
    if (work(loop, performance.now() + sliceMs)) {
      loop.control();
      continue;
    }
    bell.arm();
    if (bell.hasControl() || executor.hasWork()) {
      bell.disarm();
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    const sleptMs = performance.now();
    await bell.waitAsync(executor.untilDeadlineMs());
    add(gauges, workerCount.sleeps, 1);
    add(gauges, workerCount.idleNs, (performance.now() - sleptMs) * 1e6);
  }
}
