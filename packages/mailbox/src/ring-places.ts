import { TooManyReadersError } from './errors.ts';
import {
  metaDouble,
  metaDoubles,
  readerBase,
  readerState,
  readerWord,
  ringWord,
  ringWords,
} from './layout.ts';
import type { ReaderOptions } from './ring-reader.ts';

/** Takes a free reader place of a ring. Throws `TooManyReadersError`. */
export function reserveReader(words: Int32Array<SharedArrayBuffer>): number {
  const readersMax = words[ringWord.readersMax] ?? 0;
  for (let place = 0; place < readersMax; place++) {
    const state = readerBase(place) + readerWord.state;
    // Only one thread turns a free place into a reserved one.
    if (Atomics.compareExchange(words, state, readerState.free, readerState.reserved) === readerState.free)
      return place;
  }
  throw new TooManyReadersError(readersMax);
}

/**
 * Fills in a reserved place and attaches it at the writer's position. Owners place planned readers before the
 * run.
 */
export function attachReader(buffer: SharedArrayBuffer, place: number, options: ReaderOptions): void {
  const words = ringWords(buffer);
  const base = readerBase(place);
  Atomics.store(words, base + readerWord.bell, options.bell ?? -1);
  Atomics.store(words, base + readerWord.capacity, options.capacity ?? words[ringWord.slots] ?? 1);
  const isBlocking = (options.policy ?? 'block') === 'block';
  activateReader(words, place, isBlocking ? readerState.blocking : readerState.nonBlocking);
}

/**
 * Store active, then load the head and start there: the writer's limit is at most its slots beyond that head.
 */
export function activateReader(words: Int32Array<SharedArrayBuffer>, place: number, state: number): number {
  const base = readerBase(place);
  // A recent cursor, so that the writer sees a believable one between the next two lines.
  Atomics.store(words, base + readerWord.cursor, Atomics.load(words, ringWord.head));
  Atomics.store(words, base + readerWord.state, state);
  // Publishes the new state; ordered before the load of the head.
  Atomics.add(words, ringWord.registry, 1);
  const head = Atomics.load(words, ringWord.head);
  Atomics.store(words, base + readerWord.cursor, head);
  return head;
}

/** Frees a reader's place, on its own behalf or because its thread died. */
export function detachReader(buffer: SharedArrayBuffer, place: number): void {
  const words = ringWords(buffer);
  Atomics.store(words, readerBase(place) + readerWord.state, readerState.free);
  // Publishes the detachment: the writer counts its readers anew.
  Atomics.add(words, ringWord.registry, 1);
}

/** Where the messages end that a reader has given back to the writer. */
export function readerCursor(buffer: SharedArrayBuffer, place: number): number {
  // Acquires the reader's last release.
  return Atomics.load(ringWords(buffer), readerBase(place) + readerWord.cursor);
}

/** Where the messages end that the writer has shown. */
export function ringHead(buffer: SharedArrayBuffer): number {
  // Acquires what lies below it.
  return Atomics.load(ringWords(buffer), ringWord.head);
}

/** How many messages may wait for a reader, as its mailbox has grown; 0 while it holds no writer back. */
export function heldFor(buffer: SharedArrayBuffer, place: number): number {
  const words = ringWords(buffer);
  const base = readerBase(place);
  const isBlocking = Atomics.load(words, base + readerWord.state) === readerState.blocking;
  return isBlocking ? Atomics.load(words, base + readerWord.capacity) : 0;
}

/**
 * Logical time of the oldest message that a reader has not given back; `undefined` where there is none, or
 * the reader goes on meanwhile. For onlookers: nothing is decided by it.
 */
export function oldestTime(buffer: SharedArrayBuffer, place: number): number | undefined {
  const words = ringWords(buffer);
  const cursor = readerCursor(buffer, place);
  if (((ringHead(buffer) - cursor) | 0) <= 0) return undefined;
  const slot = cursor & ((words[ringWord.slots] ?? 1) - 1);
  const meta = new Float64Array(buffer, words[ringWord.metaOffset], (slot + 1) * metaDoubles);
  const time = meta[slot * metaDoubles + metaDouble.time];
  return readerCursor(buffer, place) === cursor ? time : undefined;
}

/** Ends the stream of a ring in place of its writer, whose thread is gone for good. */
export function endRing(buffer: SharedArrayBuffer): void {
  // Publishes the end; whoever reads must be rung by the caller.
  Atomics.store(ringWords(buffer), ringWord.ended, 1);
}
