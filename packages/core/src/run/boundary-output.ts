import { edgeReaderCount, Envelope } from '@troupe/mailbox';
import type { EdgeGauges, FrameArray, FrameReader, MessageReader } from '@troupe/mailbox';
import { PullTimeoutError, RunStoppedError } from '../errors.ts';
import type { Sample, WaitOptions } from './types.ts';

/** Whoever waits for samples. `isOnce`: leaves after one. */
interface Taker {
  readonly isOnce: boolean;
  readonly take: (sample: Sample) => void;
  /** The stream is over, or failed. */
  readonly end: (error: Error | undefined) => void;
}

/** An owned copy of the message in an envelope. */
export function ownedSample({ frame, value, seq, time }: Envelope): Sample {
  return { frame: frame?.slice() as FrameArray, value, seq, time };
}

/** Where the application takes from the graph: one cursor, each sample to exactly one taker, in turns. */
export class BoundaryOutput {
  readonly name: string;
  readonly #reader: FrameReader | MessageReader;
  readonly #gauges: EdgeGauges;
  readonly #envelope = new Envelope();
  readonly #takers: Taker[] = [];
  #isOver = false;
  #error: Error | undefined;
  #hasBeenPulled = false;
  #received = 0;
  #discarded = 0;

  constructor(name: string, reader: FrameReader | MessageReader, gauges: EdgeGauges) {
    this.name = name;
    this.#reader = reader;
    this.#gauges = gauges;
  }

  tryPull(): Sample | undefined {
    this.#hasBeenPulled = true;
    if (this.#error !== undefined) throw this.#error;
    return this.#takers.length > 0 ? undefined : this.#next();
  }

  /** The next sample; `undefined` at the end, after a stop, or when the time is over. */
  pull(options: WaitOptions, isStrict = false): Promise<Sample | undefined> {
    const { timeoutMs, signal } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sample = this.tryPull();
      if (sample !== undefined) {
        resolve(sample);
        return;
      }
      const ended = (): Error => new RunStoppedError(`pull from '${this.name}'`, this.name);
      if (this.#isOver || this.#checkEnd()) {
        if (isStrict) reject(ended());
        else resolve(undefined);
        return;
      }
      let timer: NodeJS.Timeout | undefined;
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        const at = this.#takers.indexOf(taker);
        if (at >= 0) this.#takers.splice(at, 1);
      };
      const taker: Taker = {
        isOnce: true,
        take: (taken) => (leave(), resolve(taken)),
        end: (error) => {
          leave();
          if (error !== undefined) reject(error);
          else if (isStrict) reject(ended());
          else resolve(undefined);
        },
      };
      const abort = (): void => (leave(), reject(signal?.reason as Error));
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutMs !== undefined) {
        timer = setTimeout(() => {
          leave();
          if (isStrict) reject(new PullTimeoutError(this.name, timeoutMs));
          else resolve(undefined);
        }, timeoutMs);
      }
      this.#takers.push(taker);
    });
  }

  /** Every sample, in turns with other takers, until the returned function is called. */
  subscribe(take: (sample: Sample) => void, end: (error: Error | undefined) => void): () => void {
    const taker: Taker = { isOnce: false, take, end };
    if (this.#isOver) end(this.#error);
    else this.#takers.push(taker);
    return () => {
      const at = this.#takers.indexOf(taker);
      if (at >= 0) this.#takers.splice(at, 1);
    };
  }

  /** Whether a drain must wait for it: somebody takes, or has pulled and may pull on. */
  get isTaken(): boolean {
    return this.#hasBeenPulled || this.#takers.length > 0;
  }

  /** Hands waiting samples to waiting takers. False when there is nothing to do. */
  pump(): boolean {
    let isProgress = false;
    while (this.#takers.length > 0) {
      const sample = this.#next();
      if (sample === undefined) break;
      isProgress = true;
      const taker = this.#takers.shift() as Taker;
      if (!taker.isOnce) this.#takers.push(taker);
      taker.take(sample);
    }
    return this.#checkEnd() || isProgress;
  }

  /** Whether there is something to hand on, to end, or (draining) to throw away. */
  hasWork(isDraining: boolean): boolean {
    if (this.#isOver) return false;
    this.#reader.nudge();
    const isWanted = this.#takers.length > 0 || (isDraining && !this.isTaken);
    return this.#reader.hasEnded() || (isWanted && this.#reader.available() > 0);
  }

  /** Throws away what waits, and counts it. */
  discard(): boolean {
    let count = 0;
    while (this.#reader.take(this.#envelope)) {
      this.#release();
      count++;
    }
    this.#discarded += count;
    this.#gauges.reader[edgeReaderCount.discarded] = this.#discarded;
    this.#checkEnd();
    return count > 0;
  }

  /** No sample is left and none will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  setBlocking(isBlocking: boolean): void {
    this.#reader.setBlocking(isBlocking);
  }

  /** Ends the stream for all takers: after a stop, or with the error that failed the run. */
  close(error: Error | undefined): void {
    if (this.#isOver && error === undefined) return;
    this.#isOver = true;
    this.#error ??= error;
    for (const taker of this.#takers.splice(0)) taker.end(error);
  }

  #next(): Sample | undefined {
    if (!this.#reader.take(this.#envelope)) return undefined;
    const sample = ownedSample(this.#envelope);
    this.#release();
    this.#gauges.reader[edgeReaderCount.received] = ++this.#received;
    this.#gauges.reader[edgeReaderCount.highWater] = this.#reader.highWater;
    if (this.#reader.skipped > 0) this.#noteSkipped();
    return sample;
  }

  #noteSkipped(): void {
    const { policy, skipped } = this.#reader;
    const reasons = { latest: edgeReaderCount.skippedLatest, dropOldest: edgeReaderCount.skippedOldest };
    const reason = policy === 'block' ? edgeReaderCount.skippedNonBlocking : reasons[policy];
    this.#gauges.reader[reason] = skipped;
  }

  #release(): void {
    this.#reader.settle();
    this.#reader.release();
  }

  #checkEnd(): boolean {
    if (this.#isOver || !this.#reader.hasEnded()) return false;
    this.close(undefined);
    return true;
  }
}
