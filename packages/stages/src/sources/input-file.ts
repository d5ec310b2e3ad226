import * as fs from 'node:fs';
import { isAbsolute } from 'node:path';
import { SourceFileError } from '../errors.ts';

/** A recording opened for reading through a file descriptor: whoever opens it closes it. */
export class InputFile {
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly sizeBytes: number;
  #descriptor: number | undefined;

  /** @throws SourceFileError when there is no such file, or it cannot be read. */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = fs.openSync(path, 'r');
    } catch (error) {
      throw openingError(path, error);
    }
    const stat = fs.fstatSync(this.#descriptor);
    this.sizeBytes = stat.size;
    if (!stat.isFile()) {
      this.close();
      throw new SourceFileError(path, 'is not a regular file', {
        code: 'SOURCE_FILE_UNREADABLE',
        remedy: 'Name the recording itself, not a folder or a device.',
      });
    }
  }

  /** Reads up to `length` bytes at `position`; fewer only at the end of the file. Returns how many. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path}: is closed`);
    let done = 0;
    try {
      while (done < length) {
        const count = fs.readSync(this.#descriptor, buffer, offset + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw new SourceFileError(this.path, `byte ${position + done}: ${(error as Error).message}`, {
        code: 'SOURCE_FILE_UNREADABLE',
        remedy: 'Check the disk or network share that holds the file, or copy it elsewhere.',
        cause: error,
      });
    }
    return done;
  }

  /** Reads exactly `length` bytes at `position` to the start of `buffer`; `what` names them in the error. */
  readExactly(buffer: Uint8Array, length: number, position: number, what: string): void {
    const count = this.read(buffer, 0, length, position);
    if (count < length) throw this.truncated(`ends at byte ${position + count}, inside ${what}`);
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  truncated(problem: string): SourceFileError {
    return new SourceFileError(this.path, problem, {
      code: 'SOURCE_FILE_TRUNCATED',
      remedy:
        'Copy or download the file again; if this is all there is, repair it with the program that wrote it.',
    });
  }

  invalid(problem: string, remedy: string): SourceFileError {
    return new SourceFileError(this.path, problem, { code: 'SOURCE_FILE_INVALID', remedy });
  }

  unsupported(problem: string, remedy: string): SourceFileError {
    return new SourceFileError(this.path, problem, { code: 'SOURCE_FILE_UNSUPPORTED', remedy });
  }

  mismatch(problem: string, remedy: string): SourceFileError {
    return new SourceFileError(this.path, problem, { code: 'SOURCE_FILE_MISMATCH', remedy });
  }
}

function openingError(path: string, error: unknown): SourceFileError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SourceFileError(path, 'no such file', {
      code: 'SOURCE_FILE_NOT_FOUND',
      remedy: isAbsolute(path) ? 'Check the path.' : `Check the path; it is relative to ${process.cwd()}.`,
      cause: error,
    });
  }
  return new SourceFileError(path, `cannot be opened (${code ?? String(error)})`, {
    code: 'SOURCE_FILE_UNREADABLE',
    remedy: 'Check the permissions of the file and its folder.',
    cause: error,
  });
}

/** Runs `use` on an opened file and closes it again, also when `use` throws. */
export function withInputFile<T>(path: string, use: (file: InputFile) => T): T {
  const file = new InputFile(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Builds a reader on an opened file that it keeps; the file is closed only when building throws. */
export function openReader<T>(path: string, build: (file: InputFile) => T): T {
  const file = new InputFile(path);
  try {
    return build(file);
  } catch (error) {
    file.close();
    throw error;
  }
}
