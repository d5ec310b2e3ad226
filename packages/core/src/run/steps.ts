import { StepEndedError, StepTimeoutError } from '../debug/errors.ts';
import type { StepOrder } from '../debug/hold-state.ts';
import type { BreakpointHit, StepDone } from '../debug/types.ts';
import type { ThreadTime, Timer } from '../executor/thread-time.ts';
import type { WaitOptions } from './types.ts';

/** A step that somebody waits for. */
class Waiting {
  readonly promise: Promise<StepDone>;
  readonly resolve: (done: StepDone) => void;
  readonly reject: (error: unknown) => void;

  /** `leave`: called once it has settled, before whoever waits hears of it. */
  constructor(
    time: ThreadTime,
    options: WaitOptions,
    onTimeout: (timeoutMs: number) => Error,
    leave: () => void,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<StepDone>();
    const { timeoutMs, signal } = options;
    let timer: Timer | undefined;
    const abort = (): void => this.reject(signal?.reason);
    const close = (): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', abort);
      leave();
    };
    this.promise = promise;
    this.resolve = (done) => {
      close();
      resolve(done);
    };
    this.reject = (error) => {
      close();
      reject(error);
    };
    signal?.addEventListener('abort', abort, { once: true });
    if (timeoutMs !== undefined) timer = time.after(timeoutMs, () => this.reject(onTimeout(timeoutMs)));
  }
}

/** The steps of a run that are in flight. Whatever becomes of them, each settles once. */
export class Steps {
  readonly #time: ThreadTime;
  readonly #onCalledOff: () => void;
  readonly #open = new Map<
    number,
    { readonly order: StepOrder; readonly stage: string; readonly wait: Waiting }
  >();
  #phase: Waiting | undefined;
  #next = 1;

  /** `onCalledOff`: the threads have to be told of what is left. */
  constructor(time: ThreadTime, onCalledOff: () => void) {
    this.#time = time;
    this.#onCalledOff = onCalledOff;
  }

  /** What the threads are to do. */
  orders(): readonly StepOrder[] {
    return [...this.#open.values()].map(({ order }) => order);
  }

  take(stage: string, actor: number, unit: StepOrder['unit'], options: WaitOptions): Promise<StepDone> {
    const id = this.#next++;
    const leave = (): void => {
      this.#open.delete(id);
      this.#onCalledOff();
    };
    const wait = new Waiting(
      this.#time,
      options,
      (timeoutMs) => new StepTimeoutError(stage, unit, timeoutMs),
      leave,
    );
    this.#open.set(id, { order: { id, actor, unit }, stage, wait });
    return wait.promise;
  }

  /** A stage's step is done. */
  end(id: number, done: StepDone): void {
    this.#open.get(id)?.wait.resolve(done);
  }

  /** Ends the steps of some actors. */
  fail(isMeant: (actor: number) => boolean, errorOf: (stage: string) => Error): void {
    for (const { order, stage, wait } of this.#open.values())
      if (isMeant(order.actor)) wait.reject(errorOf(stage));
  }

  /** `leave`: called when it has settled. Throws `StepEndedError` while another step is in flight. */
  takePhase(options: WaitOptions, leave: () => void): Promise<StepDone> {
    if (this.#phase !== undefined || this.#open.size > 0)
      throw new StepEndedError(undefined, 'another step is in flight', 'Wait until that is done.');
    const timedOut = (timeoutMs: number): Error =>
      new StepTimeoutError(undefined, 'end of a round', timeoutMs);
    const wait = new Waiting(this.#time, options, timedOut, () => {
      this.#phase = undefined;
      leave();
      this.#onCalledOff();
    });
    this.#phase = wait;
    return wait.promise;
  }

  /** The round is over, or a breakpoint has hit in it. */
  endPhase(hit: BreakpointHit | undefined): void {
    this.#phase?.resolve({ place: undefined, isFailed: false, hit });
  }

  failPhase(error: Error): void {
    this.#phase?.reject(error);
  }
}
