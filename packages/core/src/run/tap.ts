import { Envelope } from '@troupe/mailbox';
import type { FrameReader, MessageReader, TapControl } from '@troupe/mailbox';
import type { ByteBudget } from './byte-budget.ts';
import { ownedSample } from './boundary-output.ts';
import type { Tap, TappedSample, TapSkips } from './types.ts';

/** The most messages that are shown in one turn of main's loop. */
const perTurnMax = 64;

export interface LiveTapParts {
  readonly reader: FrameReader | MessageReader;
  /** Outputs of values: asks the writer, and tells what it has passed over. */
  readonly control: TapControl | undefined;
  /** Sampled: the most messages of one look. */
  readonly newest: number | undefined;
  readonly budget: ByteBudget | undefined;
  /** Times of messages are of the clock by which they are published. */
  readonly isRealtime: boolean;
  readonly callback: (sample: TappedSample) => void;
  readonly onClose: (tap: LiveTap) => void;
}

/** A non-blocking reader on main behind an output: it never holds the writer back. */
export class LiveTap implements Tap {
  readonly isSampled: boolean;
  readonly #parts: LiveTapParts;
  readonly #envelope = new Envelope();
  #overBudget = 0;
  #isClosed = false;

  constructor(parts: LiveTapParts) {
    this.#parts = parts;
    this.isSampled = parts.newest !== undefined;
    this.#ask();
  }

  get skipped(): number {
    const { overtaken, unsampled, overBudget, unreadable } = this.skips;
    return overtaken + unsampled + overBudget + unreadable;
  }

  get skips(): TapSkips {
    const { reader, control } = this.#parts;
    const passed = reader.skipped + (control?.passed ?? 0);
    return {
      overtaken: this.isSampled ? 0 : passed,
      unsampled: this.isSampled ? passed : 0,
      overBudget: this.#overBudget,
      unreadable: control?.unreadable ?? 0,
    };
  }

  /** Calls back with what has arrived, a bounded number at a time. False when nothing had. */
  pump(): boolean {
    if (this.isSampled) return false;
    return this.#show(perTurnMax) > 0;
  }

  /** A look of a sampled tap: calls back with the newest messages. */
  look(): void {
    const { reader, newest = 0 } = this.#parts;
    // Gives up all but the newest.
    reader.available();
    this.#show(newest);
    this.#ask();
  }

  hasWork(): boolean {
    return !this.#isClosed && !this.isSampled && this.#parts.reader.available() > 0;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.onClose(this);
    this.#parts.reader.detach();
  }

  /** How many messages were taken, shown or not. */
  #show(most: number): number {
    const { reader, budget, callback } = this.#parts;
    const envelope = this.#envelope;
    let count = 0;
    while (count < most && !this.#isClosed) {
      if (budget?.isOpen() === false) {
        const passed = reader.passOver(0);
        this.#overBudget += passed;
        count += passed;
        break;
      }
      if (!reader.take(envelope)) break;
      reader.settle();
      budget?.spend('bytes' in reader ? reader.bytes : (envelope.frame?.byteLength ?? 0));
      callback({ ...ownedSample(envelope), latencyNs: this.#latencyOf(envelope) });
      count++;
    }
    if (!this.#isClosed) reader.release();
    return count;
  }

  #latencyOf({ stamp, time }: Envelope): number | undefined {
    if (!this.#parts.isRealtime || Number.isNaN(stamp)) return undefined;
    return Math.round(stamp * 1e6) - time;
  }

  /** What nobody can be shown is not asked for. */
  #ask(): void {
    const { control, newest, budget } = this.#parts;
    if (newest !== undefined && budget?.isOpen() !== false) control?.ask(newest);
  }
}
