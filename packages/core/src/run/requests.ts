import type { ControlMessage } from '../drivers/messages.ts';
import type { WorkerLink } from './worker-link.ts';

interface Request {
  readonly worker: number;
  readonly message: ControlMessage;
  readonly settle: () => void;
}

/** What workers have been asked for and have not answered: it outlives them, a successor is asked as well. */
export class Requests {
  readonly #open = new Map<number, Request>();
  #next = 0;

  /** Resolves when the worker, or a successor of it, has answered. */
  ask(
    worker: number,
    link: WorkerLink | undefined,
    messageOf: (request: number) => ControlMessage,
  ): Promise<void> {
    const request = this.#next++;
    const message = messageOf(request);
    const done = new Promise<void>((settle) => this.#open.set(request, { worker, message, settle }));
    link?.send(message);
    return done;
  }

  answered(request: number): void {
    this.#open.get(request)?.settle();
    this.#open.delete(request);
  }

  /** Asks a successor for everything that its predecessor has not answered. */
  hand(worker: number, link: WorkerLink | undefined): void {
    for (const request of this.#open.values()) if (request.worker === worker) link?.send(request.message);
  }

  /** Nobody will answer for this worker any more; for none at all unless one is given. */
  dismiss(worker?: number): void {
    for (const [id, request] of this.#open) {
      if (worker === undefined || request.worker === worker) this.answered(id);
    }
  }
}
