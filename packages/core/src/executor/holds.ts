import { actorCount } from '@troupe/mailbox';
import { holdsFor } from '../debug/condition.ts';
import type { Subject } from '../debug/condition.ts';
import type { BreakpointOrder, HoldState, PlaceWire, StepOrder } from '../debug/hold-state.ts';
import { errorToWire } from '../drivers/error-wire.ts';
import { gate } from './actor.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import type { Host } from './host.ts';
import { hasMessage } from './readiness.ts';

/** A step that is being taken. */
interface Taking {
  readonly order: StepOrder;
  readonly place: PlaceWire;
  readonly failedBefore: number;
}

/** What the debugger wants of one actor. */
class Hold {
  readonly actor: Actor;
  /** The owner of the run says so. */
  isTold = false;
  /** The number of the hit that holds it; 0: none. */
  hit = 0;
  breakpoints: readonly BreakpointOrder[] = [];
  taking: Taking | undefined;
  /** The last step that was taken. */
  taken = 0;
  /** What has been caught and may go on without another look. */
  passed: { readonly inlet: Inlet | undefined; readonly at: number } | undefined;

  constructor(actor: Actor) {
    this.actor = actor;
  }
}

/**
 * The holds, steps and breakpoints of the actors of one thread. Only actors with a bit of `debugGates` come
 * here. docs/debugging.md.
 */
export class Holds {
  readonly #host: Host;
  readonly #holds: ReadonlyMap<Actor, Hold>;
  #state: HoldState;
  readonly #worker: number;
  /** Hits of this thread so far. */
  #hits: number;
  /** Breakpoints that were for once and have hit, and those whose condition has failed. */
  readonly #spent = new Set<number>();
  readonly #faulty = new Set<number>();
  /** Whom to tell when no handler of a held actor runs. */
  readonly #waiting: (() => void)[] = [];
  /** There may be something to `settle`. */
  isOn = false;

  constructor(actors: readonly Actor[], host: Host, worker: number, state: HoldState) {
    this.#host = host;
    this.#worker = worker;
    this.#state = state;
    this.#hits = this.#heard;
    this.#holds = new Map(actors.map((actor) => [actor, new Hold(actor)]));
    host.onError = (actor, work, inlet, error) => this.#catchError(actor, work, inlet, error);
    this.#apply();
  }

  /** Whether anything of the run is held. */
  get isAnyHeld(): boolean {
    return this.#state.held.length > 0 || this.#hits > this.#heard;
  }

  get #heard(): number {
    return this.#state.heard[this.#worker] ?? 0;
  }

  /** `onRest`: called once no handler of a held actor runs. */
  set(state: HoldState, onRest: () => void): void {
    // A successor may be told again what has been superseded since.
    if (state.version > this.#state.version) {
      const nowMs = this.#host.look();
      // How long a handler has been pending says nothing while others are held.
      if (this.isAnyHeld) for (const { actor } of this.#holds.values()) actor.busySinceMs = nowMs;
      this.#state = state;
      this.#apply();
    }
    this.#waiting.push(onRest);
    this.isOn = true;
    this.settle();
  }

  /** Whether an actor may be called for that now, breakpoints apart. `round`: 0 where there are none. */
  mayCall(actor: Actor, isTick: boolean, round: number): boolean {
    const hold = this.#of(actor);
    if (!this.#isHeld(hold) || this.#isFree(hold, round)) return true;
    return hold.taking === undefined && this.#nextStep(hold)?.unit === (isTick ? 'tick' : 'message');
  }

  /** Without rounds: whether there is anything that an actor may be called for. */
  isRunnable(actor: Actor): boolean {
    const isTickDue = actor.ticker?.isPending === true && this.mayCall(actor, true, 0);
    return isTickDue || (hasMessage(actor) && this.mayCall(actor, false, 0));
  }

  /** Makes a call of an actor, unless a breakpoint catches what it is for. `call`: whether it was called. */
  call(actor: Actor, work: Work, inlet: Inlet | undefined, round: number, call: () => boolean): boolean {
    const hold = this.#of(actor);
    const isStep = this.#isHeld(hold) && !this.#isFree(hold, round);
    const order = isStep ? this.#nextStep(hold) : undefined;
    // Whoever steps means just what comes next.
    if (order === undefined) return !this.#catches(hold, work, inlet) && call();
    const taking = { order, place: placeOf(actor, work, inlet), failedBefore: failedOf(actor) };
    const before = callsOf(actor);
    const isCalled = call();
    // Else it waits for its resources, or what it would have handled has been overtaken. Not before the call:
    // on main it may lead to `settle`, with half of it done.
    if (callsOf(actor) !== before || actor.isBusy || actor.spillOf !== undefined) hold.taking = taking;
    this.settle();
    return isCalled;
  }

  /** Tells of steps that are done, and those who wait for the rest of this thread. */
  settle(): void {
    for (const hold of this.#holds.values()) if (hold.taking !== undefined) this.#endStep(hold, hold.taking);
    for (const hold of this.#holds.values()) if (this.#isHeld(hold) && isRunning(hold.actor)) return;
    for (const tell of this.#waiting.splice(0)) tell();
    this.isOn = this.isAnyHeld || [...this.#holds.values()].some(({ taking }) => taking !== undefined);
  }

  #of(actor: Actor): Hold {
    return this.#holds.get(actor) as Hold;
  }

  #isHeld({ isTold, hit }: Hold): boolean {
    return isTold || hit > this.#heard;
  }

  /** What was told to do its part of a round does it, unless a breakpoint has hit in it. */
  #isFree({ hit }: Hold, round: number): boolean {
    return round !== 0 && this.#state.freeRound === round && hit <= this.#heard;
  }

  #nextStep({ actor, taken }: Hold): StepOrder | undefined {
    return this.#state.steps.find((step) => step.actor === actor.plan.index && step.id > taken);
  }

  #endStep(hold: Hold, { order, place, failedBefore }: Taking): void {
    const { actor } = hold;
    if (isRunning(actor)) return;
    hold.taking = undefined;
    hold.taken = order.id;
    const { seq, time } = actor.envelope;
    // What a message was is known since it was taken.
    const isInput = place.work === 'input' || place.work === 'resent';
    const known = isInput ? { ...place, seq, time } : { ...place, time };
    const isFailed = failedOf(actor) > failedBefore;
    this.#host.upcall({ type: 'stepped', step: order.id, place: known, isFailed });
  }

  /** Takes over what the state says. */
  #apply(): void {
    const { held, breakpoints } = this.#state;
    for (const hold of this.#holds.values()) {
      const { index } = hold.actor.plan;
      hold.isTold = held.includes(index);
      hold.breakpoints = breakpoints.filter(({ actor, id }) => actor === index && !this.#spent.has(id));
      this.#turn(hold);
    }
    this.#host.isAnyHeld = this.isAnyHeld;
    this.isOn = true;
  }

  #turn(hold: Hold): void {
    const { actor } = hold;
    const wasHeld = (actor.gates & gate.held) !== 0;
    const isHeld = this.#isHeld(hold);
    const isWatched = hold.breakpoints.some(({ on }) => on !== 'error');
    actor.gates &= ~(gate.held | gate.watched);
    actor.gates |= (isHeld ? gate.held : 0) | (isWatched ? gate.watched : 0);
    // A step that was called off may have been waiting for resources: others need not wait behind it.
    if (isHeld && this.#nextStep(hold) === undefined) actor.lease?.withdraw();
    if (!isHeld || wasHeld) return;
    if (actor.blockedSinceMs >= 0) this.#host.unblock(actor);
    // It may release nothing for a while: whoever waits behind it must know what room there is.
    for (const { reader } of actor.inlets) reader.nudge();
  }

  /** Whether a breakpoint holds the actor before what it is about to handle; that stays where it is. */
  #catches(hold: Hold, work: Work, inlet: Inlet | undefined): boolean {
    const { actor, breakpoints, passed } = hold;
    const isInput = work === 'input' && inlet !== undefined;
    if ((actor.gates & gate.watched) === 0 || (work !== 'tick' && !isInput)) return false;
    if (passed?.inlet === inlet && passed?.at === placeIn(actor, inlet)) return false;
    hold.passed = undefined;
    const { envelope } = actor;
    if (isInput && !inlet.reader.take(envelope)) return false;
    const caught = breakpoints.filter(
      (each) =>
        each.on === work &&
        (each.port === undefined || each.port === inlet?.port) &&
        this.#holdsFor(each, isInput ? envelope : tickOf(actor), undefined),
    );
    const place = placeOf(actor, work, inlet);
    const known = isInput ? { ...place, seq: envelope.seq, time: envelope.time } : place;
    if (isInput) inlet.reader.rewind();
    if (caught.length === 0) return false;
    // Taking it may have passed over others.
    hold.passed = { inlet, at: placeIn(actor, inlet) };
    // It is what comes next when the actor goes on.
    if (isInput) actor.nextInlet = actor.inlets.indexOf(inlet);
    this.#hit(hold, caught, known, undefined);
    return true;
  }

  #catchError(actor: Actor, work: Work, inlet: Inlet | undefined, thrown: unknown): void {
    const hold = this.#of(actor);
    if (!hold.breakpoints.some(({ on }) => on === 'error')) return;
    const { message, code } = errorToWire(thrown);
    const place = placeOf(actor, work, inlet);
    const { envelope } = actor;
    const known = inlet === undefined ? place : { ...place, seq: envelope.seq, time: envelope.time };
    const { value, frame } = inlet === undefined ? nothing : envelope;
    const subject = { ...known, value, frame };
    const caught = hold.breakpoints.filter(
      (each) =>
        each.on === 'error' &&
        (each.port === undefined || each.port === inlet?.port) &&
        this.#holdsFor(each, subject, { message, code }),
    );
    if (caught.length > 0) this.#hit(hold, caught, known, { message, code });
  }

  #holdsFor(
    { id, condition }: BreakpointOrder,
    { seq, time, value, frame }: Omit<Subject, 'error'>,
    error: Subject['error'],
  ): boolean {
    if (condition === undefined) return true;
    try {
      return holdsFor(condition, { seq, time, value, frame, error });
    } catch (fault) {
      const message = fault instanceof Error ? fault.message : String(fault);
      if (!this.#faulty.has(id)) this.#host.upcall({ type: 'breakFault', breakpoint: id, message });
      this.#faulty.add(id);
      return false;
    }
  }

  /** Holds the actor, and all of this thread where the graph is to be held; tells the owner of the run. */
  #hit(
    hold: Hold,
    caught: readonly BreakpointOrder[],
    place: PlaceWire,
    error: { readonly message: string; readonly code: string } | undefined,
  ): void {
    const isGraph = caught.some(({ holds }) => holds === 'graph');
    const first = this.#hits + 1;
    this.#hits += caught.length;
    for (const { id, isOnce } of caught) if (isOnce) this.#spent.add(id);
    for (const each of this.#holds.values()) {
      if (isGraph || each === hold) each.hit = this.#hits;
      each.breakpoints = each.breakpoints.filter(({ id }) => !this.#spent.has(id));
      this.#turn(each);
    }
    this.#host.isAnyHeld = true;
    this.isOn = true;
    for (const [i, { id }] of caught.entries()) {
      this.#host.upcall({ type: 'hit', hit: first + i, breakpoint: id, place, error });
    }
  }
}

/** Which message of a mailbox comes next, or which tick. */
function placeIn({ ticker }: Actor, inlet: Inlet | undefined): number {
  return inlet?.reader.position ?? ticker?.index ?? 0;
}

const nothing = { value: undefined, frame: undefined };

/** A handler runs, and may go on by itself. */
function isRunning({ isBusy, isAway, flushing }: Actor): boolean {
  return isBusy && !isAway && flushing === undefined;
}

function placeOf({ plan, ticker, resent, envelope }: Actor, work: Work, inlet: Inlet | undefined): PlaceWire {
  const letter = work === 'resent' ? resent[0] : undefined;
  const isTick = work === 'tick' && ticker !== undefined;
  return {
    actor: plan.index,
    work,
    port: inlet?.port ?? letter?.port ?? '',
    seq: isTick ? ticker.index : (letter?.seq ?? -1),
    time: isTick ? ticker.time : (letter?.time ?? envelope.time),
  };
}

function tickOf({ ticker }: Actor): Omit<Subject, 'error'> {
  return { seq: ticker?.index ?? 0, time: ticker?.time ?? 0, ...nothing };
}

/** Counts what has come of calls. */
function callsOf({ gauges }: Actor): number {
  return (gauges.counts[actorCount.handled] as number) + failedOf({ gauges });
}

function failedOf({ gauges }: Pick<Actor, 'gauges'>): number {
  return gauges.counts[actorCount.failed] as number;
}
