import type { ChunkStart, CsvChunk } from './csv-records.ts';
import { CsvRecords } from './csv-records.ts';
import type { InputFile } from './input-file.ts';
import { openReader, withInputFile } from './input-file.ts';
import type { RecordingInfo, SampleReader } from './recording.ts';
import { sampleTimeNs } from './recording.ts';

/** The unit of a time column. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

/** How a CSV file is to be understood. */
export interface CsvFormat {
  /** One character between fields; a comma unless given. */
  readonly delimiter: string;
  /** Whether the first record names the columns; yes unless given. */
  readonly header: boolean;
  /** Columns to play, in this order, by name or by index from 0; all but the time column unless given. */
  readonly columns?: readonly (string | number)[] | undefined;
  /** The column that holds each sample's time, by name or by index from 0; its numbers must not decrease. */
  readonly timeColumn?: string | number | undefined;
  /** The unit of the time column; seconds unless given. */
  readonly timeUnit: TimeUnit;
}

interface Columns {
  readonly width: number;
  readonly names: readonly string[];
  readonly values: readonly number[];
  readonly time: number | undefined;
}

const UNIT_NS: Record<TimeUnit, number> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** Finds the columns to play by the first record: its names, or its width where the file has no header. */
function resolveColumns(file: InputFile, format: CsvFormat, first: readonly string[]): Columns {
  const names = format.header ? first.map((name) => name.trim()) : first.map((_, index) => `column ${index}`);
  const known = names.map((name, index) => (format.header ? `'${name}'` : index)).join(', ');
  const find = (column: string | number): number => {
    const index = typeof column === 'number' ? column : format.header ? names.indexOf(column) : -1;
    if (index >= 0 && index < names.length) return index;
    throw file.mismatch(`line 1: has no column '${column}'`, `Choose among its columns: ${known}.`);
  };
  const time = format.timeColumn === undefined ? undefined : find(format.timeColumn);
  const values = format.columns?.map(find) ?? [...names.keys()].filter((index) => index !== time);
  if (values.length === 0)
    throw file.mismatch('line 1: has no column of values', 'Name a file with such columns.');
  return { width: first.length, names, values, time };
}

/** Reads the first chunk, which must have a record, and finds the columns. */
function openColumns(
  file: InputFile,
  format: CsvFormat,
): { columns: Columns; reader: CsvRecords; first: CsvChunk } {
  const reader = new CsvRecords(file, format.delimiter);
  const first = reader.next();
  if (first === undefined) throw file.invalid('line 1: is empty', 'Name a CSV file that holds samples.');
  return { columns: resolveColumns(file, format, first.records[0]!), reader, first };
}

function parseNumber(file: InputFile, text: string, line: () => number, column: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && text.trim() !== '') return value;
  throw file.invalid(
    `line ${line()}, column '${column}': '${text}' is not a number`,
    'Correct the value, choose other columns with the option `columns`, or set `delimiter` or `header`.',
  );
}

/**
 * What a CSV file holds: columns, and with a time column the mean rate over its first chunk (64 KiB). Its
 * length is not known without reading it all.
 *
 * @throws SourceFileError when it is missing, empty, not RFC 4180, lacks a column, or its first records are
 * no numbers.
 */
export function probeCsv(path: string, format: Partial<CsvFormat> = {}): RecordingInfo {
  const full: CsvFormat = { delimiter: ',', header: true, timeUnit: 's', ...format };
  return withInputFile(path, (file) => {
    const { columns } = openColumns(file, full);
    const reader = new CsvReader(file, full, columns.values.length, undefined);
    return {
      channels: columns.values.length,
      rateHz: columns.time === undefined ? undefined : reader.meanRateHz(),
      samples: undefined,
      labels: columns.values.map((index) => columns.names[index]!),
      units: columns.values.map(() => ''),
    };
  });
}

/**
 * Opens a CSV file as a stream of samples, a chunk of about 64 KiB in memory at a time.
 *
 * @param rateHz Samples per second where no time column says when each was taken.
 */
export function openCsv(
  path: string,
  format: CsvFormat,
  channels: number,
  rateHz: number | undefined,
): SampleReader {
  return openReader(path, (file) => {
    const reader = new CsvReader(file, format, channels, rateHz);
    reader.ensure(1);
    return reader;
  });
}

interface CsvPosition {
  readonly chunk: ChunkStart;
  /** Records of the chunk that have been read, the header included. */
  readonly record: number;
  readonly index: number;
  readonly firstTime: number | undefined;
  readonly lastTime: number;
}

interface HeldSample {
  readonly chunk: CsvChunk;
  readonly record: number;
  readonly values: Float64Array;
  readonly timeNs: number;
}

class CsvReader implements SampleReader {
  readonly samples: undefined = undefined;
  readonly #file: InputFile;
  readonly #columns: Columns;
  readonly #records: CsvRecords;
  readonly #rateHz: number | undefined;
  readonly #unitNs: number;
  /** The chunk that samples are parsed from, and its next record. */
  #chunk: CsvChunk | undefined;
  #record: number;
  /** Parsed samples that wait to be read, from `#next` on. */
  readonly #held: HeldSample[] = [];
  #next = 0;
  /** Index of the sample that is read next, from 0. */
  #index = 0;
  #firstTime: number | undefined;
  #lastTime = -Infinity;

  constructor(file: InputFile, format: CsvFormat, channels: number, rateHz: number | undefined) {
    const { columns, reader, first } = openColumns(file, format);
    if (columns.values.length !== channels) {
      throw file.mismatch(
        `line 1: has ${columns.values.length} columns of values, but the option \`channels\` is ${channels}`,
        'Set `channels` to what `probeCsv` tells, or choose columns with the option `columns`.',
      );
    }
    this.#file = file;
    this.#columns = columns;
    this.#records = reader;
    this.#rateHz = rateHz;
    this.#unitNs = UNIT_NS[format.timeUnit];
    this.#chunk = first;
    this.#record = format.header ? 1 : 0;
  }

  ensure(count: number): number {
    if (this.#next > 0 && this.#held.length - this.#next < count) {
      this.#held.splice(0, this.#next);
      this.#next = 0;
    }
    while (this.#held.length - this.#next < count && this.#parseNext());
    return Math.min(count, this.#held.length - this.#next);
  }

  /** Parses one more sample; false at the end of the file. */
  #parseNext(): boolean {
    while (this.#chunk !== undefined && this.#record === this.#chunk.records.length) {
      this.#chunk = this.#records.next();
      this.#record = 0;
    }
    const chunk = this.#chunk;
    if (chunk === undefined) return false;
    const record = this.#record;
    this.#held.push(this.#parse(chunk, record));
    this.#record += 1;
    return true;
  }

  #parse(chunk: CsvChunk, record: number): HeldSample {
    const fields = chunk.records[record]!;
    const { width, names, values, time } = this.#columns;
    const line = (): number => chunk.lineOf(record);
    if (fields.length !== width) {
      throw this.#file.invalid(
        `line ${line()}: has ${fields.length} fields, the first line has ${width}`,
        'Correct the line, or set `delimiter`; if the file ends here, copy it again: it may be truncated.',
      );
    }
    const number = (column: number): number => parseNumber(this.#file, fields[column]!, line, names[column]!);
    const sample = Float64Array.from(values, number);
    if (time === undefined) return { chunk, record, values: sample, timeNs: 0 };
    const at = number(time);
    if (at < this.#lastTime) {
      const where = `line ${line()}, column '${names[time]}'`;
      const problem = `${where}: time goes back from ${this.#lastTime} to ${at}`;
      throw this.#file.invalid(
        problem,
        'Sort the file by time, or leave out `timeColumn` and give `rateHz`.',
      );
    }
    this.#lastTime = at;
    this.#firstTime ??= at;
    return { chunk, record, values: sample, timeNs: Math.round((at - this.#firstTime) * this.#unitNs) };
  }

  read(into: Float32Array): void {
    for (let to = 0; to < into.length; this.#next++, this.#index++) {
      const { values } = this.#held[this.#next]!;
      for (let c = 0; c < values.length; c++) into[to++] = values[c]!;
    }
  }

  timeNs(ahead: number): number {
    if (this.#columns.time !== undefined) return this.#held[this.#next + ahead]!.timeNs;
    const rateHz = this.#rateHz!;
    return sampleTimeNs(this.#index + ahead, rateHz, 1e9);
  }

  /** Mean rate over the first chunk by the time column; `undefined` where it has not two different times. */
  meanRateHz(): number | undefined {
    const count = this.ensure(this.#chunk!.records.length - this.#record);
    const lastNs = count < 2 ? 0 : this.#held[count - 1]!.timeNs;
    return lastNs === 0 ? undefined : ((count - 1) * 1e9) / lastNs;
  }

  position(): CsvPosition {
    const held = this.#held[this.#next];
    const chunk = held?.chunk ?? this.#chunk;
    return {
      chunk: { offsetBytes: chunk?.offsetBytes ?? this.#file.sizeBytes, line: chunk?.line ?? 1 },
      record: held?.record ?? this.#record,
      index: this.#index,
      firstTime: this.#firstTime,
      lastTime: held === undefined ? this.#lastTime : -Infinity,
    };
  }

  seek(position: unknown): void {
    const { chunk, record, index, firstTime, lastTime } = position as CsvPosition;
    this.#records.seek(chunk);
    this.#chunk = this.#records.next();
    this.#record = this.#chunk === undefined ? 0 : record;
    this.#held.length = 0;
    this.#next = 0;
    this.#index = index;
    this.#firstTime = firstTime;
    this.#lastTime = lastTime;
  }

  close(): void {
    this.#file.close();
  }
}
