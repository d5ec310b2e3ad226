/** Every play begins on the same morning: what a contract finds does not depend on when it is checked. */
const morning = [2001, 0, 1, 8] as const;

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
    const beganMs = new real(...morning).getTime() - nowMs();
    const shifted = (): number => Math.floor(beganMs + nowMs() + this.#shiftMs);
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
