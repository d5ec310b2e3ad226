/** So many timers in so many virtual ms, and nothing else: they only bring each other about. */
const timersMax = 8;
const limitMs = 60_000;

/** Since when nothing but timers has gone on. */
export class Idleness {
  #sinceMs = 0;
  #timers = 0;

  /** Somebody goes on: a timer, or anybody else. */
  note(isTimer: boolean, atMs: number): void {
    if (isTimer) {
      this.#timers++;
      return;
    }
    this.#timers = 0;
    this.#sinceMs = atMs;
  }

  isLong(atMs: number): boolean {
    return this.#timers >= timersMax && atMs - this.#sinceMs >= limitMs;
  }
}
