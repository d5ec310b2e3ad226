import type { RunReport } from './types.ts';

/** How a run ends, for all who want to know. */
export class Outcome {
  /** Does not make a failure unhandled. */
  readonly promise: Promise<RunReport>;
  /** Somebody holds the promise, and so learns of a failure. */
  isHeld = false;
  readonly #settle: PromiseWithResolvers<RunReport> = Promise.withResolvers();

  constructor() {
    this.promise = this.#settle.promise;
    this.promise.catch(() => undefined);
  }

  hold(): Promise<RunReport> {
    this.isHeld = true;
    return this.promise;
  }

  resolve(report: RunReport): void {
    this.#settle.resolve(report);
  }

  reject(error: Error): void {
    this.#settle.reject(error);
  }
}
