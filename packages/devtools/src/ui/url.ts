import type { Place } from '../model/place.ts';
import { placeOf, queryOf } from '../model/place.ts';

/** The place that the address names, kept in step with it both ways. */
export class Address {
  readonly #listeners = new Set<() => void>();
  #place: Place = placeOf(location.search);

  constructor() {
    addEventListener('popstate', () => {
      this.#place = placeOf(location.search);
      this.#announce();
    });
  }

  get place(): Place {
    return this.#place;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Another view is an entry of its own in the browser's history; all else changes the one there is. */
  go(change: Partial<Place>): void {
    const before = this.#place;
    this.#place = { ...before, ...change };
    const address = `${location.pathname}${queryOf(this.#place)}`;
    if (this.#place.view === before.view) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }
}
