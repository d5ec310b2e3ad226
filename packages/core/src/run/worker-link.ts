import type { Doorbell } from '@troupe/mailbox';
import type { ControlMessage, WorkerMessage, WorkerTask } from '../drivers/messages.ts';
import { runPooled } from '../drivers/pool.ts';
import type { PooledTask } from '../drivers/pool.ts';
import type { StartOptions } from './types.ts';
import type { HostedWorker, WorkerEnd } from './world.ts';

/** How long after its port's end a thread that had not said what it is may end, in ms. */
const endGraceMs = 20;
/** The same for a thread that is watched: it can have ended before. */
const endGraceMsMax = 200;
/** How long a thread may take to return from its task after its goodbye, in ms. */
const goodbyeGraceMs = 1_000;

/** The main thread's end of one pooled worker. */
export class WorkerLink implements HostedWorker {
  readonly ended: Promise<WorkerEnd>;
  threadId = -1;
  readonly #task: PooledTask;
  readonly #bell: Doorbell;
  #isOrderly = false;
  #exit: Promise<number> | undefined;

  private constructor(task: PooledTask, bell: Doorbell, onMessage: (message: WorkerMessage) => void) {
    this.#task = task;
    this.#bell = bell;
    const closed = new Promise<void>((resolve) => task.port.once('close', resolve));
    task.port.on('message', (message: WorkerMessage) => {
      if (message.type === 'goodbye') {
        this.#isOrderly = true;
        // The thread parks in the pool before its own end of the port would have closed.
        task.port.close();
      }
      if (message.type === 'ready') {
        this.threadId = message.threadId;
        this.#exit = task.exitOf(message.threadId);
      }
      onMessage(message);
    });
    // Everything that the worker has said comes before the end of its port. A task that the pool could not
    // even pass on has a port that never ends.
    const failed = task.ended.then(({ error }) => (error === undefined ? closed : after(endGraceMsMax)));
    this.ended = Promise.race([closed, failed]).then(() => this.#end());
  }

  /** Takes a thread from the pool and gives it the task. */
  static async open(
    task: WorkerTask,
    bell: Doorbell,
    limits: StartOptions['resourceLimits'],
    onMessage: (message: WorkerMessage) => void,
  ): Promise<WorkerLink> {
    return new WorkerLink(await runPooled(task, limits), bell, onMessage);
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
    const { ended } = this.#task;
    if (this.#isOrderly) {
      const isLate = (await Promise.race([ended, after(goodbyeGraceMs)])) === undefined;
      if (isLate) this.#task.abort();
      return { isOrderly: true, error: undefined, exitCode: undefined };
    }
    // The port closes with the thread. The pool learns of an uncaught error; of process.exit and a terminated
    // thread never, and must be told, or its slot stays taken.
    const exited = Promise.race([this.#exit ?? after(endGraceMs), after(endGraceMsMax)]);
    const end = await Promise.race([ended, exited.then((exitCode) => ({ error: undefined, exitCode }))]);
    this.#task.abort();
    return { isOrderly: false, exitCode: undefined, ...end };
  }
}

function after(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), delayMs).unref();
  });
}
