import { edgeReaderCount, Envelope } from '@troupe/mailbox';
import type { EdgeGauges, FrameArray, FrameReader, MessageReader } from '@troupe/mailbox';
import type { ThreadTime, Timer } from '../executor/thread-time.ts';
import { PullTimeoutError, RunStoppedError } from '../errors.ts';
import type { Sample, WaitOptions } from './types.ts';

/**
 * The most samples that are handed on in one turn of the event loop: a fast writer must not keep it from
 * turning.
 */
const perTurnMax = 256;

/** Whoever waits for samples. `isOnce`: leaves after one. */
interface Taker {
  readonly isOnce: boolean;
  readonly take: (sample: Sample) => void;
  /** The stream is over, or failed. */
  readonly end: (error: Error | undefined) => void;
}

/** An owned copy of the message in an envelope. */
export function ownedSample({ frame, value, seq, time, redelivered, resent }: Envelope): Sample {
  return { frame: frame?.slice() as FrameArray, value, seq, time, redelivered, resent };
}

/** Where the application takes from the graph: one cursor, each sample to exactly one taker, in turns. */
export class BoundaryOutput {
  readonly name: string;
  readonly #reader: FrameReader | MessageReader;
  readonly #gauges: EdgeGauges;
  readonly #envelope = new Envelope();
  readonly #takers: Taker[] = [];
  readonly #time: ThreadTime;
  readonly #wake: () => void;
  #isOver = false;
  #error: Error | undefined;
  /** Somebody has been given the error that failed the run. */
  hasTold = false;
  #hasBeenPulled = false;
  #iterators = 0;
  /** Samples that have been given at once in this turn of the event loop. */
  #givenInTurn = 0;
  #received = 0;
  #discarded = 0;

  /** `wake` lets main's loop go round. */
  constructor(
    name: string,
    reader: FrameReader | MessageReader,
    gauges: EdgeGauges,
    time: ThreadTime,
    wake: () => void,
  ) {
    this.#time = time;
    this.name = name;
    this.#reader = reader;
    this.#gauges = gauges;
    this.#wake = wake;
  }

  tryPull(): Sample | undefined {
    this.#hasBeenPulled = true;
    return this.#takeNow();
  }

  /** The next sample; `undefined` at the end, after a stop, or when the time is over. */
  pull(options: WaitOptions, isStrict = false): Promise<Sample | undefined> {
    this.#hasBeenPulled = true;
    return this.#take(options, isStrict);
  }

  /** Sample after sample, in turns with other takers. `return` gives up a `next` in flight. */
  samples(): AsyncIterableIterator<Sample, undefined> {
    const leaving = new AbortController();
    const end = { done: true as const, value: undefined };
    let isTaking = false;
    const leave = (): typeof end => {
      if (isTaking) this.#iterators--;
      isTaking = false;
      leaving.abort();
      // A drain may have been waiting for this taker.
      this.#wake();
      return end;
    };
    const next = async (): Promise<IteratorResult<Sample, undefined>> => {
      if (leaving.signal.aborted) return end;
      if (!isTaking) this.#iterators++;
      isTaking = true;
      try {
        const value = await this.#take({ signal: leaving.signal }, false, true);
        return value === undefined ? leave() : { done: false, value };
      } catch (error) {
        leave();
        throw error;
      }
    };
    const iterator: AsyncIterableIterator<Sample, undefined> = {
      next,
      return: async () => leave(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** `endsOnAbort`: an abort ends the wait as the end of the stream does. */
  #take(
    { timeoutMs, signal }: WaitOptions,
    isStrict: boolean,
    endsOnAbort = false,
  ): Promise<Sample | undefined> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#throwFailure();
      const sample = this.#givenInTurn < perTurnMax ? this.#takeNow() : undefined;
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
      let timer: Timer | undefined;
      const leave = (): void => {
        timer?.cancel();
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
      const abort = (): void => {
        leave();
        if (endsOnAbort) resolve(undefined);
        else reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (timeoutMs !== undefined) {
        timer = this.#time.after(timeoutMs, () => {
          leave();
          if (isStrict) reject(new PullTimeoutError(this.name, timeoutMs));
          else resolve(undefined);
        });
      }
      this.#takers.push(taker);
    });
  }

  /** Every sample, in turns with other takers, until the returned function is called. */
  subscribe(take: (sample: Sample) => void, end: (error: Error | undefined) => void): () => void {
    const taker: Taker = { isOnce: false, take, end };
    if (this.#isOver) end(this.#error);
    else {
      this.#takers.push(taker);
      this.#wake();
    }
    return () => {
      const at = this.#takers.indexOf(taker);
      if (at >= 0) this.#takers.splice(at, 1);
      this.#wake();
    };
  }

  /** Whether a drain must wait for it: somebody takes or iterates, or has pulled and may pull on. */
  get isTaken(): boolean {
    return this.#hasBeenPulled || this.#iterators > 0 || this.#takers.length > 0;
  }

  /** Hands waiting samples to waiting takers. False when there is nothing to do. */
  pump(): boolean {
    let isProgress = false;
    for (let count = 0; count < perTurnMax && this.#takers.length > 0; count++) {
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

  /** Notes for the statistics what a reader that may be overtaken has missed by now. */
  look(): void {
    this.#reader.available();
    this.#noteReading();
  }

  /** Throws away what waits, and counts it. */
  discard(): boolean {
    // No more than is there now: a writer may be faster.
    const waiting = this.#reader.available();
    let count = 0;
    while (count < waiting && this.#reader.take(this.#envelope)) {
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
    if (this.#takers.length > 0) this.hasTold = true;
    for (const taker of this.#takers.splice(0)) taker.end(error);
  }

  /**
   * The next sample unless others wait for it. Whoever has been held back learns of the room within a turn of
   * the loop.
   */
  #takeNow(): Sample | undefined {
    this.#throwFailure();
    if (this.#isOver || this.#takers.length > 0) return undefined;
    const sample = this.#next();
    if (sample !== undefined && this.#givenInTurn++ === 0) this.#time.turn(() => this.#endTurn());
    return sample;
  }

  /** Whoever comes after the run has failed is told why. */
  #throwFailure(): void {
    if (this.#error === undefined) return;
    this.hasTold = true;
    throw this.#error;
  }

  #endTurn(): void {
    this.#givenInTurn = 0;
    this.#reader.nudge();
    // Those whose sample was kept for the next turn; once the run is over nobody else serves them.
    if (this.#takers.length > 0) this.pump();
  }

  #next(): Sample | undefined {
    if (!this.#reader.take(this.#envelope)) return undefined;
    const sample = ownedSample(this.#envelope);
    this.#release();
    this.#gauges.reader[edgeReaderCount.received] = ++this.#received;
    this.#noteReading();
    return sample;
  }

  #noteReading(): void {
    const { policy, skipped, highWater } = this.#reader;
    this.#gauges.reader[edgeReaderCount.highWater] = highWater;
    if (skipped === 0) return;
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
