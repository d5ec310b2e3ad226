import type { LetterWire } from '../drivers/messages.ts';
import type { TroupeError } from '@troupe/mailbox';
import type { Plan } from '../plan/types.ts';
import type { DeadLetter } from './types.ts';

/** More than these are dropped, oldest first. */
const lettersMax = 1_000;

/** A dead letter with what it takes to send it again. */
export interface Filed {
  readonly letter: DeadLetter;
  readonly wire: LetterWire;
}

/** The messages of a run that were given up, newest last, bounded. */
export class DeadLetters {
  readonly #plan: Plan;
  readonly #letters = new Map<number, Filed>();
  #count = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** All that were ever given up. */
  get count(): number {
    return this.#count;
  }

  add(given: LetterWire, error: TroupeError): void {
    const id = this.#count++;
    const { port, frame, value, seq, time, tries } = given;
    const stage = this.#plan.actors[given.actor]?.name ?? '';
    this.restore({
      letter: { id, stage, port, frame, value, seq, time, tries, error },
      wire: { ...given, id },
    });
  }

  list(): readonly DeadLetter[] {
    return [...this.#letters.values()].map(({ letter }) => letter).sort((a, b) => a.id - b.id);
  }

  find(id: number): Filed | undefined {
    return this.#letters.get(id);
  }

  /** Takes a letter out, to be sent again. */
  take(id: number): Filed | undefined {
    const filed = this.#letters.get(id);
    this.#letters.delete(id);
    return filed;
  }

  /** Puts back a letter that was sent again, but not handled. */
  restore(filed: Filed): void {
    this.#letters.set(filed.letter.id, filed);
    const [oldest] = this.#letters.keys();
    if (this.#letters.size > lettersMax && oldest !== undefined) this.#letters.delete(oldest);
  }
}
