import type { Doorbell, WorkerGauges } from '@troupe/mailbox';
import { workerCount } from '@troupe/mailbox';

/** How long an executor that has run out of work looks for more before it sleeps, in ms. */
const spinMs = 0.05;
/** How long an executor works before it looks whether an event loop has to turn, in ms. */
const sliceMs = 0.5;
/** How long a compute worker works before it looks whether an actor awaits something, in ms. */
const parkedSliceMs = 5;

/** What a loop drives: an executor, or main's executor and boundary ports together. */
export interface Steppable {
  /** False when there was nothing to do. */
  step(): boolean;
  /** After the doorbell has been armed: whether there is something to do after all. */
  hasWork(): boolean;
  /** Looks at the clock. */
  untilDeadlineMs(): number;
  /** As of the last look at the clock. */
  readonly nowMs: number;
  /** Carries out deferred rings of other threads' doorbells. */
  strike(): void;
  /** Whether `strike` would wake a thread. */
  wouldWake(): boolean;
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

/**
 * Steps while there is work, and a little longer, unless somebody is to be woken: he may need this core. True
 * when a control message has come.
 */
function work({ executor, bell, gauges }: Loop, sliceMs: number): boolean {
  let startMs = -1;
  let idleMs = -1;
  for (;;) {
    if (bell.takeControl()) return true;
    const isBusy = executor.step();
    const { nowMs } = executor;
    if (startMs < 0) startMs = nowMs;
    if (isBusy) idleMs = -1;
    else if (idleMs < 0) idleMs = nowMs;
    const isLong = isBusy ? nowMs - startMs >= sliceMs : nowMs - idleMs >= spinMs;
    if (!isLong && !executor.wouldWake()) continue;
    add(gauges, workerCount.busyNs, (nowMs - startMs) * 1e6);
    return false;
  }
}

/**
 * The loop of a compute worker: parks its thread while there is nothing to do, unless it awaits something of
 * its own.
 */
export async function runParked(loop: Loop & { readonly isAwaiting: () => boolean }): Promise<void> {
  const { executor, bell } = loop;
  while (!loop.isStopping()) {
    if (work(loop, parkedSliceMs)) {
      executor.strike();
      loop.control();
    } else if (mayRest(loop)) {
      const untilMs = executor.untilDeadlineMs();
      const sleptMs = executor.nowMs;
      const isAwaiting = loop.isAwaiting();
      executor.strike();
      if (isAwaiting) await bell.waitAsync(untilMs);
      else bell.wait(untilMs);
      noteSleep(loop, sleptMs);
    } else if (loop.isAwaiting()) {
      executor.strike();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** The loop of an `io` worker and of the main thread: sleeps and works between turns of the event loop. */
export async function runOnLoop(loop: Loop): Promise<void> {
  const { executor, bell } = loop;
  while (!loop.isStopping()) {
    if (work(loop, sliceMs)) {
      executor.strike();
      loop.control();
    } else if (mayRest(loop)) {
      const untilMs = executor.untilDeadlineMs();
      const sleptMs = executor.nowMs;
      const rung = bell.waitAsync(untilMs);
      executor.strike();
      await rung;
      noteSleep(loop, sleptMs);
    } else {
      executor.strike();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Arms the doorbell; false, with the doorbell disarmed, when there is something to do after all. */
function mayRest({ executor, bell }: Loop): boolean {
  bell.arm();
  if (!bell.hasControl() && !executor.hasWork()) return true;
  bell.disarm();
  return false;
}

function noteSleep({ executor, gauges }: Loop, sleptMs: number): void {
  add(gauges, workerCount.sleeps, 1);
  // `untilDeadlineMs` looks at the clock.
  executor.untilDeadlineMs();
  add(gauges, workerCount.idleNs, (executor.nowMs - sleptMs) * 1e6);
}
