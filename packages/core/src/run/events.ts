import type { Doorbell } from '@troupe/mailbox';
import { RunStoppedError, TargetError } from '../errors.ts';
import { ThreadEvents } from '../events/event-handle.ts';
import { EventTable } from '../events/event-table.ts';
import type { Asked, OnAsked } from '../events/event-table.ts';
import type { ThreadTime } from '../executor/thread-time.ts';
import type { EventPlan } from '../plan/conditions.ts';
import type { EventRef } from '../plan/types.ts';
import type { Changing } from './live-recording.ts';
import type { AtBoundary } from './rate-control.ts';
import type { EventState, RunEvents, WaitOptions } from './types.ts';

/** The events of a run, in the application's hands. */
export class LiveEvents implements RunEvents {
  readonly #plans: readonly EventPlan[];
  readonly #table: EventTable;
  readonly #events: ThreadEvents;
  readonly #atBoundary: AtBoundary;
  /** Told of what the application changes. */
  onChange: Changing['onChange'];
  /** Told of what stages have asked for, when that takes effect. */
  onAsked: OnAsked | undefined;

  /** `bells`: of all threads, main's first. */
  constructor(
    memory: SharedArrayBuffer,
    plans: readonly EventPlan[],
    bells: readonly Doorbell[],
    atBoundary: AtBoundary,
    time: ThreadTime,
  ) {
    this.#plans = plans;
    this.#table = new EventTable(memory, plans);
    this.#events = new ThreadEvents(this.#table, plans, bells, bells[0] as Doorbell, time);
    this.#atBoundary = atBoundary;
  }

  async set(event: EventRef | string): Promise<void> {
    const { index, name } = this.#find(event);
    await this.#change(index, () => {
      this.#table.give(index, name);
      this.onChange?.({ type: 'event', step: 0, event: name, change: 'set' });
    });
  }

  async reset(event: EventRef | string): Promise<boolean> {
    const { index, name } = this.#find(event);
    return this.#change(index, () => this.#take(index, name, 1) === 1);
  }

  async clear(event: EventRef | string): Promise<number> {
    const { index, name } = this.#find(event);
    return this.#change(index, () => this.#take(index, name, Infinity));
  }

  #take(index: number, event: string, count: number): number {
    const taken = this.#table.take(index, count);
    for (let i = 0; i < taken; i++) this.onChange?.({ type: 'event', step: 0, event, change: 'reset' });
    return taken;
  }

  isSet(event: EventRef | string): boolean {
    return this.count(event) > 0;
  }

  count(event: EventRef | string): number {
    return this.#table.count(this.#find(event).index);
  }

  async wait(event: EventRef | string, options?: WaitOptions): Promise<boolean> {
    return this.#events.wait(this.#find(event).index, options);
  }

  list(): readonly EventState[] {
    return this.#plans.map(({ index, name }) => {
      const count = this.#table.count(index);
      return { name, count, isSet: count > 0 };
    });
  }

  /**
   * The conductor, at a step boundary, while no handler runs: what handlers have changed in the step takes
   * effect. Whether anything was given.
   */
  settle(): boolean {
    const risen = this.#table.settle(this.onAsked);
    for (const event of risen) this.#events.ring(event);
    return risen.length > 0;
  }

  /** In place of a stage: takes effect with what stages ask for in the step. */
  ask(event: string, asked: Asked): void {
    this.#table.ask(this.#find(event).index, asked);
  }

  /** In place of a stage, between two steps: takes effect at once. */
  enact(event: string, { sets, resets, isCleared }: Asked): void {
    const { index, name } = this.#find(event);
    // What it has taken back may have been its own: that is why the sets come first here.
    for (let i = 0; i < sets; i++) this.#table.give(index, name);
    this.#table.take(index, isCleared ? Infinity : resets);
    this.#table.show(index);
    this.#events.ring(index);
  }

  /** A worker may have died between a change and its announcement: everybody who waits looks again. */
  announceAll(): void {
    this.#table.announceAll();
  }

  /** The run is over: waits end, changes are refused. */
  close(): void {
    this.#table.close();
  }

  #change<T>(event: number, change: () => T): Promise<T> {
    return this.#atBoundary(() => {
      if (this.#table.isOver()) throw new RunStoppedError(`change of event '${this.#plans[event]?.name}'`);
      const result = change();
      this.#table.show(event);
      this.#events.ring(event);
      return result;
    });
  }

  #find(event: EventRef | string): EventPlan {
    const name = typeof event === 'string' ? event : event.event;
    const found = this.#plans.find((plan) => plan.name === name);
    if (found !== undefined) return found;
    const names = this.#plans.length === 0 ? '(none)' : this.#plans.map((plan) => plan.name).join(', ');
    throw new TargetError(`there is no event '${name}'`, `Use one of: ${names}.`);
  }
}
