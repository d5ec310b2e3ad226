import type { Options } from 'csv-parse';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import type { InputFile } from './input-file.ts';

/** The longest record, in bytes: beyond it a quote was left open, or it is no CSV file. */
const RECORD_BYTES_MAX = 1_048_576;
const CHUNK_BYTES = 65_536;
const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** Where a chunk of whole records starts. */
export interface ChunkStart {
  readonly offsetBytes: number;
  /** Line of the file, from 1. */
  readonly line: number;
}

/** A stretch of a CSV file that holds whole records. */
export interface CsvChunk extends ChunkStart {
  readonly records: readonly (readonly string[])[];
  /** The line of the file on which a record ends. Reparses the chunk: for error messages. */
  lineOf(index: number): number;
}

/**
 * Reads a CSV file (RFC 4180; LF or CRLF; empty lines skipped) chunk by chunk through csv-parse, with about
 * 64 KiB in memory: each chunk is cut at the last line end that stands outside quotes.
 */
export class CsvRecords {
  readonly #file: InputFile;
  readonly #delimiter: string;
  readonly #bytes: Uint8Array = new Uint8Array(RECORD_BYTES_MAX);
  #held = 0;
  #offsetBytes = 0;
  #line = 1;

  constructor(file: InputFile, delimiter: string) {
    this.#file = file;
    this.#delimiter = delimiter;
  }

  /**
   * The next chunk with at least one record, or `undefined` at the end. Failing, it fails again when asked
   * again.
   */
  next(): CsvChunk | undefined {
    for (;;) {
      const end = this.#fillToRecordEnd();
      if (end === 0) return undefined;
      const text = Buffer.from(this.#bytes.subarray(0, end));
      const start: ChunkStart = { offsetBytes: this.#offsetBytes, line: this.#line };
      const records = this.#parse(text, start.line);
      this.#bytes.copyWithin(0, end, this.#held);
      this.#held -= end;
      this.#offsetBytes += end;
      this.#line += countLines(text);
      if (records.length === 0) continue;
      return { ...start, records, lineOf: (index) => this.#lineOf(text, start.line, index) };
    }
  }

  /** Continues at the start of a chunk. */
  seek(start: ChunkStart): void {
    this.#held = 0;
    this.#offsetBytes = start.offsetBytes;
    this.#line = start.line;
  }

  /**
   * Reads on until the bytes held contain the end of a record, and returns that end: 0 at the end of the
   * file.
   */
  #fillToRecordEnd(): number {
    for (let wanted = CHUNK_BYTES; ; wanted = Math.min(2 * wanted, RECORD_BYTES_MAX)) {
      const missing = wanted - this.#held;
      const count =
        missing > 0 ? this.#file.read(this.#bytes, this.#held, missing, this.#offsetBytes + this.#held) : 0;
      this.#held += count;
      if (count < missing) return this.#held;
      const end = lastRecordEnd(this.#bytes, this.#held);
      if (end > 0) return end;
      if (wanted === RECORD_BYTES_MAX) throw this.#tooLong();
    }
  }

  #parse(text: Buffer, line: number): string[][] {
    try {
      return parse(text, { ...this.#parseOptions(line), info: false });
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const isOpen = error.code === 'CSV_QUOTE_NOT_CLOSED';
      const where = line + (isOpen ? linesBeforeOpenQuote(text) : Number(error['lines'] ?? 1) - 1);
      const what = {
        CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
        INVALID_OPENING_QUOTE: 'a quote stands inside an unquoted field',
        CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
      }[error.code as string];
      throw this.#file.invalid(
        `line ${where}: ${what ?? error.message}`,
        'Quote fields as RFC 4180 says, and check the delimiter.',
      );
    }
  }

  #lineOf(text: Buffer, line: number, index: number): number {
    const records = parse(text, { ...this.#parseOptions(line), info: true }) as unknown as {
      info: { lines: number };
    }[];
    return line + records[index]!.info.lines - 1;
  }

  #parseOptions(line: number): Options {
    return {
      delimiter: this.#delimiter,
      bom: line === 1,
      skip_empty_lines: true,
      relax_column_count: true,
      record_delimiter: ['\r\n', '\n'],
      max_record_size: RECORD_BYTES_MAX,
    };
  }

  #tooLong(): Error {
    const hasQuote = this.#bytes.includes(QUOTE);
    return this.#file.invalid(
      `line ${this.#line}: a record of more than ${RECORD_BYTES_MAX} bytes starts here`,
      hasQuote
        ? 'Close the quote that is left open.'
        : 'Check that this is a CSV file, with LF or CRLF line ends.',
    );
  }
}

/**
 * The end of the last line that ends outside quotes, or 0. A doubled quote toggles twice and so changes
 * nothing.
 */
function lastRecordEnd(bytes: Uint8Array, length: number): number {
  let end = 0;
  let isQuoted = false;
  for (let i = 0; i < length; i++) {
    if (bytes[i] === QUOTE) isQuoted = !isQuoted;
    else if (bytes[i] === NEWLINE && !isQuoted) end = i + 1;
  }
  return end;
}

/** How many lines end before the quote that is opened and never closed. */
function linesBeforeOpenQuote(bytes: Uint8Array): number {
  let lines = 0;
  let before = 0;
  let isQuoted = false;
  for (const byte of bytes) {
    if (byte === QUOTE) {
      isQuoted = !isQuoted;
      before = lines;
    } else if (byte === NEWLINE) lines += 1;
  }
  return before;
}

function countLines(text: Uint8Array): number {
  let lines = 0;
  for (const byte of text) if (byte === NEWLINE) lines += 1;
  return lines;
}
