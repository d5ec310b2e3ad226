import { attempt, declarationOf, inputsOf, natureOf } from './attempt.ts';
import type { Attempted, Failure } from './attempt.ts';
import { cutDown } from './case.ts';
import type { Case } from './case.ts';
import { cutsOf } from './cuts.ts';

/** Under how many more seeds a smaller case is tried. */
const otherSeeds = 5;
/** Under how many seeds the smallest case is tried, to find the shortest way to its failure. */
const lastSeeds = 60;
/** How many inputs of a port are tried one by one. */
const singlesMax = 24;

/** A failure, and the case that shows it. */
export interface Shrunk {
  readonly found: Case;
  readonly failure: Failure;
}

/** Makes a failing case smaller: each smaller one that fails in the same way takes its place. */
export class Shrinker {
  /** Simulations so far. */
  runs = 0;
  /** Times that a smaller case has failed in the same way. */
  shrinks = 0;
  readonly #attempted: Attempted;
  readonly #runsMax: number;
  readonly #onRun: (runs: number) => void;
  #best: Shrunk;

  constructor(
    attempted: Attempted,
    first: Shrunk,
    given: { readonly runsMax: number; readonly onRun: (runs: number) => void },
  ) {
    this.#attempted = attempted;
    this.#runsMax = given.runsMax;
    this.#onRun = given.onRun;
    // Those that have happened, by their names, are the same as those that were drawn.
    this.#best = { ...first, found: { ...first.found, faults: idsOf(first.failure) } };
  }

  async shrink(): Promise<Shrunk> {
    for (let before = -1; before < this.shrinks && !this.#isSpent;) {
      before = this.shrinks;
      await this.#leaveOutFaults();
      await this.#haveFaultsEarlier();
      await this.#cutGraph();
      await this.#leaveOutInputs();
      await this.#useFewerThreads();
    }
    await this.#findShortest();
    return this.#best;
  }

  get #isSpent(): boolean {
    return this.runs >= this.#runsMax;
  }

  async #leaveOutFaults(): Promise<void> {
    const faultsOf = (): readonly string[] => this.#best.found.faults ?? [];
    await this.#thin(faultsOf, (faults) => ({ ...this.#best.found, faults }));
  }

  /** A fault of the hundredth call may do the same in the first. */
  async #haveFaultsEarlier(): Promise<void> {
    for (let i = 0; i < (this.#best.found.faults ?? []).length; i++) {
      const [, what = '', count = '0'] = /^(.*#)(\d+)$/.exec(this.#best.found.faults?.[i] ?? '') ?? [];
      for (let earlier = 1; earlier < Number(count) && !this.#isSpent; earlier += step(earlier)) {
        const faults = (this.#best.found.faults ?? []).with(i, `${what}${earlier}`);
        if (await this.#take({ ...this.#best.found, faults })) break;
      }
    }
  }

  async #cutGraph(): Promise<void> {
    // What a check says of a graph need not be true of what is left of it.
    if (this.#best.failure.kind === 'check') return;
    const cuts = (): readonly string[] => {
      const left = cutDown(declarationOf(this.#attempted.graph), this.#best.found.cuts);
      return left === undefined ? [] : cutsOf(left);
    };
    const tried = new Set<string>();
    const next = (): string | undefined => cuts().find((each) => !tried.has(each));
    for (let each = next(); each !== undefined && !this.#isSpent; each = next()) {
      tried.add(each);
      const { found } = this.#best;
      await this.#take({ ...found, cuts: [...found.cuts, each] });
    }
  }

  async #leaveOutInputs(): Promise<void> {
    for (const port of this.#inputs().keys()) {
      const keptOf = (): readonly number[] => this.#inputs().get(port) ?? [];
      const with_ = (kept: readonly number[]): Case => {
        const { found } = this.#best;
        return { ...found, inputs: { ...found.inputs, [port]: kept } };
      };
      for (let count = 0; count < keptOf().length && !this.#isSpent; count = count * 2 || 1) {
        if (await this.#take(with_(keptOf().slice(0, count)))) break;
      }
      const isFree = this.#best.failure.kind !== 'check';
      if (isFree && keptOf().length <= singlesMax) await this.#thin(keptOf, with_);
      // A check counts what was pushed: it is left the first of them, without gaps.
      else while (await this.#take(with_(keptOf().slice(0, -1))));
    }
  }

  async #useFewerThreads(): Promise<void> {
    if ((this.#best.found.workers ?? this.#attempted.options.workers) === 1) return;
    await this.#take({ ...this.#best.found, workers: 1 });
  }

  /** The same case under the seed that leads to its failure in the fewest points. */
  async #findShortest(): Promise<void> {
    const { seed } = this.#best.found;
    for (let other = 0; other < lastSeeds && !this.#isSpent; other++) {
      const { found, failure } = this.#best;
      if (other === seed) continue;
      const shorter = await this.#try({ ...found, seed: other });
      if (shorter !== undefined && shorter.step < failure.step)
        this.#keep({ ...found, seed: other }, shorter);
    }
  }

  /** Leaves out as much of a list as can be: all, halves, and so on down to one by one. */
  async #thin<T>(listOf: () => readonly T[], with_: (left: readonly T[]) => Case): Promise<void> {
    for (let size = listOf().length; size >= 1; size = Math.min(size >> 1, listOf().length)) {
      for (let end = listOf().length; end > 0 && !this.#isSpent; end -= size) {
        // What is behind `end` has been tried, and is needed.
        const list = listOf();
        await this.#take(with_([...list.slice(0, Math.max(0, end - size)), ...list.slice(end)]));
      }
    }
  }

  /** Tries a smaller case under its seed and a few others. Whether it takes the place of the best. */
  async #take(smaller: Case): Promise<boolean> {
    for (let more = 0; more <= otherSeeds && !this.#isSpent; more++) {
      const found = { ...smaller, seed: smaller.seed + more };
      const failure = await this.#try(found);
      if (failure === undefined) continue;
      this.#keep(found, failure);
      return true;
    }
    return false;
  }

  #keep(found: Case, failure: Failure): void {
    this.shrinks++;
    // Those that have not happened have changed nothing.
    this.#best = { found: { ...found, faults: idsOf(failure) }, failure };
  }

  /** The failure of a case, where it is of the same kind. */
  async #try(tried: Case): Promise<Failure | undefined> {
    this.#onRun(this.runs++);
    try {
      const { failure } = await attempt(this.#attempted, tried);
      if (failure === undefined) return undefined;
      return natureOf(failure) === natureOf(this.#best.failure) ? failure : undefined;
    } catch {
      // What is left of the graph cannot be compiled, or not be started.
      return undefined;
    }
  }

  /** What is left of the inputs, as indices, by port. */
  #inputs(): ReadonlyMap<string, readonly number[]> {
    const { found } = this.#best;
    const declaration = cutDown(declarationOf(this.#attempted.graph), found.cuts);
    if (declaration === undefined) return new Map();
    const ports = Object.entries(inputsOf(this.#attempted, found, declaration));
    return new Map(
      ports.map(([port, data]) => [port, found.inputs[port] ?? data.map((_, index) => index)] as const),
    );
  }
}

/** The first few are tried one by one; beyond, a power of two is near enough. */
function step(number: number): number {
  return number < 8 ? 1 : number;
}

function idsOf({ faults }: Failure): readonly string[] {
  return faults.map(({ id }) => id);
}
