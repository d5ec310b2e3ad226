import type { ControlMessage } from '../drivers/messages.ts';

interface Order {
  readonly worker: number;
  readonly message: ControlMessage;
}

/** What workers have been told that holds until it is revoked: their successors are told as well. */
export class Orders {
  readonly #standing = new Map<string, Order>();
  readonly #send: (worker: number, message: ControlMessage) => void;

  constructor(send: (worker: number, message: ControlMessage) => void) {
    this.#send = send;
  }

  /** In place of an order with the same name. A worker may be told the same twice. */
  give(name: string, worker: number, message: ControlMessage): void {
    this.#standing.set(name, { worker, message });
    this.#send(worker, message);
  }

  /** `message`: what undoes it. */
  revoke(name: string, message: ControlMessage): void {
    const order = this.#standing.get(name);
    if (order === undefined) return;
    this.#standing.delete(name);
    this.#send(order.worker, message);
  }

  /** What holds for a worker, in the order in which it was given. */
  of(worker: number): readonly ControlMessage[] {
    return [...this.#standing.values()]
      .filter((each) => each.worker === worker)
      .map(({ message }) => message);
  }
}
