/** A list of bounded length of what is unbounded: beyond `max` every second one is kept, and so on. */
export class Thinned<T> {
  readonly #max: number;
  #kept: T[] = [];
  #stride = 1;
  #seen = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(item: T): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#kept.push(item);
    if (this.#kept.length <= this.#max) return;
    this.#kept = this.#kept.filter((_, at) => at % 2 === 0);
    this.#stride *= 2;
  }

  get kept(): readonly T[] {
    return this.#kept;
  }

  get leftOut(): number {
    return this.#seen - this.#kept.length;
  }
}
