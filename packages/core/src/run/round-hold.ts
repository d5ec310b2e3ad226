/** While a run is held as a whole: no round is opened, and the run's wall clock stands still. */
export class RoundHold {
  readonly #clockMs: () => number;
  #isOn = false;
  #sinceMs = 0;
  /** How long it has been on before. */
  #heldMs = 0;
  /** A round that may be opened all the same; what to call when it is over. */
  #phase: { isOpen: boolean; readonly onClosed: () => void } | undefined;

  constructor(clockMs: () => number) {
    this.#clockMs = clockMs;
  }

  /** Whether no round may be opened now. */
  get isClosed(): boolean {
    return this.#isOn && (this.#phase === undefined || this.#phase.isOpen);
  }

  /** The next round is stepped: it does not wait for its time. */
  get isStepping(): boolean {
    return this.#isOn && this.#phase !== undefined;
  }

  /** Time since the epoch in ms, without that during which the run was held. */
  nowMs(): number {
    const nowMs = this.#clockMs();
    return nowMs - this.#heldMs - (this.#isOn ? nowMs - this.#sinceMs : 0);
  }

  set(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    if (isOn) this.#sinceMs = this.#clockMs();
    else this.#heldMs += this.#clockMs() - this.#sinceMs;
  }

  /** Lets one round be done: the one that `isOpen`, or the next one. */
  step(isOpen: boolean, onClosed: () => void): void {
    this.#phase = { isOpen, onClosed };
  }

  /** The step is called off. */
  cancel(): void {
    this.#phase = undefined;
  }

  noteOpen(): void {
    if (this.#phase !== undefined) this.#phase.isOpen = true;
  }

  noteClosed(): void {
    const phase = this.#phase;
    this.#phase = undefined;
    phase?.onClosed();
  }
}
