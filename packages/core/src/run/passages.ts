import { Passage } from './passage.ts';
import type { PassageParts } from './passage.ts';

/** Replays of one recording that stand at several of its steps: a bounded number of them. */
export class Passages {
  readonly #parts: PassageParts;
  readonly #max: number;
  #standing: Passage[] = [];
  #isClosed = false;

  constructor(parts: PassageParts, max: number) {
    this.#parts = parts;
    this.#max = max;
  }

  get hasRoom(): boolean {
    return this.#standing.length < this.#max;
  }

  /** The one that is nearest to a step, and not beyond it. */
  before(step: number): Passage | undefined {
    let nearest: Passage | undefined;
    for (const passage of this.#standing) {
      if (passage.position > step || passage.position <= (nearest?.position ?? -2)) continue;
      nearest = passage;
    }
    return nearest;
  }

  /** One that stands before the first step. Gives another one up where there are too many. */
  async open(): Promise<Passage> {
    if (!this.hasRoom) await this.drop(this.#leastUseful());
    const passage = await Passage.open(this.#parts);
    if (this.#isClosed) await passage.close();
    else this.#standing.push(passage);
    return passage;
  }

  /** Gives one up. */
  async drop(passage: Passage): Promise<void> {
    this.#standing = this.#standing.filter((other) => other !== passage);
    await passage.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#standing.splice(0).map((passage) => passage.close()));
  }

  /** The one whose place another one reaches with the fewest steps. */
  #leastUseful(): Passage {
    const sorted = this.#standing.toSorted((a, b) => a.position - b.position);
    let least = sorted[0] as Passage;
    let leastSteps = Infinity;
    let from = -1;
    for (const passage of sorted) {
      const steps = passage.position - from;
      if (steps < leastSteps) [least, leastSteps] = [passage, steps];
      from = passage.position;
    }
    return least;
  }
}
