import { Envelope } from '@troupe/mailbox';
import type { Journal, MailboxReader, ReaderPolicy } from '@troupe/mailbox';

/** A message that waits for the next step. */
interface Kept {
  readonly frame: Envelope['frame'];
  readonly value: unknown;
  readonly seq: number;
  readonly time: number;
  readonly flags: number;
}

/**
 * A mailbox behind a back-edge that may lose messages, under the paced and fast clocks. What it delivers in a
 * step is decided at the end of the step before, while nobody writes, and kept here: the writer is free to go
 * on in the next step before this reader has come to it. docs/determinism.md, "Back-edges".
 */
export class LateReader implements MailboxReader {
  readonly policy: ReaderPolicy;
  position = 0;
  handled = 0;
  readonly #inner: MailboxReader;
  readonly #envelope = new Envelope();
  /** What waits, from `#first` on. */
  #kept: Kept[] = [];
  #first = 0;
  #skipped = 0;

  constructor(inner: MailboxReader) {
    this.#inner = inner;
    this.policy = inner.policy;
    this.#first = inner.position;
    this.position = inner.position;
    this.handled = inner.position;
  }

  get capacity(): number {
    return this.#inner.capacity;
  }

  get isBlocking(): boolean {
    return this.#inner.isBlocking;
  }

  get skipped(): number {
    return this.#inner.skipped + this.#skipped;
  }

  get highWater(): number {
    return this.#inner.highWater;
  }

  /** Takes over what has come in a round that the writer has marked. */
  collect(): void {
    const inner = this.#inner;
    const envelope = this.#envelope;
    const isInPlace = inner.isBlocking;
    // What refuses at the writer stays with it beyond what is kept here: the mailbox is bounded all the same.
    while (
      (!isInPlace || this.available() < inner.capacity) &&
      inner.available() > 0 &&
      inner.take(envelope)
    ) {
      inner.settle();
      const { frame, value, seq, time, flags } = envelope;
      this.#kept.push({ frame: frame?.slice(), value, seq, time, flags });
    }
    inner.release();
    // Those that were not active to handle what was kept keep the newest of all.
    const most = this.policy === 'latest' ? 1 : inner.capacity;
    const surplus = isInPlace ? 0 : this.available() - most;
    if (surplus <= 0) return;
    this.#skipped += surplus;
    // What a call has in hand, or is not released yet, stays where it is.
    this.#kept.splice((this.position - this.#first) | 0, surplus);
  }

  available(): number {
    return this.#kept.length - ((this.position - this.#first) | 0);
  }

  isMarked(round: number): boolean {
    return this.#inner.isMarked(round);
  }

  hasEndedBefore(round: number): boolean {
    return this.#inner.hasEndedBefore(round) && this.available() <= 0;
  }

  availableBefore(_round: number): number {
    return this.available();
  }

  timeAt(offset: number): number {
    return this.#kept[((this.position - this.#first) | 0) + offset]?.time ?? 0;
  }

  isFull(_maxEmit: number): boolean {
    return false;
  }

  isWanted(): boolean {
    return false;
  }

  grow(): boolean {
    return false;
  }

  take(into: Envelope): boolean {
    const kept = this.#kept[(this.position - this.#first) | 0];
    if (kept === undefined) return false;
    into.frame = kept.frame;
    into.value = kept.value;
    into.seq = kept.seq;
    into.time = kept.time;
    into.flags = kept.flags;
    this.position = (this.position + 1) | 0;
    return true;
  }

  passOver(keep: number): number {
    const count = this.available() - keep;
    if (count <= 0) return 0;
    this.position = (this.position + count) | 0;
    this.handled = this.position;
    return count;
  }

  isLast(round?: number): boolean {
    return this.#inner.isLast(round);
  }

  settle(): void {
    this.handled = this.position;
  }

  rewind(): void {
    this.position = this.handled;
  }

  /** Nothing: what is kept here dies with its thread. */
  record(_journal: Journal): void {}

  release(): void {
    this.#kept.splice(0, (this.handled - this.#first) | 0);
    this.#first = this.handled;
  }

  nudge(): void {
    this.#inner.nudge();
  }

  hasEnded(): boolean {
    return this.#inner.hasEnded() && this.available() <= 0;
  }

  setBlocking(isBlocking: boolean): void {
    this.#inner.setBlocking(isBlocking);
  }

  detach(): void {
    this.#kept = [];
    this.#first = this.position;
    this.#inner.detach();
  }
}
