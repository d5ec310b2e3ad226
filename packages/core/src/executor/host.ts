import { workerCount } from '@troupe/mailbox';
import type { Dispatcher, Doorbell, WorkerGauges } from '@troupe/mailbox';
import type { WorkerMessage } from '../drivers/messages.ts';
import { accountOutflow } from './accounts.ts';
import type { Actor } from './actor.ts';
import { takeSnapshot } from './lifecycle.ts';
import { exposeGroup, isQuiet } from './readiness.ts';
import type { WallClock } from './wall-clock.ts';

/** How often state is kept where a stage does not say. */
const snapshotEveryMsDefault = 1_000;

/** What an executor tells the thread that owns the run. */
export type Upcall = (message: WorkerMessage) => void;

export interface HostParts {
  readonly dispatcher: Dispatcher;
  readonly gauges: WorkerGauges;
  readonly bell: Doorbell;
  readonly clock: WallClock;
  readonly upcall: Upcall;
  /** Durations and queue waits are recorded. */
  readonly hasStats: boolean;
}

/** What the actors of one thread share: its time, its dispatcher, and the way to the owner of the run. */
export class Host {
  /** Time since the run's epoch in ms, as of the last look at the clock. */
  nowMs = 0;
  readonly clock: WallClock;
  readonly bell: Doorbell;
  readonly upcall: Upcall;
  readonly hasStats: boolean;
  readonly #dispatcher: Dispatcher;
  readonly #counts: Float64Array;

  constructor(parts: HostParts) {
    this.clock = parts.clock;
    this.bell = parts.bell;
    this.upcall = parts.upcall;
    this.hasStats = parts.hasStats;
    this.#dispatcher = parts.dispatcher;
    this.#counts = parts.gauges.counts;
  }

  /** Looks at the clock. */
  look(): number {
    return (this.nowMs = this.clock.nowMs());
  }

  /** Shows what an actor's finished calls emitted and releases what they handled. */
  commit(actor: Actor): void {
    const { group, spillOf, handlers } = actor;
    if (this.hasStats) accountOutflow(actor);
    // The emissions of a call whose spill waits are shown before its input is released.
    if (spillOf !== undefined && spillOf !== 'none') spillOf.ledger.expose(spillOf.reader.position);
    if (group === undefined) this.#dispatcher.commit(actor.outlets, actor.readers, this.nowMs);
    else if (isQuiet(group)) this.#dispatcher.commit(actor.outlets, group.readers, this.nowMs);
    else {
      exposeGroup(actor, group);
      this.#dispatcher.publish(actor.outlets, this.nowMs);
      for (const reader of actor.localReaders) reader.release();
    }
    if (handlers.snapshot !== undefined || handlers.progress !== undefined) this.#keep(actor);
    this.#counts[workerCount.commits] = (this.#counts[workerCount.commits] as number) + 1;
  }

  /** `await out.flush()`: shows what the running call has emitted so far. */
  flush(actor: Actor): void {
    for (const inlet of actor.inlets) inlet.ledger.expose(inlet.reader.position);
    for (const outlet of actor.outlets) {
      outlet.drainSpill();
      outlet.settle();
    }
    this.#dispatcher.publish(actor.outlets, this.look());
  }

  /** Writes a line about an actor to the run's log. */
  log(actor: Actor, message: string): void {
    const timeNs = Math.round(this.nowMs * 1e6);
    this.upcall({ type: 'log', line: { stage: actor.plan.name, timeNs, message, fields: undefined } });
  }

  #keep(actor: Actor): void {
    const everyMs = actor.plan.snapshotEveryMs ?? snapshotEveryMsDefault;
    if (this.nowMs - actor.snapshotMs >= everyMs) takeSnapshot(actor, this.nowMs, this.upcall);
  }
}
