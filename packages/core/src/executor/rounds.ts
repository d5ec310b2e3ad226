import { actorCount } from '@troupe/mailbox';
import { tickGroupsOf } from '../clock/groups.ts';
import type { TickGroup } from '../clock/groups.ts';
import { everyStep } from '../clock/schedule.ts';
import { roundFlag, want } from '../clock/turn.ts';
import type { Turn } from '../clock/turn.ts';
import { MailboxOverflowError } from '../errors.ts';
import { errorToWire } from '../drivers/error-wire.ts';
import type { Plan } from '../plan/types.ts';
import { accountUnblocked } from './accounts.ts';
import { gate } from './actor.ts';
import type { Actor, Inlet } from './actor.ts';
import type { Calls } from './calls.ts';
import type { Failures } from './failures.ts';
import type { Gates } from './gates.ts';
import { isOpen, kept, passBack, passOver } from './gates.ts';
import type { Host } from './host.ts';
import { LateReader } from './late-reader.ts';
import { isFinished, isReady, wantRoom } from './readiness.ts';

/** The most calls of one source in one step. */
const demandsMax = 64;
/** Messages that are looked at for one batch. */
const runMax = 64;

/** What an actor has to do next in a round. */
type Next = 'wait' | 'close' | 'tick' | 'post' | 'letter' | 'demand' | 'input';

/** What is left for an actor to do in a round. */
class Part {
  isClosed = false;
  isTickDue = false;
  /** The tick has been given to the actor's handler, which may have to try again. */
  isTickGiven = false;
  /** Posts and letters that are closed at the end of the round, counted since the actor began. */
  postsTo = 0;
  lettersTo = 0;
  demands = 0;
  /** Calls of `onDemand` in one step: as many as its edges have room for when they are empty. */
  demandsMax = 0;
  /** It is to be handled next, and so many of its messages. */
  inlet: Inlet | undefined = undefined;
  count = 0;
}

/** Handlers that emit what a recording says, in whichever round it was. */
export interface Player {
  readonly isPlayer?: true;
}

export interface RoundsParts {
  readonly plan: Plan;
  readonly worker: number;
  readonly turn: Turn;
  readonly actors: readonly Actor[];
  readonly host: Host;
  readonly calls: Calls;
  readonly failures: Failures;
  readonly gates: Gates;
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
  readonly #isLossy: readonly boolean[];
  readonly #late: readonly { readonly actor: Actor; readonly reader: LateReader }[];
  #round = 0;
  #isFirst = false;
  #isOutside = false;
  #isDone = true;
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
    this.#isLossy = plan.edges.map(({ overflow }) => overflow !== 'block');
    this.#shares = parts.actors.map((actor) => {
      const part = new Part();
      part.demandsMax = demandsOf(plan, actor);
      return part;
    });
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
    if (round !== this.#round) this.#begin(round);
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
    if (this.#turn.round() !== this.#round) return true;
    if (this.#isDone) return !this.#hasAsked && this.#actors.some(wantsOutside);
    let isOpen = false;
    for (let i = 0; i < this.#actors.length; i++) {
      const part = this.#shares[i] as Part;
      if (part.isClosed) continue;
      isOpen = true;
      if (this.#isRunnable(this.#actors[i] as Actor, part, i)) return true;
    }
    return isOpen ? this.#grow() : this.#isCollectable();
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
    this.#round = round;
    this.#isDone = false;
    this.#isFirst = (flags & roundFlag.first) !== 0;
    if ((flags & roundFlag.draining) !== 0) this.#parts.onDrain();
    const isOutside = (flags & roundFlag.outside) !== 0;
    for (let i = 0; i < actors.length; i++) {
      const actor = actors[i] as Actor;
      const part = this.#shares[i] as Part;
      part.isClosed = false;
      part.isTickDue = false;
      part.isTickGiven = false;
      // What a recording says is emitted in the round in which it was.
      const takesPosts = isOutside || (actor.handlers as Player).isPlayer === true;
      part.postsTo = actor.postsClosed + (takesPosts ? actor.posts.length : 0);
      part.lettersTo = actor.lettersClosed + (isOutside ? actor.resent.length : 0);
      if (isOutside) this.#parts.calls.admit(actor);
      part.demands = isOutside && !actor.hasEndedDemand ? part.demandsMax : 0;
    }
    this.#isOutside = isOutside;
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
    if (actor.ledger.ticked === this.#round) return false;
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
    if (!isReady(actor)) {
      if (actor.blockedSinceMs < 0) actor.blockedSinceMs = host.nowMs;
      for (const { reader } of actor.inlets) reader.nudge();
      return false;
    }
    if (actor.blockedSinceMs >= 0) accountUnblocked(actor, host.nowMs);
    host.strike();
    return this.#call(actor, part, position, next);
  }

  /** An actor that is not to run: what its mailboxes do meanwhile. */
  #runClosed(actor: Actor, part: Part, position: number): boolean {
    const { host, calls, isDraining } = this.#parts;
    if (actor.spillOf !== undefined) return calls.drainSpill(actor);
    if (part.isTickDue) addCount(actor, actorCount.droppedTicks, 1);
    this.#passTick(part, position);
    const isLast = actor.inlets.every(({ isBack, reader }) => isBack || reader.isLast(this.#round));
    const keep = isDraining() || (isLast && hasForward(actor)) ? 0 : kept[actor.plan.whileInactive];
    const isMarked = actor.inlets.every(({ isBack, reader }) => isBack || reader.isMarked(this.#round));
    let isMoved = passOver(actor, keep, this.#isOutside ? keep : Infinity, host);
    if (this.#isFirst) isMoved = passBack(actor, keep, this.#round, host) || isMoved;
    return isMarked ? this.#close(actor, part) : isMoved;
  }

  /** False when the actor must wait for its resources. */
  #call(actor: Actor, part: Part, position: number, next: Next): boolean {
    const { calls } = this.#parts;
    if (next === 'tick') {
      if (!part.isTickGiven) this.#present(actor);
      part.isTickGiven = true;
      const isCalled = calls.tick(actor);
      this.#closeTick(actor, part, position);
      return isCalled;
    }
    if (next === 'post') return calls.post(actor);
    if (next === 'letter') return calls.resent(actor);
    if (next === 'demand') {
      const done = calls.batch(actor, undefined, part.demands);
      if (done < 0) return false;
      part.demands -= actor.isBusy ? done + 1 : done;
      // One that waits for something outside will be asked again in a later step.
      if (actor.isAway || actor.hasEndedDemand) part.demands = 0;
      return true;
    }
    return calls.batch(actor, part.inlet, part.count) >= 0;
  }

  /** What comes next for an actor that could be called; an input is left in the part. */
  #next(actor: Actor, part: Part, position: number): Next {
    if (part.isTickGiven) this.#closeTick(actor, part, position);
    if (part.isTickDue) return this.#due[this.#ticked] === position ? 'tick' : 'wait';
    if (((part.postsTo - actor.postsClosed) | 0) > 0) return 'post';
    if (((part.lettersTo - actor.lettersClosed) | 0) > 0) return 'letter';
    if (part.demands > 0 && !actor.hasEndedDemand) return 'demand';
    return this.#merge(actor, part);
  }

  /**
   * The earliest message by (time, inlet, seq), once it is certain that none before it can come: every inlet
   * either has a message or is marked.
   */
  #merge(actor: Actor, part: Part): Next {
    const { inlets } = actor;
    let best = -1;
    let bestNs = 0;
    // The earliest of the others: how far the best may be read in one batch.
    let other = -1;
    let otherNs = 0;
    let count = 0;
    for (let i = 0; i < inlets.length; i++) {
      const inlet = inlets[i] as Inlet;
      const waiting = this.#waiting(inlet);
      if (waiting < 0) return 'wait';
      if (waiting === 0) continue;
      const timeNs = inlet.reader.timeAt(0);
      if (best < 0 || timeNs < bestNs) {
        other = best;
        otherNs = bestNs;
        best = i;
        bestNs = timeNs;
        count = waiting;
      } else if (other < 0 || timeNs < otherNs) {
        other = i;
        otherNs = timeNs;
      }
    }
    if (best < 0) return 'close';
    const { reader } = (part.inlet = inlets[best] as Inlet);
    const most = Math.min(count, runMax);
    part.count = other < 0 ? most : 1;
    while (part.count < most && other >= 0) {
      const timeNs = reader.timeAt(part.count);
      if (timeNs > otherNs || (timeNs === otherNs && other < best)) break;
      part.count++;
    }
    return 'input';
  }

  /** Messages of an inlet that can be handled in this round; -1 while that cannot be known. */
  #waiting({ isBack, edge, reader }: Inlet): number {
    if (isBack) return this.#isFirst ? Math.max(0, reader.availableBefore(this.#round)) : 0;
    // What is dropped is decided at the mark, when everything that competes is there.
    if (this.#isLossy[edge] === true || !reader.isBlocking) {
      return reader.isMarked(this.#round) ? reader.available() : -1;
    }
    const waiting = reader.available();
    if (waiting > 0) return waiting;
    return reader.isMarked(this.#round) ? reader.available() : -1;
  }

  #isRunnable(actor: Actor, part: Part, position: number): boolean {
    if (this.#mayFlush(actor) && wantRoom(actor)) return true;
    if (!actor.isBusy && !isOpen(actor) && !isOver(actor)) {
      if (actor.spillOf !== undefined) return wantRoom(actor);
      const keep = kept[actor.plan.whileInactive];
      for (const { reader, isBack } of actor.inlets) {
        reader.nudge();
        if (!isBack && reader.available() > keep) return true;
      }
      return actor.inlets.every(({ isBack, reader }) => isBack || reader.isMarked(this.#round));
    }
    if (actor.isBusy || actor.phase !== 'running') return isOver(actor);
    if (actor.spillOf !== undefined) return wantRoom(actor);
    for (const { reader } of actor.inlets) reader.nudge();
    const next = this.#next(actor, part, position);
    if (next === 'wait') return false;
    return next === 'close' || ((isReady(actor) || wantRoom(actor)) && actor.lease?.mayBegin() !== false);
  }

  /** Gives the tick object what the step says of the actor's runner. */
  #present({ ticker }: Actor): void {
    if (ticker === undefined) return;
    const turn = this.#turn;
    if (ticker.runnerIndex === everyStep) ticker.present(turn.step, turn.timeNs, turn.elapsedNs);
    else {
      const { index, dueNs, dtNs } = turn.runner(ticker.runnerIndex);
      ticker.present(index, dueNs, dtNs);
    }
  }

  /** The tick has been handled, or given up, once it is not pending any more. */
  #closeTick(actor: Actor, part: Part, position: number): void {
    if (!part.isTickDue || actor.ticker?.isPending === true) return;
    actor.ledger.ticked = this.#round;
    this.#passTick(part, position);
  }

  /** What a source shows that waits for something outside is shown in the next round for what comes from there. */
  #mayFlush(actor: Actor): boolean {
    return actor.flushing !== undefined && (!actor.isAway || this.#isOutside);
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
    for (const outlet of actor.outlets) outlet.mark(this.#round);
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
    return this.#late.every(({ actor, reader }) => isOver(actor) || reader.isMarked(this.#round));
  }

  /** All actors of this thread have: ends those whose streams are over, and tells the conductor. */
  #end(): void {
    const { host, failures, turn, worker } = this.#parts;
    this.#isDone = true;
    this.#hasAsked = false;
    let wants = 0;
    for (const actor of this.#actors) {
      if (isOver(actor)) continue;
      if (actor.phase !== 'running') {
        if (isOpen(actor) || !isFinished(actor, this.#parts.isDraining(), this.#round)) continue;
        // Not to run any more, it need not wait for that.
        const hasBegun = actor.phase !== 'created';
        actor.phase = 'running';
        failures.finish(actor, hasBegun);
        wants |= want.again;
        continue;
      }
      if (!actor.isBusy) host.keep(actor);
      if (!actor.isBusy && isFinished(actor, this.#parts.isDraining(), this.#round)) {
        failures.finish(actor);
        wants |= want.again;
        continue;
      }
      if (wantsOutside(actor)) wants |= want.outside;
      for (const { isBack, reader } of actor.inlets) {
        if (isBack && isOpen(actor) && reader.availableBefore((this.#round + 1) | 0) > 0) wants |= want.back;
      }
    }
    this.#hasAsked = (wants & want.outside) !== 0;
    turn.close(worker, this.#round, wants);
    host.ringMain();
    host.strike();
  }

  /**
   * Nothing can go on here. Where that is because an actor waits for one port while another one is full, whose
   * writer may be what it waits for, the full one grows.
   */
  #grow(): boolean {
    let hasGrown = false;
    for (let i = 0; i < this.#actors.length; i++) {
      const actor = this.#actors[i] as Actor;
      const part = this.#shares[i] as Part;
      if (actor.isBusy || isOver(actor)) continue;
      const isHolding = !part.isClosed && !isOpen(actor);
      const isWaiting =
        isHolding || (!part.isClosed && isReady(actor) && this.#next(actor, part, i) === 'wait');
      const held = isWaiting && actor.group !== undefined ? actor.group.inlets : [];
      for (const inlet of [...actor.inlets, ...held]) {
        if (!isWaiting && !inlet.isBack) continue;
        if (this.#isLossy[inlet.edge] === true || !inlet.reader.isFull(inlet.maxEmit)) continue;
        if (!inlet.reader.grow()) this.#overflow(actor, inlet);
        else hasGrown = true;
      }
    }
    return hasGrown;
  }

  #overflow(actor: Actor, inlet: Inlet): void {
    const { host } = this.#parts;
    if (host.isStopping) return;
    const error = new MailboxOverflowError(actor.plan.name, inlet.port, inlet.reader.capacity);
    host.upcall({ type: 'fatal', error: errorToWire(error) });
  }
}

function hasForward({ inlets }: Actor): boolean {
  return inlets.some(({ isBack }) => !isBack);
}

function addCount(actor: Actor, index: number, value: number): void {
  const { counts } = actor.gauges;
  counts[index] = (counts[index] as number) + value;
}

function isOver({ phase }: Actor): boolean {
  return phase === 'ended' || phase === 'stopped';
}

function wantsOutside(actor: Actor): boolean {
  if (actor.phase !== 'running') return false;
  if (!isOpen(actor) && actor.settled === undefined) return false;
  if (actor.isAway && actor.flushing !== undefined) return true;
  if (actor.posts.length > 0 || actor.resent.length > 0 || actor.settled !== undefined) return true;
  return !actor.hasEndedDemand && !actor.isBusy;
}

/** As many calls as every edge that blocks has room for when it is empty. */
function demandsOf(plan: Plan, actor: Actor): number {
  let most = demandsMax;
  for (const { edges, maxEmit } of actor.plan.outlets) {
    for (const edge of edges) {
      const { capacity, overflow } = plan.edges[edge] ?? { capacity: demandsMax, overflow: 'block' };
      if (overflow === 'block') most = Math.min(most, Math.floor(capacity / maxEmit));
    }
  }
  return Math.max(1, most);
}
