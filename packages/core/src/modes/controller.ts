import { TroupeError } from '@troupe/mailbox';
import { RunStoppedError } from '../errors.ts';
import { ModeChangeError, ModeRefusedError, ModeTimeoutError } from './errors.ts';
import { initialGates } from './gate-state.ts';
import type { GateState } from './gate-state.ts';
import type { Ask, ModeRules, Stand } from './rules.ts';
import type { ModeRequestOptions, ModeTransition } from './types.ts';

/** The threads of a run, as a change of mode sees them. */
export interface ModeHost {
  /** Main is 0. */
  readonly threads: readonly number[];
  /**
   * Tells a thread its gate state. Resolves when it has answered: no closed actor of it has a handler
   * running, and `onMode` has settled wherever the mode is new. Where it dies first, its successor answers in
   * its place. Never rejects.
   */
  tell(thread: number, state: GateState): Promise<void>;
  /** Ends a thread that has not answered in time and has a handler in hand; it gets a successor. */
  replace(thread: number): void;
  /** Calls back after a time, unless the returned function is called first. */
  after(delayMs: number, callback: () => void): () => void;
  /** Integer nanoseconds since the run's epoch. */
  nowNs(): number;
}

export interface ModeControllerParts {
  readonly initial: string;
  readonly host: ModeHost;
  readonly rules: () => Promise<ModeRules>;
  /** How long a thread may take to answer, in ms. */
  readonly graceMs: number;
  /** Carries a change out when the run's clock lets changes from outside take effect. */
  readonly atBoundary: <T>(change: () => T | Promise<T>) => Promise<T>;
  /** A mode has been entered. */
  readonly onEntered: (mode: string) => void;
}

/** What an end is about: where that does not hold when its turn comes, it has no object any more. */
export interface About {
  readonly epoch?: number;
  /** The gate state that was told last. */
  readonly step?: number;
  readonly modes?: readonly string[];
}

/** One thing to be done, when its turn comes. */
interface Task {
  readonly ask: Ask | { readonly type: 'reopen' } | { readonly type: 'enter'; readonly mode: string };
  readonly about: About;
  readonly cause: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** How many entries of the log are kept. */
const logMax = 1_000;

/** A handler on main has not come to its end in time: nothing can end it. */
class MainHungError extends TroupeError {
  constructor(graceMs: number) {
    super(`a handler on main has not come to its end within ${graceMs} ms`, {
      code: 'HANDLER_HUNG',
      remedy: 'Make it return or settle, raise `modes.graceMs`, or place the stage on a worker.',
    });
  }
}

/**
 * Carries out changes of mode, one after the other. It decides and waits, and touches no thread itself. The
 * protocol and its argument are in docs/modes.md.
 */
export class ModeController {
  readonly log: ModeTransition[] = [];
  readonly #parts: ModeControllerParts;
  readonly #tasks: Task[] = [];
  /** Rejects what is being waited for. */
  readonly #waits = new Set<(error: Error) => void>();
  #gates: GateState;
  #mode: string;
  #stand: Stand | undefined;
  #isBusy = false;
  /** Main has not answered what was told last. */
  #isLate = false;
  #stopError: Error | undefined;

  constructor(parts: ModeControllerParts) {
    this.#parts = parts;
    this.#mode = parts.initial;
    this.#gates = initialGates(parts.initial);
  }

  /** The mode that was entered last. */
  get mode(): string {
    return this.#mode;
  }

  /** What was told last. */
  get gates(): GateState {
    return this.#gates;
  }

  /** Resolves when the mode has been entered. See docs/modes.md, "Asking". */
  request(mode: string, { timeoutMs, cause = 'asked for' }: ModeRequestOptions = {}): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const task: Task = { ask: { type: 'request', mode }, about: {}, cause, resolve, reject };
    if (timeoutMs !== undefined) {
      const cancel = this.#parts.host.after(timeoutMs, () => {
        const at = this.#tasks.indexOf(task);
        if (at >= 0) this.#tasks.splice(at, 1);
        reject(new ModeTimeoutError(mode, timeoutMs, at >= 0));
      });
      void promise.then(cancel, cancel);
    }
    this.#add(task);
    return promise;
  }

  /** Enters a mode whatever the rules say: they have been asked before, in the run that is replayed. */
  enter(mode: string, cause: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#add({ ask: { type: 'enter', mode }, about: {}, cause, resolve, reject });
    return promise;
  }

  /** What the mode was for has ended, or failed: the one that holds when its turn comes, if that is meant. */
  end(error: unknown, cause: string, about: About = {}): Promise<void> {
    const { epoch } = about;
    const ask: Ask = error === undefined ? { type: 'end' } : { type: 'fail', error };
    // Who says it over and over is heard once.
    const isTold = epoch !== undefined && this.#tasks.some((task) => task.about.epoch === epoch);
    if (isTold) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#add({ ask, about, cause, resolve, reject });
    return promise;
  }

  /** Rejects everything that has not come to its end. */
  stop(error: Error | undefined): void {
    if (this.#stopError !== undefined) return;
    this.#stopError = error ?? new RunStoppedError('a request for a mode');
    for (const reject of this.#waits) reject(this.#stopError);
    for (const { reject } of this.#tasks.splice(0)) reject(this.#stopError);
  }

  #add(task: Task): void {
    if (this.#stopError !== undefined) {
      task.reject(this.#stopError);
      return;
    }
    this.#tasks.push(task);
    if (!this.#isBusy) void this.#work();
  }

  /** Never rejects: whatever goes wrong with a task is told to whoever asked for it. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        await this.#perform(task);
        task.resolve();
      } catch (error) {
        task.reject(error as Error);
      }
    }
    this.#isBusy = false;
  }

  async #perform(task: Task): Promise<void> {
    const { ask, cause, about } = task;
    if (ask.type === 'request' && ask.mode === this.#mode) return;
    if (about.epoch !== undefined && about.epoch !== this.#gates.epoch) return;
    if (about.step !== undefined && about.step !== this.#gates.step) return;
    if (about.modes?.includes(this.#mode) === false) return;
    if (ask.type === 'reopen') {
      await this.#atBoundary(() => this.#move(this.#mode, () => undefined));
      return;
    }
    const rules = await this.#unlessStopped(this.#parts.rules());
    if (ask.type === 'enter') {
      const { mode } = ask;
      if (mode !== this.#mode) await this.#atBoundary(() => this.#change(rules, mode, cause, undefined));
      return;
    }
    const stand = (this.#stand ??= rules.start());
    const error = ask.type === 'fail' ? ask.error : undefined;
    let next = rules.next(stand, ask);
    if ('rule' in next) {
      // Nothing is left to be ended; a failure is one whether or not the machine knows.
      if (ask.type === 'end' && this.#mode === this.#parts.initial) return;
      if (ask.type !== 'fail') {
        const to = ask.type === 'request' ? ask.mode : this.#parts.initial;
        const refusal = new ModeRefusedError(next.rule, this.#mode, to, next.remedy);
        this.#note({ from: this.#mode, to, cause, outcome: 'refused', rule: next.rule, error: refusal });
        throw refusal;
      }
      next = rules.start();
    }
    this.#stand = next;
    const to = next.mode;
    if (to !== this.#mode) await this.#atBoundary(() => this.#change(rules, to, cause, error));
  }

  async #change(rules: ModeRules, to: string, cause: string, error: unknown): Promise<void> {
    const from = this.#mode;
    try {
      await this.#move(to, () => {
        this.#enter(to);
        this.#note({ from, to, cause, outcome: 'entered', rule: undefined, error });
      });
    } catch (thrown) {
      if (!(thrown instanceof MainHungError)) throw thrown;
      throw this.#fallBack(rules, to, cause, thrown);
    }
  }

  /** The fixed order of a change, whatever the threads were told before. */
  async #move(to: string, enter: () => void): Promise<void> {
    const { mode: from, other } = this.#gates;
    // What has not been answered may not be followed by anything else.
    if (this.#isLate) await this.#tell({ mode: from, other });
    this.#isLate = false;
    const between = from === to ? other : to;
    await this.#tell({ mode: from, other: between });
    await this.#tell({ mode: to, other: from === to ? other : from }, 1);
    enter();
    await this.#tell({ mode: to, other: undefined });
  }

  /**
   * The initial mode holds at once, for the run. The gates, and what the threads take for the mode, stay as
   * they are until the handler that is in the way has settled.
   */
  #fallBack(rules: ModeRules, to: string, cause: string, hung: Error): ModeChangeError {
    const { initial } = this.#parts;
    // The new mode itself where only its gates' opening has taken too long.
    const from = this.#mode;
    const failure = new ModeChangeError(from, to, initial, hung);
    this.#stand = rules.start();
    this.#note({ from, to: initial, cause, outcome: 'failed', rule: undefined, error: failure });
    this.#enter(initial);
    this.#linger();
    return failure;
  }

  /** Enters the initial mode when main has answered, unless it is asked for something else by then. */
  #linger(): void {
    if (this.#stopError !== undefined) return;
    this.#isLate = true;
    const { mode, other } = this.#gates;
    const answered = this.#tell({ mode, other }, 0, false);
    const { step } = this.#gates;
    const nobody = (): void => undefined;
    const reopen: Task = {
      ask: { type: 'reopen' },
      about: { step },
      cause: '',
      resolve: nobody,
      reject: () => this.#linger(),
    };
    answered.then(() => this.#add(reopen), nobody);
  }

  /**
   * Tells all threads and waits for their answers. `isBounded`: throws `MainHungError` when main takes longer
   * than the grace; a worker is replaced as often as it does.
   */
  #tell(
    { mode, other }: { readonly mode: string; readonly other: string | undefined },
    epochs: 0 | 1 = 0,
    isBounded: boolean = true,
  ): Promise<void> {
    const { step, epoch } = this.#gates;
    const state: GateState = { step: step + 1, epoch: epoch + epochs, mode, other };
    this.#gates = state;
    const answers = this.#parts.host.threads.map((thread) => this.#tellOne(thread, state, isBounded));
    return this.#unlessStopped(Promise.all(answers).then(() => undefined));
  }

  #tellOne(thread: number, state: GateState, isBounded: boolean): Promise<void> {
    const { host, graceMs } = this.#parts;
    return new Promise((resolve, reject) => {
      let cancel = (): void => undefined;
      const wait = (): void => {
        cancel = host.after(graceMs, () => {
          if (thread === 0) {
            if (isBounded) reject(new MainHungError(graceMs));
            return;
          }
          if (this.#stopError !== undefined) return;
          host.replace(thread);
          wait();
        });
      };
      wait();
      void host.tell(thread, state).then(() => {
        cancel();
        resolve();
      });
    });
  }

  #atBoundary(change: () => Promise<void>): Promise<void> {
    return this.#unlessStopped(this.#parts.atBoundary(change));
  }

  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waits.add(reject);
    void work.then(resolve, reject).finally(() => this.#waits.delete(reject));
    if (this.#stopError !== undefined) reject(this.#stopError);
    return promise;
  }

  #enter(mode: string): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#parts.onEntered(mode);
  }

  #note(entry: Omit<ModeTransition, 'timeNs' | 'epoch'>): void {
    if (this.log.length === logMax) this.log.shift();
    this.log.push({ ...entry, timeNs: this.#parts.host.nowNs(), epoch: this.#gates.epoch });
  }
}
