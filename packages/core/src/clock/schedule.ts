import type { Phase, StepRow } from '../plan/types.ts';
import type { Rate } from './rate.ts';
import { Timeline } from './timeline.ts';

/** The phases of a step, in their order. */
export const phases: readonly Phase[] = [
  'preAcquisition',
  'acquisition',
  'control',
  'physics',
  'validation',
  'export',
  'postExport',
];

/** In place of a runner: once per step of the clock, whichever runners are due. */
export const everyStep = -1;

/** Whether a phase belongs to no runner. */
export function isFree(phase: Phase): boolean {
  return phase === 'preAcquisition' || phase === 'postExport';
}

/**
 * The order in which ticks of one step are delivered: by phase, then priority (low first), then registration,
 * which is the order of declaration (the actor's index).
 */
export function stepOrderOf(ticks: readonly StepRow[]): readonly StepRow[] {
  const rank = (row: StepRow): number => phases.indexOf(row.phase);
  return [...ticks].sort((a, b) => rank(a) - rank(b) || a.priority - b.priority || a.actor - b.actor);
}

/** One runner on its way through the steps of a clock. */
class ScheduledRunner {
  /** Its newest tick; -1 before the first. */
  index = -1;
  /** Whether that tick belongs to the current step. */
  isDue = false;
  /** Stands at the next tick. */
  next: Timeline;

  constructor(next: Timeline) {
    this.next = next;
  }
}

/** What `StepSchedule.runners` shows of a runner. */
export type RunnerView = Readonly<Pick<ScheduledRunner, 'index' | 'isDue'>> & {
  readonly next: Pick<Timeline, 'dueNs' | 'rate' | 'originNs' | 'firstIndex'>;
};

/** A stretch of a runner's ticks at one rate: tick `firstIndex` is the one due at `originNs`. */
export interface Segment {
  readonly rate: Rate;
  readonly originNs: number;
  readonly firstIndex: number;
}

/**
 * Walks the steps of a clock: all instants at which at least one runner is due, in their order. Pure: the
 * same rates, changed at the same steps, give the same walk. Steps of different runners that fall on the same
 * nanosecond are one step.
 */
export class StepSchedule {
  /** The instant of the current step; -1 before the first. */
  timeNs = -1;
  /** Counts steps from 0; -1 before the first. */
  step = -1;
  /** The instant of the next step; `Infinity` where there is no runner. */
  nextNs = Infinity;
  readonly #runners: ScheduledRunner[];

  /** All runners begin with tick 0 at time 0. */
  constructor(rates: readonly Rate[]) {
    this.#runners = rates.map((rate) => new ScheduledRunner(new Timeline(rate)));
    this.#look();
  }

  get runners(): readonly RunnerView[] {
    return this.#runners;
  }

  /** On to the next step. False where there is none. */
  next(): boolean {
    if (this.nextNs === Infinity) return false;
    this.timeNs = this.nextNs;
    this.step++;
    let nextNs = Infinity;
    for (let i = 0; i < this.#runners.length; i++) {
      const runner = this.#runners[i] as ScheduledRunner;
      const { next } = runner;
      runner.isDue = next.dueNs === this.timeNs;
      if (runner.isDue) {
        runner.index = next.index;
        next.advance();
      }
      if (next.dueNs < nextNs) nextNs = next.dueNs;
    }
    this.nextNs = nextNs;
    return true;
  }

  /**
   * Goes to a time without walking, so that the next step is the first one after it. Steps between are not
   * counted: the current one is `step`, if it is known.
   */
  jump(timeNs: number, step: number = this.step): void {
    this.timeNs = timeNs;
    this.step = step;
    for (const runner of this.#runners) this.#place(runner);
    this.#look();
  }

  /** Changes a runner's rate at the current step: its next tick comes one new period after that. */
  setRate(runner: number, rate: Rate): void {
    this.splice(runner, this.#segment(runner, rate));
  }

  /** Adds a runner that goes on, from the current step, where another one is. Returns its number. */
  fork(runner: number, rate: Rate): number {
    const added = this.#runners.length;
    this.splice(added, this.#segment(runner, rate));
    return added;
  }

  /** Puts a runner (a new one, if it is the next number) on a segment: from the current time on. */
  splice(runner: number, { rate, originNs, firstIndex }: Segment): void {
    const timeline = new Timeline(rate, originNs, firstIndex);
    const known = this.#runners[runner] ?? new ScheduledRunner(timeline);
    known.next = timeline;
    this.#runners[runner] = known;
    this.#place(known);
    this.#look();
  }

  /** A segment that goes on counting where a runner is; before the first step, one that begins with it. */
  #segment(runner: number, rate: Rate): Segment {
    const { timeNs } = this;
    const firstIndex = this.#runners[runner]?.index ?? 0;
    return timeNs < 0 ? { rate, originNs: 0, firstIndex: 0 } : { rate, originNs: timeNs, firstIndex };
  }

  /** The next tick of a runner is its first one after the current time. */
  #place(runner: ScheduledRunner): void {
    const { next } = runner;
    runner.isDue = false;
    next.moveTo(this.timeNs);
    runner.index = next.index;
    next.advance();
  }

  #look(): void {
    this.nextNs = Infinity;
    for (const { next } of this.#runners) if (next.dueNs < this.nextNs) this.nextNs = next.dueNs;
  }
}
