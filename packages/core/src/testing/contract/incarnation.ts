import type { Handlers } from '../../stage.ts';
import { allHandlers } from './specimen.ts';
import type { HandlerName, PlayOptions, Specimen } from './specimen.ts';
import type { ClauseName } from './played.ts';
import { StrictOut } from './strict-out.ts';
import type { Surroundings } from './surroundings.ts';

type Handler = (...parts: unknown[]) => unknown;

/** One instance of a stage, whose handlers tell when they are entered. */
export class Incarnation {
  readonly handlers: Handlers;
  readonly out: StrictOut;
  #running: HandlerName | undefined;
  /** The handler that the executor is about to enter. */
  #expected: HandlerName | undefined;
  readonly #note: (clause: ClauseName, text: string) => void;

  constructor(
    specimen: Specimen,
    surroundings: Surroundings,
    options: PlayOptions,
    stale: number,
    note: (clause: ClauseName, text: string) => void,
  ) {
    this.#note = note;
    this.out = new StrictOut({ ports: specimen.outputs, limits: specimen.limits, stale, note });
    this.handlers = specimen.stage.create(surroundings.context(options.value)) as Handlers;
    for (const name of allHandlers) this.#watch(name);
  }

  /** Enters a handler, as its executor does. What it returns; a promise is settled by `leave`. */
  enter(name: HandlerName, first: unknown, second: unknown): unknown {
    const handler = this.handlers[name] as Handler | undefined;
    if (handler === undefined) return undefined;
    this.#expected = name;
    return handler.call(this.handlers, first, second);
  }

  /** Stages may call their own handlers, and then nobody sees to it that they run one at a time. */
  #watch(name: HandlerName): void {
    const handler = this.handlers[name] as Handler | undefined;
    if (handler === undefined || !Object.isExtensible(this.handlers)) return;
    const value = (...parts: unknown[]): unknown =>
      this.#enter(name, () => handler.apply(this.handlers, parts));
    Object.defineProperty(this.handlers, name, { value, configurable: true, writable: true });
  }

  #enter(name: HandlerName, call: () => unknown): unknown {
    const isExpected = this.#expected === name && this.#running === undefined;
    this.#expected = undefined;
    if (!isExpected) {
      const during = this.#running === undefined ? 'between two calls' : `while ${this.#running} was running`;
      this.#note('serial', `${name} was called by the stage itself, ${during}`);
      return call();
    }
    this.#running = name;
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
    if (!isThenable(result)) {
      this.#running = undefined;
      return result;
    }
    const settled = (): void => {
      this.#running = undefined;
    };
    result.then(settled, settled);
    return result;
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
