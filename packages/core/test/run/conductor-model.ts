import { deepStrictEqual, ok } from 'node:assert/strict';
import { isFree, phases } from '../../src/clock/schedule.ts';
import { noPhase, roundFlag } from '../../src/clock/turn.ts';
import type { StepObserver } from '../../src/run/recorder.ts';
import type { Setting, Stage } from './conductor-world.ts';

interface Row {
  readonly phase: number;
  readonly priority: number;
}

/** One runner: tick `k` is due at `originNs + floor((k - first) · period)`. */
interface Runner {
  numerator: bigint;
  denominator: bigint;
  originNs: number;
  first: number;
}

const fractions = new Map<number, readonly [bigint, bigint]>([
  [3, [3n, 1n]],
  [100, [100n, 1n]],
  [250, [250n, 1n]],
  [1000 / 3, [1000n, 3n]],
  [59.94, [2997n, 50n]],
]);

const outsideRow: Row = { phase: noPhase, priority: 0 };

/**
 * What docs/determinism.md says of steps and rounds, in the plainest way. It hears of each of them, and
 * expects it to be the one that has to come.
 */
export class Model implements StepObserver {
  /** Something has taken effect since the last step began. */
  isChanged = false;
  /** A change is being carried out. */
  isChanging = false;
  changesWaiting = 0;
  isReleased = false;
  isClosed = false;
  isDraining = false;
  hasEnded = false;
  step = -1;
  timeNs = 0;
  /** Rounds of the step that are still to come; `undefined`: none is under way. */
  rounds: Row[] | undefined;
  isOpen = false;
  readonly runners: Runner[];
  /** The runner of each stage; -1: it ticks on every step. */
  readonly runnerOf: number[];
  readonly #setting: Setting;
  readonly #stage: Stage;
  /** Workers that take part in rounds: those that were gone before they closed one do not. */
  #part: readonly number[];
  #tickedNs: (number | undefined)[];
  #isFirst = false;

  constructor(setting: Setting, stage: Stage) {
    this.#setting = setting;
    this.#stage = stage;
    this.runners = setting.hertz.map((hz) => this.segment(hz, 0, 0));
    this.runnerOf = setting.ticks.map(({ runner }) => runner);
    this.#tickedNs = setting.ticks.map(() => undefined);
    this.#part = stage.workers.map(({ index }) => index);
  }

  segment(hz: number, originNs: number, first: number): Runner {
    const [numerator, denominator] = fractions.get(hz) ?? [1n, 1n];
    return { numerator, denominator, originNs, first };
  }

  /** The newest tick of a runner at a time. */
  newest(runner: Runner, timeNs: number): number {
    let index = runner.first - 1;
    while (this.dueNs(runner, index + 1) <= timeNs) index++;
    return index;
  }

  dueNs({ numerator, denominator, originNs, first }: Runner, index: number): number {
    return originNs + Number((BigInt(index - first) * 1_000_000_000n * denominator) / numerator);
  }

  /** When the next step of a runner is; `Infinity`: there is none within the duration. */
  get nextNs(): number {
    const nextNs = this.nextTickNs;
    return this.hasEnded || nextNs >= this.#stage.endNs ? Infinity : nextNs;
  }

  get nextTickNs(): number {
    const atNs = this.step < 0 ? -1 : this.timeNs;
    return Math.min(...this.runners.map((each) => this.dueNs(each, this.newest(each, atNs) + 1)), Infinity);
  }

  get isWanted(): boolean {
    const { inputs, turn } = this.#stage;
    if (this.isChanged) return true;
    return inputs.some(({ isWaiting }) => isWaiting) || this.#part.some((worker) => turn.wants(worker) !== 0);
  }

  /** Whether every thread that there is has ended the round. */
  get isRoundOver(): boolean {
    return this.#stage.workers.every(
      (worker) => !this.#part.includes(worker.index) || worker.isGone || worker.hasClosed,
    );
  }

  /** A round has ended: who was gone before has been left out. */
  leaveOut(): void {
    const { workers } = this.#stage;
    const gone = workers.filter(({ index, isGone, hasClosed }) => {
      return this.#part.includes(index) && isGone && !hasClosed;
    });
    if (gone.length === 0) return;
    this.#part = this.#part.filter((worker) => !gone.some(({ index }) => index === worker));
    this.isChanged = true;
  }

  onStep(step: number, timeNs: number, runners: readonly number[], isOutside: boolean): void {
    const { nextNs } = this;
    const beforeNs = this.step < 0 ? -1 : this.timeNs;
    deepStrictEqual([this.isReleased, this.isClosed], [true, false]);
    deepStrictEqual([this.isChanging, this.changesWaiting], [false, 0]);
    deepStrictEqual([step, this.rounds], [this.step + 1, undefined]);
    ok(timeNs > beforeNs);
    if (this.#setting.script !== undefined) {
      ok(timeNs <= nextNs);
    } else {
      // Who asks for a step gets one with a round for it, and nobody else does.
      deepStrictEqual(isOutside, step === 0 || this.isWanted);
      this.#expectTime(timeNs, nextNs, step === 0 || this.isWanted);
    }
    const isTimed = timeNs === nextNs;
    const due = this.runners.map(
      (each) => isTimed && this.dueNs(each, this.newest(each, timeNs)) === timeNs && nextNs < Infinity,
    );
    deepStrictEqual(
      runners,
      due.flatMap((isDue, index) => (isDue ? [index] : [])),
    );
    this.step = step;
    this.timeNs = timeNs;
    this.isChanged = false;
    this.rounds = this.#roundsOf(due, isOutside);
    this.#isFirst = true;
    this.#expectRunners(due);
    if (this.rounds.length === 0) this.#rest();
  }

  onOpen(step: number, place: number): void {
    deepStrictEqual([step, this.isOpen], [this.step, false]);
    if (place === 0) deepStrictEqual(this.#isFirst, true);
    this.isOpen = true;
  }

  onAdmit(step: number): void {
    deepStrictEqual([step, this.rounds?.[0]], [this.step, outsideRow]);
  }

  /** Looks at a round that has been opened, as its workers find it. */
  expectOpened(): void {
    const { turn, workers, inputs } = this.#stage;
    const row = this.rounds?.shift();
    deepStrictEqual({ phase: turn.phase, priority: turn.priority }, row);
    deepStrictEqual([turn.step, turn.timeNs], [this.step, this.timeNs]);
    let flags = row === outsideRow ? roundFlag.outside : 0;
    if (this.#isFirst) flags |= roundFlag.first;
    if (this.isDraining) flags |= roundFlag.draining;
    deepStrictEqual(turn.flags, flags);
    this.#isFirst = false;
    for (const worker of workers) {
      if (!this.#part.includes(worker.index)) continue;
      deepStrictEqual([worker.hasClosed, worker.wasRung()], [false, true]);
    }
    for (const { marked } of inputs) deepStrictEqual(marked, turn.round());
  }

  onRound(step: number): void {
    deepStrictEqual([step, this.isOpen, this.isRoundOver], [this.step, true, true]);
    this.leaveOut();
    this.isOpen = false;
    if (this.rounds?.length === 0) this.#rest();
  }

  /** All rounds of the step are over: the boundary. */
  #rest(): void {
    this.rounds = undefined;
    if (this.#stage.world.boundaryAsks) this.isChanged = true;
  }

  /** No more steps than there should be, each at its time. */
  #expectTime(timeNs: number, nextNs: number, isWanted: boolean): void {
    const { clock, hertz } = this.#setting;
    const { world, endNs } = this.#stage;
    if (nextNs < Infinity) {
      deepStrictEqual(timeNs, nextNs);
      if (clock === 'paced') ok(world.nowMs * 1e6 >= timeNs);
      return;
    }
    deepStrictEqual(isWanted, true);
    if (!this.hasEnded) ok(timeNs < endNs);
    const nextFreeNs = this.step < 0 ? 0 : this.timeNs + 1_000_000;
    if (clock === 'fast' || hertz.length > 0) deepStrictEqual(timeNs, nextFreeNs);
    else
      deepStrictEqual(timeNs, Math.max(this.step < 0 ? 0 : this.timeNs + 1, Math.round(world.nowMs * 1e6)));
  }

  #roundsOf(due: readonly boolean[], isOutside: boolean): Row[] {
    const rows = this.#setting.ticks.flatMap(({ phase, priority }, actor) => {
      const runner = this.runnerOf[actor] as number;
      const isDue = runner < 0 ? !this.hasEnded : due[runner];
      deepStrictEqual(isFree(phase), runner < 0);
      return isDue === true ? [{ phase: phases.indexOf(phase), priority }] : [];
    });
    const sorted = rows.toSorted((a, b) => a.phase - b.phase || a.priority - b.priority);
    const groups = sorted.filter((row, i) => {
      const before = sorted[i - 1];
      return before?.phase !== row.phase || before.priority !== row.priority;
    });
    const at = groups.findIndex(({ phase }) => phase > 0);
    if (isOutside) groups.splice(at < 0 ? groups.length : at, 0, outsideRow);
    return groups;
  }

  #expectRunners(due: readonly boolean[]): void {
    const { turn } = this.#stage;
    for (const [index, runner] of this.runners.entries()) {
      const newest = this.newest(runner, this.timeNs);
      const told = turn.runner(index);
      const nextDueNs = this.dueNs(runner, newest + 1);
      // Behind the end of the run's duration runners stand still.
      if (this.hasEnded) {
        deepStrictEqual(told.isDue, false);
        continue;
      }
      deepStrictEqual([told.index, told.nextDueNs, told.isDue], [newest, nextDueNs, due[index]]);
      if (due[index] !== true) continue;
      deepStrictEqual(told.dueNs, this.timeNs);
      for (const [actor, tickedNs] of this.#tickedNs.entries()) {
        if (this.runnerOf[actor] !== index) continue;
        // The first tick has none before it: what passes up to the second one stands for it.
        deepStrictEqual(told.dtNs, tickedNs === undefined ? nextDueNs - this.timeNs : this.timeNs - tickedNs);
        this.#tickedNs[actor] = this.timeNs;
      }
    }
  }
}
