import type { OpenTrace, SpanWire, Telemetry } from '@troupe/core/telemetry';

type Take = (spans: readonly SpanWire[], missed: number) => void;

const ticksPerRead = 2;

/** One trace for all who want it: open while there is anybody, read a few times a second. */
export class TraceFeed {
  readonly #telemetry: Telemetry;
  readonly #takers = new Set<Take>();
  #open: OpenTrace | undefined;
  #ticks = 0;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** Gives what is done from now on; returns what ends that. */
  take(taker: Take): () => void {
    this.#open ??= this.#telemetry.trace();
    this.#takers.add(taker);
    return () => {
      if (!this.#takers.delete(taker) || this.#takers.size > 0) return;
      this.#open?.close();
      this.#open = undefined;
    };
  }

  tick(): void {
    this.#ticks += 1;
    if (this.#open === undefined || this.#ticks % ticksPerRead !== 0) return;
    this.read();
  }

  read(): void {
    if (this.#open === undefined) return;
    const { spans, missed } = this.#open.read();
    if (spans.length === 0 && missed === 0) return;
    for (const take of this.#takers) take(spans, missed);
  }
}
