import type { ServerMessage } from '@troupe/core/telemetry';
import { encodeMessage } from '@troupe/core/telemetry';
import type { Bounds } from './bounds.ts';

/** A socket, as far as a session needs one. */
export interface Line {
  /** Bytes that have been sent and not yet taken by the other end. */
  readonly waitingBytes: number;
  send(bytes: Uint8Array): void;
  /** Says goodbye; cut off where nobody answers that. */
  close(code: number, reason: string): void;
}

/** Why a connection was closed. docs/protocol.md. */
export const closeCode = {
  /** The server ends. */
  goingAway: 1001,
  /** A message that is text. */
  notBinary: 1003,
  /** Bytes that are no message of the protocol, too many messages, or nothing read for too long. */
  policy: 1008,
  /** The process could not say what was asked for. */
  failed: 1011,
} as const;

/** What goes to one page: never more than there may be, whatever the page reads. */
export class Outbox {
  readonly #line: Line;
  readonly #bounds: Bounds;
  #lost = 0;
  #fullSinceMs: number | undefined;

  constructor(line: Line, bounds: Bounds) {
    this.#line = line;
    this.#bounds = bounds;
  }

  /** Messages that this page was too slow for. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether nothing should be sent now that can come later, or not at all. */
  get isFull(): boolean {
    return this.#line.waitingBytes > this.#bounds.waitingBytesMax;
  }

  /** What the page must get: it is bounded by what the page asks for. */
  send(message: ServerMessage): void {
    this.sendBytes(encodeMessage(message));
  }

  /** What may be lost; whether it went out. */
  offer(bytes: () => Uint8Array): boolean {
    if (this.isFull) {
      this.#lost += 1;
      return false;
    }
    this.sendBytes(bytes());
    return true;
  }

  /** Closes the line of a page that has read too little for too long. */
  look(nowMs: number): void {
    if (!this.isFull) {
      this.#fullSinceMs = undefined;
      return;
    }
    this.#fullSinceMs ??= nowMs;
    if (nowMs - this.#fullSinceMs < this.#bounds.silenceMsMax) return;
    this.#line.close(closeCode.policy, 'this page does not read what it is sent');
  }

  sendBytes(bytes: Uint8Array): void {
    this.#line.send(bytes);
    if (this.#line.waitingBytes <= this.#bounds.waitingBytesEnd) return;
    this.#line.close(closeCode.policy, 'more waits for this page than there may be');
  }
}
