import { receiveMessageOnPort, threadId } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { loadStage, optionsOf } from '../executor/load.ts';
import { machineTime } from '../executor/thread-time.ts';
import type { AnyStage } from '../stage.ts';
import { rerouteConsole } from './console.ts';
import { errorToWire } from './error-wire.ts';
import { markStageWorker } from './inside.ts';
import { runOnLoop, runParked } from './loops.ts';
import type { Loop } from './loops.ts';
import type { ControlMessage, WorkerMessage, WorkerTask } from './messages.ts';
import { StageThread } from './stage-thread.ts';

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
    const stages = await stagesOf(task);
    const thread = new StageThread({ task, time: machineTime, stages, post });
    isReady = true;
    post({ type: 'ready', threadId });
    await run(thread, port);
  } catch (error) {
    post({ type: isReady ? 'fatal' : 'failedStart', error: errorToWire(error) });
  } finally {
    restoreConsole();
    post({ type: 'goodbye' });
  }
}

async function stagesOf({
  plan,
  worker,
}: WorkerTask): Promise<Map<number, { stage: AnyStage; options: unknown }>> {
  const stages = new Map<number, { stage: AnyStage; options: unknown }>();
  for (const index of plan.workers[worker]?.actors ?? []) {
    const actorPlan = plan.actors[index];
    if (actorPlan === undefined) continue;
    const stage = await loadStage(actorPlan);
    stages.set(index, { stage, options: optionsOf(actorPlan, stage) });
  }
  return stages;
}

async function run(thread: StageThread, port: MessagePort): Promise<void> {
  const control = (): void => {
    let entry = receiveMessageOnPort(port);
    while (entry !== undefined) {
      thread.handle(entry.message as ControlMessage);
      entry = receiveMessageOnPort(port);
    }
  };
  const { bell } = thread.loop;
  while (!thread.hasGone && !thread.isStopping) {
    if (bell.takeControl()) control();
    else await sleepUntilRung(bell, thread.isIo);
  }
  if (thread.hasGone) {
    thread.begin();
    const loop: Loop = { ...thread.loop, control, isStopping: () => thread.isStopping };
    if (thread.isIo) await runOnLoop(loop);
    else await runParked({ ...loop, isAwaiting: () => thread.isAwaiting() });
  }
  await thread.end();
}

async function sleepUntilRung(bell: Loop['bell'], isIo: boolean): Promise<void> {
  bell.arm();
  if (bell.hasControl()) bell.disarm();
  else if (isIo) await bell.waitAsync(Infinity);
  else bell.wait(Infinity);
}
