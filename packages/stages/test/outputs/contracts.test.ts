/** Contracts (docs/testing.md) of sinks. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { invariant, stageContract } from '@troupe/core/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { csvSink, jsonLinesSink } from '@troupe/stages';

const folder = mkdtempSync(join(tmpdir(), 'troupe-contracts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
/** A file that nobody else writes. */
const fresh = (): string => join(folder, String(files++));

const contentOf = ({ path }: { readonly path: string }): string => readFileSync(path, 'utf8');
const linesOf = (options: unknown): readonly string[] =>
  contentOf(options as { path: string })
    .split('\n')
    .slice(0, -1);

/** Reads back as the same float32, where every NaN and both zeros are one. */
const isSameNumber = (read: number, written: number): boolean =>
  Math.fround(read) === written || (Number.isNaN(read) && Number.isNaN(written));

describe('csvSink', () => {
  stageContract(csvSink, {
    options: () => ({ path: fresh(), shape: [2, 2], columns: ['a', 'b "quoted"', 'c,d', 'e'] }),
    badOptions: [
      { path: fresh(), shape: [2], columns: ['one'] },
      { path: '', shape: [2] },
      { path: fresh(), shape: [0] },
      { path: fresh() },
    ],
    outside: contentOf,
    invariants: [
      invariant('a record for each frame, with its number, time and values', ({ options, calls }) => {
        const [header, ...records] = linesOf(options);
        assert.equal(header, 'seq,time_ns,a,"b ""quoted""","c,d",e');
        assert.equal(records.length, calls.length);
        records.forEach((record, i) => {
          const [seq, time, ...values] = record.split(',').map(Number);
          assert.deepEqual([seq, time], [i, calls[i]?.time]);
          const written = Array.from(calls[i]?.data as Float32Array);
          assert.ok(values.every((value, at) => isSameNumber(value, written[at] as number)));
        });
      }),
    ],
  });
});

/** Whatever JSON can be made of, and what it cannot hold as it is. */
const values = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withSparseArray: true }),
  fc.anything({ withMap: true, withSet: true }),
  fc.constantFrom('line\nend', '\u2028 "quoted"', undefined, NaN, -0, 10n ** 30n),
);

/** One line of JSON for each input, with its number and time. */
const lines = invariant('a line for each input', ({ options, calls }) => {
  const seqs: Record<string, number> = {};
  const written = linesOf(options).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(written.length, calls.length);
  written.forEach((line, i) => {
    const { port = '', time, data } = calls[i] as (typeof calls)[number];
    const seq = seqs[port] ?? 0;
    seqs[port] = seq + 1;
    assert.deepEqual([line['seq'], line['timeNs']], [seq, time]);
    assert.deepEqual(Object.keys(line), ['seq', 'timeNs', port === 'frames' ? 'frame' : 'value']);
    if (port === 'frames') {
      const read = line['frame'] as (number | null)[];
      const frame = Array.from(data as Float32Array);
      assert.ok(
        frame.every((value, at) =>
          Number.isFinite(value) ? isSameNumber(read[at] as number, value) : read[at] === null,
        ),
      );
    }
    if (typeof data === 'string' || typeof data === 'boolean') assert.equal(line['value'], data);
  });
});

describe('jsonLinesSink, frames and values', () => {
  stageContract(jsonLinesSink, {
    options: () => ({ path: fresh(), shape: [3] }),
    inputs: { values },
    badOptions: [{ path: '' }, { path: fresh(), shape: [0.5] }, { path: fresh(), shape: 3 }, {}],
    outside: contentOf,
    invariants: [lines],
  });
});

describe('jsonLinesSink, values', () => {
  stageContract(jsonLinesSink, {
    options: () => ({ path: fresh() }),
    inputs: { values },
    runs: 20,
    outside: contentOf,
    invariants: [lines],
  });
});

describe('consoleSink', () => {
  // What it writes to is this process's standard output, so that another process tries it.
  it('keeps its contract on a standard output that is a file', { timeout: 60_000 }, () => {
    const path = fresh();
    const stdout = openSync(path, 'w');
    const child = spawnSync(
      process.execPath,
      [
        '--conditions=@troupe/source',
        '--test-reporter=spec',
        '--test-reporter-destination=stderr',
        join(import.meta.dirname, 'console-sink.contract.ts'),
      ],
      { stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8', env: { ...envOfChild(), PRINTED: path } },
    );
    closeSync(stdout);
    assert.equal(child.status, 0, child.stderr);
    expect(child.stderr).toMatch(/pass 17\b/);
  });
});

/** Not that of vitest, which would have the child register its tests with it. */
function envOfChild(): NodeJS.ProcessEnv {
  const { VITEST: _, ...rest } = process.env;
  return rest;
}
