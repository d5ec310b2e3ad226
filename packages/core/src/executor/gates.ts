import { actorCount } from '@troupe/mailbox';
import { isOpenIn } from '../modes/gate-state.ts';
import type { GateState } from '../modes/gate-state.ts';
import type { WhileInactive } from '../plan/types.ts';
import { accountPassedOver } from './accounts.ts';
import { closedGates, gate } from './actor.ts';
import type { Actor, Inlet } from './actor.ts';
import type { Calls } from './calls.ts';
import type { Control } from './control.ts';
import type { Failures } from './failures.ts';
import type { Host } from './host.ts';
import { isFinished, wantRoom } from './readiness.ts';

/** The mode as one thread knows it. */
export class ThreadModes {
  gates: GateState;

  constructor(gates: GateState) {
    this.gates = gates;
  }
}

/** How many messages a closed mailbox keeps. */
export const kept: Readonly<Record<WhileInactive, number>> = { drop: 0, latest: 1, hold: Infinity };

/**
 * Actors that may not be called, or must be told of a mode first: what happens to their mailboxes, how they
 * come to their end all the same, and when a thread has done what a change of mode asks of it. docs/modes.md.
 */
export class Gates {
  /** What a closed mailbox keeps now would keep the run from its end. */
  isDraining = false;
  readonly #actors: readonly Actor[];
  readonly #modes: ThreadModes;
  readonly #host: Host;
  readonly #failures: Failures;
  readonly #calls: Calls;
  /** Whom to tell when this thread is at rest. */
  readonly #waiting: (() => void)[] = [];
  /** What came before the actors have started. */
  readonly #early: { readonly state: GateState; readonly onRest: () => void }[] = [];
  #hasStarted = false;

  constructor(
    actors: readonly Actor[],
    modes: ThreadModes,
    parts: { readonly host: Host; readonly failures: Failures; readonly calls: Calls },
  ) {
    this.#actors = actors;
    this.#modes = modes;
    this.#host = parts.host;
    this.#failures = parts.failures;
    this.#calls = parts.calls;
    for (const actor of actors) {
      this.#turn(actor, modes.gates);
      if (actor.control !== undefined) actor.gates |= actor.control.closes();
    }
  }

  /**
   * Starts all actors. `isAnew`: in place of a dead worker, where those that the mode closes start when it
   * opens them.
   */
  start(isAnew: boolean): void {
    this.#hasStarted = true;
    for (const actor of this.#actors) {
      if (actor.phase !== 'created') continue;
      if (!isAnew || (actor.gates & gate.mode) === 0) this.#failures.start(actor);
      else this.#host.upcall({ type: 'actorState', actor: actor.plan.index, state: 'backoff' });
    }
    for (const { state, onRest } of this.#early.splice(0)) this.set(state, onRest);
  }

  /** `onRest`: called once no closed actor has a handler running, and no `onMode` is due. */
  set(state: GateState, onRest: () => void): void {
    if (!this.#hasStarted) {
      // All actors begin in the mode that they were created for.
      this.#early.push({ state, onRest });
      return;
    }
    const known = this.#modes.gates;
    // A successor may be told again what it was created with, or what has been superseded since.
    if (state.step > known.step) {
      this.#modes.gates = state;
      for (const actor of this.#actors) {
        this.#turn(actor, state);
        const isTold = actor.handlers.onMode === undefined || state.mode === known.mode;
        if (!isTold && (actor.phase === 'running' || actor.phase === 'backoff')) actor.gates |= gate.call;
        const isStarted = actor.phase === 'created' && (actor.gates & gate.mode) === 0;
        if (isStarted) this.#failures.start(actor);
      }
    }
    this.#waiting.push(onRest);
    this.settle();
  }

  /** Before an actor is called, and before its thread sleeps: whether its event lets it run. */
  look(actor: Actor, control: Control): void {
    const closed = control.closes();
    if ((actor.gates & (gate.switch | gate.toggle)) === closed) return;
    const wasOpen = isOpen(actor);
    actor.gates = (actor.gates & ~(gate.switch | gate.toggle)) | closed;
    if (closed !== 0) {
      if (wasOpen) this.#close(actor);
    } else if (actor.ticker?.isPending === true) {
      // What came before the event did is not for this run.
      actor.ticker.pass();
    }
  }

  /** Tells those who wait for this thread's rest, if it is at rest. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    for (let i = 0; i < this.#actors.length; i++) if (!isAtRest(this.#actors[i] as Actor)) return;
    for (const tell of this.#waiting.splice(0)) tell();
  }

  /** What there is to do for an actor with any bit set, and no handler pending. */
  run(actor: Actor): boolean {
    const { phase, gates } = actor;
    if (isOver(actor)) return false;
    if (phase === 'running' && (gates & gate.call) !== 0) return this.#callMode(actor);
    if (isOpen(actor)) return phase === 'backoff' && this.#failures.endBackoff(actor);
    if (actor.spillOf !== undefined) return this.#calls.drainSpill(actor);
    if (passOver(actor, this.#keep(actor), this.#keep(actor), this.#host)) return true;
    if (!this.#canFinish(actor)) return false;
    actor.phase = 'running';
    this.#failures.finish(actor, phase !== 'created');
    return true;
  }

  /** After the doorbell has been armed: whether `run` would do anything. Asks for room like the executor. */
  hasWork(actor: Actor): boolean {
    const { phase, inlets } = actor;
    if (isOver(actor)) return false;
    for (let i = 0; i < inlets.length; i++) inlets[i]?.reader.nudge();
    if (actor.flushing !== undefined && wantRoom(actor)) return true;
    if (actor.isBusy) return false;
    if (phase === 'running' && (actor.gates & gate.call) !== 0) return true;
    if (isOpen(actor)) return false;
    if (actor.spillOf !== undefined) return wantRoom(actor);
    const keep = this.#keep(actor);
    if (actor.posts.length > keep) return true;
    for (let i = 0; i < inlets.length; i++) if ((inlets[i]?.reader.available() ?? 0) > keep) return true;
    return this.#canFinish(actor);
  }

  /** Opens or closes what modes open and close. */
  #turn(actor: Actor, state: GateState): void {
    // The mailboxes of an actor that is over may be another's.
    if (isOver(actor)) return;
    const wasOpen = isOpen(actor);
    const willBeOpen = isOpenIn(actor.plan.activeIn, state);
    // What came while it was closed goes by what holds then, even if nobody has looked since.
    if (!wasOpen && willBeOpen && actor.spillOf === undefined)
      passOver(actor, this.#keep(actor), this.#keep(actor), this.#host);
    actor.gates &= ~(gate.mode | gate.changing);
    if (willBeOpen) return;
    actor.gates |= gate.mode | (state.other === undefined ? 0 : gate.changing);
    if (wasOpen) this.#close(actor);
  }

  /** An actor that was open is to rest. */
  #close(actor: Actor): void {
    actor.lease?.withdraw();
    if (actor.blockedSinceMs >= 0) this.#host.unblock(actor);
    // It may release nothing for a while: whoever waits behind it must know what room there is.
    for (const { reader } of actor.inlets) reader.nudge();
  }

  #keep(actor: Actor): number {
    // An event may come after the end of the stream; a mode is not waited for.
    const isDone = this.isDraining || ((actor.gates & gate.mode) !== 0 && isLast(actor));
    return isDone ? 0 : kept[actor.plan.whileInactive];
  }

  /** The end of an actor waits for a change that is under way: no `onStop` runs into the new mode. */
  #canFinish(actor: Actor): boolean {
    if ((actor.gates & gate.changing) !== 0 || actor.posts.length > 0) return false;
    return isFinished(actor, this.isDraining);
  }

  /** Calls `onMode`. The bit stays until it has settled; longer if the mode has changed again meanwhile. */
  #callMode(actor: Actor): boolean {
    const host = this.#host;
    const { mode } = this.#modes.gates;
    const settle = (thrown: { readonly error: unknown } | undefined): void => {
      actor.isBusy = false;
      actor.ledger.leave();
      if (actor.phase !== 'running') return;
      host.look();
      host.traceCall(actor, 'mode', undefined, actor.busySinceMs, thrown === undefined);
      if (thrown === undefined) {
        if (this.#modes.gates.mode === mode) actor.gates &= ~gate.call;
        actor.attempts.mode = undefined;
      } else if (!host.isStopping) this.#failures.fail(actor, 'mode', undefined, thrown.error);
      host.strike();
      host.bell.ring();
    };
    actor.isBusy = true;
    actor.busySinceMs = host.look();
    actor.ledger.enterOther();
    try {
      const calling = actor.handlers.onMode?.(mode);
      if (calling === undefined) settle(undefined);
      else {
        actor.ledger.pend();
        calling.then(
          () => settle(undefined),
          (error: unknown) => settle({ error }),
        );
      }
    } catch (error) {
      settle({ error });
    }
    return true;
  }
}

/** Whether nothing forbids that the actor's handlers are called. */
export function isOpen(actor: Actor): boolean {
  return (actor.gates & closedGates) === 0;
}

/**
 * Releases what waits for an actor that is not to run, but for the newest `keep` of each mailbox and of its
 * posts; counts it. False when there was nothing. `isDecided`: which mailboxes it may look at.
 */
export function passOver(
  actor: Actor,
  keep: number,
  keepPosts: number,
  host: Host,
  isDecided: (inlet: Inlet) => boolean = always,
): boolean {
  const { inlets, posts, gauges } = actor;
  // Under a clock with rounds an event stays as it is for the whole step.
  const isFixed = host.turn !== undefined || (actor.gates & gate.mode) !== 0;
  const event = isFixed ? undefined : actor.control;
  let count = 0;
  for (let i = 0; i < inlets.length; i++) {
    const inlet = inlets[i] as Inlet;
    // Under a clock with rounds a back-edge has its own time.
    if ((inlet.isBack && host.turn !== undefined) || !isDecided(inlet)) continue;
    // What is sent after the event was set is not passed over: whoever finds it here finds the event set.
    const there = event === undefined ? Infinity : inlet.reader.available() - keep;
    if (event?.isOpen() === true) break;
    const passed = inlet.reader.passOver(keep, there);
    if (passed === 0) continue;
    accountPassedOver(inlet, passed);
    count += passed;
  }
  if (count > 0) host.commit(actor, false);
  const dropped = posts.length - Math.min(keepPosts, posts.length);
  if (dropped === 0) return count > 0;
  posts.splice(0, dropped);
  gauges.counts[actorCount.droppedPosts] = (gauges.counts[actorCount.droppedPosts] as number) + dropped;
  return true;
}

const always = (): boolean => true;

/** As `passOver`, for what back-edges have brought in the steps before the round. */
export function passBack(actor: Actor, keep: number, round: number, host: Host): boolean {
  let count = 0;
  for (const inlet of actor.inlets) {
    if (!inlet.isBack) continue;
    const { reader } = inlet;
    const surplus = reader.availableBefore(round) - keep;
    let passed = 0;
    while (passed < surplus && reader.take(actor.envelope)) passed++;
    if (passed === 0) continue;
    reader.settle();
    accountPassedOver(inlet, passed);
    count += passed;
  }
  if (count > 0) host.commit(actor, false);
  return count > 0;
}

/** Whether the streams into an actor have ended, though something of them may be left. */
function isLast({ inlets }: Actor): boolean {
  let forward = 0;
  for (let i = 0; i < inlets.length; i++) {
    const inlet = inlets[i];
    if (inlet === undefined || inlet.isBack) continue;
    forward++;
    if (!inlet.reader.isLast()) return false;
  }
  return forward > 0;
}

function isOver({ phase }: Actor): boolean {
  return phase === 'ended' || phase === 'stopped';
}

function isAtRest(actor: Actor): boolean {
  if (actor.isBusy && (actor.gates & gate.mode) !== 0) return false;
  return actor.phase !== 'running' || (actor.gates & gate.call) === 0;
}
