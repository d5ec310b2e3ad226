import type { Doorbell, WorkerGauges } from '@troupe/mailbox';
import { workerCount } from '@troupe/mailbox';
import { traced } from '../executor/trace-ring.ts';
import type { Tracing } from '../executor/trace-ring.ts';

/** How long an executor that has run out of work looks for more before it sleeps, in ms. */
const spinMs = 0.05;
/** How long an executor works before it looks whether an event loop has to turn, in ms. */
const sliceMs = 0.5;
/** How long a compute worker works before it looks whether an actor awaits something, in ms. */
const parkedSliceMs = 5;

/**
 * Timers of an event loop count whole milliseconds. A sleep may end this much after a due time, in ms; when
 * it ends before, the loop goes on turning until then.
 */
const lateMs = 0.35;

/** How much earlier than a due time a parked thread at most wakes, in ms. */
const slackMaxMs = 0.5;
const slackStepMs = 0.02;
const slackQuantile = 0.9;

/**
 * How late a parked thread wakes from a sleep of a given length: machines differ, and deep sleep adds to it.
 * Learned as a quantile, so that a thread that wakes so much earlier seldom comes late, and looks for work no
 * longer than it has to.
 */
class Slack {
  ms = 0.1;

  /** A sleep ended `overMs` after its time. */
  note(overMs: number): void {
    const step = overMs > this.ms ? slackQuantile : slackQuantile - 1;
    this.ms = Math.min(slackMaxMs, Math.max(0, this.ms + step * slackStepMs));
  }
}

/** How long an event loop with a due time so far away sleeps, in whole ms; 0: it turns until then. */
function loopRestMs(untilMs: number): number {
  return Math.floor(untilMs + lateMs);
}

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
  /** Where the thread writes down its sleeps. */
  readonly tracing?: Tracing;
}

function add(gauges: WorkerGauges, index: number, value: number): void {
  gauges.counts[index] = (gauges.counts[index] as number) + value;
}

/**
 * Steps while there is work, and a little longer, or until a due time that is near, unless somebody is to be
 * woken: he may need this core. True when a control message has come.
 */
function work({ executor, bell, gauges }: Loop, sliceMs: number, slackMs: number): boolean {
  // The end of the last sleep, or of what was done since: the first pass counts as the others.
  const awakeMs = executor.nowMs;
  let startMs = -1;
  let idleMs = -1;
  let steps = 0;
  for (;;) {
    if (bell.takeControl()) {
      noteWork(gauges, executor.nowMs - awakeMs, steps);
      return true;
    }
    const isBusy = executor.step();
    steps++;
    const { nowMs } = executor;
    if (startMs < 0) startMs = nowMs;
    if (isBusy) idleMs = -1;
    else if (idleMs < 0) idleMs = nowMs;
    const isLong = isBusy ? nowMs - startMs >= sliceMs : nowMs - idleMs >= spinMs;
    if (!isLong && !executor.wouldWake()) continue;
    const isNear = !isBusy && nowMs - idleMs < spinMs + slackMaxMs && executor.untilDeadlineMs() <= slackMs;
    if (isNear && !executor.wouldWake()) continue;
    noteWork(gauges, nowMs - awakeMs, steps);
    return false;
  }
}

function noteWork(gauges: WorkerGauges, awakeMs: number, steps: number): void {
  add(gauges, workerCount.busyNs, awakeMs * 1e6);
  add(gauges, workerCount.steps, steps);
}

/**
 * The loop of a compute worker: parks its thread while there is nothing to do, unless it awaits something of
 * its own.
 */
export async function runParked(loop: Loop & { readonly isAwaiting: () => boolean }): Promise<void> {
  const { executor, bell } = loop;
  const slack = new Slack();
  // Looks at the clock: what a thread is awake for counts from here on.
  executor.untilDeadlineMs();
  while (!loop.isStopping()) {
    if (work(loop, parkedSliceMs, slack.ms)) {
      executor.strike();
      loop.control();
    } else if (mayRest(loop)) {
      const untilMs = executor.untilDeadlineMs();
      const sleptMs = executor.nowMs;
      executor.strike();
      if (loop.isAwaiting()) {
        await restOnLoop(loop, untilMs);
        noteSleep(loop, sleptMs);
        continue;
      }
      const restMs = untilMs - slack.ms;
      const isRung = restMs <= 0 || bell.wait(restMs);
      if (restMs <= 0) bell.disarm();
      else if (isRung) add(loop.gauges, workerCount.wakes, 1);
      noteSleep(loop, sleptMs);
      if (!isRung) slack.note(executor.nowMs - sleptMs - restMs);
    } else if (loop.isAwaiting()) {
      executor.strike();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** The loop of an `io` worker and of the main thread: sleeps and works between turns of the event loop. */
export async function runOnLoop(loop: Loop): Promise<void> {
  const { executor } = loop;
  executor.untilDeadlineMs();
  while (!loop.isStopping()) {
    if (work(loop, sliceMs, 0)) {
      executor.strike();
      loop.control();
    } else if (mayRest(loop)) {
      const untilMs = executor.untilDeadlineMs();
      const sleptMs = executor.nowMs;
      await restOnLoop(loop, untilMs);
      noteSleep(loop, sleptMs);
    } else {
      executor.strike();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Sleeps on the event loop until rung, or until about a due time. */
async function restOnLoop({ executor, bell, gauges }: Loop, untilMs: number): Promise<void> {
  const restMs = loopRestMs(untilMs);
  if (restMs > 0) {
    const rung = bell.waitAsync(restMs);
    executor.strike();
    if (await rung) add(gauges, workerCount.wakes, 1);
    return;
  }
  bell.disarm();
  executor.strike();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Arms the doorbell; false, with the doorbell disarmed, when there is something to do after all. */
function mayRest(loop: Pick<Loop, 'executor' | 'bell'>): boolean {
  loop.bell.arm();
  return lastLook(loop);
}

/**
 * With the doorbell armed: whether there is nothing to do. The doorbell is disarmed when there is something.
 */
export function lastLook({ executor, bell }: Pick<Loop, 'executor' | 'bell'>): boolean {
  if (!bell.hasControl() && !executor.hasWork()) return true;
  bell.disarm();
  return false;
}

/** Notes a sleep that has begun at `sleptMs`. Looks at the clock. */
export function noteSleep(
  { executor, gauges, tracing }: Pick<Loop, 'executor' | 'gauges' | 'tracing'>,
  sleptMs: number,
): void {
  add(gauges, workerCount.sleeps, 1);
  // `untilDeadlineMs` looks at the clock.
  executor.untilDeadlineMs();
  tracing?.writer?.span(traced.sleep, -1, sleptMs, executor.nowMs);
  add(gauges, workerCount.idleNs, (executor.nowMs - sleptMs) * 1e6);
}
