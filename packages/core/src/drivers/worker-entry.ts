import { receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { createHandlers } from '../executor/lifecycle.ts';
import { Executor } from '../executor/executor.ts';
import { ThreadModes } from '../executor/gates.ts';
import { loadStage, optionsOf } from '../executor/load.ts';
import type { AnyStage } from '../stage.ts';
import { clockOf } from '../executor/wall-clock.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import { turnOf, wire } from '../executor/wire.ts';
import { markStageWorker } from './inside.ts';
import { rerouteConsole } from './console.ts';
import { errorToWire } from './error-wire.ts';
import { runOnLoop, runParked } from './loops.ts';
import type { Loop } from './loops.ts';
import type { ControlMessage, WorkerMessage, WorkerTask } from './messages.ts';

/** How long a stop waits for async handlers in flight. */
const stopGraceMs = 500;

/**
 * What the entry of a pooled thread is called with: to host an executor, or to have modules at hand for one.
 */
export type EntryTask =
  | { readonly task: WorkerTask; readonly port: MessagePort }
  | { readonly modules: readonly string[] };

/** The task of a pooled thread. */
export default async function enter(entry: EntryTask): Promise<void> {
  markStageWorker();
  if ('task' in entry) await hostExecutor(entry.task, entry.port);
  else await Promise.all(entry.modules.map((module) => import(module) as Promise<unknown>));
}

/** Hosts the actors of one executor until the run stops it. */
async function hostExecutor(task: WorkerTask, port: MessagePort): Promise<void> {
  const post = (message: WorkerMessage): void => port.postMessage(message);
  const restoreConsole = rerouteConsole(post);
  let isReady = false;
  try {
    const hosted = await prepare(task, post);
    isReady = true;
    post({ type: 'ready', threadId });
    await run(task, port, hosted, post);
  } catch (error) {
    post({ type: isReady ? 'fatal' : 'failedStart', error: errorToWire(error) });
  } finally {
    restoreConsole();
    post({ type: 'goodbye' });
  }
}

interface Hosted {
  readonly executor: Executor;
  readonly isAwaiting: () => boolean;
  readonly clock: WallClock;
  readonly loop: Omit<Loop, 'control' | 'isStopping'>;
}

async function prepare(task: WorkerTask, upcall: (message: WorkerMessage) => void): Promise<Hosted> {
  const { plan, worker, shared, seed, recovery, hasStats } = task;
  const stages = new Map<number, { stage: AnyStage; options: unknown }>();
  for (const index of plan.workers[worker]?.actors ?? []) {
    const actorPlan = plan.actors[index];
    if (actorPlan === undefined) continue;
    const stage = await loadStage(actorPlan);
    stages.set(index, { stage, options: optionsOf(actorPlan, stage) });
  }
  const turn = turnOf(shared);
  const clock = clockOf(turn, recovery?.epochMs ?? 0);
  const modes = new ThreadModes(task.gates);
  const wiring = wire({
    plan,
    worker,
    shared,
    seed,
    clock,
    recovery,
    upcall,
    modes,
    stages,
    flush: (actor) => executor.flush(actor),
  });
  const gauges = wiring.gauges.worker(worker);
  const { barrierTimeoutMs } = task;
  const parts = { ...wiring, plan, worker, gauges, clock, upcall, hasStats, turn, barrierTimeoutMs, modes };
  const executor: Executor = new Executor(wiring.actors, parts);
  for (const actor of executor.actors) {
    if (actor.phase !== 'created') continue;
    actor.ledger.create();
    actor.handlers = createHandlers(actor);
    actor.ledger.leave();
  }
  // Whoever waits for an event needs the event loop, on whatever thread.
  const isAwaiting = (): boolean => executor.isAwaiting() || wiring.events.hasWaiting();
  return { executor, isAwaiting, clock, loop: { executor, bell: wiring.bell, gauges } };
}

async function run(
  task: WorkerTask,
  port: MessagePort,
  hosted: Hosted,
  post: (message: WorkerMessage) => void,
): Promise<void> {
  const { executor, clock } = hosted;
  let isStopping = false;
  let hasGone = false;
  const handle = (message: ControlMessage): void => {
    if (message.type === 'go') {
      clock.start(message.epochMs);
      hasGone = true;
    } else if (message.type === 'stop') isStopping = true;
    else if (message.type === 'drain') executor.drain();
    else if (message.type === 'resend') executor.resend(message.letter);
    else if (message.type === 'echo') post({ type: 'done', request: message.request });
    else if (message.type === 'rate') {
      executor.setRate(message.change);
      post({ type: 'done', request: message.request });
    } else if (message.type === 'gates') {
      executor.setGates(message.state, () => post({ type: 'done', request: message.request }));
    } else {
      executor.setBlocking(message.edge, message.isBlocking, () =>
        post({ type: 'done', request: message.request }),
      );
    }
  };
  const control = (): void => {
    let entry = receiveMessageOnPort(port);
    while (entry !== undefined) {
      handle(entry.message as ControlMessage);
      entry = receiveMessageOnPort(port);
    }
  };
  const { bell } = hosted.loop;
  const isIo = task.plan.workers[task.worker]?.io === true;
  while (!hasGone && !isStopping) {
    if (bell.takeControl()) control();
    else await sleepUntilRung(bell, isIo);
  }
  if (hasGone) {
    if (task.recovery?.isDraining === true) executor.drain();
    executor.start(task.recovery !== undefined);
    if (task.recovery !== undefined) post({ type: 'running' });
    const loop: Loop = { ...hosted.loop, control, isStopping: () => isStopping };
    if (isIo) await runOnLoop(loop);
    else await runParked({ ...loop, isAwaiting: hosted.isAwaiting });
  }
  await executor.stop(stopGraceMs);
}

async function sleepUntilRung(bell: Loop['bell'], isIo: boolean): Promise<void> {
  bell.arm();
  if (bell.hasControl()) bell.disarm();
  else if (isIo) await bell.waitAsync(Infinity);
  else bell.wait(Infinity);
}
