import { workerCount } from '@troupe/mailbox';
import type { Dispatcher, Doorbell, WorkerGauges } from '@troupe/mailbox';
import type { Turn } from '../clock/turn.ts';
import type { Upcall } from '../drivers/messages.ts';
import { accountInflow, accountOutflow, accountUnblocked } from './accounts.ts';
import { debugGates } from './actor.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import type { ThreadModes } from './gates.ts';
import { noteProgress, takeSnapshot } from './lifecycle.ts';
import { exposeGroup, isQuiet } from './readiness.ts';
import type { ThreadTime } from './thread-time.ts';
import type { Ticks } from './ticks.ts';
import { traced, Tracing } from './trace-ring.ts';
import type { WallClock } from './wall-clock.ts';

/** How often state is kept where a stage does not say. */
const snapshotEveryMsDefault = 1_000;
/** How often a source is asked how far it has come. */
const progressEveryMs = 100;

export interface HostParts {
  readonly modes: ThreadModes;
  readonly dispatcher: Dispatcher;
  readonly gauges: WorkerGauges;
  readonly bell: Doorbell;
  /** Of the other threads: rung at the next `strike`. */
  readonly others: readonly Doorbell[];
  readonly time: ThreadTime;
  readonly clock: WallClock;
  readonly ticks: Ticks<Actor>;
  readonly upcall: Upcall;
  /** Durations and queue waits are recorded. */
  readonly hasStats: boolean;
  /** What leads the rounds, under a clock that has them. */
  readonly turn: Turn | undefined;
  /** Main's doorbell. */
  readonly main: Doorbell;
  /** How long a round waits for an async handler; 0: for ever. */
  readonly barrierTimeoutMs: number;
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
  readonly turn: Turn | undefined;
  readonly barrierTimeoutMs: number = 0;
  /** Main's doorbell: of the conductor of the rounds, and of whoever watches. */
  readonly main: Doorbell;
  readonly tracing: Tracing = new Tracing();
  /** What fails from now on concerns nobody. */
  isStopping = false;
  /** The debugger holds something of the run: how long others take says nothing. */
  isAnyHeld = false;
  /** The debugger's: a call has failed, and what it was for is still in hand. */
  onError: ((actor: Actor, work: Work, inlet: Inlet | undefined, error: unknown) => void) | undefined;
  readonly #others: readonly Doorbell[];
  readonly #dispatcher: Dispatcher;
  readonly #counts: Float64Array;

  constructor(parts: HostParts) {
    this.clock = parts.clock;
    this.bell = parts.bell;
    this.ticks = parts.ticks;
    this.upcall = parts.upcall;
    this.hasStats = parts.hasStats;
    this.turn = parts.turn;
    this.main = parts.main;
    if (parts.turn !== undefined) this.barrierTimeoutMs = parts.barrierTimeoutMs;
    this.#others = parts.others;
    for (const other of parts.others) other.defer();
    this.#dispatcher = parts.dispatcher;
    this.#counts = parts.gauges.counts;
  }

  /** An actor that had work and no room has room, or no work to do. */
  unblock(actor: Actor): void {
    this.tracing.writer?.span(traced.blocked, actor.plan.index, actor.blockedSinceMs, this.nowMs);
    accountUnblocked(actor, this.nowMs);
  }

  /** A single call has ended now. */
  traceCall(actor: Actor, work: Work, inlet: Inlet | undefined, startMs: number, isDone: boolean): void {
    const { writer } = this.tracing;
    if (writer === undefined) return;
    const { time } = actor.envelope;
    const count = isDone ? 1 : 0;
    const base = { actor, work, inlet, count, isFailed: !isDone };
    writer.calls({ ...base, startMs, endMs: this.nowMs, firstTime: time });
  }

  /** Looks at the clock. */
  look(): number {
    return (this.nowMs = this.clock.nowMs());
  }

  /** Logical time of a call that handles no message: integer nanoseconds since the run's epoch. */
  timeNs(): number {
    return this.turn === undefined ? Math.round(this.nowMs * 1e6) : this.turn.timeNs;
  }

  /** The time by which the state of stages is kept: the step's, under a clock with rounds. */
  stateMs(): number {
    return this.turn === undefined ? this.nowMs : this.turn.timeNs / 1e6;
  }

  /** Rings the conductor of the rounds. */
  ringMain(): void {
    this.main.ring();
  }

  /** The step that an actor reads latches in, between its ticks that of the last one. */
  stepNs({ ticker }: Actor): number {
    if (this.turn !== undefined) return this.turn.latchNs;
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
      accountInflow(actor);
      this.#dispatcher.commit(actor.outlets, actor.readers, this.nowMs);
      if (isSound && this.turn === undefined) this.keep(actor);
    } else if (isQuiet(group)) {
      for (const member of group.actors) accountInflow(member);
      this.#dispatcher.commit(actor.outlets, group.readers, this.nowMs);
      // The state of an actor may be kept only when all its inputs are released.
      for (const member of group.actors) {
        if ((isSound || member !== actor) && this.turn === undefined) this.keep(member);
      }
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
      if (!actor.isAway && this.#show(actor)) return undefined;
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

  /** Keeps the state of an actor for a restart, when that is due. Under a clock with rounds at their ends. */
  keep(actor: Actor): void {
    const { handlers, plan } = actor;
    if (handlers.snapshot === undefined && handlers.progress === undefined) return;
    // Nothing of a stage runs while it is not active.
    if ((actor.gates & ~debugGates) !== 0) return;
    if (actor.isBusy || actor.spillOf !== undefined || actor.phase !== 'running') return;
    const nowMs = this.stateMs();
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
