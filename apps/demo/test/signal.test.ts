import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSignal } from '../src/signal.ts';
import type { Signal } from '../src/signal.ts';

let folder = '';
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troupe-signal-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function csv(text: string, rateHz?: number): Promise<Signal> {
  const path = join(folder, `${count++}.csv`);
  await writeFile(path, text);
  return openSignal('csv', path, rateHz);
}

describe('openSignal', () => {
  it('knows the EEG that comes with the demo', () => {
    expect(openSignal('edf', undefined, undefined)).toMatchObject({
      title: 'sample.edf',
      channels: 5,
      rateHz: 256,
      samples: 25_600,
      units: ['uV', 'uV', 'uV', 'uV', 'uV'],
      note: undefined,
    });
  });

  it('knows the figures of the host', () => {
    expect(openSignal('host', undefined, undefined)).toMatchObject({
      channels: 8,
      rateHz: 10,
      samples: undefined,
    });
  });

  it.each([
    ['time', 's', '0', '0.004'],
    ['t', 's', '0', '0.004'],
    ['Time_ms', 'ms', '0', '4'],
    ['timestamp_us', 'us', '0', '4000'],
    ['time_ns', 'ns', '0', '4000000'],
  ])('takes the rate of a CSV file from its column %s, in %s', async (column, timeUnit, first, second) => {
    const signal = await csv(`seq,${column},a,b\n0,${first},1,2\n1,${second},3,4\n`);
    expect(signal).toMatchObject({ channels: 2, labels: ['a', 'b'], note: undefined });
    expect(signal.rateHz).toBeCloseTo(250, 9);
    expect(signal.origin).toMatchObject({
      format: { header: true, columns: ['a', 'b'], timeColumn: column, timeUnit },
    });
  });

  it('believes a rate that is given', async () => {
    const signal = await csv('time,a\n0,1\n1,2\n', 500);
    expect(signal).toMatchObject({ rateHz: 500, labels: ['a'], note: undefined });
    expect(signal.origin).not.toMatchObject({ format: { timeColumn: 'time' } });
  });

  it('assumes the rate of an EEG where nothing says one, and says so', async () => {
    const signal = await csv('a,b\n1,2\n3,4\n');
    expect(signal.rateHz).toBe(256);
    expect(signal.note).toMatch(/ says no rate: played at 256 Hz \(--rate changes it\)$/);
  });

  it('sees that a CSV file has no header', async () => {
    const signal = await csv('1,2.5\n3,-4e3\n', 100);
    expect(signal).toMatchObject({ channels: 2, labels: ['column 0', 'column 1'] });
    expect(signal.origin).toMatchObject({ format: { header: false } });
  });

  it('asks for a rate where the times of a CSV file give none', async () => {
    await expect(csv('time,a\n0,1\n')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
