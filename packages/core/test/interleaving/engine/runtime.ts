/** What a thread is about to do to shared memory, or did. */
export interface Operation {
  /** Which word: buffers are numbered in the order of their allocation, words count 4 bytes. */
  readonly buffer: number;
  readonly word: number;
  readonly isWrite: boolean;
  /** Place among `sites`. */
  readonly site: number;
  /** Nobody else uses the word, but the thread may die here: its heir will. */
  readonly isPrivate: boolean;
}

/** Where in the sources an operation stands, and what it is called there. */
export interface Site {
  readonly where: string;
  readonly name: string;
}

/** Why a thread cannot go on. */
export type Hold =
  | { readonly kind: 'wait'; readonly buffer: number; readonly word: number; outcome: string }
  | { readonly kind: 'pause' }
  | { readonly kind: 'over'; readonly thread: string; hasDied: boolean };

export type Coroutine = Generator<Hold | undefined, unknown, unknown>;

type View = Int32Array;

const bufferId: unique symbol = Symbol('buffer');

interface Numbered extends SharedArrayBuffer {
  [bufferId]?: number;
}

/** The prototype of all generator objects: an instrumented function has returned one, and has not run yet. */
const GeneratorObject = function generatorObject(): void {};
const { prototype } = function* empty(): Generator {};
GeneratorObject.prototype = Object.getPrototypeOf(prototype) as object;

/** Which threads have read and written each word of a buffer, as bits of parts of their lives. */
interface Accesses {
  readonly readers: Int32Array;
  readonly writers: Int32Array;
  /** Words where operations of several threads meet, one of which writes: scheduling points. */
  readonly isContended: Uint8Array;
}

interface Waiter {
  readonly thread: number;
  readonly hold: Hold & { readonly kind: 'wait' };
}

const wordsMax = 2 ** 14;

/**
 * What instrumented code calls in the place of operations on shared memory. One for each set of modules that
 * was loaded; the scheduler leads it.
 */
export class Runtime {
  readonly G = GeneratorObject;
  readonly raw = Symbol('raw');
  readonly sites: Site[] = [];
  /** Operations are carried out at once, and nobody is told: setup, invariants, the end. */
  isQuiet = true;
  /** The operation that the thread which has just yielded is about to carry out. */
  pending: Operation | undefined;
  /** The thread that runs, as its number. */
  thread = 0;
  /** Its death would be seen in what it writes. */
  isMortal = false;
  /** The word of `pending`, to see whether the operation changes it. */
  view: View | undefined;
  index = 0;
  /** A word has been written, without a scheduling point, that others have turned out to use. */
  hasWritten = false;
  /** A word has turned out to be contended that was not known to be. */
  hasGrown = false;
  /** Newly contended words become scheduling points at once. */
  isLearning = true;
  /** The threads that a notification has released in this step. */
  readonly released: number[] = [];
  readonly SharedArrayBuffer: SharedArrayBufferConstructor;
  /** Who waits for which word. */
  waiting: readonly Waiter[] = [];
  readonly #accesses: Accesses[] = [];
  /** Which part of its life each thread is in: a new one begins when it has waited for another's end. */
  #parts: number[] = [];
  /** For each part, the bits of those that come before or after it. */
  readonly #ordered: number[] = [];
  #buffers = 0;
  #loaded = 0;

  constructor() {
    const number = (buffer: Numbered): void => {
      buffer[bufferId] = this.#buffers++;
    };
    this.SharedArrayBuffer = class extends SharedArrayBuffer {
      constructor(length?: number) {
        super(length ?? 0);
        number(this);
      }
    };
  }

  /** What has been allocated so far belongs to the modules, not to an execution. */
  endLoading(): void {
    this.#loaded = this.#buffers;
  }

  /** A new execution begins: its buffers get the same numbers as those of the last one. */
  begin(threads: number): void {
    this.#buffers = this.#loaded;
    this.#parts = Array.from({ length: threads }, (_, thread) => thread);
    for (const part of this.#parts) this.#ordered[part] ??= 1 << part;
    this.waiting = [];
    this.released.length = 0;
    this.pending = undefined;
    this.hasWritten = false;
  }

  /**
   * A thread has waited for the end of another one: what it does from now on is ordered after all that the
   * other one has done, and cannot meet it.
   */
  join(thread: number, other: number): void {
    const before = this.#parts[thread] as number;
    const after = before + this.#parts.length;
    if (after > 31) throw new RangeError('too many threads, or too many waits for their ends');
    const others =
      (this.#ordered[before] as number) | (this.#ordered[this.#parts[other] as number] as number);
    this.#parts[thread] = after;
    this.#ordered[after] = (this.#ordered[after] ?? 0) | others | (1 << after);
    for (let part = 0; part < 32; part++)
      if (((others >> part) & 1) === 1) this.#ordered[part] = (this.#ordered[part] ?? 0) | (1 << after);
  }

  /** Whether an operation is a scheduling point: the thread must yield before it. */
  p(view: View, index: number, isWrite: number, site: number): boolean {
    if (this.isQuiet || typeof index !== 'number') return false;
    const buffer = (view?.buffer as Numbered | undefined)?.[bufferId];
    if (buffer === undefined) return false;
    const word = (view.byteOffset + index * view.BYTES_PER_ELEMENT) >> 2;
    if (!this.#meet(buffer, word, isWrite === 1, site)) return false;
    this.view = view;
    this.index = index;
    return true;
  }

  #meet(buffer: number, word: number, isWrite: boolean, site: number): boolean {
    const { readers, writers, isContended } = this.#accessesOf(buffer);
    const part = this.#parts[this.thread] as number;
    if (isWrite) (writers[word] as number) |= 1 << part;
    else (readers[word] as number) |= 1 << part;
    const others = ~(this.#ordered[part] as number);
    const isWritten = ((writers[word] as number) & (isWrite ? -1 : others)) !== 0;
    const isShared = isWritten && (((readers[word] as number) | (writers[word] as number)) & others) !== 0;
    if (isShared && isContended[word] === 0) {
      this.hasGrown = true;
      if (this.isLearning) isContended[word] = 1;
    }
    const isPrivate = isContended[word] === 0;
    if (isPrivate && isShared && isWrite) this.hasWritten = true;
    if (isPrivate && !(this.isMortal && isWrite)) return false;
    this.pending = { buffer, word, isWrite, site, isPrivate };
    return true;
  }

  #accessesOf(buffer: number): Accesses {
    return (this.#accesses[buffer] ??= {
      readers: new Int32Array(wordsMax),
      writers: new Int32Array(wordsMax),
      isContended: new Uint8Array(wordsMax),
    });
  }

  /** `Atomics.wait`, and the wait for what `Atomics.waitAsync` gave. */
  *wait(view: View, index: number, value: number, site: number): Coroutine {
    if (this.p(view, index, 1, site)) yield undefined;
    if (view[index] !== value) return 'not-equal';
    const hold = this.#holdAt(view, index);
    yield hold;
    return hold.outcome;
  }

  *waitAsync(view: View, index: number, value: number, site: number): Coroutine {
    if (this.p(view, index, 1, site)) yield undefined;
    if (view[index] !== value) return { async: false, value: 'not-equal' };
    return { async: true, value: this.#holdAt(view, index) };
  }

  #holdAt(view: View, index: number): Hold & { kind: 'wait' } {
    const buffer = (view.buffer as Numbered)[bufferId] as number;
    const word = (view.byteOffset + index * view.BYTES_PER_ELEMENT) >> 2;
    const hold = { kind: 'wait' as const, buffer, word, outcome: '' };
    this.waiting = [...this.waiting, { thread: this.thread, hold }];
    return hold;
  }

  /** `Atomics.notify`: everybody who waits for the word. */
  notify(view: View, index: number, most = Infinity): number {
    const buffer = (view.buffer as Numbered)[bufferId];
    const word = (view.byteOffset + index * view.BYTES_PER_ELEMENT) >> 2;
    const there = this.waiting.filter(({ hold }) => hold.buffer === buffer && hold.word === word);
    const released = there.slice(0, most);
    for (const { hold, thread } of released) {
      hold.outcome = 'ok';
      this.released.push(thread);
    }
    this.#forget((waiter) => released.includes(waiter));
    return released.length;
  }

  /** A thread waits no longer. */
  forget(thread: number): void {
    this.#forget((waiter) => waiter.thread === thread);
  }

  #forget(isGone: (waiter: Waiter) => boolean): void {
    this.waiting = this.waiting.filter((waiter) => !isGone(waiter));
  }

  /** What an async function awaits: a wait, or a turn of an event loop that does not matter here. */
  *await(value: unknown): Coroutine {
    if (value instanceof Promise || typeof value !== 'object' || value === null || !('kind' in value))
      return value;
    const hold = value as Hold & { kind: 'wait' };
    if (hold.outcome === '') yield hold;
    return hold.outcome;
  }

  *pause(): Coroutine {
    if (!this.isQuiet) yield { kind: 'pause' };
    return undefined;
  }

  *untilOver(thread: string): Coroutine {
    const hold = { kind: 'over' as const, thread, hasDied: false };
    if (!this.isQuiet) yield hold;
    return hold.hasDied;
  }

  /** Whether copying between these is an operation on shared memory. */
  isBulk(target: unknown, source: unknown): boolean {
    if (this.isQuiet || !ArrayBuffer.isView(target)) return false;
    return isShared(target) || (ArrayBuffer.isView(source) && isShared(source));
  }

  /** `set`, `fill` and `copyWithin`, word by word. */
  *bulk(target: View, name: string, values: readonly unknown[], site: number): Coroutine {
    if (name === 'set') return yield* this.#copy(target, values[0] as View, Number(values[1] ?? 0), site);
    if (name === 'fill') {
      const [value, from = 0, to = target.length] = values as number[];
      for (let i = from; i < to; i++) {
        if (this.p(target, i, 1, site)) yield undefined;
        target[i] = value as number;
      }
      return target;
    }
    throw new Error(`${name} on shared memory is not instrumented`);
  }

  *#copy(target: View, source: View, offset: number, site: number): Coroutine {
    // Machines copy words; bytes of the same word go together.
    const step = Math.max(1, 4 / target.BYTES_PER_ELEMENT);
    for (let at = 0; at < source.length; at += step) {
      if (this.p(source, at, 0, site)) yield undefined;
      const some = source.slice(at, at + step);
      if (this.p(target, offset + at, 1, site)) yield undefined;
      target.set(some, offset + at);
    }
    return undefined;
  }

  /** `new`: a class that was instrumented has its constructor's body in `$init`. */
  *make(Class: new (...values: unknown[]) => object, values: readonly unknown[]): Coroutine {
    const { $init } = Class.prototype as { $init?: (...values: unknown[]) => Coroutine };
    if ($init === undefined) return new Class(...values);
    const object = new Class(this.raw);
    yield* $init.apply(object, values as unknown[]);
    return object;
  }

  has(object: unknown, name: string): boolean {
    return typeof object === 'object' && object !== null && name in object;
  }

  /** Outside of a coroutine: what a function gives, carried out at once. */
  readonly d = (value: unknown): unknown => {
    if (!(value instanceof this.G)) return value;
    const wasQuiet = this.isQuiet;
    this.isQuiet = true;
    try {
      for (;;) {
        const { done, value: result } = (value as Coroutine).next();
        if (done === true) return result;
        throw new Error('a thread would have to wait where it cannot');
      }
    } finally {
      this.isQuiet = wasQuiet;
    }
  };
}

function isShared(view: ArrayBufferView): boolean {
  return (view.buffer as Numbered)[bufferId] !== undefined;
}
