/** Contracts (docs/testing.md) of sources that play files. */
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractOf, invariant, stageContract } from '@troupe/core/testing';
import type { Seen } from '@troupe/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { csvSource, edfSource, SourceFileError, wavSource } from '@troupe/stages';
import { edfBytes } from '../edf-bytes.ts';
import type { Rows } from '../naive.ts';
import { framesOf } from '../naive.ts';
import type { Encoding } from '../wav-bytes.ts';
import { chunk, encodings, formatBytes, riff } from '../wav-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-contracts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What a file holds, frame by frame, as far as it was asked for at full speed. */
interface Recording {
  readonly rows: Rows;
  readonly block?: number;
  readonly maxEmit: number;
  /** Of a sample, in nanoseconds. */
  readonly timeNs: (index: number) => number;
}

function plays({ rows, block = 1, maxEmit, timeNs }: Recording) {
  const frames = framesOf(rows, block);
  return {
    model: ({ calls }: Pick<Seen, 'calls'>) => ({ samples: frames.slice(0, calls.length * maxEmit) }),
    invariants: [
      invariant('times are those of the first sample', ({ calls }: Pick<Seen, 'calls'>) => {
        const times = calls.flatMap(({ emissions }) => emissions.map(({ time }) => time));
        assert.deepEqual(
          times,
          times.map((_, i) => timeNs(i * block)),
        );
      }),
    ],
  };
}

/** Eighths that are written without loss in every encoding: −1 to 127/128. */
const eighths = (count: number, channels: number): Rows =>
  Array.from({ length: count }, (_, n) =>
    Array.from({ length: channels }, (_, c) => (((n * 37 + c * 11) % 256) - 128) / 128),
  );

const wavFile = (name: string, rows: Rows, { tag, bits, write }: Encoding, rateHz: number): string => {
  const format = formatBytes(tag, bits, rows[0]?.length as number, rateHz, bits === 24);
  const data = Buffer.concat(rows.flat().map(write));
  return fileOf(name, riff(chunk('fmt ', format), chunk('LIST', Buffer.alloc(3)), chunk('data', data)));
};

// All encodings are in wav.test.ts.
describe.each([encodings[0], encodings[2], encodings[5]] as readonly Encoding[])(
  'wavSource, format $tag of $bits bits, to its end',
  (encoding) => {
    const rows = eighths(31, 2);
    const path = wavFile(`${encoding.tag}-${encoding.bits}.wav`, rows, encoding, 8000);
    stageContract(wavSource, {
      options: { path, channels: 2, block: 2, speed: 'max', maxEmit: 3 },
      runs: 20,
      ...plays({ rows, block: 2, maxEmit: 3, timeNs: (n) => n * 125_000 }),
    });
  },
);

describe('wavSource, many chunks', () => {
  const rows = eighths(40_000, 1);
  const path = wavFile('long.wav', rows, encodings[0] as Encoding, 44_100);
  const options = { path, channels: 1, speed: 'max', maxEmit: 1 } as const;
  stageContract(wavSource, {
    options,
    badOptions: [
      { ...options, path: '' },
      { ...options, channels: 0 },
      { ...options, block: 0 },
      { channels: 1 },
    ],
    ...plays({ rows, maxEmit: 1, timeNs: (n) => Math.round((n * 1e9) / 44_100) }),
  });
});

describe('wavSource, blocks across the borders of chunks', () => {
  const rows = eighths(60_000, 2);
  const path = wavFile('blocks.wav', rows, encodings[1] as Encoding, 1000);
  stageContract(wavSource, {
    options: { path, channels: 2, block: 3000, speed: 'max', maxEmit: 2 },
    runs: 20,
    ...plays({ rows, block: 3000, maxEmit: 2, timeNs: (n) => n * 1e6 }),
  });
});

/** Digital values; a tenth of each is the physical one. */
const digital = (count: number, step: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => ((n * step) % 65_536) - 32_768);

const edfFile = (name: string, samples: number, perRecord: number): string =>
  fileOf(
    name,
    edfBytes({
      records: samples / perRecord,
      recordSeconds: 0.5,
      signals: [
        { label: 'C3', samples: digital(samples, 37) },
        { label: 'other rate', samples: digital((2 * samples) / perRecord, 1) },
        { label: 'C4', samples: digital(samples, 1009) },
      ],
    }),
  );

const physical = (samples: number, ...steps: readonly number[]): Rows => {
  const signals = steps.map((step) => digital(samples, step));
  return Array.from({ length: samples }, (_, n) => signals.map((signal) => (signal[n] as number) / 10));
};

describe('edfSource, blocks across records, to its end', () => {
  const options = {
    path: edfFile('short.edf', 40, 4),
    channels: 2,
    signals: ['C4', 'C3'],
    block: 3,
    speed: 'max',
    maxEmit: 2,
  } as const;
  stageContract(edfSource, {
    options: { ...options, signals: [...options.signals] },
    badOptions: [
      { ...options, signals: [] },
      { ...options, signals: 'C3' },
      { ...options, path: 1 },
      { ...options, speed: -1 },
    ],
    ...plays({ rows: physical(40, 1009, 37), block: 3, maxEmit: 2, timeNs: (n) => n * 125e6 }),
    tolerance: { relative: 1e-6, absolute: 1e-3 },
  });
});

describe('edfSource, many records', () => {
  stageContract(edfSource, {
    options: {
      path: edfFile('long.edf', 40_000, 100),
      channels: 1,
      signals: ['C3'],
      speed: 'max',
      maxEmit: 1,
    },
    runs: 20,
    ...plays({ rows: physical(40_000, 37), maxEmit: 1, timeNs: (n) => n * 5e6 }),
    tolerance: { relative: 1e-6, absolute: 1e-3 },
  });
});

/** Notes of 5 KB, with all that a quoted field may hold, so that a few records fill a chunk. */
const note = `"${'a, ""note""\nof two lines; '.repeat(200)}"`;

describe('csvSource, by its time column, across chunks, to its end', () => {
  const rows = eighths(61, 2);
  const lines = rows.map(([a, b], n) => `${n * n},${b},${note},${a}\r\n`);
  const options = {
    path: fileOf('notes.csv', `at,b,"the ""note""",a\r\n${lines.join('')}`),
    channels: 2,
    columns: ['a', 1],
    timeColumn: 'at',
    timeUnit: 'ms',
    block: 2,
    speed: 'max',
    maxEmit: 2,
  } as const;
  stageContract(csvSource, {
    options: { ...options, columns: [...options.columns] },
    runs: 20,
    badOptions: [
      { ...options, rateHz: 10 },
      { ...options, timeColumn: undefined },
      { ...options, timeUnit: 'min' },
      { ...options, delimiter: ';;' },
      { ...options, columns: [] },
      { ...options, columns: [-1] },
    ],
    ...plays({ rows, block: 2, maxEmit: 2, timeNs: (n) => n * n * 1e6 }),
  });
});

describe('csvSource, many records without a header', () => {
  const rows = eighths(40_000, 2);
  const path = fileOf('long.csv', rows.map((row) => `${row.join(';')}\n`).join(''));
  stageContract(csvSource, {
    options: { path, channels: 2, header: false, delimiter: ';', rateHz: 250, speed: 'max', maxEmit: 1 },
    runs: 20,
    // A chunk of 64 KiB is at hand, as bytes and as records, wherever one looks.
    heapBytesMax: 1_500_000,
    ...plays({ rows, maxEmit: 1, timeNs: (n) => n * 4e6 }),
  });
});

// A source that cannot go on ends its run, in a graph.
describe('csvSource, up to a bad record', () => {
  const rows = eighths(9, 1);
  const path = fileOf('bad.csv', ['x', ...rows, 'nothing', ...rows, ''].join('\n'));
  const properties = contractOf(csvSource, {
    options: { path, channels: 1, rateHz: 10, speed: 'max', maxEmit: 4 },
    runs: 20,
    refuses: (error) => error instanceof SourceFileError && error.code === 'SOURCE_FILE_INVALID',
    ...plays({ rows, maxEmit: 4, timeNs: (n) => n * 1e8 }),
  });
  const ending = new Set(['drivers', 'lossless', 'growth']);
  it.each(properties.filter(({ clause }) => !ending.has(clause)))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
