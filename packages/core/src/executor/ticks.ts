import { rateOf } from '../clock/rate.ts';
import { everyStep, StepSchedule } from '../clock/schedule.ts';
import type { RunnerView } from '../clock/schedule.ts';
import { Timeline } from '../clock/timeline.ts';
import type { RateChange } from '../drivers/messages.ts';
import { TargetError } from '../errors.ts';
import type { ActorPlan, Plan, RunnerRef } from '../plan/types.ts';
import { DueTimes } from './due-times.ts';
import { Ticker } from './ticker.ts';

/** A thread that has not looked for so long does not go through the steps between one by one. */
const jumpNs = 1e9;

/** A tick that is later than this is dropped, if another one has come due: the thread is overloaded. */
const graceNs = 5e6;

/** Where a runner is at a time. */
class Reading {
  step = 0;
  fraction = 0;
  /** Moves with the times that are asked for. */
  timeline: Timeline;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
  }
}

/** An actor that may tick. */
interface Ticking {
  readonly plan: { readonly index: number };
  readonly ticker: Ticker | undefined;
}

/**
 * The ticks of all actors of one thread, on the realtime clock. Every thread computes the steps of the clock
 * for itself: they follow from the plan's rates and the changes that it has been told of.
 */
export class Ticks<Actor extends Ticking = Ticking> {
  /** When to look next, in ms since the run's epoch; `Infinity` where nothing ticks. */
  dueMs: number = Infinity;
  readonly #schedule: StepSchedule;
  readonly #names: string[];
  readonly #readings: (Reading | undefined)[] = [];
  /** By rank. */
  #actors: readonly Actor[] = [];
  /** Those whose tick waits, in the order of delivery; the first `#waitingCount` count. */
  readonly #waiting: Actor[] = [];
  #waitingCount = 0;
  /** Some actor ticks on every step, so that all of them have to be counted. */
  #isEveryStep = false;
  /** When the newest ticks of each runner were due; and the newest steps. */
  readonly #times: DueTimes[] = [];
  readonly #steps = new DueTimes();
  /** Runners that somebody here ticks with. */
  #used: readonly number[] = [];
  /** The look at which was found what waits. */
  #nowNs = 0;
  /** Somebody has more than one tick to come. */
  #isBehind = false;
  /** Changes of rates whose time has not come. */
  readonly #changes: RateChange[] = [];
  readonly #rankOf: ReadonlyMap<number, number>;

  constructor({ runners, stepOrder }: Plan) {
    this.#schedule = new StepSchedule(runners.map(({ hz }) => rateOf(hz)));
    this.#names = runners.map(({ name }) => name);
    this.#rankOf = new Map(stepOrder.map(({ actor }, rank) => [actor, rank]));
  }

  /** The ticker of an actor; `undefined` when it does not tick. */
  tickerOf({ index, tick }: ActorPlan): Ticker | undefined {
    if (tick === undefined) return undefined;
    const ticker = new Ticker(tick, this.#rankOf.get(index) ?? 0, this);
    this.#budget(ticker);
    return ticker;
  }

  /** Takes the actors of the thread. Later changes of their tickers are seen. */
  take(actors: readonly Actor[]): void {
    this.#actors = actors
      .filter(({ ticker }) => ticker !== undefined)
      .sort((a, b) => (a.ticker as Ticker).rank - (b.ticker as Ticker).rank);
    this.#isEveryStep = this.#actors.some(({ ticker }) => ticker?.runnerIndex === everyStep);
    this.#restrict();
    this.#plan();
  }

  /** The steps up to this one have been counted by a predecessor of this thread. */
  resume(step: number, timeNs: number): void {
    if (step <= this.#schedule.step) return;
    this.#schedule.jump(timeNs, step);
    this.#plan();
  }

  /** A ticker begins with the first tick that is due at or after `startNs`. */
  begin(ticker: Ticker, startNs: number): void {
    this.look(startNs - 1);
    if (ticker.runnerIndex === everyStep) {
      ticker.begin(this.#schedule.step + 1, Math.max(0, this.#schedule.timeNs));
      return;
    }
    const { rate, originNs, firstIndex } = this.#runner(ticker).next;
    const timeline = new Timeline(rate, originNs, firstIndex);
    timeline.seek(Math.max(-1, timeline.newestAt(startNs - 1)));
    ticker.begin(timeline.index + 1, timeline.dueNs);
  }

  /** Notes what has come due. True when a tick waits to be delivered. */
  look(nowNs: number): boolean {
    if (nowNs >= this.dueMs * 1e6) this.#advance(nowNs);
    // What waits may have become too late, and a later one has come due.
    else if (this.#isBehind) this.#mark(nowNs);
    return this.#waitingCount > 0;
  }

  /**
   * Delivers what waits, in the order of due time, phase, priority, registration. `call` says whether it
   * could deliver the tick of an actor; the others go on waiting. True when one was delivered.
   */
  deliver(call: (actor: Actor) => boolean): boolean {
    let isAny = false;
    // Whoever comes late has several steps before him: one after the other.
    while (this.#deliverSome(call)) isAny = true;
    return isAny;
  }

  #deliverSome(call: (actor: Actor) => boolean): boolean {
    let atNs = -1;
    for (let i = 0; i < this.#waitingCount; i++) {
      const actor = this.#waiting[i] as Actor;
      const { time } = actor.ticker as Ticker;
      if (this.#isBehind && atNs >= 0 && time > atNs) break;
      if (call(actor)) atNs = time;
    }
    if (this.#isBehind) this.#mark(this.#nowNs);
    else this.#settle();
    return atNs >= 0;
  }

  /** Forgets the ticks that have been delivered. */
  #settle(): void {
    let count = 0;
    for (let i = 0; i < this.#waitingCount; i++) {
      const actor = this.#waiting[i] as Actor;
      if (actor.ticker?.isPending === true) this.#waiting[count++] = actor;
    }
    this.#waitingCount = count;
  }

  /** When the next tick of an actor comes due, in ms since the epoch. */
  nextDueMs(ticker: Ticker): number {
    if (!ticker.isOn) return Infinity;
    const runnerIndex = ticker.runnerIndex;
    return (runnerIndex === everyStep ? this.#schedule.nextNs : this.#runner(ticker).next.dueNs) / 1e6;
  }

  /** When a change of rates comes into effect, in ms since the epoch; `Infinity` when none is known. */
  get changeDueMs(): number {
    return this.#changes[0] === undefined ? Infinity : this.#changes[0].originNs / 1e6;
  }

  /** A runner's rate changes, or an actor gets one of its own. Changes come in the order of their times. */
  change(change: RateChange): void {
    this.#changes.push(change);
    this.#plan();
  }

  /** Where a runner is at a time. Reused by the next call for the same runner. Throws `TargetError`. */
  read(runner: RunnerRef | string, timeNs: number): Reading {
    const name = typeof runner === 'string' ? runner : runner.runner;
    const index = this.#names.indexOf(name);
    if (index < 0) {
      const names = this.#names.map((known) => `'${known}'`).join(', ');
      throw new TargetError(`there is no runner '${name}'`, `Use one of ${names}.`);
    }
    const reading = (this.#readings[index] ??= new Reading(this.#timeline(index)));
    const { timeline } = reading;
    timeline.moveTo(timeNs);
    reading.step = timeline.index;
    reading.fraction = (timeNs - timeline.dueNs) / (timeline.followingNs - timeline.dueNs);
    return reading;
  }

  #advance(nowNs: number): void {
    for (let change = this.#changes[0]; change !== undefined; change = this.#changes[0]) {
      if (change.originNs > nowNs) break;
      this.#changes.shift();
      this.#walk(change.originNs);
      // A thread that comes too late has gone beyond it with the old rate: what it has delivered stays.
      this.#schedule.jump(Math.max(change.originNs, this.#schedule.atNs));
      this.#apply(change);
    }
    this.#walk(nowNs);
    this.#mark(nowNs);
    this.#plan();
  }

  #walk(toNs: number): void {
    const schedule = this.#schedule;
    if (!this.#isEveryStep && toNs - schedule.atNs > jumpNs) {
      schedule.jump(toNs - graceNs);
      for (const runner of this.#used) this.#note(runner);
    }
    while (schedule.nextNs <= toNs) {
      schedule.next();
      this.#steps.note(schedule.step, schedule.timeNs);
      for (let i = 0; i < this.#used.length; i++) {
        const runner = this.#used[i] as number;
        if (schedule.runners[runner]?.isDue === true) this.#note(runner);
      }
    }
  }

  #note(runner: number): void {
    const { index, dueNs } = this.#schedule.runners[runner] as RunnerView;
    if (index > this.#dueTimes(runner).newest) this.#dueTimes(runner).note(index, dueNs);
  }

  #dueTimes(runner: number): DueTimes {
    return runner === everyStep ? this.#steps : (this.#times[runner] ??= new DueTimes());
  }

  /** Gives every ticker the first tick that is not too late, and puts those that wait in order. */
  #mark(nowNs: number): void {
    const sinceNs = nowNs - graceNs;
    this.#nowNs = nowNs;
    let count = 0;
    this.#isBehind = false;
    for (let i = 0; i < this.#actors.length; i++) {
      const actor = this.#actors[i] as Actor;
      const ticker = actor.ticker as Ticker;
      const due = this.#dueTimes(ticker.runnerIndex);
      const { first } = ticker;
      if (first >= 0 && first <= due.newest) {
        const index = due.first(first, sinceNs);
        if (index < due.newest) this.#isBehind = true;
        if (!ticker.isPending || index > first) ticker.come(index, due.at(index));
      }
      if (!ticker.isPending) continue;
      // They come by rank: only an earlier due time moves one forward.
      let at = count++;
      for (; at > 0 && ((this.#waiting[at - 1] as Actor).ticker as Ticker).time > ticker.time; at--) {
        this.#waiting[at] = this.#waiting[at - 1] as Actor;
      }
      this.#waiting[at] = actor;
    }
    this.#waitingCount = count;
  }

  #plan(): void {
    const nextNs = this.#actors.length === 0 ? Infinity : this.#schedule.nextNs;
    this.dueMs = Math.min(nextNs / 1e6, this.changeDueMs);
  }

  #apply({ runner, name, hz, originNs, firstIndex, actor }: RateChange): void {
    this.#schedule.splice(runner, { rate: rateOf(hz), originNs, firstIndex });
    this.#names[runner] = name;
    this.#readings[runner] = undefined;
    for (const { plan, ticker } of this.#actors) {
      if (ticker === undefined) continue;
      if (plan.index === actor) ticker.runnerIndex = runner;
      if (ticker.runnerIndex === runner) this.#budget(ticker);
    }
    this.#restrict();
  }

  /** Steps that nobody here ticks with need not be gone through. */
  #restrict(): void {
    const used = new Set(this.#actors.map(({ ticker }) => ticker?.runnerIndex ?? everyStep));
    if (!this.#isEveryStep) this.#schedule.restrict(used);
    used.delete(everyStep);
    this.#used = [...used];
  }

  /** Without a budget of its own a tick has the period of its runner. */
  #budget(ticker: Ticker): void {
    const { budgetMs, runnerIndex } = ticker;
    if (budgetMs !== undefined) ticker.budgetNs = budgetMs * 1e6;
    else if (runnerIndex !== everyStep) ticker.budgetNs = 1e9 / this.#runner(ticker).next.rate.hz;
  }

  #runner({ runnerIndex }: Ticker): RunnerView {
    return this.#schedule.runners[runnerIndex] as RunnerView;
  }

  #timeline(runner: number): Timeline {
    const { rate, originNs, firstIndex } = (this.#schedule.runners[runner] as RunnerView).next;
    return new Timeline(rate, originNs, firstIndex);
  }
}
