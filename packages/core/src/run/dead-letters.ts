import type { LetterWire } from '../drivers/messages.ts';
import type { TroupeError } from '@troupe/mailbox';
import type { Plan } from '../plan/types.ts';
import type { DeadLetter } from './types.ts';

/** More than these are dropped, oldest first. */
const lettersMax = 1_000;

/** The messages of a run that were given up, newest last, bounded. */
export class DeadLetters {
  readonly #plan: Plan;
  readonly #letters = new Map<number, { readonly letter: DeadLetter; readonly wire: LetterWire }>();
  #count = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** All that were ever given up. */
  get count(): number {
    return this.#count;
  }

  add(wire: LetterWire, error: TroupeError): void {
    const id = this.#count++;
    const { port, frame, value, seq, time, tries } = wire;
    const stage = this.#plan.actors[wire.actor]?.name ?? '';
    this.#letters.set(id, { letter: { id, stage, port, frame, value, seq, time, tries, error }, wire });
    const [oldest] = this.#letters.keys();
    if (this.#letters.size > lettersMax && oldest !== undefined) this.#letters.delete(oldest);
  }

  list(): readonly DeadLetter[] {
    return [...this.#letters.values()].map(({ letter }) => letter);
  }

  /** Takes a letter out, to be sent again. */
  take(id: number): LetterWire | undefined {
    const found = this.#letters.get(id);
    this.#letters.delete(id);
    return found?.wire;
  }
}
