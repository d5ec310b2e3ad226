import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { RecordingEntry, RecordingHeader } from './entries.ts';
import { RecordingError } from './errors.ts';
import { encodeEntry, encodeHeader } from './format.ts';

export interface RecordingWriterOptions {
  /** Bytes that may wait for the disk before `write` asks to be awaited. 8 MiB unless given. */
  readonly bufferBytesMax?: number;
  /** Bytes that may wait in all; beyond, `write` throws. 256 MiB unless given. */
  readonly backlogBytesMax?: number;
}

const bufferBytesMaxDefault = 2 ** 23;
const backlogBytesMaxDefault = 2 ** 28;

/** Where a recording goes, piece by piece. */
export interface AppendStream {
  /** Resolves when all of the bytes have been taken. Called again only then. */
  append(bytes: Buffer): Promise<void>;
  /** Resolves when what has been appended survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates a file and a writer that appends to it. Rejects with `RecordingError`, code `RECORDING_WRITE`, also
 * when the file is there already.
 */
export async function createRecording(
  path: string,
  header: RecordingHeader,
  options: RecordingWriterOptions = {},
): Promise<RecordingWriter> {
  const first = encodeHeader(header);
  let file: FileHandle;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const message = isThere ? 'is there already' : `cannot be created: ${(error as Error).message}`;
    const remedy = isThere ? 'Give another path, or remove it first.' : 'Give a path that can be written.';
    throw new RecordingError('RECORDING_WRITE', path, message, remedy, error);
  }
  const stream: AppendStream = {
    // From where the last piece ended, to the last byte of this one.
    append: (bytes) => file.writeFile(bytes),
    sync: () => file.sync(),
    close: () => file.close(),
  };
  return new RecordingWriter(path, stream, first, options);
}

/** Appends entries to a recording. What waits for the disk is bounded. */
export class RecordingWriter {
  readonly #path: string;
  readonly #stream: AppendStream;
  readonly #bufferBytesMax: number;
  readonly #backlogBytesMax: number;
  #waiting: Buffer[] = [];
  /** In `waiting`, and on their way to the disk. */
  #bytes = 0;
  /** Until everything has been given to the operating system. `undefined`: nothing is under way. */
  #draining: Promise<void> | undefined;
  /** Until no more waits than should. */
  #room: PromiseWithResolvers<void> | undefined;
  #failure: RecordingError | undefined;
  #closing: Promise<void> | undefined;

  /** `first`: what the recording begins with, from `encodeHeader`. `path` is for messages. */
  constructor(path: string, stream: AppendStream, first: Buffer, options: RecordingWriterOptions = {}) {
    this.#path = path;
    this.#stream = stream;
    this.#bufferBytesMax = options.bufferBytesMax ?? bufferBytesMaxDefault;
    this.#backlogBytesMax = options.backlogBytesMax ?? backlogBytesMaxDefault;
    this.#append(first);
  }

  /**
   * Appends an entry; it is encoded before the call returns. A promise where the caller should wait, for the
   * disk to catch up. Throws `RecordingError` when too much waits already, after an error of the disk, and
   * after `close`; `RangeError` for an entry that the format cannot carry, which leaves the file as it was.
   */
  write(entry: RecordingEntry): Promise<void> | undefined {
    if (this.#closing !== undefined) throw this.#error('has been closed', 'Write before `close`.');
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#bytes > this.#backlogBytesMax) {
      const remedy = 'Record less, record to a faster disk, or await what `write` returns.';
      throw this.#error(`${this.#bytes} bytes wait for the disk, which does not keep up`, remedy);
    }
    this.#append(encodeEntry(entry));
    return this.#bytes > this.#bufferBytesMax ? this.#untilRoom() : undefined;
  }

  /** Waits until everything is on the disk, and closes the file. Rejects with the first error of the disk. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#draining;
    try {
      if (this.#failure === undefined) await this.#stream.sync();
    } catch (error) {
      this.#fail(error);
    }
    try {
      await this.#stream.close();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #append(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#draining ??= this.#drain();
  }

  /** Never rejects: an error is kept for whoever comes next. */
  async #drain(): Promise<void> {
    // What else is written in this turn goes to the disk in one piece.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const piece = Buffer.concat(this.#waiting);
      this.#waiting = [];
      try {
        await this.#stream.append(piece);
      } catch (error) {
        this.#fail(error);
        break;
      }
      this.#bytes -= piece.length;
      if (this.#bytes > this.#bufferBytesMax) continue;
      this.#room?.resolve();
      this.#room = undefined;
    }
    this.#draining = undefined;
  }

  #untilRoom(): Promise<void> {
    if (this.#room === undefined) {
      this.#room = Promise.withResolvers();
      // Whoever cannot wait does not look: the next `write`, and `close`, give the same error.
      this.#room.promise.catch(() => undefined);
    }
    return this.#room.promise;
  }

  #fail(error: unknown): void {
    const remedy = 'Look at the disk; what was written before is a recording that was cut short.';
    this.#failure ??= this.#error(`cannot be written: ${(error as Error).message}`, remedy, error);
    this.#waiting = [];
    this.#bytes = 0;
    this.#room?.reject(this.#failure);
    this.#room = undefined;
  }

  #error(message: string, remedy: string, cause?: unknown): RecordingError {
    return new RecordingError('RECORDING_WRITE', this.#path, message, remedy, cause);
  }
}
