import type { Protocol } from './protocol.ts';
import type { Coroutine, Hold, Operation, Runtime } from './runtime.ts';

/** Turns of one execution before it is taken to be endless. */
const stepsMax = 20_000;

/** What may happen next. */
export interface Move {
  readonly kind: 'go' | 'die' | 'timeout';
  readonly thread: number;
}

/** What a step of a thread has to do with those of others. */
export interface Footprint {
  readonly operation: Operation | undefined;
  /** It stands still until one of these words changes. */
  readonly looked: ReadonlySet<number> | undefined;
}

export interface Thread {
  readonly name: string;
  readonly coroutine: Coroutine;
  state: 'ready' | 'held' | 'over' | 'dead';
  hold: Hold | undefined;
  /** What it does first when it goes on. */
  pending: Pending | undefined;
  /** The words that it has read since it last stood still, and whether one has changed since. */
  looked: Set<number>;
  hasMissed: boolean;
}

/** An operation that a thread is about to carry out. */
interface Pending {
  readonly operation: Operation;
  readonly view: Int32Array;
  readonly index: number;
}

/** A word's place in sets. */
export function placeOf({ buffer, word }: Operation): number {
  return buffer * 2 ** 20 + word;
}

/** One execution of a protocol, step by step, as somebody else decides. */
export class Execution {
  readonly threads: readonly Thread[];
  readonly trace: { readonly move: Move; readonly operation: Operation | undefined }[] = [];
  current = -1;
  readonly #protocol: Protocol<unknown>;
  readonly #runtime: Runtime;
  readonly #world: unknown;
  readonly #mortal: readonly boolean[];
  #deaths: number;
  #timeouts: number;

  constructor(protocol: Protocol<unknown>, runtime: Runtime) {
    this.#protocol = protocol;
    this.#runtime = runtime;
    runtime.begin(Object.keys(protocol.threads).length);
    runtime.isQuiet = true;
    this.#world = runtime.d(protocol.setup());
    const names = Object.keys(protocol.threads);
    this.threads = names.map((name) => ({
      name,
      coroutine: startOf(protocol.threads[name] as (world: unknown) => unknown, this.#world),
      state: 'ready',
      hold: undefined,
      pending: undefined,
      looked: new Set(),
      hasMissed: false,
    }));
    this.#mortal = names.map((name) => protocol.mortal?.includes(name) === true);
    this.#deaths = protocol.deathsMax ?? 1;
    this.#timeouts = protocol.timeoutsMax ?? 0;
  }

  get isOver(): boolean {
    return this.threads.every(({ state }) => state === 'over' || state === 'dead');
  }

  /** Lets every thread come to its first operation on what others use: nobody can tell in which order. */
  begin(): void {
    for (const [index, thread] of this.threads.entries()) this.#go(index, thread);
    this.current = -1;
  }

  /** Everything that may happen now; going on with the thread that runs comes first. */
  moves(): Move[] {
    const moves: Move[] = [];
    const { current } = this;
    const thread = this.threads[current];
    if (thread?.state === 'ready' && thread.pending?.operation.isPrivate === true) {
      // Nobody else can tell when it goes on; only that it did not.
      const go = { kind: 'go' as const, thread: current };
      return this.#mayDie(current) ? [go, { kind: 'die', thread: current }] : [go];
    }
    if (thread?.state === 'ready') moves.push({ kind: 'go', thread: current });
    for (const [other, { state }] of this.threads.entries())
      if (state === 'ready' && other !== current) moves.push({ kind: 'go', thread: other });
    // To die later, without having done anything more, is the same for everybody else.
    const isAlive = thread?.state === 'ready' || thread?.state === 'held';
    if (isAlive && this.#mayDie(current)) moves.push({ kind: 'die', thread: current });
    if (this.#timeouts > 0)
      for (const [other, { state, hold }] of this.threads.entries())
        if (state === 'held' && hold?.kind === 'wait') moves.push({ kind: 'timeout', thread: other });
    return moves;
  }

  #mayDie(thread: number): boolean {
    return this.#mortal[thread] === true && this.#deaths > 0;
  }

  /** Lets it happen. */
  make(move: Move): Footprint {
    const thread = this.threads[move.thread] as Thread;
    const operation = move.kind === 'go' ? thread.pending?.operation : undefined;
    this.trace.push({ move, operation });
    if (this.trace.length > stepsMax) throw new Error(`still running after ${stepsMax} steps`);
    let looked: Footprint['looked'];
    if (move.kind === 'go') looked = this.#go(move.thread, thread);
    else if (move.kind === 'die') this.#die(thread);
    else this.#timeOut(thread);
    this.#check(this.#protocol.invariant);
    return { operation, looked };
  }

  /** To be called when nothing can happen any more. */
  end(): void {
    const held = this.threads.filter(({ state }) => state === 'held');
    if (held.length > 0) {
      const names = held.map(({ name, hold }) => `${name} (${hold?.kind ?? ''})`);
      throw new Error(`nobody can go on: ${names.join(', ')}`);
    }
    this.#check(this.#protocol.final);
  }

  /** One step; the words that it waits for, if it does. */
  #go(index: number, thread: Thread): Footprint['looked'] {
    const runtime = this.#runtime;
    let looked: Footprint['looked'];
    const { pending } = thread;
    const before = pending?.view[pending.index];
    this.current = index;
    runtime.thread = index;
    runtime.isMortal = this.#mayDie(index);
    runtime.hasWritten = false;
    runtime.isQuiet = false;
    if (pending !== undefined) thread.looked.add(placeOf(pending.operation));
    try {
      const { done, value } = thread.coroutine.next();
      if (done === true) this.#endThread(thread, 'over');
      else if (value === undefined) thread.pending = this.#pendingNow();
      else looked = this.#hold(thread, value);
    } finally {
      runtime.isQuiet = true;
    }
    const hasChanged = pending !== undefined && !Object.is(pending.view[pending.index], before);
    if (hasChanged) this.#tellOfChange(index, placeOf(pending.operation));
    if (runtime.hasWritten) this.#tellOfChange(index, undefined);
    for (const released of runtime.released.splice(0)) this.#resume(released);
    return looked;
  }

  #pendingNow(): Pending {
    const { pending, view, index } = this.#runtime;
    return { operation: pending as Operation, view: view as Int32Array, index };
  }

  #hold(thread: Thread, hold: Hold): Footprint['looked'] {
    thread.pending = undefined;
    if (hold.kind === 'wait' && hold.outcome !== '') return undefined;
    if (hold.kind === 'over') {
      const other = this.threads.find(({ name }) => name === hold.thread);
      if (other === undefined) throw new Error(`there is no thread ${hold.thread}`);
      hold.hasDied = other.state === 'dead';
      if (other.state === 'over' || other.state === 'dead') {
        this.#runtime.join(this.threads.indexOf(thread), this.threads.indexOf(other));
        return undefined;
      }
    }
    const { looked, hasMissed } = thread;
    if (hold.kind === 'pause' && hasMissed) this.#lookAnew(thread);
    else {
      thread.state = 'held';
      thread.hold = hold;
    }
    return hold.kind === 'pause' ? looked : undefined;
  }

  #lookAnew(thread: Thread): void {
    thread.looked = new Set();
    thread.hasMissed = false;
  }

  #endThread(thread: Thread, state: 'over' | 'dead'): void {
    thread.state = state;
    for (const [index, { hold }] of this.threads.entries()) {
      if (hold?.kind !== 'over' || hold.thread !== thread.name) continue;
      hold.hasDied = state === 'dead';
      this.#runtime.join(index, this.threads.indexOf(thread));
      this.#resume(index);
    }
  }

  #die(thread: Thread): void {
    this.#deaths--;
    this.#endThread(thread, 'dead');
    thread.hold = undefined;
    this.#runtime.forget(this.threads.indexOf(thread));
  }

  #timeOut(thread: Thread): void {
    this.#timeouts--;
    if (thread.hold?.kind === 'wait') thread.hold.outcome = 'timed-out';
    this.#resume(this.threads.indexOf(thread));
  }

  /** Those who have read the word look again. `place`: `undefined` for one that nobody was told of. */
  #tellOfChange(by: number, place: number | undefined): void {
    for (const [index, thread] of this.threads.entries()) {
      if (index === by || (place !== undefined && !thread.looked.has(place))) continue;
      thread.hasMissed = true;
      if (thread.hold?.kind !== 'pause') continue;
      this.#lookAnew(thread);
      this.#resume(index);
    }
  }

  #resume(index: number): void {
    const thread = this.threads[index] as Thread;
    if (thread.state !== 'held') return;
    thread.state = 'ready';
    thread.hold = undefined;
    this.#runtime.forget(index);
  }

  #check(check: ((world: unknown) => unknown) | undefined): void {
    if (check === undefined) return;
    this.#runtime.isQuiet = true;
    this.#runtime.d(check(this.#world));
  }
}

function* startOf(body: (world: unknown) => unknown, world: unknown): Coroutine {
  const result = body(world);
  // An arrow function, or one that shares nothing: what it does is done already, in one step.
  if (typeof result !== 'object' || result === null || !(Symbol.iterator in result))
    throw new TypeError('a thread is a method or a function declaration, and touches shared memory');
  return yield* result as Coroutine;
}
