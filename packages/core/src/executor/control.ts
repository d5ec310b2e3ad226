import { eventsId } from '@troupe/mailbox';
import type { Journal, Releasable } from '@troupe/mailbox';
import type { EventTable } from '../events/event-table.ts';
import type { ControlPlan } from '../plan/conditions.ts';
import { gate } from './actor.ts';

/**
 * The event that an actor runs by. Switchable: its handlers are called while the event is set. Toggleable:
 * one call for each activation, which is in the actor's hand from before the call until the commit that shows
 * what the call emitted: the commit stores how many calls are done, like the cursor of a mailbox.
 */
export class Control implements Releasable {
  readonly isToggle: boolean;
  readonly #table: EventTable;
  readonly #plan: ControlPlan;
  /** Activations taken, used up by calls that have ended well, and told so in shared memory. */
  #taken = 0;
  #handled = 0;
  #released = 0;

  /** A successor finds in its hand what its predecessor had taken and not used up. */
  constructor(plan: ControlPlan, table: EventTable) {
    this.#plan = plan;
    this.#table = table;
    this.isToggle = plan.form === 'toggleable';
    if (!this.isToggle) return;
    this.#taken = table.taken(plan);
    this.#released = table.done(plan);
    this.#handled = this.#released;
  }

  /** The gate that its event closes now; 0: none. */
  closes(): number {
    if (this.isOpen()) return 0;
    return this.isToggle ? gate.toggle : gate.switch;
  }

  /** Whether a handler may be called, as far as can be told without taking anything. */
  isOpen(): boolean {
    if (!this.isToggle) return this.#table.count(this.#plan.event) > 0;
    return this.#taken !== this.#handled || this.#table.available(this.#plan.event) > 0;
  }

  /** Right before a call: whether it may be made. Takes an activation where one call needs one. */
  admit(): boolean {
    if (!this.isToggle) return this.isOpen();
    if (this.#taken !== this.#handled) return true;
    if (!this.#table.takeFor(this.#plan)) return false;
    this.#taken = (this.#taken + 1) | 0;
    return true;
  }

  /** A call has ended well. */
  settle(): void {
    if (this.isToggle) this.#handled = (this.#handled + 1) | 0;
  }

  record(journal: Journal): void {
    if (this.#handled !== this.#released)
      journal.add(eventsId, this.#table.doneAt(this.#plan), this.#handled);
  }

  release(): void {
    if (this.#handled === this.#released) return;
    this.#released = this.#handled;
    // Publishes to a successor that these activations are used up.
    Atomics.store(this.#table.words, this.#table.doneAt(this.#plan), this.#handled);
  }
}
