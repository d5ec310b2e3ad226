import type { MomentWire, OpenReplay, ReplyWire, ServerMessage } from '@troupe/core/telemetry';
import type { SessionParts } from './parts.ts';
import { CommandRefused } from './refusal.ts';

type Place = Parameters<OpenReplay['seek']>[0];

/** The recording that one page goes back in. */
export class Replays {
  readonly #parts: SessionParts;
  readonly #send: (message: ServerMessage) => void;
  #open: OpenReplay | undefined;
  /** Opening, going and closing, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #newestSeek = 0;
  #isEnded = false;

  constructor(parts: SessionParts, send: (message: ServerMessage) => void) {
    this.#parts = parts;
    this.#send = send;
  }

  /** In place of the one that was open before. */
  open(recording: string): Promise<ReplyWire> {
    return this.#next(async () => {
      const { telemetry, recordings, limits, counts, bounds } = this.#parts;
      // Only what has been named by the run or its starter is opened: a page cannot name files.
      if (!recordings.includes(recording) && !telemetry.recordings.includes(recording)) {
        throw new CommandRefused(
          'NO_RECORDING',
          'this recording has not been offered',
          'Name it in `recordings` when the devtools are started.',
        );
      }
      await this.#close();
      if (counts.replays >= bounds.replaysMax) {
        throw new CommandRefused(
          'BUSY',
          `${bounds.replaysMax} pages go back in recordings already`,
          'Close the replay of another page.',
        );
      }
      counts.replays += 1;
      try {
        this.#open = await telemetry.replay(recording, limits);
      } catch (error) {
        counts.replays -= 1;
        throw error;
      }
      if (this.#isEnded) await this.#close();
      else this.#send({ type: 'replay', replay: this.#open.replay });
      return { kind: 'done' };
    });
  }

  /**
   * Goes to a place, and shows what was there. Of several wishes that wait only the newest is carried out;
   * `changed: false` answers the others.
   */
  seek(to: Place): Promise<ReplyWire> {
    const seek = ++this.#newestSeek;
    return this.#next(async () => {
      if (this.#open === undefined) {
        throw new CommandRefused('NO_REPLAY', 'no recording is open', 'Choose one first.');
      }
      if (seek !== this.#newestSeek) return { kind: 'changed', changed: false };
      const moment: MomentWire = await this.#open.seek(to);
      this.#send({ type: 'moment', moment });
      return { kind: 'changed', changed: true };
    });
  }

  /** Also when the page has gone. */
  close(isEnd: boolean = false): Promise<void> {
    this.#isEnded ||= isEnd;
    return this.#next(async () => {
      if (this.#open === undefined) return;
      await this.#close();
      this.#send({ type: 'replay', replay: undefined });
    });
  }

  async #close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#parts.counts.replays -= 1;
    await open.close();
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
