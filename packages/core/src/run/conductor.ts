import { rateOf } from '../clock/rate.ts';
import { noPhase, roundFlag } from '../clock/turn.ts';
import { tickGroupsOf } from '../clock/groups.ts';
import type { ConductorParts } from './conductor-parts.ts';
import type { StepObserver } from './recorder.ts';
import type { TickGroup } from '../clock/groups.ts';
import { everyStep } from '../clock/schedule.ts';
import type { RateChange } from '../drivers/messages.ts';
import { RunStoppedError } from '../errors.ts';

/** Logical time that passes in a step of a clock without runners, in ns. */
const stepNs = 1_000_000;
/** A paced clock that is late by no more makes it up; of what is beyond it slows down. In ms. */
const lateMsMax = 5;

/** How often changes are carried out between two steps while the second one could begin. */
const changesMax = 16;

/** The round for what comes from outside. */
const outside: TickGroup = { phase: noPhase, priority: 0, actors: [] };

/**
 * Leads a run under the paced and fast clocks: step by step, and within a step round by round, a round for
 * each group of ticks and one for what comes from outside. A round begins when every message that the one
 * before it caused has been handled on every thread. Everything here runs on the main thread.
 * docs/determinism.md.
 */
export class Conductor {
  readonly #parts: ConductorParts;
  /** Workers with actors whose threads are there, or will be. */
  #workers: readonly number[];
  readonly #tickGroups: readonly TickGroup[];
  readonly #waiting: { readonly run: () => Promise<void>; readonly refuse: () => void }[] = [];
  #state: 'rest' | 'round' | 'changing' | 'closed' = 'rest';
  #round = 0;
  #step = -1;
  #timeNs = 0;
  /** Of stages that have been given one of their own. */
  readonly #runnerOf = new Map<number, number>();
  /** When the newest tick of each runner was due. */
  readonly #dueNs: (number | undefined)[] = [];
  /** Groups of the rounds of this step that are still to come. */
  readonly #groups: TickGroup[] = [];
  #isFirst = true;
  #isDraining = false;
  #observer: StepObserver | undefined;
  /** Of the next round in its step. */
  #place = 0;
  /** The round is over; the next one of the step may not have been opened. */
  #hasClosed = false;
  #isReleased = false;
  /** The step is none of a runner's. */
  #isFree = true;
  /** How often changes have been carried out since the last step began. */
  #changes = 0;
  /** Something has taken effect since the last step began. */
  #isChanged = false;
  /** The run's duration is over. */
  #hasEnded = false;
  /** When logical time 0 was, on the wall clock, were it not for the times that the run was late. */
  #originMs = 0;

  constructor(parts: ConductorParts) {
    this.#parts = parts;
    this.#tickGroups = tickGroupsOf(parts.plan.stepOrder);
    this.#workers = parts.plan.workers.filter(({ actors }) => actors.length > 0).map(({ index }) => index);
  }

  /** The step that is being done, or was done last; -1 before the first. */
  get step(): number {
    return this.#step;
  }

  /** Logical time of the step that is being done, or was done last; 0 before the first. */
  get timeNs(): number {
    return this.#timeNs;
  }

  /** Whether the run goes on when all its actors are over. */
  get isLed(): boolean {
    return this.#parts.script?.isLed === true;
  }

  /** The round that is open, or else the one that is opened next. */
  get round(): { readonly number: number; readonly isOpen: boolean } {
    const isOpen = this.#state === 'round' && !this.#hasClosed;
    return { number: isOpen ? this.#round : (this.#round + 1) | 0, isOpen };
  }

  /** A runner's rate changes from the current step on. Only at a boundary. */
  setRate({ runner, hz, originNs, firstIndex, actor }: RateChange): void {
    const { plan, schedule } = this.#parts;
    // A step that was no runner's lies ahead of the walk: what would be due before it is over.
    if (this.#step >= 0 && this.#timeNs > schedule.atNs) schedule.jump(this.#timeNs);
    schedule.splice(runner, { rate: rateOf(hz), originNs, firstIndex });
    if (actor >= 0) {
      // Its stage has ticked with another one before.
      const before = this.#runnerOf.get(actor) ?? plan.actors[actor]?.tick?.runner ?? everyStep;
      const dueNs = this.#dueNs[before];
      if (dueNs !== undefined) this.#dueNs[runner] = dueNs;
      this.#runnerOf.set(actor, runner);
    }
    this.#tellRunners();
  }

  /** Logical time of what is pushed now: that of the step that will take it in. */
  pushNs(): number {
    return this.#nextNs === Infinity ? this.#freeNs() : this.#nextNs;
  }

  /** When the next step of a runner is; `Infinity` where there is none, or none within the run's duration. */
  get #nextNs(): number {
    const { schedule, endNs } = this.#parts;
    return schedule.nextNs < endNs && !this.#hasEnded ? schedule.nextNs : Infinity;
  }

  /** Tells somebody of all steps and rounds to come. Only before the first step. */
  observe(observer: StepObserver): void {
    this.#observer = observer;
  }

  /** From now on steps may begin. */
  release(): void {
    this.#isReleased = true;
    this.#parts.bells[0]?.ring();
  }

  /** Carries out a change between two steps, in the order of the calls. */
  atBoundary<T>(change: () => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const refuse = (): void => reject(new RunStoppedError('a change at the next step'));
    const run = async (): Promise<void> => {
      try {
        resolve(await change());
      } catch (error) {
        reject(error);
      }
    };
    if (this.#state === 'closed') refuse();
    else this.#waiting.push({ run, refuse });
    this.#parts.bells[0]?.ring();
    return promise;
  }

  /** No step will begin any more: what waits for one is refused. */
  close(): void {
    this.#state = 'closed';
    for (const { refuse } of this.#waiting.splice(0)) refuse();
  }

  /** From the next step on sources finish. Only at a boundary. */
  drain(): void {
    this.#isDraining = true;
  }

  /** The run's duration is over: no runner's step begins any more. */
  end(): void {
    this.#hasEnded = true;
    this.#parts.onEnd();
  }

  /** Goes on as far as that is possible now. False when it was not at all. */
  pump(): boolean {
    if (this.#state === 'changing' || this.#state === 'closed') return false;
    if (this.#state === 'round') return this.#closeRound();
    if (this.#waiting.length > 0 && !this.#isStepFirst()) {
      this.#state = 'changing';
      void this.#change();
      return true;
    }
    if (this.#isAtEnd()) {
      this.end();
      return true;
    }
    if (!this.#isReleased || !this.#isDue()) return false;
    this.#begin();
    return true;
  }

  hasWork(): boolean {
    if (this.#state === 'changing' || this.#state === 'closed') return false;
    if (this.#state === 'round') return this.#hasClosed ? this.#mayOpen() : this.#isClosed();
    return this.#waiting.length > 0 || this.#isAtEnd() || (this.#isReleased && this.#isDue());
  }

  /** Milliseconds until the next step of a paced clock is due, or the end of a run without runners. */
  untilDueMs(): number {
    const { plan, schedule, endNs, hold } = this.#parts;
    if (hold.isClosed) return Infinity;
    if (this.#state !== 'rest' || plan.clock !== 'paced') return Infinity;
    if (schedule.nextNs === Infinity && !this.#hasEnded) return Math.max(0, endNs / 1e6 - hold.nowMs());
    if (this.#nextNs === Infinity) return Infinity;
    return Math.max(0, this.#originMs + this.#nextNs / 1e6 - hold.nowMs());
  }

  /** Who asks for change after change does not keep the run from its next step. */
  #isStepFirst(): boolean {
    return this.#changes >= changesMax && (this.#isAtEnd() || (this.#isReleased && this.#isDue()));
  }

  /** Carries out what has been asked for by now. */
  async #change(): Promise<void> {
    this.#changes++;
    for (let left = this.#waiting.length; left > 0; left--) await this.#waiting.shift()?.run();
    if (this.#state === 'changing') this.#state = 'rest';
    this.#isChanged = true;
    this.#parts.bells[0]?.ring();
  }

  /** Whether the run's duration is over, and nobody has been told. */
  #isAtEnd(): boolean {
    const { schedule, endNs, hold } = this.#parts;
    if (hold.isClosed || !this.#isReleased || this.#hasEnded || endNs === Infinity) return false;
    if (schedule.nextNs < Infinity) return schedule.nextNs >= endNs;
    return this.#freeNs() >= endNs || this.#isIdleForEver();
  }

  /** Nothing can ask for a step any more, and no step is what takes a fast clock to the end of its run. */
  #isIdleForEver(): boolean {
    const { plan, script } = this.#parts;
    if (plan.clock !== 'fast' || script !== undefined || this.#step < 0 || this.#isWanted()) return false;
    return plan.inputs.length === 0 && plan.actors.every(({ io }) => !io);
  }

  #isDue(): boolean {
    const { plan, script, hold } = this.#parts;
    if (hold.isClosed) return false;
    if (script !== undefined) return script.isReady(this.#nextNs);
    if (this.#nextNs === Infinity) return this.#step < 0 || this.#isWanted();
    return plan.clock === 'fast' || hold.isStepping || this.untilDueMs() <= 0;
  }

  /** Whether anything but the clock asks for a step. */
  #isWanted(): boolean {
    const { turn } = this.#parts;
    if (this.#isChanged || this.#hasPushes()) return true;
    return this.#workers.some((worker) => turn.wants(worker) !== 0);
  }

  #hasPushes(): boolean {
    for (const input of this.#parts.inputs.values()) if (input.isWaiting) return true;
    return false;
  }

  /** Logical time of a step that no runner gives. */
  #freeNs(): number {
    const { plan, schedule, hold } = this.#parts;
    // Behind the last step of runners time goes on by itself, the same in every run.
    const isTimed = plan.clock === 'fast' || schedule.nextNs < Infinity;
    const leastNs = this.#step < 0 ? 0 : this.#timeNs + (isTimed ? stepNs : 1);
    return isTimed ? leastNs : Math.max(leastNs, Math.round(hold.nowMs() * 1e6));
  }

  #begin(): void {
    const { plan, turn, schedule, script, hold } = this.#parts;
    const beforeNs = this.#timeNs;
    const scripted = script?.take(this.#nextNs);
    // What asks for a step is for its round, too: without one nobody would look at what has changed.
    const isOutside = scripted?.isOutside ?? (this.#step < 0 || this.#isWanted());
    this.#isChanged = false;
    this.#changes = 0;
    this.#timeNs = scripted?.timeNs ?? (this.#nextNs === Infinity ? this.#freeNs() : this.#nextNs);
    this.#isFree = this.#timeNs !== this.#nextNs;
    if (!this.#isFree) schedule.next();
    if (plan.clock === 'paced') {
      const lateMs = hold.nowMs() - (this.#originMs + this.#timeNs / 1e6);
      // A step that did not wait for its time goes on from there.
      if (hold.isStepping) this.#originMs += lateMs;
      else if (lateMs > lateMsMax) this.#originMs += lateMs - lateMsMax;
    }
    this.#step++;
    turn.setStep(this.#step, this.#timeNs, this.#step === 0 ? 0 : this.#timeNs - beforeNs);
    this.#tellRunners();
    this.#isFirst = true;
    this.#groups.length = 0;
    let hasOutside = false;
    for (const group of this.#tickGroups) {
      if (isOutside && !hasOutside && group.phase > 0) {
        this.#groups.push(outside);
        hasOutside = true;
      }
      if (group.actors.some((actor) => this.#isTickDue(actor))) this.#groups.push(group);
    }
    if (isOutside && !hasOutside) this.#groups.push(outside);
    this.#place = 0;
    if (this.#observer !== undefined)
      this.#observer.onStep(this.#step, this.#timeNs, this.#dueRunners(), isOutside);
    this.#openRound();
  }

  #isTickDue(actor: number): boolean {
    const { plan, schedule } = this.#parts;
    const runner = this.#runnerOf.get(actor) ?? plan.actors[actor]?.tick?.runner ?? everyStep;
    if (runner === everyStep) return !this.#hasEnded;
    return !this.#isFree && schedule.runners[runner]?.isDue === true;
  }

  #dueRunners(): readonly number[] {
    return [...this.#parts.schedule.runners.entries()].flatMap(([runner, { isDue }]) =>
      isDue && !this.#isFree ? runner : [],
    );
  }

  #tellRunners(): void {
    const { turn, schedule } = this.#parts;
    for (const [runner, { index, isDue: isNewest, next }] of schedule.runners.entries()) {
      const isDue = isNewest && !this.#isFree;
      const beforeNs = this.#dueNs[runner];
      if (isDue) this.#dueNs[runner] = this.#timeNs;
      const dueNs = this.#dueNs[runner] ?? 0;
      // The first tick has none before it: what passes up to the second one stands for it.
      const dtNs = beforeNs === undefined ? next.dueNs - dueNs : dueNs - beforeNs;
      turn.setRunner(runner, { index, dueNs, nextDueNs: next.dueNs, isDue, dtNs });
    }
  }

  /** Opens the next round of the step; false when there is none. */
  #openRound(): boolean {
    const { turn, inputs, bells } = this.#parts;
    const group = this.#groups.shift();
    if (group === undefined) {
      this.#state = 'rest';
      if (this.#parts.onBoundary()) this.#isChanged = true;
      this.#observer?.onBoundary?.(this.#step);
      return false;
    }
    this.#observer?.onOpen?.(this.#step, this.#place);
    this.#state = 'round';
    this.#hasClosed = false;
    this.#parts.hold.noteOpen();
    this.#round = (this.#round + 1) | 0;
    if (group === outside) {
      this.#observer?.onAdmit(this.#step);
      for (const input of inputs.values()) input.admit();
    }
    for (const input of inputs.values()) input.mark(this.#round);
    let flags = group === outside ? roundFlag.outside : 0;
    if (this.#isFirst) flags |= roundFlag.first;
    if (this.#isDraining) flags |= roundFlag.draining;
    this.#isFirst = false;
    turn.open(this.#round, group.phase, group.priority, flags);
    for (const worker of this.#workers) bells[worker]?.ring();
    return true;
  }

  #isClosed(): boolean {
    const { turn, isGone } = this.#parts;
    for (const worker of this.#workers) {
      if (turn.isClosed(worker, this.#round)) continue;
      if (!isGone(worker)) return false;
      this.#workers = this.#workers.filter((other) => other !== worker);
      // It cannot say any more that others may come to their end behind its actors.
      this.#isChanged = true;
    }
    return true;
  }

  #closeRound(): boolean {
    if (!this.#hasClosed) {
      if (!this.#isClosed()) return false;
      this.#hasClosed = true;
      this.#observer?.onRound(this.#step, this.#place++);
      this.#parts.hold.noteClosed();
    }
    if (!this.#mayOpen()) return false;
    this.#openRound();
    return true;
  }

  /** Whether the step can go on behind its last round, or end. */
  #mayOpen(): boolean {
    return this.#groups.length === 0 || !this.#parts.hold.isClosed;
  }
}
