import type { Journal } from './journal.ts';
import type { Envelope, ReaderPolicy } from './ring-reader.ts';

/**
 * A mailbox as the executor sees it, whatever is behind it: a ring in shared memory (`RingReader`) or a queue
 * on this thread (`LocalReader`). Positions are Int32 counts modulo 2^32.
 */
export interface MailboxReader {
  readonly policy: ReaderPolicy;
  /** The most messages that wait. */
  readonly capacity: number;
  /** The next message to take. */
  readonly position: number;
  /** Where the messages of finished handler calls end. */
  readonly handled: number;
  /** Whether it holds the writer back. */
  readonly isBlocking: boolean;
  /** Messages that were never taken: overtaken, or given up by `latest` and `dropOldest`. */
  readonly skipped: number;
  /** The deepest that its queue has been seen. */
  readonly highWater: number;
  /** Messages that can be taken now. */
  available(): number;
  /**
   * Whether everything of a round that will ever come is there: it is marked, or a later one is.
   * docs/determinism.md, "Rounds".
   */
  isMarked(round: number): boolean;
  /** Whether the writer had ended the stream before a round, and everything has been taken. */
  hasEndedBefore(round: number): boolean;
  /** Messages to be taken now that were emitted before a round, which has begun. */
  availableBefore(round: number): number;
  /** Logical time of the message `offset` places behind the next one, which must be available. */
  timeAt(offset: number): number;
  /** Whether a call that emits so many messages must wait for this mailbox. */
  isFull(maxEmit: number): boolean;
  /** Whether the writer waits for room in this mailbox. */
  isWanted(): boolean;
  /** Lets twice as many messages wait, as far as there are slots. False when there are no more. */
  grow(): boolean;
  /** Fills the envelope with the next message and moves on. False when there is none. */
  take(into: Envelope): boolean;
  /**
   * Passes over all but the newest `keep` messages, at most `most` of them, as if they had been handled;
   * returns how many. To be called between handler calls only. They are not counted as skipped.
   */
  passOver(keep: number, most?: number): number;
  /** Ends a handler call: what was taken is done with. */
  settle(): void;
  /** Goes back to the first message that is not settled. */
  rewind(): void;
  /** Says in the journal what `release` is going to store. */
  record(journal: Journal): void;
  /** Gives settled messages back to the writer. */
  release(): void;
  /** Wakes the writer if it waits for room, however little there is. */
  nudge(): void;
  /** Whether the writer has ended the stream (before a round); something may be left to be taken. */
  isLast(round?: number): boolean;
  /** Whether the writer has ended the stream and everything has been taken. */
  hasEnded(): boolean;
  /** Blocking again, it resumes at the writer's position; what lies between is counted as skipped. */
  setBlocking(isBlocking: boolean): void;
  /** Gives the mailbox up: the writer is held no longer. */
  detach(): void;
}

/** What a commit gives back: the settled messages of a mailbox, or whatever else calls have used up. */
export type Releasable = Pick<MailboxReader, 'record' | 'release'>;
