import { fractionOf, hashOf, mixed } from './dice.ts';
import { ChosenFaults } from './chosen-faults.ts';
import { ofCalls, ofPoints } from './fault-kinds.ts';
import type { CallFaultKind, FaultKind, PointFaultKind } from './fault-kinds.ts';

/**
 * Probabilities of faults, 0 unless given. `throw`, `death`, `hang` and `slow`: of each handler call; `kill`:
 * of each pass of a worker, between handlers; `detach`, `mode`, `event`, `stop`, `hold` (stages are paused,
 * stepped and resumed): of each point.
 */
export interface FaultOptions extends Partial<Readonly<Record<FaultKind, number>>> {
  /** Faults that are left out, by their ids: the others stay as they are. */
  readonly without?: readonly string[];
  /** These happen, by their ids, and no others: whatever the probabilities say, and under any seed. */
  readonly only?: readonly string[];
}

/** A fault that has happened. */
export interface Fault {
  /** The same in every simulation with the seed in which it happens. */
  readonly id: string;
  readonly kind: FaultKind;
  readonly step: number;
  readonly atMs: number;
  /** The stage, thread, edge, mode or event that it concerns. */
  readonly about: string;
}

/** What happens to a call. */
export interface CallFault {
  readonly kind: CallFaultKind;
  /** At the end of the call, and not at its beginning. */
  readonly isLate: boolean;
  /** `slow`: for how long, in ms. */
  readonly slowMs: number;
}

/**
 * Says which faults happen: each is a function of the seed, of whom it concerns, and of how often that has
 * been called. So one that is left out changes none of the others.
 */
export class Faults {
  readonly #seed: number;
  readonly #rates: FaultOptions;
  readonly #without: ReadonlySet<string>;
  readonly #only: ChosenFaults | undefined;
  readonly #callsSum: number;
  readonly #pointsSum: number;
  /** Passes by worker. */
  readonly #passes: number[] = [];
  readonly happened: Fault[] = [];
  /** No fault happens before the run has begun, nor when it ends. */
  isOn = false;

  constructor(seed: number, rates: FaultOptions) {
    this.#seed = seed;
    this.#rates = rates;
    this.#without = new Set(rates.without);
    this.#only = rates.only === undefined ? undefined : new ChosenFaults(rates.only);
    this.#callsSum = ofCalls.reduce((sum, kind) => sum + (rates[kind] ?? 0), 0);
    this.#pointsSum = ofPoints.reduce((sum, kind) => sum + (rates[kind] ?? 0), 0);
  }

  /** What is to happen to the `count`-th call of a stage. */
  ofCall(stage: string, key: number, count: number, mayEnd: boolean, at: Place): CallFault | undefined {
    if (!this.isOn || (this.#callsSum === 0 && this.#only === undefined)) return undefined;
    const hash = mixed(mixed(this.#seed, key), count);
    const kind =
      this.#only === undefined
        ? drawn(ofCalls, this.#rates, this.#callsSum, hash)
        : this.#only.ofCall(stage, count);
    if (kind === undefined) return undefined;
    if (!mayEnd && (kind === 'death' || kind === 'hang')) return undefined;
    if (!this.#note(kind, `${kind}:${stage}#${count}`, stage, at)) return undefined;
    const more = mixed(hash, 0x5bd1e995);
    return { kind, isLate: (more & 1) === 1, slowMs: 0.1 + fractionOf(mixed(more, 1)) * 20 };
  }

  /** Whether the thread of a worker ends before its next pass: those of its predecessors count as well. */
  isKilled(worker: number, at: Place): boolean {
    const rate = this.#rates.kill ?? 0;
    if (!this.isOn || (rate === 0 && this.#only === undefined)) return false;
    const count = (this.#passes[worker] ?? 0) + 1;
    this.#passes[worker] = count;
    const isMeant =
      this.#only === undefined
        ? fractionOf(mixed(mixed(this.#seed, 0x6b111 + worker), count)) < rate
        : this.#only.isKilled(worker, count);
    return isMeant && this.#note('kill', `kill:${worker}#${count}`, `worker ${worker}`, at);
  }

  /** What the application is to do at a point: of `about` it chooses one. */
  ofPoint(
    at: Place,
    about: (kind: PointFaultKind, pick: (count: number) => number) => string | undefined,
  ): void {
    if (!this.isOn || (this.#pointsSum === 0 && this.#only === undefined)) return;
    const hash = mixed(mixed(this.#seed, 0x901e7), at.step);
    const kind =
      this.#only === undefined
        ? drawn(ofPoints, this.#rates, this.#pointsSum, hash)
        : this.#only.ofPoint(at.step);
    if (kind === undefined) return;
    const id = `${kind}#${at.step}`;
    if (this.#without.has(id)) return;
    const done = about(kind, (count) => Math.floor(fractionOf(mixed(hash, count)) * count));
    if (done !== undefined) this.#note(kind, id, done, at);
  }

  #note(kind: FaultKind, id: string, about: string, { step, atMs }: Place): boolean {
    if (this.#without.has(id)) return false;
    this.happened.push({ id, kind, step, atMs, about });
    return true;
  }
}

/** Which of some kinds a hash means, each with its probability. */
function drawn<Kind extends FaultKind>(
  kinds: readonly Kind[],
  rates: FaultOptions,
  sum: number,
  hash: number,
): Kind | undefined {
  let left = fractionOf(hash);
  if (left >= sum) return undefined;
  return kinds.find((kind) => (left -= rates[kind] ?? 0) < 0);
}

/** When a fault happens. */
export interface Place {
  readonly step: number;
  readonly atMs: number;
}

/** A number for the name of a stage, for `ofCall`. */
export const keyOf: (stage: string) => number = hashOf;
