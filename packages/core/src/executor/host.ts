import { workerCount } from '@troupe/mailbox';
import type { Dispatcher, Doorbell, WorkerGauges } from '@troupe/mailbox';
import type { Upcall } from '../drivers/messages.ts';
import { accountOutflow } from './accounts.ts';
import type { Actor, Inlet } from './actor.ts';
import { noteProgress, takeSnapshot } from './lifecycle.ts';
import { exposeGroup, isQuiet } from './readiness.ts';
import type { Ticks } from './ticks.ts';
import type { WallClock } from './wall-clock.ts';

/** How often state is kept where a stage does not say. */
const snapshotEveryMsDefault = 1_000;
/** How often a source is asked how far it has come. */
const progressEveryMs = 100;

export interface HostParts {
  readonly dispatcher: Dispatcher;
  readonly gauges: WorkerGauges;
  readonly bell: Doorbell;
  /** Of the other threads: rung at the next `strike`. */
  readonly others: readonly Doorbell[];
  readonly clock: WallClock;
  readonly ticks: Ticks<Actor>;
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
  readonly ticks: Ticks<Actor>;
  readonly upcall: Upcall;
  readonly hasStats: boolean;
  /** What fails from now on concerns nobody. */
  isStopping = false;
  readonly #others: readonly Doorbell[];
  readonly #dispatcher: Dispatcher;
  readonly #counts: Float64Array;

  constructor(parts: HostParts) {
    this.clock = parts.clock;
    this.bell = parts.bell;
    this.ticks = parts.ticks;
    this.upcall = parts.upcall;
    this.hasStats = parts.hasStats;
    this.#others = parts.others;
    for (const other of parts.others) other.defer();
    this.#dispatcher = parts.dispatcher;
    this.#counts = parts.gauges.counts;
  }

  /** Looks at the clock. */
  look(): number {
    return (this.nowMs = this.clock.nowMs());
  }

  /** The step that an actor reads latches in, between its ticks that of the last one. */
  stepNs({ ticker }: Actor): number {
    return ticker?.isOn === true ? ticker.lastNs : this.nowMs * 1e6;
  }

  /** Wakes the threads that have been given something since the last call. */
  strike(): void {
    for (let i = 0; i < this.#others.length; i++) (this.#others[i] as Doorbell).strike();
  }

  /** Whether `strike` would wake anybody. */
  wouldWake(): boolean {
    for (let i = 0; i < this.#others.length; i++) if ((this.#others[i] as Doorbell).wouldWake()) return true;
    return false;
  }

  /**
   * Shows what an actor's finished calls emitted and releases what they handled. `isSound`: no call has
   * failed, so that the actor's state may be kept.
   */
  commit(actor: Actor, isSound: boolean = true): void {
    const { group, spillOf } = actor;
    accountOutflow(actor);
    // The emissions of a call whose spill waits are shown before its input is released.
    if (spillOf !== undefined && spillOf !== 'none') spillOf.ledger.expose(spillOf.reader.position);
    if (group === undefined) {
      this.#dispatcher.commit(actor.outlets, actor.readers, this.nowMs);
      if (isSound) this.#keep(actor);
    } else if (isQuiet(group)) {
      this.#dispatcher.commit(actor.outlets, group.readers, this.nowMs);
      // The state of an actor may be kept only when all its inputs are released.
      for (const member of group.actors) if (isSound || member !== actor) this.#keep(member);
    } else {
      exposeGroup(actor, group);
      this.#dispatcher.publish(actor.outlets, this.nowMs);
      for (const reader of actor.localReaders) reader.release();
    }
    this.#counts[workerCount.commits] = (this.#counts[workerCount.commits] as number) + 1;
  }

  /**
   * `await out.flush()`: shows what the running call has emitted so far. A promise where it has to wait for
   * room.
   */
  flush(actor: Actor): Promise<void> | undefined {
    if (actor.flushing === undefined) {
      if (this.#show(actor)) return undefined;
      actor.flushing = Promise.withResolvers();
      // The loop asks for room before it sleeps again.
      this.bell.ring();
    }
    return actor.flushing.promise;
  }

  /** Goes on with a flush that waits for room. False while there is none. */
  endFlush(actor: Actor): boolean {
    const { flushing } = actor;
    if (flushing === undefined || !this.#show(actor)) return false;
    actor.flushing = undefined;
    flushing.resolve();
    return true;
  }

  /** Shows what there is room for. True when that was everything. */
  #show(actor: Actor): boolean {
    for (const inlet of actor.inlets) exposeInHand(inlet);
    let isEmpty = true;
    for (const outlet of actor.outlets) {
      isEmpty = outlet.drainSpill() && isEmpty;
      outlet.settle();
    }
    this.#dispatcher.publish(actor.outlets, this.look());
    this.strike();
    accountOutflow(actor);
    return isEmpty;
  }

  /** Writes a line about an actor to the run's log. */
  log(actor: Actor, message: string): void {
    const timeNs = Math.round(this.nowMs * 1e6);
    this.upcall({ type: 'log', line: { stage: actor.plan.name, timeNs, message, fields: undefined } });
  }

  #keep(actor: Actor): void {
    const { handlers, plan } = actor;
    if (handlers.snapshot === undefined && handlers.progress === undefined) return;
    if (actor.isBusy || actor.spillOf !== undefined || actor.phase !== 'running') return;
    const { nowMs } = this;
    const isDue = nowMs - actor.snapshotMs >= (plan.snapshotEveryMs ?? snapshotEveryMsDefault);
    try {
      if (nowMs - actor.progressMs >= progressEveryMs) noteProgress(actor, nowMs);
      if (isDue) takeSnapshot(actor, nowMs, this.upcall);
    } catch (error) {
      this.log(actor, `its state was not kept, \`snapshot\` or \`progress\` threw: ${String(error)}`);
    }
  }
}

/**
 * What the running call has emitted may be seen from now on: its input is marked if it has to be handed over
 * again.
 */
function exposeInHand(inlet: Inlet): void {
  const { reader, ledger } = inlet;
  if (reader.position === reader.handled) return;
  ledger.expose(reader.position);
  inlet.isRecovering = true;
  inlet.exposedTo = reader.position;
  inlet.takenTo = reader.position;
}
