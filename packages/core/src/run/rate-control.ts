import type { Executor } from '../executor/executor.ts';
import type { ThreadTime } from '../executor/thread-time.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import { RunStoppedError } from '../errors.ts';
import type { Plan } from '../plan/types.ts';
import type { Conductor } from './conductor.ts';
import type { Crew } from './crew.ts';
import type { Changing } from './live-recording.ts';
import { Rates } from './rates.ts';
import type { RateTarget } from './rates.ts';

/**
 * Realtime: a change of rates comes into effect so much after it was asked for, that all threads know of it
 * before.
 */
const noticeMs = 5;

/** Carries a change out where and when it may come into effect. */
export type AtBoundary = <T>(change: () => T | Promise<T>) => Promise<T>;

export interface RateControlParts {
  readonly world: ThreadTime;
  readonly plan: Plan;
  readonly clock: WallClock;
  readonly crew: Crew;
  /** Steps the stages on main. */
  readonly executor: Executor;
  readonly atBoundary: AtBoundary;
  /** Under the paced and fast clocks. */
  readonly conductor: Conductor | undefined;
  /** Wakes the loop of main. */
  readonly wake: () => void;
}

/** Changes the rates of a run on all of its threads. */
export class RateControl {
  readonly #parts: RateControlParts;
  readonly #rates: Rates;
  #boundaryNs = 0;
  #isClosed = false;
  /** Told of the rates that the application sets. */
  onChange: Changing['onChange'];

  constructor(parts: RateControlParts) {
    this.#parts = parts;
    this.#rates = new Rates(parts.plan);
  }

  /** From now on changes are refused: the run is over. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when the rate is in effect. Rejects `TargetError`, `RateError`, `RunStoppedError`. */
  async setRate(target: RateTarget, hz: number): Promise<void> {
    const { atBoundary, crew, executor, clock, wake, conductor, world } = this.#parts;
    await atBoundary(async () => {
      if (this.#isClosed) throw new RunStoppedError('setRate');
      // The names of stages have no colon.
      const stage =
        typeof target === 'string' ? target : 'name' in target ? target.name : `:${target.runner}`;
      const note = (): void => this.onChange?.({ type: 'rate', step: 0, stage, hz });
      if (conductor !== undefined) {
        const change = this.#rates.change(target, hz, conductor.timeNs);
        note();
        conductor.setRate(change);
        executor.setRate(change);
        await crew.setRate(change);
        return;
      }
      const noticedNs = clock.nowNs() + noticeMs * 1e6;
      this.#boundaryNs = Math.max(this.#boundaryNs, noticedNs, 0);
      const change = this.#rates.change(target, hz, this.#boundaryNs);
      note();
      executor.setRate(change);
      wake();
      await crew.setRate(change);
      const untilMs = Math.max(0, Math.ceil(change.originNs / 1e6 - clock.nowMs()));
      await new Promise<void>((resolve) => void world.after(untilMs, resolve));
    });
  }
}
