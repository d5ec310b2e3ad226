/** Due times that are remembered, a power of two: more than come due while a late tick still counts. */
const count = 64;

/** When the newest ticks of a runner (or the newest steps) were due, by their numbers. */
export class DueTimes {
  /** The newest one; -1: none. */
  newest = -1;
  /** The oldest that is remembered. */
  #oldest = 0;
  readonly #timesNs = new Float64Array(count);

  /** Tick `index` has come due; after a gap the ones before it are forgotten. */
  note(index: number, timeNs: number): void {
    if (index !== this.newest + 1) this.#oldest = index;
    this.newest = index;
    this.#timesNs[index % count] = timeNs;
  }

  /** When tick `index`, one that is remembered, was due. */
  at(index: number): number {
    return this.#timesNs[index % count] as number;
  }

  /** The first tick from `index` on that was due at `sinceNs` or later; the newest, when none was. */
  first(index: number, sinceNs: number): number {
    let found = Math.max(index, this.#oldest, this.newest - count + 1);
    while (found < this.newest && this.at(found) < sinceNs) found++;
    return found;
  }
}
