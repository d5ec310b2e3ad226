import type { LetterWire } from '../drivers/messages.ts';
import type { ActorPlan } from '../plan/types.ts';
import type { DeadLetters, Filed } from './dead-letters.ts';
import type { Replacement } from './types.ts';

interface Resent {
  readonly filed: Filed;
  readonly worker: number;
  deaths: number;
}

/** Dead letters that were sent again and have not been handled yet: they outlive their workers. */
export class Resends {
  readonly #letters: DeadLetters;
  readonly #open = new Map<number, Resent>();

  constructor(letters: DeadLetters) {
    this.#letters = letters;
  }

  add(worker: number, filed: Filed): void {
    this.#open.set(filed.wire.id, { filed, worker, deaths: 0 });
  }

  /** One has been handled, or given up anew. */
  close(id: number): void {
    this.#open.delete(id);
  }

  /** What a worker's successor gets as well. */
  of(worker: number): readonly LetterWire[] {
    return [...this.#open.values()].filter((each) => each.worker === worker).map(({ filed }) => filed.wire);
  }

  /** One that ends its worker each time is a dead letter again after its last try: of this actor. */
  blame(actor: ActorPlan, id: number, error: Replacement['error']): number | undefined {
    const resent = this.#open.get(id);
    if (resent === undefined || ++resent.deaths < actor.supervision.triesMax) return undefined;
    this.#open.delete(id);
    this.#letters.add(resent.filed.wire, error);
    return actor.index;
  }

  /** The run is over: what was sent again and not handled is a dead letter still. */
  restore(): void {
    for (const { filed } of this.#open.values()) this.#letters.restore(filed);
    this.#open.clear();
  }
}
