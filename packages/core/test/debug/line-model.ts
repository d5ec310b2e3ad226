/** Two stages in a row, as the debugger may hold them: what is where once nothing can go on. */

export const capacity = 3;

export type StageName = 'a' | 'b';

export interface Expected {
  /** What waits before `a`, between the two, and at the output. */
  readonly waiting: readonly [number, number, number];
  readonly held: readonly StageName[];
  readonly hits: number;
}

interface Break {
  readonly stage: StageName;
  readonly every: number;
}

export class LineModel {
  readonly #places: [number[], number[], number[]] = [[], [], []];
  readonly #held = new Set<StageName>();
  #breaks: Break[] = [];
  /** The message that each has been stopped before, and may go on with. */
  readonly #passed: Record<StageName, number> = { a: -1, b: -1 };
  #pushed = 0;
  #hits = 0;

  get expected(): Expected {
    const [first, second, third] = this.#places;
    return {
      waiting: [first.length, second.length, third.length],
      held: (['a', 'b'] as const).filter((stage) => this.#held.has(stage)),
      hits: this.#hits,
    };
  }

  /** The number that is pushed; -1 when there is no room. */
  push(): number {
    if (this.#places[0].length === capacity) return -1;
    this.#places[0].push(this.#pushed);
    this.#settle();
    return this.#pushed++;
  }

  pull(): number | undefined {
    const pulled = this.#places[2].shift();
    this.#settle();
    return pulled;
  }

  pause(stages: readonly StageName[]): void {
    for (const stage of stages) this.#held.add(stage);
  }

  resume(stages: readonly StageName[]): void {
    for (const stage of stages) this.#held.delete(stage);
    this.#settle();
  }

  /** A breakpoint of its own for a stage, for once: before each message whose number it divides. */
  break(stage: StageName, every: number): void {
    this.#breaks.push({ stage, every });
    this.#settle();
  }

  /**
   * The message that a step of a stage handles, whatever breakpoints say; `undefined` when it is not held or
   * cannot go on.
   */
  step(stage: StageName): number | undefined {
    if (!this.#held.has(stage) || !this.#canGo(stage)) return undefined;
    const next = this.#front(stage);
    this.#move(stage);
    this.#settle();
    return next;
  }

  #front(stage: StageName): number {
    return this.#places[stage === 'a' ? 0 : 1][0] as number;
  }

  #canGo(stage: StageName): boolean {
    const at = stage === 'a' ? 0 : 1;
    return this.#places[at].length > 0 && this.#places[at === 0 ? 1 : 2].length < capacity;
  }

  #isStopped(stage: StageName): boolean {
    const next = this.#front(stage);
    if (this.#passed[stage] === next) return false;
    const caught = this.#breaks.filter((each) => each.stage === stage && next % each.every === 0);
    if (caught.length === 0) return false;
    this.#breaks = this.#breaks.filter((each) => !caught.includes(each));
    this.#hits += caught.length;
    this.#passed[stage] = next;
    this.#held.add(stage);
    return true;
  }

  #move(stage: StageName): void {
    const at = stage === 'a' ? 0 : 1;
    this.#places[at === 0 ? 1 : 2].push(this.#places[at].shift() as number);
  }

  #settle(): void {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const stage of ['b', 'a'] as const) {
        while (!this.#held.has(stage) && this.#canGo(stage) && !this.#isStopped(stage)) {
          this.#move(stage);
          isMoving = true;
        }
      }
    }
  }
}
