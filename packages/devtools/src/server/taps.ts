import type { OpenTap, ServerMessage, TapRead, TapWish } from '@troupe/core/telemetry';
import { encodeMessage } from '@troupe/core/telemetry';
import type { Outbox } from './line.ts';
import type { SessionParts } from './parts.ts';

/** The taps of one page. */
export class Taps {
  readonly #parts: Pick<SessionParts, 'telemetry' | 'bounds' | 'limits' | 'counts'>;
  readonly #outbox: Outbox;
  readonly #send: (message: ServerMessage) => void;
  readonly #open = new Map<number, PageTap>();

  constructor(
    parts: Pick<SessionParts, 'telemetry' | 'bounds' | 'limits' | 'counts'>,
    outbox: Outbox,
    send: (message: ServerMessage) => void,
  ) {
    this.#parts = parts;
    this.#outbox = outbox;
    this.#send = send;
  }

  /** What is tapped from now on: at most one wish for each edge. */
  set(wishes: readonly TapWish[]): void {
    for (const [edge, tap] of this.#open) {
      if (wishes.some((wish) => isSame(wish, tap.wish))) continue;
      this.#open.delete(edge);
      tap.close();
    }
    for (const wish of wishes) if (!this.#open.has(wish.edge)) this.#begin(wish);
  }

  #begin(wish: TapWish): void {
    const { telemetry, bounds, limits, counts } = this.#parts;
    if (counts.taps >= bounds.tapsMax) {
      this.#tell(wish.edge, `${bounds.tapsMax} edges are tapped already, which is as many as may be.`);
      return;
    }
    counts.taps += 1;
    const tap = new PageTap(wish, this.#outbox, () => (counts.taps -= 1));
    this.#open.set(wish.edge, tap);
    const { tapBytesPerSecondMax: bytesPerSecondMax } = bounds;
    telemetry
      .tap(wish, (read) => tap.take(read), { ...limits, bytesPerSecondMax })
      .then((open) => tap.opened(open))
      .catch((error: unknown) => {
        tap.close();
        if (this.#open.get(wish.edge) !== tap) return;
        this.#open.delete(wish.edge);
        this.#tell(wish.edge, error instanceof Error ? error.message : String(error));
      });
  }

  #tell(edge: number, problem: string): void {
    this.#send({ type: 'tap', edge, messages: [], skipped: 0, overBudget: 0, problem });
  }
}

class PageTap {
  readonly wish: TapWish;
  readonly #outbox: Outbox;
  readonly #onClose: () => void;
  #open: OpenTap | undefined;
  #isClosed = false;
  /** Messages that the page was too slow for. */
  #dropped = 0;

  constructor(wish: TapWish, outbox: Outbox, onClose: () => void) {
    this.wish = wish;
    this.#outbox = outbox;
    this.#onClose = onClose;
  }

  opened(open: OpenTap): void {
    if (this.#isClosed) open.close();
    else this.#open = open;
  }

  take({ messages, skipped, overBudget }: TapRead): void {
    if (this.#isClosed) return;
    const { edge } = this.wish;
    const all = skipped + this.#dropped;
    const isSent = this.#outbox.offer(() =>
      encodeMessage({ type: 'tap', edge, messages, skipped: all, overBudget, problem: undefined }),
    );
    if (!isSent) this.#dropped += messages.length;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#open?.close();
    this.#onClose();
  }
}

function isSame(a: TapWish, b: TapWish): boolean {
  return a.edge === b.edge && a.everyMs === b.everyMs && a.newest === b.newest;
}
