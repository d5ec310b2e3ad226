import type { Plan } from '../plan/types.ts';
import type { LetterWire, RateChange, TapWire } from '../drivers/messages.ts';
import { RunStoppedError } from '../errors.ts';
import { accountSkipped } from './accounts.ts';
import { debugGates, gate } from './actor.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import { Calls } from './calls.ts';
import { Failures } from './failures.ts';
import { Gates, isOpen } from './gates.ts';
import { Host } from './host.ts';
import type { HostParts } from './host.ts';
import { Holds } from './holds.ts';
import { hasMore } from './round-part.ts';
import type { Player } from './round-part.ts';
import { Rounds } from './rounds.ts';
import type { HoldState } from '../debug/hold-state.ts';
import type { GateState } from '../modes/gate-state.ts';
import { canGoOn, hasMessage, isFinished, isReady, nextInlet, wantRoom } from './readiness.ts';
import type { ThreadTime } from './thread-time.ts';
import type { Ticks } from './ticks.ts';
import { TraceWriter } from './trace-ring.ts';
import type { Tracing } from './trace-ring.ts';
import { unwatch, watch } from './watched.ts';

/** A change of an inlet's blocking that has been asked for. */
interface Switch {
  readonly actor: Actor;
  readonly inlet: Inlet;
  readonly isBlocking: boolean;
  readonly onDone: () => void;
}

interface ExecutorParts extends HostParts {
  readonly plan: Plan;
  readonly worker: number;
  /** What the debugger holds, to begin with. */
  readonly holds: HoldState;
}

/** More actors than these are not looked at before a woken thread is told. */
const strikeActors = 8;

/**
 * Steps the actors of one thread: picks one that is runnable, calls its handlers up to a bounded batch,
 * publishes what they emitted and releases what they handled. The same code under every driver.
 * docs/semantics.md, "Executor".
 */
export class Executor {
  readonly actors: readonly Actor[];
  readonly #host: Host;
  readonly #failures: Failures;
  readonly #calls: Calls;
  readonly #rounds: Rounds | undefined;
  readonly #ticks: Ticks<Actor>;
  readonly #time: ThreadTime;
  readonly #gates: Gates;
  readonly #holds: Holds;
  readonly #switches: Switch[] = [];
  #isDraining = false;
  #hasProgressed = false;

  constructor(actors: readonly Actor[], parts: ExecutorParts) {
    this.actors = actors;
    this.#host = new Host(parts);
    this.#holds = new Holds(actors, this.#host, parts.worker, parts.holds);
    this.#failures = new Failures(this.#host);
    this.#calls = new Calls(this.#host, this.#failures);
    const { modes } = parts;
    this.#gates = new Gates(actors, modes, {
      host: this.#host,
      failures: this.#failures,
      calls: this.#calls,
    });
    this.#ticks = parts.ticks;
    this.#time = parts.time;
    const { turn, plan, worker } = parts;
    if (turn !== undefined) {
      const [host, calls, failures] = [this.#host, this.#calls, this.#failures];
      this.#rounds = new Rounds({
        plan,
        worker,
        turn,
        actors,
        host,
        calls,
        failures,
        gates: this.#gates,
        holds: this.#holds,
        onDrain: () => this.drain(),
        isDraining: () => this.#isDraining,
      });
    }
  }

  /** The run begins: its clock has been started. `isAnew`: in place of a dead worker, it goes on. */
  start(isAnew: boolean = false): void {
    this.#gates.start(isAnew);
  }

  /** Takes over what gates go by. `onRest`: see `Gates.set`. */
  setGates(state: GateState, onRest: () => void): void {
    this.#gates.set(state, onRest);
  }

  /** Takes over what the debugger holds and watches. `onRest`: see `Holds.set`. */
  setHolds(state: HoldState, onRest: () => void): void {
    this.#holds.set(state, onRest);
  }

  /** Whether some actor is busy with a promise, and so needs the event loop to turn. */
  isAwaiting(): boolean {
    return this.actors.some((actor) => actor.isBusy);
  }

  /** One pass over the actors, nearest to output first. False when none was runnable. */
  step(): boolean {
    // A pass that did something has looked at the clock at its end.
    if (!this.#hasProgressed) this.#host.look();
    if (this.#switches.length > 0) this.#switch();
    if (this.#rounds !== undefined) return (this.#hasProgressed = this.#stepRounds(this.#rounds));
    let isProgress = false;
    for (let i = 0; i < this.actors.length; i++) {
      // What has come due is for all actors in the order of a step, before anything else.
      const isTime = i === 0 || this.#host.nowMs >= this.#ticks.dueMs;
      if (isTime && this.#ticks.look(this.#host.nowMs * 1e6) && this.#ticks.deliver(this.#deliver)) {
        isProgress = true;
      }
      if (this.#run(this.actors[i] as Actor)) isProgress = true;
    }
    this.#gates.settle();
    if (this.#holds.isOn) this.#holds.settle();
    // A long way to the next call is no time for others to sleep.
    if (isProgress && this.actors.length > strikeActors) this.#host.strike();
    this.#hasProgressed = isProgress;
    return isProgress;
  }

  /**
   * After the doorbell has been armed: whether any actor is runnable after all. Asks the readers of full
   * edges, and the writers that wait for this thread, to be told of what changes from now on.
   */
  hasWork(): boolean {
    if (this.#rounds !== undefined) {
      this.#host.look();
      return this.actors.some(isToBeTold) || this.#rounds.hasWork();
    }
    this.#ticks.look(this.#host.look() * 1e6);
    for (let i = 0; i < this.actors.length; i++) {
      const actor = this.actors[i] as Actor;
      if (actor.control !== undefined) this.#gates.look(actor, actor.control);
      if ((actor.gates & ~debugGates) !== 0) {
        if (this.#gates.hasWork(actor)) return true;
        continue;
      }
      if (actor.phase !== 'running' && actor.phase !== 'backoff') continue;
      for (let j = 0; j < actor.inlets.length; j++) (actor.inlets[j] as Inlet).reader.nudge();
      if (actor.flushing !== undefined && wantRoom(actor)) return true;
      if (actor.isBusy || actor.phase !== 'running') continue;
      if (actor.spillOf !== undefined) {
        if (wantRoom(actor)) return true;
      } else if (actor.ticker?.isPending === true || hasMessage(actor)) {
        if (actor.gates !== 0 && !this.#holds.isRunnable(actor)) continue;
        if ((isReady(actor) || wantRoom(actor)) && actor.lease?.mayBegin() !== false) return true;
      } else if (isFinished(actor, this.#isDraining)) return true;
    }
    return false;
  }

  /** Milliseconds until a tick, a retry or a watchdog is due; `Infinity` when nothing is. */
  untilDeadlineMs(): number {
    let dueMs = this.#rounds === undefined ? this.#ticks.changeDueMs : Infinity;
    for (const actor of this.actors) {
      const { asyncWatchdogMs } = actor.plan.supervision;
      // What is due while an actor is closed waits, but for its watchdog.
      if (!actor.isBusy && !isOpen(actor)) continue;
      if (actor.phase === 'backoff') dueMs = Math.min(dueMs, actor.resumeAtMs);
      else if (actor.phase !== 'running') continue;
      else if (actor.isBusy) {
        const { barrierTimeoutMs } = this.#host;
        if (asyncWatchdogMs > 0) dueMs = Math.min(dueMs, actor.busySinceMs + asyncWatchdogMs);
        if (barrierTimeoutMs > 0) dueMs = Math.min(dueMs, actor.busySinceMs + barrierTimeoutMs);
      } else if (this.#rounds !== undefined) continue;
      else if (actor.ticker !== undefined && !actor.isBusy && !actor.ticker.isPending) {
        dueMs = Math.min(dueMs, this.#ticks.nextDueMs(actor.ticker));
      }
    }
    return Math.max(0, dueMs - this.#host.look());
  }

  /** Sources finish now; everything under way still reaches its end. Told again in each round. */
  drain(): void {
    this.#isDraining = true;
    this.#gates.isDraining = true;
    for (const actor of this.actors) {
      if ((actor.handlers as Player)[hasMore]?.() !== true) actor.hasEndedDemand = true;
    }
  }

  /**
   * Calls `onStop` of every actor that is not over. Handlers in flight are awaited no longer than `graceMs`.
   */
  async stop(graceMs: number): Promise<void> {
    const untilMs = this.#time.nowMs() + graceMs;
    this.#host.isStopping = true;
    for (const { flushing, plan } of this.actors)
      flushing?.reject(new RunStoppedError(`flush of '${plan.name}'`));
    while (this.actors.some((actor) => actor.isBusy) && this.#time.nowMs() < untilMs) {
      await new Promise<void>((resolve) => void this.#time.after(1, resolve));
    }
    for (const actor of this.actors) {
      if (actor.phase !== 'running' && actor.phase !== 'backoff') continue;
      actor.phase = 'stopped';
      if (!actor.isBusy) await this.#failures.callOnStop(actor);
    }
  }

  /** Wakes the threads that have been given something. Calls of handlers do so too, before they begin. */
  strike(): void {
    this.#host.strike();
  }

  /** Whether `strike` would wake anybody. */
  wouldWake(): boolean {
    return this.#host.wouldWake();
  }

  /** Time since the epoch in ms, as of the last look at the clock. */
  get nowMs(): number {
    return this.#host.nowMs;
  }

  /** `await out.flush()` of an actor. */
  flush(actor: Actor): Promise<void> | undefined {
    return this.#host.flush(actor);
  }

  /** Hands a dead letter to its actor again. */
  resend(letter: LetterWire): void {
    this.actors.find((actor) => actor.plan.index === letter.actor)?.resent.push(letter);
  }

  /** Where this thread writes down what it does. */
  get tracing(): Tracing {
    return this.#host.tracing;
  }

  /** Begins to write down what this thread does, or ends it. */
  trace(ring: SharedArrayBuffer | undefined): void {
    this.tracing.writer = ring === undefined ? undefined : new TraceWriter(ring);
  }

  /** Lets somebody on main watch an output of values. */
  watch(tap: TapWire): void {
    watch(this.actors, tap, this.#host.main);
  }

  unwatch(tap: Pick<TapWire, 'id' | 'actor' | 'port'>): void {
    unwatch(this.actors, tap);
  }

  /** Switches the reader behind an edge, once no call has an input in hand. */
  setBlocking(edge: number, isBlocking: boolean, onDone: () => void): void {
    for (const actor of this.actors) {
      for (const inlet of actor.inlets)
        if (inlet.edge === edge) this.#switches.push({ actor, inlet, isBlocking, onDone });
    }
    this.#switch();
  }

  /** A pass under a clock with rounds. */
  #stepRounds(rounds: Rounds): boolean {
    let isProgress = false;
    for (let i = 0; i < this.actors.length; i++) {
      const actor = this.actors[i] as Actor;
      if (isToBeTold(actor) && this.#gates.run(actor)) isProgress = true;
    }
    isProgress = rounds.step() || isProgress;
    this.#gates.settle();
    if (this.#holds.isOn) this.#holds.settle();
    // A pass of many calls may have taken long: whoever waits for a limit must not see an old time.
    this.#host.look();
    return isProgress;
  }

  /** A runner's rate changes, here as on all threads. */
  setRate(change: RateChange): void {
    this.#ticks.change(change);
    // Between two steps: it is in effect at once. One more, as due times are kept in ms, which round.
    if (this.#rounds !== undefined) this.#ticks.look(change.originNs + 1);
  }

  #switch(): void {
    const waiting = this.#switches.splice(0);
    for (const item of waiting) {
      const { actor, inlet, isBlocking, onDone } = item;
      // The place of a reader that has been given back may be another's.
      if (actor.phase === 'ended' || actor.phase === 'stopped') onDone();
      else if (actor.isBusy || actor.spillOf !== undefined) this.#switches.push(item);
      else {
        inlet.reader.setBlocking(isBlocking);
        accountSkipped(inlet);
        onDone();
      }
    }
    // The writer may have been waiting for room.
    this.#host.strike();
  }

  /** Calls `onTick`, unless the actor cannot be called now: then its tick goes on waiting. */
  readonly #deliver = (actor: Actor): boolean => {
    if (actor.isBusy || actor.phase !== 'running' || actor.spillOf !== undefined) return false;
    if (actor.control !== undefined) this.#gates.look(actor, actor.control);
    if ((actor.gates & ~debugGates) !== 0 || actor.ticker?.isPending !== true) return false;
    if (actor.gates !== 0) return this.#runOne(actor, 'tick', undefined);
    if (!isReady(actor)) return false;
    this.#unblock(actor);
    return this.#calls.tick(actor);
  };

  /** Ticks come first, then posts, then dead letters sent again, then the mailboxes in turns, then demand. */
  #run(actor: Actor): boolean {
    if (actor.flushing !== undefined && this.#host.endFlush(actor)) return true;
    if (actor.isBusy) return this.#calls.watch(actor);
    if (actor.control !== undefined) this.#gates.look(actor, actor.control);
    if ((actor.gates & ~debugGates) !== 0) return this.#gates.run(actor);
    if (actor.phase !== 'running') return actor.phase === 'backoff' && this.#failures.endBackoff(actor);
    if (actor.spillOf !== undefined) return this.#calls.drainSpill(actor);
    const isTickDue = actor.ticker?.isPending === true;
    const isCalled = isTickDue || actor.posts.length > 0 || actor.resent.length > 0;
    const inlet = actor.inlets.length === 0 ? undefined : nextInlet(actor);
    if (inlet === undefined && !isCalled && actor.hasEndedDemand) return this.#idle(actor);
    if (actor.gates !== 0) return this.#runWatched(actor, inlet);
    if (!isReady(actor)) return this.#block(actor);
    this.#unblock(actor);
    let isCalledNow = isTickDue && this.#calls.tick(actor);
    if (actor.posts.length > 0 && canGoOn(actor)) isCalledNow = this.#calls.post(actor) || isCalledNow;
    if (actor.resent.length > 0 && canGoOn(actor)) isCalledNow = this.#calls.resent(actor) || isCalledNow;
    if ((inlet !== undefined || !actor.hasEndedDemand) && (!isCalled || canGoOn(actor)))
      isCalledNow = this.#calls.batch(actor, inlet) >= 0 || isCalledNow;
    return isCalledNow;
  }

  /** As the end of `#run`, for an actor that the debugger holds or watches: one call of each kind. */
  #runWatched(actor: Actor, inlet: Inlet | undefined): boolean {
    let isCalled = actor.ticker?.isPending === true && this.#runOne(actor, 'tick', undefined);
    const mayGoOn = (): boolean => !isCalled || canGoOn(actor);
    if (actor.posts.length > 0 && mayGoOn()) isCalled = this.#runOne(actor, 'post', undefined) || isCalled;
    if (actor.resent.length > 0 && mayGoOn()) isCalled = this.#runOne(actor, 'resent', undefined) || isCalled;
    if (inlet === undefined && actor.hasEndedDemand) return isCalled;
    const work = inlet === undefined ? 'demand' : 'input';
    return (mayGoOn() && this.#runOne(actor, work, inlet)) || isCalled;
  }

  #runOne(actor: Actor, work: Work, inlet: Inlet | undefined): boolean {
    if (!this.#holds.mayCall(actor, work === 'tick', 0)) return false;
    if (!isReady(actor)) return this.#block(actor);
    return this.#holds.call(actor, work, inlet, 0, () => {
      this.#unblock(actor);
      if (work === 'tick') return this.#calls.tick(actor);
      if (work === 'post') return this.#calls.post(actor);
      if (work === 'resent') return this.#calls.resent(actor);
      return this.#calls.batch(actor, inlet, 1) >= 0;
    });
  }

  /** Before an actor is called. */
  #unblock(actor: Actor): void {
    if (actor.blockedSinceMs >= 0) this.#host.unblock(actor);
    // Whoever has been given something must not wait for this actor.
    this.#host.strike();
  }

  /** Nothing to do: perhaps for ever. */
  #idle(actor: Actor): boolean {
    actor.lease?.withdraw();
    if (!isFinished(actor, this.#isDraining)) return false;
    this.#failures.finish(actor);
    return true;
  }

  /** Work, but no room. */
  #block(actor: Actor): boolean {
    actor.lease?.withdraw();
    if (actor.blockedSinceMs < 0) {
      actor.blockedSinceMs = this.#host.nowMs;
      // This actor will release nothing for a while: whoever waits behind it must know what room there is.
      for (const inlet of actor.inlets) inlet.reader.nudge();
    }
    return false;
  }
}

/** Whether `onMode` of the actor is due, and may be called. */
function isToBeTold({ gates, isBusy, phase }: Actor): boolean {
  return (gates & gate.call) !== 0 && !isBusy && phase === 'running';
}
