import type { ResolvedTick, RunnerRef } from '../plan/types.ts';
import type { RunnerReading, Tick } from '../stage.ts';

/** Tells of runners at a time. */
interface Readings {
  read(runner: RunnerRef | string, timeNs: number): RunnerReading;
}

/** The ticks of one actor: what its handler is given, and what it has missed. */
export class Ticker implements Tick {
  time = 0;
  dt = 0;
  index = 0;
  dropped = 0;
  /** A tick has come due and has not been delivered. */
  isPending = false;
  /** A tick has been passed over since the last delivered one; `dropped` of it were before. */
  #isPassed = false;
  /** The runner it ticks with; `everyStep` in a free phase. */
  runnerIndex = 0;
  /** Of those that were dropped: counted when they were. */
  missed = 0;
  /** How long a handler may take, in ns. */
  budgetNs: number = Infinity;
  /** The same, where the stage was given a time of its own. */
  readonly budgetMs: number | undefined;
  /** Its place in the order of a step. */
  readonly rank: number;
  readonly #readings: Readings;
  /** The next tick that has not come due; -1: it does not tick yet, or no more. */
  #next = -1;
  /** The tick delivered before this one. */
  #previousNs = 0;

  constructor({ runner, budgetMs }: ResolvedTick, rank: number, readings: Readings) {
    this.runnerIndex = runner;
    this.budgetMs = budgetMs;
    this.rank = rank;
    this.#readings = readings;
  }

  /** Whether it ticks: it has begun, and has not ended. */
  get isOn(): boolean {
    return this.#next >= 0;
  }

  /** When the last tick that was delivered, or given up, was due. */
  get lastNs(): number {
    return this.#previousNs;
  }

  /** Ticks from `index` on; time passes from `previousNs`. */
  begin(index: number, previousNs: number): void {
    this.#next = index;
    this.#previousNs = previousNs;
  }

  /** Ticks no more. */
  end(): void {
    this.#next = -1;
    this.isPending = false;
  }

  /** The first tick that can still be delivered; -1: it does not tick. */
  get first(): number {
    return this.isPending ? this.index : this.#next;
  }

  /** Tick `index`, due at `timeNs`, waits from now on: all before it are delivered or dropped. */
  come(index: number, timeNs: number): void {
    this.dropped = index - this.#next + (this.isPending || this.#isPassed ? this.dropped + 1 : 0);
    this.#isPassed = false;
    this.index = index;
    this.time = timeNs;
    this.#next = index + 1;
    this.isPending = true;
  }

  /** Makes this object a tick that a conductor delivers. `dtNs`: since the runner's tick before. */
  present(index: number, timeNs: number, dtNs: number): void {
    this.index = index;
    this.time = timeNs;
    if (this.dropped === 0) this.#previousNs = timeNs - dtNs;
    this.isPending = true;
  }

  /** A conductor's tick came while its stage was not to run: the next one counts it. */
  miss(timeNs: number, dtNs: number): void {
    if (this.dropped++ === 0) this.#previousNs = timeNs - dtNs;
    this.missed++;
  }

  /** Fills in what is known when the tick is delivered at last. */
  open(): void {
    this.dt = this.time - this.#previousNs;
  }

  /** The tick came while it was not to be delivered: the next one counts it as dropped. */
  pass(): void {
    this.isPending = false;
    this.#isPassed = true;
  }

  /** The tick has been delivered, or given up. */
  close(): void {
    this.#previousNs = this.time;
    this.isPending = false;
    this.dropped = 0;
    this.missed = 0;
  }

  runner(runner: RunnerRef | string): RunnerReading {
    return this.#readings.read(runner, this.time);
  }
}
