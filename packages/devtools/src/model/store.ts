import { windowStart } from './figures.ts';
import type { Model } from './model.ts';
import { emptyModel } from './model.ts';

/** Over less, rates are none. */
const wholeMs = 500;

/**
 * Holds the model, and the picture of it that is shown: the same, but for a picture that is frozen, or a
 * change that was not announced yet. Changes are announced together, when `schedule` calls back.
 */
export class Store {
  readonly #schedule: (announce: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #model: Model = emptyModel;
  #shown: Model = emptyModel;
  #isFrozen = false;
  #isScheduled = false;

  constructor(schedule: (announce: () => void) => void) {
    this.#schedule = schedule;
  }

  /** What is so. */
  get model(): Model {
    return this.#model;
  }

  /** What is shown. How the page is connected is always that of now. */
  get shown(): Model {
    return this.#shown;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(step: (model: Model) => Model): void {
    const before = this.#model;
    this.#model = step(before);
    if (this.#model !== before) this.#announceSoon();
  }

  /** While it is frozen, figures and everything else that the run does stand still in the picture. */
  freeze(isFrozen: boolean): void {
    if (isFrozen === this.#isFrozen) return;
    this.#isFrozen = isFrozen;
    this.#announceSoon();
  }

  #announceSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.#show();
      for (const listener of this.#listeners) listener();
    });
  }

  #show(): void {
    const { link, hello, graph, watched } = this.#model;
    // Nothing can stand still before there is anything, rates included.
    const { figures } = this.#shown;
    const isWhole =
      figures !== undefined && figures.now.elapsedMs - windowStart(figures).elapsedMs >= wholeMs;
    const holds = this.#isFrozen && isWhole && this.#shown.graph === graph;
    if (!holds) {
      this.#shown = this.#model;
      return;
    }
    // To go back in a recording is what the person does, not the run.
    const { replay } = watched;
    const still = this.#shown.watched;
    this.#shown = {
      ...this.#shown,
      link,
      hello,
      watched: still.replay === replay ? still : { ...still, replay },
    };
  }
}
