import type { ServerMessage } from '@troupe/core/telemetry';
import { decodeServerMessage } from '@troupe/core/telemetry';
import type { Line } from '../../src/server/line.ts';

type OfType<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;

/** A socket whose other end reads when the test says so. */
export class FakeLine implements Line {
  #waiting: Uint8Array[] = [];
  readonly #got: ServerMessage[] = [];
  /** Reads at once. */
  isReading = true;
  closed: { readonly code: number; readonly reason: string } | undefined;

  get waitingBytes(): number {
    return this.#waiting.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  }

  send(bytes: Uint8Array): void {
    // As a real socket does, it keeps what it is given.
    this.#waiting.push(bytes.slice());
    if (this.isReading) this.read();
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  /** Takes all that waits. */
  read(): void {
    this.#got.push(...this.#waiting.splice(0).map((bytes) => decodeServerMessage(bytes)));
  }

  /** The messages of a type that have been read so far. */
  got<T extends ServerMessage['type']>(type: T): readonly OfType<T>[] {
    return this.#got.filter((message): message is OfType<T> => message.type === type);
  }

  get types(): readonly string[] {
    return this.#got.map(({ type }) => type);
  }
}
