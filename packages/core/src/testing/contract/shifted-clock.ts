/**
 * The clocks of the machine as a stage may look at them (`Date`, `performance.now()`), put forward while this
 * stands: what depends on them differs from what does not.
 */
export class ShiftedClock implements Disposable {
  #shiftMs: number;
  readonly #date: DateConstructor = globalThis.Date;

  constructor(shiftMs: number) {
    this.#shiftMs = shiftMs;
    const real = this.#date;
    const nowMs = performance.now.bind(performance);
    const shifted = (): number => real.now() + this.#shiftMs;
    const value = (): number => nowMs() + this.#shiftMs;
    Object.defineProperty(performance, 'now', { value, configurable: true, writable: true });
    globalThis.Date = new Proxy(real, {
      construct: (target, parts, self) =>
        Reflect.construct(target, parts.length > 0 ? parts : [shifted()], self) as object,
      get: (target, key) => (key === 'now' ? shifted : Reflect.get(target, key)) as unknown,
    });
  }

  /** Time passes. */
  pass(ms: number): void {
    this.#shiftMs += ms;
  }

  [Symbol.dispose](): void {
    globalThis.Date = this.#date;
    Reflect.deleteProperty(performance, 'now');
  }
}
