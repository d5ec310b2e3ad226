import { tickGroupsOf } from '../clock/groups.ts';
import type { TickGroup } from '../clock/groups.ts';
import { everyStep } from '../clock/schedule.ts';
import { want } from '../clock/turn.ts';
import type { Turn } from '../clock/turn.ts';
import type { Plan } from '../plan/types.ts';
import { debugGates, gate } from './actor.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import type { Calls } from './calls.ts';
import type { Failures } from './failures.ts';
import type { Gates } from './gates.ts';
import { Growth } from './growth.ts';
import { isOpen, kept, passBack, passOver } from './gates.ts';
import type { Holds } from './holds.ts';
import type { Host } from './host.ts';
import { LateReader } from './late-reader.ts';
import { Merge } from './merge.ts';
import { missTick, presentTick } from './presented.ts';
import { isFinished, isReady, wantRoom } from './readiness.ts';
import { hasForward, hasMore, isOver, Part, RoundState, takeOver, wantsOutside } from './round-part.ts';
import type { Next, Player } from './round-part.ts';

export interface RoundsParts {
  readonly plan: Plan;
  readonly worker: number;
  readonly turn: Turn;
  readonly actors: readonly Actor[];
  readonly host: Host;
  readonly calls: Calls;
  readonly failures: Failures;
  readonly gates: Gates;
  readonly holds: Holds;
  readonly onDrain: () => void;
  readonly isDraining: () => boolean;
}

/**
 * Steps the actors of one thread under the paced and fast clocks: round by round, each actor doing what the
 * round asks for in an order that does not depend on threads or time. docs/determinism.md has the argument.
 */
export class Rounds {
  readonly #parts: RoundsParts;
  readonly #turn: Turn;
  readonly #actors: readonly Actor[];
  readonly #shares: readonly Part[];
  /** The ticks of this thread: positions of actors, in order of registration. */
  readonly #ticking: readonly TickGroup[];
  readonly #merge: Merge;
  readonly #growth: Growth;
  readonly #late: readonly { readonly actor: Actor; readonly reader: LateReader }[];
  readonly #state = new RoundState();
  #isDone = true;
  #hasBegun = false;
  /** The conductor knows that something is wanted from outside. */
  #hasAsked = false;
  /** Positions of the actors whose tick is due in this round, and how many have had it. */
  #due: readonly number[] = [];
  #ticked = 0;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
    this.#turn = parts.turn;
    this.#actors = parts.actors;
    const { plan } = parts;
    this.#merge = new Merge(plan, this.#state);
    this.#growth = new Growth(this.#merge, parts.host);
    this.#shares = parts.actors.map((actor) => new Part(plan, actor));
    // A predecessor may have done everything of the round that is open.
    this.#state.number = parts.turn.closedBy(parts.worker);
    this.#late = parts.actors.flatMap((actor) =>
      actor.inlets.flatMap(({ reader }) => (reader instanceof LateReader ? { actor, reader } : [])),
    );
    const positions = new Map(parts.actors.map(({ plan: { index } }, position) => [index, position]));
    this.#ticking = tickGroupsOf(plan.stepOrder).map((group) => ({
      ...group,
      actors: group.actors.flatMap((index) => positions.get(index) ?? []),
    }));
  }

  /** One pass over the actors. False when none could do anything. */
  step(): boolean {
    const round = this.#turn.round();
    if (round !== this.#state.number) this.#begin(round);
    if (this.#isDone) return this.#ask();
    let isProgress = false;
    let isOpen = false;
    for (let i = 0; i < this.#actors.length; i++) {
      const part = this.#shares[i] as Part;
      if (part.isClosed) continue;
      if (this.#run(this.#actors[i] as Actor, part, i)) isProgress = true;
      if (!part.isClosed) isOpen = true;
    }
    if (isOpen) return isProgress;
    if (!this.#collect()) return isProgress;
    this.#end();
    return true;
  }

  /** After the doorbell has been armed: whether there is something to do after all. */
  hasWork(): boolean {
    if (this.#turn.round() !== this.#state.number) return true;
    if (this.#isDone) {
      if (!this.#hasAsked && this.#actors.some(wantsOutside)) return true;
    } else if (this.#shares.every(({ isClosed }) => isClosed)) {
      if (this.#isCollectable()) return true;
    } else if (this.#canGoOn()) return true;
    // Others may still write to whoever has done his part of the round.
    if (this.#grow()) return true;
    const { stuck } = this.#growth;
    // What it waits for may be held.
    if (stuck === undefined || this.#parts.host.isAnyHeld) return false;
    // What is full stays so until its reader goes on: that may be what has happened since it was asked.
    if (this.#canGoOn()) return true;
    this.#growth.overflow(stuck);
    return false;
  }

  /** Whether any actor has something to do at once. */
  #canGoOn(): boolean {
    return this.#actors.some((actor, i) => {
      const part = this.#shares[i] as Part;
      return !part.isClosed && this.#isRunnable(actor, part, i);
    });
  }

  /** Nothing can go on here: perhaps because a mailbox is full whose reader waits for another one. */
  #grow(): boolean {
    let hasGrown = false;
    this.#growth.stuck = undefined;
    for (let i = 0; i < this.#actors.length; i++) {
      const actor = this.#actors[i] as Actor;
      const part = this.#shares[i] as Part;
      if (actor.isBusy || isOver(actor)) continue;
      const isWaiting =
        // Who has no room either is told when there is some, and is looked at again.
        part.isClosed || !isOpen(actor) || (this.#next(actor, part, i) === 'wait' && wantRoom(actor));
      if (this.#growth.grow(actor, isWaiting, part.isClosed, this.#state.number)) hasGrown = true;
    }
    return hasGrown;
  }

  /** A post, a letter or the end of a source's call has come up while no round was open for it. */
  #ask(): boolean {
    if (this.#hasAsked || !this.#actors.some(wantsOutside)) return false;
    this.#hasAsked = true;
    this.#turn.ask(this.#parts.worker, want.outside);
    this.#parts.host.ringMain();
    this.#parts.host.strike();
    return true;
  }

  #begin(round: number): void {
    const { turn, actors } = { turn: this.#turn, actors: this.#actors };
    const { flags, phase, priority } = turn;
    this.#state.begin(round, flags);
    this.#isDone = false;
    const { isOutside, isDraining } = this.#state;
    if (isDraining) this.#parts.onDrain();
    for (let i = 0; i < actors.length; i++) {
      const actor = actors[i] as Actor;
      const part = this.#shares[i] as Part;
      part.isClosed = false;
      part.isTickDue = false;
      part.isTickGiven = false;
      // What a recording says is emitted in the round in which it was.
      const takesPosts = isOutside || (actor.handlers as Player)[hasMore] !== undefined;
      part.postsTo = actor.postsClosed + (takesPosts ? actor.posts.length : 0);
      part.lettersTo = actor.lettersClosed + (isOutside ? actor.resent.length : 0);
      if (isOutside) this.#parts.calls.admit(actor);
      const hasBeenAsked = !this.#hasBegun && takeOver(actor, round);
      part.demands = isOutside && !actor.hasEndedDemand && !hasBeenAsked ? part.demandsMax : 0;
    }
    this.#hasBegun = true;
    this.#ticked = 0;
    const ticking = this.#ticking.find((group) => group.phase === phase && group.priority === priority);
    this.#due = ticking === undefined ? [] : ticking.actors.filter((at) => this.#isDue(at));
    for (const at of this.#due) (this.#shares[at] as Part).isTickDue = true;
  }

  #isDue(position: number): boolean {
    const actor = this.#actors[position] as Actor;
    const { ticker } = actor;
    if (ticker === undefined || isOver(actor)) return false;
    // A successor finds what its predecessor has delivered already.
    if (actor.tickNote?.isDone(this.#state.number) === true) return false;
    return ticker.runnerIndex === everyStep || this.#turn.isDue(ticker.runnerIndex);
  }

  #run(actor: Actor, part: Part, position: number): boolean {
    const { host, calls, failures } = this.#parts;
    if (isOver(actor)) {
      this.#passTick(part, position);
      return (part.isClosed = true);
    }
    if (this.#mayFlush(actor) && host.endFlush(actor)) return true;
    if (actor.isAway) return !this.#mayFlush(actor) && this.#close(actor, part);
    if (actor.isBusy) return calls.watch(actor);
    if (actor.control !== undefined) this.#parts.gates.look(actor, actor.control);
    if ((actor.gates & gate.call) !== 0 && actor.phase === 'running') return false;
    if (!isOpen(actor)) return this.#runClosed(actor, part, position);
    if (actor.phase !== 'running') return actor.phase === 'backoff' && failures.endBackoff(actor);
    if (actor.spillOf !== undefined) return calls.drainSpill(actor);
    const next = this.#next(actor, part, position);
    if (next === 'wait') return false;
    if (next === 'close') return this.#close(actor, part);
    if (!this.#mayCall(actor, next)) return false;
    if (!isReady(actor)) {
      if (actor.blockedSinceMs < 0) actor.blockedSinceMs = host.nowMs;
      for (const { reader } of actor.inlets) reader.nudge();
      return false;
    }
    if (actor.blockedSinceMs >= 0) host.unblock(actor);
    host.strike();
    if ((actor.gates & debugGates) === 0) return this.#call(actor, part, position, next);
    const work: Work = next === 'letter' ? 'resent' : next;
    const inlet = next === 'input' ? part.inlet : undefined;
    if (next === 'tick' && !part.isTickGiven) presentTick(actor, this.#turn);
    const { holds } = this.#parts;
    return holds.call(actor, work, inlet, this.#state.number, () => this.#call(actor, part, position, next));
  }

  /** Whether the debugger lets it be called. */
  #mayCall(actor: Actor, next: Next): boolean {
    if ((actor.gates & debugGates) === 0) return true;
    return this.#parts.holds.mayCall(actor, next === 'tick', this.#state.number);
  }

  /** What an edge that may lose messages keeps is decided at its mark, by its policy first. */
  readonly #isDecided = (inlet: Inlet): boolean =>
    !this.#merge.isLossy(inlet) || inlet.reader.isMarked(this.#state.number);

  /** An actor that is not to run: what its mailboxes do meanwhile. */
  #runClosed(actor: Actor, part: Part, position: number): boolean {
    const { host, calls, isDraining } = this.#parts;
    if (actor.spillOf !== undefined) return calls.drainSpill(actor);
    if (part.isTickDue) missTick(actor, this.#turn);
    this.#passTick(part, position);
    const isLast = actor.inlets.every(({ isBack, reader }) => isBack || reader.isLast(this.#state.number));
    const keep = isDraining() || (isLast && hasForward(actor)) ? 0 : kept[actor.plan.whileInactive];
    const isMarked = actor.inlets.every(
      ({ isBack, reader }) => isBack || reader.isMarked(this.#state.number),
    );
    let isMoved = passOver(actor, keep, this.#state.isOutside ? keep : Infinity, host, this.#isDecided);
    if (this.#state.isFirst) isMoved = passBack(actor, keep, this.#state.number, host) || isMoved;
    return isMarked ? this.#close(actor, part) : isMoved;
  }

  /** False when the actor must wait for its resources. */
  #call(actor: Actor, part: Part, position: number, next: Next): boolean {
    const { calls } = this.#parts;
    const isOneByOne = (actor.gates & debugGates) !== 0;
    if (next === 'tick') {
      if (!part.isTickGiven) {
        presentTick(actor, this.#turn);
        actor.tickNote?.give(this.#state.number);
      }
      part.isTickGiven = true;
      const isCalled = calls.tick(actor);
      this.#closeTick(actor, part, position);
      return isCalled;
    }
    if (next === 'post') return calls.post(actor);
    if (next === 'letter') return calls.resent(actor);
    if (next === 'demand') {
      const done = calls.batch(actor, undefined, isOneByOne ? 1 : part.demands);
      if (done < 0) return false;
      part.demands -= actor.isBusy ? done + 1 : done;
      // One that waits for something outside will be asked again in a later step.
      if (actor.isAway || actor.hasEndedDemand) part.demands = 0;
      return true;
    }
    return calls.batch(actor, part.inlet, isOneByOne ? 1 : part.count) >= 0;
  }

  /** What comes next for an actor that could be called; an input is left in the part. */
  #next(actor: Actor, part: Part, position: number): Next {
    if (part.isTickGiven) this.#closeTick(actor, part, position);
    if (part.isTickDue) return this.#due[this.#ticked] === position ? 'tick' : 'wait';
    if (((part.postsTo - actor.postsClosed) | 0) > 0) return 'post';
    if (((part.lettersTo - actor.lettersClosed) | 0) > 0) return 'letter';
    if (part.demands > 0 && !actor.hasEndedDemand) return 'demand';
    return this.#merge.next(actor, part);
  }

  #isRunnable(actor: Actor, part: Part, position: number): boolean {
    if (this.#mayFlush(actor) && wantRoom(actor)) return true;
    if (!actor.isBusy && !isOpen(actor) && !isOver(actor)) {
      if (actor.spillOf !== undefined) return wantRoom(actor);
      const keep = kept[actor.plan.whileInactive];
      for (const inlet of actor.inlets) {
        inlet.reader.nudge();
        if (!inlet.isBack && this.#isDecided(inlet) && inlet.reader.available() > keep) return true;
      }
      return actor.inlets.every(({ isBack, reader }) => isBack || reader.isMarked(this.#state.number));
    }
    if (isOver(actor)) return true;
    // Whoever waits behind it must know what room there is, all the more while it cannot go on.
    for (const { reader } of actor.inlets) reader.nudge();
    if (actor.isBusy || actor.phase !== 'running') return false;
    if (actor.spillOf !== undefined) return wantRoom(actor);
    const next = this.#next(actor, part, position);
    if (next === 'wait') return false;
    if (next !== 'close' && !this.#mayCall(actor, next)) return false;
    return next === 'close' || ((isReady(actor) || wantRoom(actor)) && actor.lease?.mayBegin() !== false);
  }

  /** The tick has been handled, or given up, once it is not pending any more. */
  #closeTick(actor: Actor, part: Part, position: number): void {
    if (!part.isTickDue || actor.ticker?.isPending === true) return;
    actor.tickNote?.settle();
    this.#passTick(part, position);
  }

  /**
   * What a source shows that waits for something outside is shown in the next round for what comes from
   * there.
   */
  #mayFlush(actor: Actor): boolean {
    return actor.flushing !== undefined && (!actor.isAway || this.#state.isOutside);
  }

  #passTick(part: Part, position: number): void {
    if (!part.isTickDue) return;
    part.isTickDue = false;
    if (this.#due[this.#ticked] === position) this.#ticked++;
    // Those behind it that have ended meanwhile have given theirs up.
    while (this.#ticked < this.#due.length && !this.#isTickOpen(this.#due[this.#ticked] as number))
      this.#ticked++;
  }

  #isTickOpen(position: number): boolean {
    return (this.#shares[position] as Part).isTickDue;
  }

  /** The actor has done everything of the round. */
  #close(actor: Actor, part: Part): boolean {
    part.isClosed = true;
    actor.lease?.withdraw();
    for (const outlet of actor.outlets) outlet.mark(this.#state.number);
    return true;
  }

  /** Takes over what lossy back-edges have brought. False while a writer has not ended the round. */
  #collect(): boolean {
    if (!this.#isCollectable()) return false;
    for (const { actor, reader } of this.#late) if (!isOver(actor)) reader.collect();
    return true;
  }

  /** What an actor that is over has left is not waited for: nobody would be rung for it. */
  #isCollectable(): boolean {
    return this.#late.every(({ actor, reader }) => isOver(actor) || reader.isMarked(this.#state.number));
  }

  /** All actors of this thread have: ends those whose streams are over, and tells the conductor. */
  #end(): void {
    const { host, failures, turn, worker } = this.#parts;
    this.#isDone = true;
    this.#hasAsked = false;
    let wants = 0;
    for (let i = 0; i < this.#actors.length; i++) {
      const actor = this.#actors[i] as Actor;
      actor.tickNote?.release();
      if ((this.#shares[i] as Part).hasGoneBack(actor)) wants |= want.back;
      if (isOver(actor)) continue;
      if (actor.phase !== 'running') {
        if (isOpen(actor) || !isFinished(actor, this.#parts.isDraining(), this.#state.number)) continue;
        // Not to run any more, it need not wait for that.
        const hasBegun = actor.phase !== 'created';
        actor.phase = 'running';
        failures.finish(actor, hasBegun);
        wants |= want.again;
        continue;
      }
      if (!actor.isBusy) host.keep(actor);
      if (!actor.isBusy && isFinished(actor, this.#parts.isDraining(), this.#state.number)) {
        failures.finish(actor);
        wants |= want.again;
        continue;
      }
      if (wantsOutside(actor)) wants |= want.outside;
      for (const { isBack, reader } of actor.inlets) {
        if (isBack && isOpen(actor) && reader.availableBefore(this.#state.number) > 0) wants |= want.back;
      }
    }
    this.#hasAsked = (wants & want.outside) !== 0;
    turn.close(worker, this.#state.number, wants);
    host.ringMain();
    host.strike();
  }
}
