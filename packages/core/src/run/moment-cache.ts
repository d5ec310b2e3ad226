import { serialize } from 'node:v8';
import type { EmittedMessage, Moment } from './rewind-types.ts';

const bytesMax = 64 * 2 ** 20;
/** What a moment takes for each of its stages beside what they have emitted, about. */
const stageBytes = 1_024;

/** Moments that have been seen, the newest of them, within a bound of memory. */
export class MomentCache {
  /** By their steps, those that were asked for last behind the others. */
  readonly #moments = new Map<number, { readonly moment: Moment; readonly bytes: number }>();
  #bytes = 0;
  readonly #sizes = new WeakMap<EmittedMessage, number>();

  find(step: number): Moment | undefined {
    const found = this.#moments.get(step);
    if (found === undefined) return undefined;
    this.#moments.delete(step);
    this.#moments.set(step, found);
    return found.moment;
  }

  add(moment: Moment): void {
    const { step } = moment;
    const before = this.#moments.get(step);
    if (before !== undefined) this.#drop(step, before.bytes);
    const bytes = this.#bytesOf(moment);
    this.#moments.set(step, { moment, bytes });
    this.#bytes += bytes;
    for (const [oldest, each] of this.#moments) {
      if (this.#bytes <= bytesMax || oldest === step) return;
      this.#drop(oldest, each.bytes);
    }
  }

  #drop(step: number, bytes: number): void {
    this.#moments.delete(step);
    this.#bytes -= bytes;
  }

  /** What it shares with other moments is counted for each of them. */
  #bytesOf({ ports, latches, stats }: Moment): number {
    let bytes = stats.stages.length * stageBytes;
    for (const { last } of ports) if (last !== undefined) bytes += this.#sizeOf(last);
    for (const { frame } of latches) bytes += frame.byteLength;
    return bytes;
  }

  #sizeOf(message: EmittedMessage): number {
    const known = this.#sizes.get(message);
    if (known !== undefined) return known;
    const { frame, value } = message;
    const size = frame === undefined ? serialize(value).byteLength : frame.byteLength;
    this.#sizes.set(message, size);
    return size;
  }
}
