import { rateOf } from '../clock/rate.ts';
import type { Rate } from '../clock/rate.ts';
import { everyStep } from '../clock/schedule.ts';
import { Timeline } from '../clock/timeline.ts';
import type { RateChange } from '../drivers/messages.ts';
import { RateError, TargetError } from '../errors.ts';
import type { Plan, RunnerRef } from '../plan/types.ts';

/** What a rate can be set of: a stage, by reference or name, or a runner. */
export type RateTarget = string | { readonly name: string } | RunnerRef;

interface Runner {
  readonly name: string;
  /** The actor that it was made for; -1: it was planned. */
  readonly actor: number;
  rate: Rate;
  originNs: number;
  firstIndex: number;
}

/** The rates of a run as they are by now, and who ticks with which of them. Decides what a change means. */
export class Rates {
  readonly #plan: Plan;
  readonly #runners: Runner[];
  /** The runner of each actor; `everyStep` in a free phase, `undefined` where it does not tick. */
  readonly #runnerOf: (number | undefined)[];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#runners = plan.runners.map(({ name, hz }) => ({
      name,
      actor: -1,
      rate: rateOf(hz),
      originNs: 0,
      firstIndex: 0,
    }));
    this.#runnerOf = plan.actors.map(({ tick }) => tick?.runner);
  }

  /**
   * Sets a rate from a boundary on; boundaries never go back. A stage that shares its runner gets one of its
   * own. Throws `TargetError` for what does not tick, `RateError` for a rate that no clock can keep.
   */
  change(target: RateTarget, hz: number, originNs: number): RateChange {
    const { runner: shared, actor } = this.#find(target);
    const rate = rateFor(target, hz);
    const isShared = actor >= 0 && this.#runnerOf.some((other, i) => other === shared && i !== actor);
    const before = this.#runners[shared] as Runner;
    const firstIndex = this.#indexAt(before, originNs);
    const segment = { rate, originNs, firstIndex };
    const runner = isShared ? this.#runners.length : shared;
    if (isShared) {
      const name = `runner of ${this.#plan.actors[actor]?.name}`;
      this.#runners.push({ name, actor, ...segment });
      this.#runnerOf[actor] = runner;
    } else Object.assign(before, segment);
    const { name, actor: owner } = this.#runners[runner] as Runner;
    return { runner, name, hz, originNs, firstIndex, actor: owner };
  }

  /** The newest tick of a runner at a time. */
  #indexAt({ rate, originNs, firstIndex }: Runner, timeNs: number): number {
    // Before anything has ticked the new rate begins with tick 0.
    return Math.max(0, new Timeline(rate, originNs, firstIndex).newestAt(timeNs));
  }

  #find(target: RateTarget): { readonly runner: number; readonly actor: number } {
    if (typeof target === 'object' && 'runner' in target) {
      const runner = this.#plan.runners.findIndex(({ name }) => name === target.runner);
      if (runner >= 0) return { runner, actor: -1 };
      const names = this.#plan.runners.map(({ name }) => name).join(', ');
      throw new TargetError(`there is no runner '${target.runner}'`, `Use one of: ${names || '(none)'}.`);
    }
    const name = typeof target === 'string' ? target : target.name;
    const actor = this.#plan.actors.findIndex((candidate) => candidate.name === name);
    const runner = this.#runnerOf[actor];
    if (actor >= 0 && runner !== undefined && runner !== everyStep) return { runner, actor };
    const ticking = this.#plan.actors.filter(({ tick }) => tick !== undefined && tick.runner !== everyStep);
    const names = ticking.map((candidate) => candidate.name).join(', ') || '(none)';
    const why =
      actor < 0
        ? `there is no stage '${name}'`
        : runner === undefined
          ? `stage '${name}' does not tick`
          : `stage '${name}' ticks on every step of the clock and has no rate of its own`;
    throw new TargetError(why, `Name a stage that ticks (${names}), or a runner.`);
  }
}

function rateFor(target: RateTarget, hz: number): Rate {
  try {
    return rateOf(hz);
  } catch {
    throw new RateError(hz, typeof target === 'string' ? target : 'name' in target ? target.name : undefined);
  }
}
