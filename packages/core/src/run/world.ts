import type { Doorbell } from '@troupe/mailbox';
import { runOnLoop } from '../drivers/loops.ts';
import type { Loop } from '../drivers/loops.ts';
import type { ControlMessage, WorkerMessage, WorkerTask } from '../drivers/messages.ts';
import { keepSpare } from '../drivers/pool.ts';
import { machineTime } from '../executor/thread-time.ts';
import type { ThreadTime, Timer } from '../executor/thread-time.ts';
import type { LiveRunParts } from './live-parts.ts';
import type { StartOptions } from './types.ts';
import { WorkerLink } from './worker-link.ts';

/** How a worker came to its end. */
export interface WorkerEnd {
  /** It put everything away before. */
  readonly isOrderly: boolean;
  readonly error: unknown;
  /** Where the thread has ended by itself. */
  readonly exitCode: number | undefined;
}

/** The owner's end of one worker. */
export interface HostedWorker {
  /** -1 until it is known. */
  readonly threadId: number;
  /** Resolves after everything that the worker has said. */
  readonly ended: Promise<WorkerEnd>;
  send(message: ControlMessage): void;
  /** Ends the worker wherever it is. `ended` resolves when it has. */
  terminate(): void;
}

/** What a run stands on: its plan, and what all of its threads share. */
export type Ground = Pick<LiveRunParts, 'plan' | 'shared' | 'letters'>;

/** What a run stands in: the time of its main thread, and what hosts its workers. */
export interface World extends ThreadTime {
  /** Learns what the run stands on, before anything else. */
  begin(ground: Ground): void;
  host(
    task: WorkerTask,
    bell: Doorbell,
    limits: StartOptions['resourceLimits'],
    onMessage: (message: WorkerMessage) => void,
  ): Promise<HostedWorker>;
  /** Has a host at hand for the successor of a worker with these modules. */
  keepSpare(modules: readonly string[], limits: StartOptions['resourceLimits']): Promise<void>;
  /** The loop of the main thread. Resolves when it has stopped. */
  lead(loop: Loop): Promise<void>;
  /** Parked workers do not keep a process alive: this does, until it is cancelled. */
  keepAlive(): Timer;
}

/** Pooled threads, and the machine's time. */
export const threadWorld: World = {
  ...machineTime,
  begin: () => undefined,
  host: (...given) => WorkerLink.open(...given),
  keepSpare,
  lead: runOnLoop,
  keepAlive() {
    const timer = setInterval(() => undefined, 2 ** 30);
    return { cancel: () => clearInterval(timer) };
  },
};
