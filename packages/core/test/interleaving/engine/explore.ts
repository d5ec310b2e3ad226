import { Execution, placeOf } from './execution.ts';
import type { Footprint, Move } from './execution.ts';
import type { Protocol } from './protocol.ts';
import type { Runtime } from './runtime.ts';

/** What an exhaustive search has seen. */
export interface Coverage {
  readonly threads: number;
  readonly interleavings: number;
  /** `Infinity`: all of them, one for each order of the operations that depend on each other. */
  readonly preemptionsMax: number;
  /** The most steps that one of them had. */
  readonly stepsMax: number;
}

/** An execution in which something went wrong: why, and every step of it. */
export class InterleavingError extends Error {
  override name = 'InterleavingError';
  /** By which it can be had again, when it was found at random. */
  readonly seed: number | undefined;
  readonly trace: readonly string[];

  constructor(cause: unknown, trace: readonly string[], seed?: number) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const by = seed === undefined ? '' : ` (seed ${seed})`;
    const last = trace.slice(-traceLinesMax).map((line) => `  ${line}`);
    super(`${reason}${by}\n${last.join('\n')}`, { cause });
    this.seed = seed;
    this.trace = trace;
  }
}

const traceLinesMax = 100;
/** Executions until no new scheduling points turn up. */
const quietRunsWanted = 40;
const interleavingsLimit = 5_000_000;

/** Explores a protocol: by seeds, or all interleavings. */
export class Explorer {
  readonly #protocol: Protocol<unknown>;
  readonly #runtime: Runtime;
  /** Steps of the longest execution so far. */
  #length = 1;
  #hasLearned = false;

  constructor(protocol: Protocol<never>, runtime: Runtime) {
    this.#protocol = protocol as unknown as Protocol<unknown>;
    this.#runtime = runtime;
  }

  /** One execution with few preemptions, as a seed says. Throws `InterleavingError`. */
  play(seed: number): void {
    this.#learn();
    this.#runtime.isLearning = false;
    this.#playSeed(seed);
  }

  /** The first of so many seeds that goes wrong; `undefined`: none does. */
  hunt(seeds: number): InterleavingError | undefined {
    for (let seed = 1; seed <= seeds; seed++) {
      try {
        this.play(seed);
      } catch (error) {
        if (error instanceof InterleavingError) return error;
        throw error;
      }
    }
    return undefined;
  }

  /**
   * Explores all interleavings with so many preemptions at most. Throws `InterleavingError` for the first
   * that goes wrong.
   */
  exhaust(preemptionsMax: number): Coverage {
    for (;;) {
      this.#runtime.isLearning = true;
      this.#runtime.hasGrown = false;
      const found = new Search(this.#protocol, this.#runtime, preemptionsMax).run();
      // What was skipped as private has turned out not to be: once more, with it.
      if (found !== undefined) return found;
    }
  }

  /**
   * Finds out, by executions that do not count, which words are contended. What a seed means does not depend
   * on which seeds came before it.
   */
  #learn(): void {
    if (this.#hasLearned) return;
    this.#hasLearned = true;
    this.#runtime.isLearning = true;
    for (let seed = -1, quiet = 0; quiet < quietRunsWanted; seed--) {
      this.#runtime.hasGrown = false;
      try {
        this.#playSeed(seed);
      } catch (error) {
        // It will be found by a seed that counts.
        if (!(error instanceof InterleavingError)) throw error;
      }
      quiet = this.#runtime.hasGrown ? 0 : quiet + 1;
    }
  }

  #playSeed(seed: number): void {
    const execution = new Execution(this.#protocol, this.#runtime);
    const dice = new Schedule(seed, this.#length);
    try {
      execution.begin();
      for (let moves = execution.moves(); moves.length > 0; moves = execution.moves())
        execution.make(dice.choose(moves, execution.current));
      execution.end();
    } catch (error) {
      throw new InterleavingError(error, traceOf(execution, this.#runtime), seed);
    } finally {
      this.#length =
        this.#hasLearned && !this.#runtime.isLearning
          ? this.#length
          : Math.max(this.#length, execution.trace.length);
    }
  }
}

/** Few preemptions at random places; sometimes a death or a time that is over. */
class Schedule {
  readonly #preemptions = new Set<number>();
  readonly #deathAt: number;
  #state: number;
  #step = 0;

  constructor(seed: number, length: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) ^ 0x5f356495;
    const count = this.#below(6);
    for (let i = 0; i < count; i++) this.#preemptions.add(this.#below(length));
    this.#deathAt = this.#below(2) === 0 ? this.#below(length) : Infinity;
  }

  choose(moves: readonly Move[], current: number): Move {
    const step = this.#step++;
    const death = moves.find(({ kind }) => kind === 'die');
    if (death !== undefined && step >= this.#deathAt) return death;
    const timeouts = moves.filter(({ kind }) => kind === 'timeout');
    if (timeouts.length > 0 && this.#below(8) === 0) return this.#any(timeouts);
    const going = moves.filter(({ kind }) => kind === 'go');
    const [first] = going as [Move];
    if (first.thread !== current) return this.#any(going);
    return going.length > 1 && this.#preemptions.has(step) ? this.#any(going.slice(1)) : first;
  }

  #any(moves: readonly Move[]): Move {
    return moves[this.#below(moves.length)] as Move;
  }

  /** mulberry32. */
  #below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % limit;
  }
}

/** A place where the search has a choice. */
interface Fork {
  /** The thread that ran and can go on; -1: another one must. */
  readonly running: number;
  readonly moves: readonly Move[];
  at: number;
  /** Of each move that has been tried: what it did. */
  readonly done: Footprint[];
  /** Moves that lead to nothing new from here: the same steps have been tried in another order. */
  readonly asleep: readonly { readonly thread: number; readonly footprint: Footprint }[];
  readonly preemptions: number;
}

/** Depth first, every execution anew from its beginning. */
class Search {
  readonly #protocol: Protocol<unknown>;
  readonly #runtime: Runtime;
  readonly #preemptionsMax: number;
  readonly #path: Fork[] = [];
  #interleavings = 0;
  #stepsMax = 0;

  constructor(protocol: Protocol<unknown>, runtime: Runtime, preemptionsMax: number) {
    this.#protocol = protocol;
    this.#runtime = runtime;
    this.#preemptionsMax = preemptionsMax;
  }

  /** `undefined`: a new scheduling point has turned up. */
  run(): Coverage | undefined {
    do {
      const execution = new Execution(this.#protocol, this.#runtime);
      try {
        execution.begin();
        if (this.#follow(execution)) {
          execution.end();
          this.#interleavings++;
        }
      } catch (error) {
        throw new InterleavingError(error, traceOf(execution, this.#runtime));
      }
      if (this.#runtime.hasGrown) return undefined;
      this.#stepsMax = Math.max(this.#stepsMax, execution.trace.length);
      if (this.#interleavings > interleavingsLimit) throw new Error('too many interleavings to see all');
    } while (this.#advance());
    return {
      threads: Object.keys(this.#protocol.threads).length,
      interleavings: this.#interleavings,
      preemptionsMax: this.#preemptionsMax,
      stepsMax: this.#stepsMax,
    };
  }

  /** Repeats the path, then goes on to the end. False when that would be an execution that is known. */
  #follow(execution: Execution): boolean {
    for (let depth = 0; ; depth++) {
      const moves = execution.moves();
      if (moves.length === 0) return true;
      const fork = this.#path[depth] ?? this.#open(depth, moves, execution.current);
      const move = fork.moves[fork.at];
      if (move === undefined) return false;
      const footprint = execution.make(move);
      fork.done[fork.at] = footprint;
      if (this.#runtime.hasGrown) return false;
    }
  }

  #open(depth: number, all: readonly Move[], current: number): Fork {
    const before = this.#path[depth - 1];
    const taken = before?.moves[before.at];
    const isPreemption = before !== undefined && before.running >= 0 && taken?.kind === 'go';
    const preemptions =
      (before?.preemptions ?? 0) + (isPreemption && taken.thread !== before.running ? 1 : 0);
    const asleep = before === undefined || this.#preemptionsMax !== Infinity ? [] : sleepersAfter(before);
    const running = all[0]?.thread === current ? current : -1;
    const canPreempt = preemptions < this.#preemptionsMax || running < 0;
    const moves = all.filter(({ kind, thread }) => {
      if (kind === 'go' && asleep.some((sleeper) => sleeper.thread === thread)) return false;
      return kind !== 'go' || thread === running || canPreempt;
    });
    const fork = { running, moves, at: 0, done: [], asleep, preemptions };
    this.#path.push(fork);
    return fork;
  }

  /** The next path; false when there is none. */
  #advance(): boolean {
    for (;;) {
      const last = this.#path.at(-1);
      if (last === undefined) return false;
      last.at++;
      if (last.at < last.moves.length) return true;
      this.#path.pop();
    }
  }
}

/** Who has been tried before, here or further up, and does nothing else after the move that is made now. */
function sleepersAfter(fork: Fork): Fork['asleep'] {
  const made = fork.done[fork.at] as Footprint;
  if (fork.moves[fork.at]?.kind !== 'go') return [];
  const tried = fork.moves.slice(0, fork.at).flatMap(({ kind, thread }, i) => {
    return kind === 'go' ? [{ thread, footprint: fork.done[i] as Footprint }] : [];
  });
  return [...fork.asleep, ...tried].filter(({ footprint }) => !isDependent(footprint, made));
}

function isDependent(a: Footprint, b: Footprint): boolean {
  if (isHeedful(a, b) || isHeedful(b, a)) return true;
  const [one, other] = [a.operation, b.operation];
  if (one === undefined || other === undefined) return false;
  return (one.isWrite || other.isWrite) && placeOf(one) === placeOf(other);
}

/** Who stands still until a word changes depends on what may change it. */
function isHeedful({ looked }: Footprint, { operation }: Footprint): boolean {
  return looked !== undefined && operation?.isWrite === true && looked.has(placeOf(operation));
}

function traceOf({ trace, threads }: Execution, { sites }: Runtime): string[] {
  return trace.map(({ move: { kind, thread }, operation }) => {
    const name = threads[thread]?.name ?? '';
    if (kind !== 'go') return `${name} ${kind === 'die' ? 'dies' : 'has waited long enough'}`;
    if (operation === undefined) return `${name} goes on`;
    const { where, name: called } = sites[operation.site] ?? { where: '', name: '' };
    return `${name} ${called} ${operation.buffer}[${operation.word}]  ${where}`;
  });
}
