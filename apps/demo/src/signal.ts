import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@troupe/cli';
import { hostFigures, probeCsv, probeEdf, probeWav } from '@troupe/stages';
import type { CsvFormat, RecordingInfo } from '@troupe/stages';

/** What the studio plays, with all that is needed to size its graph. */
export interface Signal {
  readonly title: string;
  readonly origin: Origin;
  readonly channels: number;
  readonly rateHz: number;
  /** Samples per channel; `undefined` where only the end will tell. */
  readonly samples: number | undefined;
  /** One name per channel. */
  readonly labels: readonly string[];
  /** One unit per channel, empty where nothing says. */
  readonly units: readonly string[];
  /** What was assumed about it, for the user to know. */
  readonly note: string | undefined;
}

export type SourceKind = 'edf' | 'wav' | 'csv' | 'host';

/** Where a signal comes from. */
export type Origin =
  | { readonly kind: 'edf' | 'wav'; readonly path: string }
  | { readonly kind: 'csv'; readonly path: string; readonly format: Partial<CsvFormat> }
  | { readonly kind: 'host' };

/** How often the host's figures are read. */
const hostRateHz = 10;
/** A CSV file that has no time column is taken for an EEG of this rate. */
const csvRateHzDefault = 256;

/** The scalp EEG inside the npm package `edfjs`: 5 channels, 256 Hz, 100 s. */
export function sampleEegPath(): string {
  return fileURLToPath(import.meta.resolve('edfjs/cypress/fixtures/sample.edf'));
}

/**
 * Looks at what is to be played. Throws `SourceFileError` for a file that is missing, corrupt, truncated or
 * of another kind, `UsageError` where something must be said about it.
 */
export function openSignal(kind: SourceKind, path: string | undefined, rateHz: number | undefined): Signal {
  switch (kind) {
    case 'edf': {
      const file = path ?? sampleEegPath();
      return recording({ kind, path: file }, probeEdf(file), undefined);
    }
    case 'wav': {
      const file = required(kind, path);
      return recording({ kind, path: file }, probeWav(file), undefined);
    }
    case 'csv':
      return openCsv(required(kind, path), rateHz);
    case 'host':
      return {
        title: 'this machine',
        origin: { kind },
        channels: hostFigures.length,
        rateHz: hostRateHz,
        samples: undefined,
        labels: hostFigures.map(({ name }) => name),
        units: hostFigures.map(({ unit }) => unit.split(/[;,] /, 1)[0] ?? ''),
        note: undefined,
      };
  }
}

function required(kind: SourceKind, path: string | undefined): string {
  if (path !== undefined) return path;
  throw new UsageError(`--source ${kind} needs a file`, `Name it: \`--source ${kind} --file x.${kind}\`.`);
}

function recording(
  origin: Exclude<Origin, { kind: 'host' }>,
  info: RecordingInfo,
  note: string | undefined,
): Signal {
  const { channels, rateHz, samples, labels, units } = info;
  if (rateHz === undefined) {
    throw new UsageError(
      `${origin.path}: its times give no rate`,
      'Give the samples per second: `--rate 256`.',
    );
  }
  return { title: basename(origin.path), origin, channels, rateHz, samples, labels, units, note };
}

/**
 * Finds out whether a CSV file has a header and a time column. The sequence numbers that `csvSink` writes are
 * no signal.
 */
function openCsv(path: string, rateHz: number | undefined): Signal {
  const named = probeCsv(path).labels;
  const hasHeader = !named.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  const timeColumn = hasHeader ? named.find((name) => timeName.test(name)) : undefined;
  const columns = hasHeader ? named.filter((name) => name !== timeColumn && name !== 'seq') : undefined;
  const format = { header: hasHeader, ...(columns === undefined ? {} : { columns }) };
  if (timeColumn !== undefined && rateHz === undefined) {
    const timeUnit = timeName.exec(timeColumn)?.[1] as CsvFormat['timeUnit'] | undefined;
    const timed = { ...format, timeColumn, timeUnit: timeUnit ?? 's' };
    return recording({ kind: 'csv', path, format: timed }, probeCsv(path, timed), undefined);
  }
  const info = { ...probeCsv(path, format), rateHz: rateHz ?? csvRateHzDefault };
  const note = `${basename(path)} says no rate: played at ${csvRateHzDefault} Hz (--rate changes it)`;
  return recording({ kind: 'csv', path, format }, info, rateHz === undefined ? note : undefined);
}

const timeName = /^(?:t|time|timestamp)(?:_?(s|ms|us|ns))?$/i;
