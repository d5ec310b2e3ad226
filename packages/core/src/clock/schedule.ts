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
  /** When that was due. */
  dueNs = 0;
  /** Whether that tick belongs to the current step. */
  isDue = false;
  /** Stands at the next tick. */
  next: Timeline;

  constructor(next: Timeline) {
    this.next = next;
  }
}

/** What `StepSchedule.runners` shows of a runner. */
export type RunnerView = Readonly<Pick<ScheduledRunner, 'index' | 'dueNs' | 'isDue'>> & {
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
 * same rates, changed at the same times, give the same walk. Ticks of different runners that fall on the same
 * nanosecond are one step.
 */
export class StepSchedule {
  /** The instant of the current step; -1 before the first. */
  timeNs = -1;
  /** Counts steps from 0; -1 before the first. */
  step = -1;
  /** The instant of the next step; `Infinity` where there is no runner. */
  nextNs: number = Infinity;
  /** Ticks up to here are over: that of the current step, or later after a jump. */
  #atNs = -1;
  readonly #runners: ScheduledRunner[];
  /** Those whose ticks make steps. */
  #stepping: readonly ScheduledRunner[];

  /** All runners begin with tick 0 at time 0. */
  constructor(rates: readonly Rate[]) {
    this.#runners = rates.map((rate) => new ScheduledRunner(new Timeline(rate)));
    this.#stepping = this.#runners;
    this.#look();
  }

  get runners(): readonly RunnerView[] {
    return this.#runners;
  }

  /** How far the walk has come: the next step is the first one after this. */
  get atNs(): number {
    return this.#atNs;
  }

  /** On to the next step. False where there is none. */
  next(): boolean {
    if (this.nextNs === Infinity) return false;
    const { nextNs: timeNs } = this;
    this.timeNs = timeNs;
    this.#atNs = timeNs;
    this.step++;
    let nextNs = Infinity;
    for (let i = 0; i < this.#stepping.length; i++) {
      const runner = this.#stepping[i] as ScheduledRunner;
      const { next } = runner;
      runner.isDue = next.dueNs === timeNs;
      if (runner.isDue) {
        runner.index = next.index;
        runner.dueNs = timeNs;
        next.advance();
      }
      if (next.dueNs < nextNs) nextNs = next.dueNs;
    }
    this.nextNs = nextNs;
    return true;
  }

  /**
   * Goes to a time without walking, back as well: the next step is the first one after it. What lies between
   * is not counted; `step` is the number of the step at that time, where it is known to be one.
   */
  jump(timeNs: number, step?: number): void {
    this.#atNs = timeNs;
    if (step !== undefined) {
      this.timeNs = timeNs;
      this.step = step;
    }
    for (const runner of this.#runners) this.#place(runner);
    this.#look();
  }

  /** From now on only the ticks of these runners make steps; the others stand still. */
  restrict(runners: ReadonlySet<number>): void {
    this.#stepping = this.#runners.filter((_, runner) => runners.has(runner));
    this.jump(this.#atNs);
  }

  /** Changes a runner's rate where the walk has come to: its next tick comes one new period after that. */
  setRate(runner: number, rate: Rate): void {
    this.splice(runner, this.#segment(runner, rate));
  }

  /** Adds a runner that goes on counting where another one is. Returns its number. */
  fork(runner: number, rate: Rate): number {
    const added = this.#runners.length;
    this.splice(added, this.#segment(runner, rate));
    return added;
  }

  /** Puts a runner (a new one, if it is the next number) on a segment, from where the walk has come to. */
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
    const originNs = Math.max(0, this.#atNs);
    const firstIndex = this.#atNs < 0 ? 0 : (this.#runners[runner]?.index ?? 0);
    return { rate, originNs, firstIndex };
  }

  /** The next tick of a runner is its first one after where the walk has come to. */
  #place(runner: ScheduledRunner): void {
    const { next } = runner;
    next.moveTo(this.#atNs);
    runner.isDue = false;
    runner.index = next.index;
    runner.dueNs = next.dueNs;
    next.advance();
  }

  #look(): void {
    this.nextNs = Infinity;
    for (const { next } of this.#stepping) if (next.dueNs < this.nextNs) this.nextNs = next.dueNs;
  }
}
