import type { Handlers, Input, Stage } from '@troupe/core';
import { defineStage, frame } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SamplesPort } from '../samples.ts';
import { checkedOptions } from '../samples.ts';
import { formatFloat32 } from './format-float32.ts';
import { filePath, frameShape, valueCount } from './frames-input.ts';
import { LineFile } from './line-file.ts';

/** Options of `csvSink`. */
export interface CsvSinkOptions {
  /** The file, which is emptied when the first frame comes. Its folder must exist. */
  readonly path: string;
  /** Shape of the frames. */
  readonly shape: readonly number[];
  /** One name per value of a frame, row-major; `v0`, `v1`, … when left out. */
  readonly columns?: readonly string[] | undefined;
}

type CsvSinkIn = { readonly frames: SamplesPort };

const quoted = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

function headerOf({ shape, columns }: CsvSinkOptions): string {
  const names = columns ?? Array.from({ length: valueCount(shape) }, (_, index) => `v${index}`);
  return ['seq', 'time_ns', ...names.map(quoted)].join(',');
}

function checkColumns({ shape, columns }: CsvSinkOptions): void {
  if (columns === undefined || columns.length === valueCount(shape)) return;
  throw new RangeError(`${columns.length} columns for frames of ${valueCount(shape)} values`);
}

class CsvWriter implements Handlers<CsvSinkIn, {}> {
  readonly #file: LineFile;

  constructor(options: CsvSinkOptions) {
    this.#file = new LineFile(options.path, headerOf(options));
  }

  onInput({ seq, time, frame: values }: Input<CsvSinkIn>): void {
    let line = `${seq},${time}`;
    for (let i = 0; i < values.length; i++) line += `,${formatFloat32(values[i]!)}`;
    this.#file.write(line);
  }

  onStop(): void {
    this.#file.close();
  }

  snapshot(): true {
    this.#file.begin();
    this.#file.flush();
    return true;
  }

  restore(): void {
    this.#file.resume();
  }
}

/**
 * Writes frames to a CSV file (RFC 4180 with LF line ends, UTF-8): a header `seq,time_ns,…`, then one record
 * per frame with its sequence number, its time in integer nanoseconds since the run's epoch and its values,
 * row-major, in the shortest form that reads back as the same float32. `csvSource` reads it with `timeColumn:
 * 'time_ns'`, `timeUnit: 'ns'`.
 *
 * Input `frames`: float32 of `shape`. Memory: 64 KiB, written when full, at least every second while frames
 * come, and at stop. Restored from a snapshot it goes on at the end of the file; what was redelivered may
 * then stand there twice.
 *
 * Create throws `SinkFileError` when the file cannot be opened for writing.
 */
export const csvSink: Stage<OptionsSchema<CsvSinkOptions>, CsvSinkIn, {}> = defineStage({
  module: import.meta.url,
  name: 'csvSink',
  inputs: ({ shape }: CsvSinkOptions): CsvSinkIn => ({ frames: frame('float32', shape) }),
  options: checkedOptions<CsvSinkOptions>(
    v.object({ path: filePath, shape: frameShape, columns: v.optional(v.array(v.string())) }),
    checkColumns,
  ),
  create: ({ options }) => new CsvWriter(options),
});
