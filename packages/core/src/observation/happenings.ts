import type { TelemetryLimits } from '../telemetry/source.ts';
import type { HappeningWire } from '../telemetry/wire.ts';

type Told<H> = H extends HappeningWire ? Omit<H, 'id' | 'atMs'> : never;

/** What happened, without its number; it is described when somebody asks. */
export type Happening = (limits: TelemetryLimits) => Told<HappeningWire>;

/** As many as these are kept. */
const happeningsMax = 1_000;

/** What has happened in a run, newest last, bounded. */
export class Happenings {
  readonly #kept: { readonly atMs: number; readonly happening: Happening }[] = [];
  #next = 0;

  /** Number of the next one. */
  get next(): number {
    return this.#next;
  }

  add(atMs: number, happening: Happening): void {
    this.#kept.push({ atMs, happening });
    this.#next++;
    if (this.#kept.length > happeningsMax) this.#kept.shift();
  }

  /** Those from a number on that are still kept. */
  from(id: number, limits: TelemetryLimits): readonly HappeningWire[] {
    const first = this.#next - this.#kept.length;
    const skip = Math.max(0, id - first);
    return this.#kept
      .slice(skip)
      .map(({ atMs, happening }, i) => ({ ...happening(limits), id: first + skip + i, atMs }));
  }
}

/** What a list has gained since it was looked at last: lists of the newest entries lose only old ones. */
export class Gains<T extends object> {
  #last: T | undefined;

  of(list: readonly T[]): readonly T[] {
    const known = this.#last === undefined ? -1 : list.lastIndexOf(this.#last);
    this.#last = list.at(-1) ?? this.#last;
    return list.slice(known + 1);
  }
}

/** As `Gains`, of numbered entries, any of which the list may lose. Numbers rise. */
export class NumberedGains {
  #next = 0;

  of<T extends { readonly id: number }>(list: readonly T[]): readonly T[] {
    const known = list.findLastIndex(({ id }) => id < this.#next);
    this.#next = Math.max(this.#next, (list.at(-1)?.id ?? -1) + 1);
    return list.slice(known + 1);
  }
}
