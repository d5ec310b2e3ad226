import type { Doorbell } from '@troupe/mailbox';
import { EventUseError } from '../errors.ts';
import type { ThreadTime } from '../executor/thread-time.ts';
import type { BoundEvent, EventPlan, EventUse } from '../plan/conditions.ts';
import type { EventTable } from './event-table.ts';
import { Waiting } from './waiting.ts';
import type { EventWaitOptions } from './waiting.ts';

/**
 * An event, in a stage's hands: `create({ events })`. What it does is seen at once by everybody, and stays
 * done when the handler throws; under the clocks `paced` and `fast` it is seen from the next step on.
 */
export interface EventHandle {
  /** The event's name in the graph. */
  readonly name: string;
  /** Activations that nobody has taken back. */
  readonly count: number;
  /** Whether `count` is above 0. */
  isSet(): boolean;
  /** Adds an activation. Throws `EventFullError` when there are 4,194,304 already. */
  set(): void;
  /** Takes an activation back. False when there was none. */
  reset(): boolean;
  /** Takes all activations back. How many there were. */
  clear(): number;
  /**
   * Resolves true once the event is set, or has been set since the call, even if somebody has taken that
   * back; false when the time or the run is over. Takes nothing back. Works on every worker.
   */
  wait(options?: EventWaitOptions): Promise<boolean>;
}

/** The events of a run as one thread uses them. */
export class ThreadEvents {
  readonly table: EventTable;
  readonly #events: readonly EventPlan[];
  readonly #bells: readonly Doorbell[];
  readonly #own: Doorbell;
  readonly #waiting: readonly Waiting[];

  /** `bells`: of all threads, by index; `own`: of this one. */
  constructor(
    table: EventTable,
    events: readonly EventPlan[],
    bells: readonly Doorbell[],
    own: Doorbell,
    time: ThreadTime,
  ) {
    this.table = table;
    this.#events = events;
    this.#bells = bells;
    this.#own = own;
    this.#waiting = events.map(({ index }) => new Waiting(table, index, time));
  }

  /** Whether somebody on this thread waits for an event, and so needs its event loop. */
  hasWaiting(): boolean {
    return this.#waiting.some(({ hasAny }) => hasAny);
  }

  /** Wakes the threads of the stages that an event controls. */
  ring(event: number): void {
    for (const worker of this.#events[event]?.wakes ?? []) this.#bells[worker]?.ring();
    // Rings of other threads may be put off until this one's loop comes round.
    this.#own.ring();
  }

  /** Wakes main, if it writes down what stages do. */
  tell(): void {
    if (this.table.isNoted()) this.#bells[0]?.ring();
  }

  wait(event: number, options: EventWaitOptions | undefined): Promise<boolean> {
    const waiting = this.#waiting[event];
    if (waiting === undefined) throw new RangeError(`there is no event ${event}`);
    const set = waiting.wait(options);
    // A loop that is about to park must learn that somebody needs the event loop.
    this.#own.ring();
    return set;
  }

  /** What a stage gets as `events`. */
  handlesOf(stage: string, bound: readonly BoundEvent[]): Readonly<Record<string, EventHandle>> {
    return Object.fromEntries(
      bound.map((binding) => {
        const name = this.#events[binding.event]?.name ?? '';
        return [binding.as, new StageEvent(this, binding, name, stage)];
      }),
    );
  }
}

class StageEvent implements EventHandle {
  readonly name: string;
  readonly #events: ThreadEvents;
  readonly #event: number = 0;
  readonly #asker: number = 0;
  readonly #stage: string;
  readonly #use: EventUse;

  constructor(events: ThreadEvents, { event, asker, use }: BoundEvent, name: string, stage: string) {
    this.#events = events;
    this.#event = event;
    this.#asker = asker;
    this.name = name;
    this.#stage = stage;
    this.#use = use;
  }

  get count(): number {
    return this.#events.table.count(this.#event);
  }

  isSet(): boolean {
    return this.count > 0;
  }

  set(): void {
    this.#check('set');
    if (!this.#events.table.set(this.#event, this.name, this.#asker)) return;
    this.#events.ring(this.#event);
    this.#events.tell();
  }

  reset(): boolean {
    this.#check('reset');
    const wasSet = this.#events.table.reset(this.#event, this.#asker);
    this.#events.tell();
    return wasSet;
  }

  clear(): number {
    this.#check('reset');
    const count = this.#events.table.clear(this.#event, this.#asker);
    this.#events.tell();
    return count;
  }

  wait(options?: EventWaitOptions): Promise<boolean> {
    return this.#events.wait(this.#event, options);
  }

  /** The plan has told who sets and who resets an event; a stage keeps to it. */
  #check(use: 'set' | 'reset'): void {
    if (this.#use !== 'any' && this.#use !== use)
      throw new EventUseError(this.#stage, this.name, this.#use, use);
  }
}
