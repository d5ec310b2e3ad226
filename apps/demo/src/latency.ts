import { createHistogram } from 'node:perf_hooks';

/** How long samples took from the source to the view, in nanoseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Pairs when the frame of a logical time left the source with when its result arrived. The two are told on
 * different ways, so either may come first. What pairs with nothing is forgotten once a later time has been
 * paired: memory is bounded by what is under way.
 */
export class Latency {
  readonly #departed = new Map<number, number>();
  readonly #arrived = new Map<number, number>();
  readonly #histogram = createHistogram();

  /** The source's frame of time `timeNs` left at `atNs`, both since the run's epoch. */
  depart(timeNs: number, atNs: number): void {
    const arrived = this.#arrived.get(timeNs);
    if (arrived === undefined) this.#departed.set(timeNs, atNs);
    else this.#record(timeNs, arrived - atNs);
  }

  /** The result of time `timeNs` arrived at `atNs`. */
  arrive(timeNs: number, atNs: number): void {
    const departed = this.#departed.get(timeNs);
    if (departed === undefined) this.#arrived.set(timeNs, atNs);
    else this.#record(timeNs, atNs - departed);
  }

  /** `undefined` while nothing has been paired. */
  summary(): LatencySummary | undefined {
    const { count, max } = this.#histogram;
    if (count === 0) return undefined;
    return { count, p50: this.#histogram.percentile(50), p99: this.#histogram.percentile(99), max };
  }

  #record(timeNs: number, tookNs: number): void {
    this.#histogram.record(Math.max(1, Math.round(tookNs)));
    // Times only grow, and maps keep the order of insertion.
    for (const open of [this.#departed, this.#arrived]) {
      for (const time of open.keys()) {
        if (time > timeNs) break;
        open.delete(time);
      }
    }
  }
}
