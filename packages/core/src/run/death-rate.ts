import { ReplacementLimitError } from '../errors.ts';
import type { StartOptions } from './types.ts';

const limitDefault = { max: 20, withinMs: 10_000 };

/** Bounds how often workers are replaced. */
export class DeathRate {
  readonly #limit: NonNullable<StartOptions['replacements']>;
  #deathsMs: number[] = [];

  readonly #nowMs: () => number;

  constructor(nowMs: () => number, limit: StartOptions['replacements'] = limitDefault) {
    this.#nowMs = nowMs;
    this.#limit = limit;
  }

  /** Notes a death. Throws `ReplacementLimitError` when there have been too many. */
  note(cause: Error): void {
    const { max, withinMs } = this.#limit;
    const nowMs = this.#nowMs();
    this.#deathsMs = this.#deathsMs.filter((at) => nowMs - at < withinMs);
    this.#deathsMs.push(nowMs);
    if (this.#deathsMs.length > max) throw new ReplacementLimitError(max, withinMs, cause);
  }
}
