import * as fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import { SinkFileError } from '../errors.ts';

const BUFFER_BYTES = 65_536;
const FLUSH_MS = 1000;
const STDOUT = 1;

/** Milliseconds to wait until a full pipe may take more. */
const PIPE_WAIT_MS = 1;

/**
 * Lines on their way to a file or to standard output, through a buffer of 64 KiB that is written when it is
 * full, when the oldest line in it is a second old as another comes, and by `flush`.
 *
 * A file is emptied only when the first line comes (or `begin` is called), so that a run that fails before
 * leaves an older file alone; `resume` goes on at its end instead.
 */
export class LineFile {
  readonly #path: string;
  readonly #header: string | undefined;
  #descriptor: number | undefined;
  #isBegun: boolean;
  readonly #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #held = 0;
  #oldestMs = 0;

  /**
   * @param path A file, or `undefined` for standard output.
   * @param header The first line of a new file, without line end.
   * @throws SinkFileError when the file cannot be opened for writing.
   */
  constructor(path: string | undefined, header?: string) {
    this.#path = path ?? 'standard output';
    this.#header = header;
    this.#isBegun = path === undefined;
    try {
      this.#descriptor = path === undefined ? STDOUT : fs.openSync(path, 'a');
    } catch (error) {
      throw new SinkFileError(this.#path, error);
    }
  }

  /** Empties the file and writes its header, if neither this nor `resume` has been called before. */
  begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    try {
      fs.ftruncateSync(this.#descriptor!, 0);
    } catch (error) {
      // A device or pipe cannot be emptied, and need not be.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw new SinkFileError(this.#path, error);
    }
    if (this.#header !== undefined) this.write(this.#header);
  }

  /** Goes on at the end of the file as it is. */
  resume(): void {
    this.#isBegun = true;
  }

  /** Adds a line; the line end is added to it. */
  write(line: string): void {
    this.begin();
    const nowMs = performance.now();
    if (this.#held === 0) this.#oldestMs = nowMs;
    const text = `${line}\n`;
    // Three bytes of UTF-8 are the most that one UTF-16 unit makes.
    if (this.#held + 3 * text.length > BUFFER_BYTES) this.flush();
    if (3 * text.length > BUFFER_BYTES) this.#writeOut(Buffer.from(text));
    else this.#held += this.#buffer.write(text, this.#held);
    if (nowMs - this.#oldestMs > FLUSH_MS) this.flush();
  }

  /** Hands everything held to the system. */
  flush(): void {
    const held = this.#held;
    this.#held = 0;
    if (held > 0) this.#writeOut(this.#buffer.subarray(0, held));
  }

  #writeOut(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      try {
        done += fs.writeSync(this.#descriptor!, bytes, done);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw new SinkFileError(this.#path, error);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
      }
    }
  }

  /** Writes what is left and closes the file (not standard output). */
  close(): void {
    if (this.#descriptor === undefined) return;
    try {
      this.begin();
      this.flush();
    } finally {
      if (this.#descriptor !== STDOUT) fs.closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
  }
}
