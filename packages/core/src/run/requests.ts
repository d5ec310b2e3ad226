import type { ControlMessage } from '../drivers/messages.ts';

/** What a worker has been asked for. */
interface Request {
  readonly worker: number;
  readonly message: ControlMessage;
  readonly settle: () => void;
}

/** What the workers of a run have been asked for and have not answered: it outlives them. */
export class Requests {
  readonly #open = new Map<number, Request>();
  #next = 0;

  /** `ask` makes a message with the number of its answer, `send` sends it. Resolves with the answer. */
  make(
    worker: number,
    ask: (request: number) => ControlMessage,
    send: (message: ControlMessage) => void,
  ): Promise<void> {
    const request = this.#next++;
    const message = ask(request);
    const done = new Promise<void>((settle) => this.#open.set(request, { worker, message, settle }));
    send(message);
    return done;
  }

  /** A request has been answered. */
  settle(request: number): void {
    this.#open.get(request)?.settle();
    this.#open.delete(request);
  }

  /** What a worker has not answered, for its successor. */
  of(worker: number): readonly ControlMessage[] {
    return [...this.#open.values()].filter((each) => each.worker === worker).map(({ message }) => message);
  }

  /** Nobody will answer any more: for one worker, or for all. */
  drop(worker?: number): void {
    for (const [request, each] of this.#open) {
      if (worker === undefined || each.worker === worker) this.settle(request);
    }
  }
}
