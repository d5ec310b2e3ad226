import { TroupeError } from '@troupe/core';

/**
 * A recording cannot be read. `code` is one of `SOURCE_FILE_NOT_FOUND` (no such file),
 * `SOURCE_FILE_UNREADABLE` (no permission, a directory, a failing disk), `SOURCE_FILE_INVALID` (the content
 * contradicts its format), `SOURCE_FILE_TRUNCATED` (shorter than its header promises),
 * `SOURCE_FILE_UNSUPPORTED` (a valid file of a kind that is not read here) and `SOURCE_FILE_MISMATCH` (a
 * valid file that is not what the options say). The message is one line: file, place, what is wrong.
 */
export class SourceFileError extends TroupeError {
  /** The file as it was named in the options. */
  readonly path: string;

  constructor(
    path: string,
    problem: string,
    details: { code: SourceFileCode; remedy: string; cause?: unknown },
  ) {
    super(`${path}: ${problem}`, details);
    this.path = path;
  }
}

/** The codes of `SourceFileError`. */
export type SourceFileCode =
  | 'SOURCE_FILE_NOT_FOUND'
  | 'SOURCE_FILE_UNREADABLE'
  | 'SOURCE_FILE_INVALID'
  | 'SOURCE_FILE_TRUNCATED'
  | 'SOURCE_FILE_UNSUPPORTED'
  | 'SOURCE_FILE_MISMATCH';

/**
 * A sink's file cannot be created or written. Code `SINK_FILE_UNWRITABLE`; the system's error is the cause.
 */
export class SinkFileError extends TroupeError {
  /** The file as it was named in the options. */
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`${path}: cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      code: 'SINK_FILE_UNWRITABLE',
      remedy: 'Name a file in a folder that exists and is writable, on a disk that has room.',
      cause,
    });
    this.path = path;
  }
}
