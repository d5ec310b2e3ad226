import { ledgerId } from '@troupe/mailbox';
import type { Journal, Releasable } from '@troupe/mailbox';
import type { ActorLedger } from './ledger.ts';

/**
 * Which round's tick an actor has handled, under a clock with rounds. It is stored by the commit that shows
 * what the tick emitted, like the cursor of a mailbox: a successor finds both done, or neither, and then
 * makes the call again.
 */
export class TickNote implements Releasable {
  readonly #ledger: ActorLedger;
  #round = 0;
  #state: 'none' | 'given' | 'handled' = 'none';

  constructor(ledger: ActorLedger) {
    this.#ledger = ledger;
  }

  /** The handler is about to be called. */
  give(round: number): void {
    this.#round = round;
    this.#state = 'given';
  }

  /** The call has ended well, or has been given up. */
  settle(): void {
    if (this.#state === 'given') this.#state = 'handled';
  }

  /** Whether a successor in this round would find the tick done. */
  isDone(round: number): boolean {
    return this.#ledger.ticked === round;
  }

  record(journal: Journal): void {
    if (this.#state === 'handled') journal.add(ledgerId, this.#ledger.tickedAt, this.#round);
  }

  release(): void {
    if (this.#state !== 'handled') return;
    this.#state = 'none';
    this.#ledger.ticked = this.#round;
  }
}
