/**
 * Bytes within a second, on average: what is saved up is that of one second at most. Something larger than
 * what is left goes all the same, and is paid off before anything else does.
 */
export class ByteBudget {
  readonly #perMs: number;
  readonly #nowMs: () => number;
  #left: number;
  #atMs: number;

  constructor(bytesPerSecond: number, nowMs: () => number) {
    this.#perMs = bytesPerSecond / 1_000;
    this.#nowMs = nowMs;
    this.#left = bytesPerSecond;
    this.#atMs = nowMs();
  }

  isOpen(): boolean {
    const nowMs = this.#nowMs();
    this.#left = Math.min(this.#perMs * 1_000, this.#left + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    return this.#left > 0;
  }

  spend(bytes: number): void {
    this.#left -= bytes;
  }
}
