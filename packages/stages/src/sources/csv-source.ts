import type { Stage } from '@troupe/core';
import { defineStage } from '@troupe/core';
import * as v from 'valibot';
import type { OptionsSchema, SampleLayout } from '../samples.ts';
import { checkedOptions, positiveNumber, sampleLayout, samplesPort, wholeNumber } from '../samples.ts';
import type { CsvFormat } from './csv-file.ts';
import { openCsv } from './csv-file.ts';
import type { PaceOptions, SamplesOut } from './paced-source.ts';
import { PacedSource, paceOptions } from './paced-source.ts';

/** Options of `csvSource`. `channels` must be the number of columns played: `probeCsv` tells it. */
export interface CsvSourceOptions extends SampleLayout, PaceOptions, CsvFormat {
  readonly path: string;
  /** Samples per second. Exactly one of `rateHz` and `timeColumn` says when a sample was taken. */
  readonly rateHz?: number | undefined;
}

type CsvDefaulted = 'speed' | 'maxEmit' | 'delimiter' | 'header' | 'timeUnit';

function checkClock({ rateHz, timeColumn }: CsvSourceOptions): void {
  if ((rateHz === undefined) === (timeColumn === undefined)) {
    throw new RangeError('exactly one of rateHz and timeColumn must be given');
  }
}

const column = v.union([v.string(), wholeNumber(0, 65_535)]);

/**
 * Plays the numeric columns of a CSV file (RFC 4180, UTF-8, LF or CRLF, empty lines skipped).
 *
 * Output `samples`: float32 `[channels]`, or `[block, channels]` with the option `block`, the numbers of each
 * record in the file's own units. Time: integer nanoseconds from the first record, of the frame's first
 * sample, by `rateHz` or by the time column. Memory: about 64 KiB of the file and one block.
 *
 * Create throws `SourceFileError` when the file is missing, empty, lacks a column, has not `channels`
 * columns, or its first record is bad; while it plays, a bad record throws one that names line and column.
 */
export const csvSource: Stage<OptionsSchema<CsvSourceOptions, CsvDefaulted>, {}, SamplesOut> = defineStage({
  module: import.meta.url,
  name: 'csvSource',
  io: true,
  outputs: (options: CsvSourceOptions): SamplesOut => ({
    samples: samplesPort(options, { maxEmit: options.maxEmit }),
  }),
  options: checkedOptions<CsvSourceOptions, CsvDefaulted>(
    v.object({
      path: v.pipe(v.string(), v.minLength(1)),
      delimiter: v.optional(v.pipe(v.string(), v.length(1)), ','),
      header: v.optional(v.boolean(), true),
      columns: v.optional(v.pipe(v.array(column), v.minLength(1))),
      timeColumn: v.optional(column),
      timeUnit: v.optional(v.picklist(['s', 'ms', 'us', 'ns']), 's'),
      rateHz: v.optional(positiveNumber),
      ...sampleLayout,
      ...paceOptions,
    }),
    checkClock,
  ),
  create: ({ options, log }) =>
    new PacedSource(openCsv(options.path, options, options.channels, options.rateHz), options, log),
});
