import { lineBytes, lineWords } from '@troupe/mailbox';

/** Int32 positions in the conductor's line. */
const word = { round: 0, phase: 1, flags: 2, runners: 3 } as const;

/** Int32 positions in a worker's line. */
const workerWord = { done: 0, wants: 1 } as const;

/** What holds for a round. */
export const roundFlag = {
  /** The first of its step: back-edges deliver what was emitted in the steps before. */
  first: 1,
  /** Sources are called, posts and letters delivered. */
  outside: 2,
  /** Sources finish. */
  draining: 4,
} as const;

/** Why a worker wants another step. */
export const want = {
  /** A source, a post or a letter waits for its turn. */
  outside: 1,
  /** A message waits on a back-edge of this thread. */
  back: 2,
  /** An actor has come to its end: others may follow. */
  again: 4,
} as const;

/** Float64 positions in the lines of the step. */
const stepDouble = { step: 0, timeNs: 1, elapsedNs: 2, priority: 3, runners: 16 } as const;

/** Float64 positions in what is said of a runner. */
const runnerDouble = { index: 0, dueNs: 1, nextDueNs: 2, isDue: 3, dtNs: 4 } as const;
const runnerDoubles = 8;

/** In place of a phase: no tick is delivered in the round. */
export const noPhase = -1;

/**
 * The shared memory through which a conductor leads the workers from round to round. Two lines for the
 * conductor and its step, one line for each worker. `runners`: how many there can be.
 */
export function allocateTurn(runners: number, workers: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(stepBytes(runners) + workers * lineBytes);
  new Int32Array(buffer)[word.runners] = runners;
  return buffer;
}

/** What the step says of one runner. */
export interface RunnerTurn {
  /** Of its newest tick. */
  readonly index: number;
  readonly dueNs: number;
  readonly nextDueNs: number;
  readonly isDue: boolean;
  /** Nanoseconds between its newest tick and the one before. */
  readonly dtNs: number;
}

/** Both ends of that memory. docs/determinism.md, "Rounds". */
export class Turn {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #workers: number = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    const runners = this.#words[word.runners] as number;
    this.#doubles = new Float64Array(buffer, lineBytes, stepBytes(runners) / 8 - lineBytes / 8);
    this.#workers = stepBytes(runners) / 4;
  }

  /** The newest round. */
  round(): number {
    // Acquires what the conductor has said of the round and of its step, and everything that others did
    // before.
    return Atomics.load(this.#words, word.round);
  }

  /** Ticks of which phase are delivered in the round, by its place among them; `noPhase`: none. */
  get phase(): number {
    return this.#words[word.phase] as number;
  }

  /** And of which priority. */
  get priority(): number {
    return this.#doubles[stepDouble.priority] as number;
  }

  /** `roundFlag`s. */
  get flags(): number {
    return this.#words[word.flags] as number;
  }

  /** Counts from 0. */
  get step(): number {
    return this.#doubles[stepDouble.step] as number;
  }

  /** What latches take for time: steps, as two of them may have the same. */
  get latchNs(): number {
    return this.step;
  }

  /** Logical time of the step: integer nanoseconds since the run's epoch. */
  get timeNs(): number {
    return this.#doubles[stepDouble.timeNs] as number;
  }

  /** Nanoseconds since the step before. */
  get elapsedNs(): number {
    return this.#doubles[stepDouble.elapsedNs] as number;
  }

  runner(index: number): RunnerTurn {
    const at = stepDouble.runners + index * runnerDoubles;
    const of = (position: number): number => this.#doubles[at + position] as number;
    return {
      index: of(runnerDouble.index),
      dueNs: of(runnerDouble.dueNs),
      nextDueNs: of(runnerDouble.nextDueNs),
      isDue: of(runnerDouble.isDue) === 1,
      dtNs: of(runnerDouble.dtNs),
    };
  }

  isDue(runner: number): boolean {
    return this.#doubles[stepDouble.runners + runner * runnerDoubles + runnerDouble.isDue] === 1;
  }

  /** Conductor: says what the next step is. Call it while no round is open. */
  setStep(step: number, timeNs: number, elapsedNs: number): void {
    this.#doubles[stepDouble.step] = step;
    this.#doubles[stepDouble.timeNs] = timeNs;
    this.#doubles[stepDouble.elapsedNs] = elapsedNs;
  }

  /** Conductor: says what a runner does in the next step. */
  setRunner(index: number, turn: RunnerTurn): void {
    const at = stepDouble.runners + index * runnerDoubles;
    this.#doubles[at + runnerDouble.index] = turn.index;
    this.#doubles[at + runnerDouble.dueNs] = turn.dueNs;
    this.#doubles[at + runnerDouble.nextDueNs] = turn.nextDueNs;
    this.#doubles[at + runnerDouble.isDue] = turn.isDue ? 1 : 0;
    this.#doubles[at + runnerDouble.dtNs] = turn.dtNs;
  }

  /** Conductor: opens a round. The workers must be rung after it. */
  open(round: number, phase: number, priority: number, flags: number): void {
    this.#words[word.phase] = phase;
    this.#doubles[stepDouble.priority] = priority;
    this.#words[word.flags] = flags;
    // Publishes the round's phase, priority and flags, and its step.
    Atomics.store(this.#words, word.round, round);
  }

  /** Worker: has done everything of a round. */
  close(worker: number, round: number, wants: number): void {
    const at = this.#at(worker);
    // Publishes what is wanted; ordered before the round's end.
    Atomics.store(this.#words, at + workerWord.wants, wants);
    // Publishes everything that the worker did in the round.
    Atomics.store(this.#words, at + workerWord.done, round);
  }

  /** Worker: something has come up between two rounds. */
  ask(worker: number, wants: number): void {
    // Publishes the wish; the conductor reads it when it is rung.
    Atomics.or(this.#words, this.#at(worker) + workerWord.wants, wants);
  }

  /** Conductor: whether a worker has done everything of a round. */
  isClosed(worker: number, round: number): boolean {
    // Acquires everything that the worker did in the round.
    return Atomics.load(this.#words, this.#at(worker) + workerWord.done) === round;
  }

  /** The last round of which a worker has done everything; 0 where there was none. */
  closedBy(worker: number): number {
    // Acquires everything that the worker did in it.
    return Atomics.load(this.#words, this.#at(worker) + workerWord.done);
  }

  /** Conductor: what a worker wants. */
  wants(worker: number): number {
    return Atomics.load(this.#words, this.#at(worker) + workerWord.wants);
  }

  #at(worker: number): number {
    return this.#workers + worker * lineWords;
  }
}

/** Bytes of the conductor's line and of the step, up to the workers' lines. */
function stepBytes(runners: number): number {
  const bytes = lineBytes + (stepDouble.runners + runners * runnerDoubles) * 8;
  return Math.ceil(bytes / lineBytes) * lineBytes;
}
