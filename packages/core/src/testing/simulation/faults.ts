import { fractionOf, hashOf, mixed } from './dice.ts';

/** What can be made to go wrong, and what the application can be made to do. */
export const faultKinds = [
  'throw',
  'death',
  'hang',
  'slow',
  'kill',
  'detach',
  'mode',
  'event',
  'stop',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/**
 * Probabilities of faults, 0 unless given. `throw`, `death`, `hang` and `slow`: of each handler call; `kill`:
 * of each pass of a worker, between handlers; `detach`, `mode`, `event`, `stop`: of each point.
 */
export interface FaultOptions extends Partial<Readonly<Record<FaultKind, number>>> {
  /** Faults that are left out, by their ids: the others stay as they are. */
  readonly without?: readonly string[];
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
  readonly kind: 'throw' | 'death' | 'hang' | 'slow';
  /** At the end of the call, and not at its beginning. */
  readonly isLate: boolean;
  /** `slow`: for how long, in ms. */
  readonly slowMs: number;
}

const ofCalls = ['throw', 'death', 'hang', 'slow'] as const;
const ofPoints = ['detach', 'mode', 'event', 'stop'] as const;

/**
 * Says which faults happen: each is a function of the seed, of whom it concerns, and of how often that has
 * been called. So one that is left out changes none of the others.
 */
export class Faults {
  readonly #seed: number;
  readonly #rates: FaultOptions;
  readonly #without: ReadonlySet<string>;
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
    this.#callsSum = ofCalls.reduce((sum, kind) => sum + (rates[kind] ?? 0), 0);
    this.#pointsSum = ofPoints.reduce((sum, kind) => sum + (rates[kind] ?? 0), 0);
  }

  /** What is to happen to the `count`-th call of a stage. */
  ofCall(stage: string, key: number, count: number, mayEnd: boolean, at: Place): CallFault | undefined {
    if (!this.isOn || this.#callsSum === 0) return undefined;
    const hash = mixed(mixed(this.#seed, key), count);
    let left = fractionOf(hash);
    if (left >= this.#callsSum) return undefined;
    for (const kind of ofCalls) {
      left -= this.#rates[kind] ?? 0;
      if (left >= 0) continue;
      if (!mayEnd && (kind === 'death' || kind === 'hang')) return undefined;
      if (!this.#note(kind, `${kind}:${stage}#${count}`, stage, at)) return undefined;
      const more = mixed(hash, 0x5bd1e995);
      return { kind, isLate: (more & 1) === 1, slowMs: 0.1 + fractionOf(mixed(more, 1)) * 20 };
    }
    return undefined;
  }

  /** Whether the thread of a worker ends before its next pass: those of its predecessors count as well. */
  isKilled(worker: number, at: Place): boolean {
    const rate = this.#rates.kill ?? 0;
    if (!this.isOn || rate === 0) return false;
    const count = (this.#passes[worker] ?? 0) + 1;
    this.#passes[worker] = count;
    if (fractionOf(mixed(mixed(this.#seed, 0x6b111 + worker), count)) >= rate) return false;
    return this.#note('kill', `kill:worker ${worker}#${count}`, `worker ${worker}`, at);
  }

  /** What the application is to do at a point: of `about` it chooses one. */
  ofPoint(
    at: Place,
    about: (kind: (typeof ofPoints)[number], pick: (count: number) => number) => string | undefined,
  ): void {
    if (!this.isOn || this.#pointsSum === 0) return;
    const hash = mixed(mixed(this.#seed, 0x901e7), at.step);
    let left = fractionOf(hash);
    if (left >= this.#pointsSum) return;
    for (const kind of ofPoints) {
      left -= this.#rates[kind] ?? 0;
      if (left >= 0) continue;
      const id = `${kind}#${at.step}`;
      if (this.#without.has(id)) return;
      const done = about(kind, (count) => Math.floor(fractionOf(mixed(hash, count)) * count));
      if (done !== undefined) this.#note(kind, id, done, at);
      return;
    }
  }

  #note(kind: FaultKind, id: string, about: string, { step, atMs }: Place): boolean {
    if (this.#without.has(id)) return false;
    this.happened.push({ id, kind, step, atMs, about });
    return true;
  }
}

/** When a fault happens. */
export interface Place {
  readonly step: number;
  readonly atMs: number;
}

/** A number for the name of a stage, for `ofCall`. */
export const keyOf: (stage: string) => number = hashOf;
