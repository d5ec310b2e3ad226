import type { Doorbell } from '@troupe/mailbox';
import type { ControlMessage, WorkerMessage, WorkerTask } from '../drivers/messages.ts';
import { runPooled } from '../drivers/pool.ts';
import type { PooledTask } from '../drivers/pool.ts';
import type { StartOptions } from './types.ts';

/** How a worker came to its end. */
export interface WorkerEnd {
  /** It put everything away before. */
  readonly isOrderly: boolean;
  readonly error: unknown;
}

/** The main thread's end of one pooled worker. */
export class WorkerLink {
  readonly index: number;
  readonly ended: Promise<WorkerEnd>;
  threadId = -1;
  readonly #task: PooledTask;
  readonly #bell: Doorbell;
  #isOrderly = false;

  private constructor(index: number, task: PooledTask, bell: Doorbell, onMessage: (message: WorkerMessage) => void) {
    this.index = index;
    this.#task = task;
    this.#bell = bell;
    const closed = new Promise<void>((resolve) => task.port.once('close', resolve));
    task.port.on('message', (message: WorkerMessage) => {
      if (message.type === 'goodbye') {
        this.#isOrderly = true;
        // The thread parks in the pool before its own end of the port would have closed.
        task.port.close();
      }
      if (message.type === 'ready') this.threadId = message.threadId;
      onMessage(message);
    });
    this.ended = closed.then(() => this.#end());
  }

  /** Takes a thread from the pool and gives it the task. */
  static async open(
    task: WorkerTask,
    bell: Doorbell,
    limits: StartOptions['resourceLimits'],
    onMessage: (message: WorkerMessage) => void,
  ): Promise<WorkerLink> {
    return new WorkerLink(task.worker, await runPooled(task, limits), bell, onMessage);
  }

  send(message: ControlMessage): void {
    this.#task.port.postMessage(message);
    this.#bell.ringControl();
  }

  /** Ends the thread wherever it is. `ended` resolves when it has. */
  terminate(): void {
    this.#task.abort();
  }

  async #end(): Promise<WorkerEnd> {
    if (this.#isOrderly) {
      await this.#task.ended;
      return { isOrderly: true, error: undefined };
    }
    // The port closes with the thread. The pool learns of an uncaught error within a turn; of process.exit and a
    // terminated thread never, and must be told, or its slot stays taken.
    const late = new Promise<{ error: unknown }>((resolve) => setTimeout(resolve, 20, { error: undefined }));
    const { error } = await Promise.race([this.#task.ended, late]);
    this.#task.abort();
    return { isOrderly: false, error };
  }
}
