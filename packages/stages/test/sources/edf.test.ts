import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EDF } from 'edfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceFileError } from '../../src/errors.ts';
import { probeEdf } from '../../src/sources/edf-file.ts';
import { edfSource } from '../../src/sources/edf-source.ts';
import type { TestEdf } from '../edf-bytes.ts';
import { edfBytes } from '../edf-bytes.ts';
import { TestActor, withFolder } from '../harness.ts';

const eegPath = fileURLToPath(new URL('../cypress/fixtures/sample.edf', import.meta.resolve('edfjs')));

const ramp = (length: number, start: number): number[] => Array.from({ length }, (_, i) => start + i);
const small: TestEdf = {
  records: 3,
  recordSeconds: 0.1,
  signals: [
    { label: 'Fp1', samples: ramp(12, 0) },
    { label: 'EDF Annotations', unit: '', physical: [-1, 1], samples: ramp(9, 0) },
    { label: 'Fp2', unit: 'mV', physical: [-1, 1], digital: [-100, 100], samples: ramp(12, -6) },
  ],
};

/** Writes bytes to a file and plays it. */
async function play(bytes: Uint8Array, options: object, callsMax?: number): Promise<TestActor> {
  return await withFolder(async (path) => {
    writeFileSync(path('x.edf'), bytes);
    const actor = new TestActor(edfSource, { path: path('x.edf'), speed: 'max', ...options });
    await actor.play(callsMax);
    actor.stop();
    return actor;
  });
}

/** What opening a file of these bytes says. */
async function failure(bytes: Uint8Array, options: object = { channels: 2 }): Promise<SourceFileError> {
  const error: unknown = await play(bytes, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof SourceFileError))
    throw new Error('did not throw a SourceFileError', { cause: error });
  expect(error.message).not.toContain('\n');
  expect(error.message).toContain('x.edf: ');
  expect(error.remedy).not.toBe('');
  return error;
}

describe('edfSource', () => {
  it('plays all samples of all signals in physical units, timed exactly, not the annotations', async () => {
    const actor = await play(edfBytes(small), { channels: 2 });
    expect(actor.emissions.length).toBe(12);
    expect(actor.emissions[5]!.data[0]).toBeCloseTo(0.5, 6);
    expect(actor.emissions[5]!.data[1]).toBeCloseTo(-0.01, 6);
    expect(actor.emissions.map(({ time }) => time)).toEqual(ramp(12, 0).map((i) => i * 25_000_000));
    expect(actor.progress()).toEqual({ done: 12, total: 12 });
  });

  it('plays chosen signals in the order asked for, in blocks over record borders', async () => {
    const actor = await play(edfBytes(small), { channels: 1, signals: ['Fp2'], block: 5 });
    expect(actor.emissions.map(({ time }) => time)).toEqual([0, 125_000_000]);
    actor.values.forEach((value, i) => expect(value).toBeCloseTo((i - 6) / 100, 6));
    expect(actor.values.length).toBe(10);
    expect(actor.logged).toEqual(['samples at the end fill no whole block and are left out']);
    expect(actor.progress()).toEqual({ done: 2, total: 2 });
  });

  it('gives back any recording, whatever records, blocks and pauses there are', async () => {
    const recordings = fc.record({
      records: fc.integer({ min: 1, max: 5 }),
      perRecord: fc.integer({ min: 1, max: 7 }),
      channels: fc.integer({ min: 1, max: 3 }),
      block: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      maxEmit: fc.integer({ min: 1, max: 9 }),
      callsBefore: fc.nat(5),
      seed: fc.nat(1000),
    });
    const property = fc.asyncProperty(recordings, async (given) => {
      const { records, perRecord, channels, block, maxEmit, callsBefore, seed } = given;
      const total = records * perRecord;
      const sampleOf = (channel: number, i: number): number =>
        ((seed + channel * 7919 + i * 104_729) % 65_536) - 32_768;
      const scale = { physical: [-32_768, 32_767], digital: [-32_768, 32_767] } as const;
      const signals = ramp(channels, 0).map((c) => ({
        label: `s${c}`,
        samples: ramp(total, 0).map((i) => sampleOf(c, i)),
        ...scale,
      }));
      const rows = block ?? 1;
      const played = Math.floor(total / rows) * rows;
      const expected = ramp(played, 0).flatMap((i) => signals.map(({ samples }) => samples[i]!));
      await withFolder(async (path) => {
        writeFileSync(path('x.edf'), edfBytes({ records, signals }));
        const options = { path: path('x.edf'), channels, block, maxEmit, speed: 'max' };
        const first = await new TestActor(edfSource, options).play(callsBefore);
        const second = new TestActor(edfSource, options).restore(first.snapshot());
        await second.play();
        expect([...first.values, ...second.values]).toEqual(expected);
        expect(second.progress()).toEqual({ done: played / rows, total: played / rows });
        first.stop();
        second.stop();
      });
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('reads the scalp EEG of the package edfjs as edfjs itself does', async () => {
    const info = probeEdf(eegPath);
    expect(info).toEqual({
      channels: 5,
      rateHz: 256,
      samples: 25_600,
      labels: ['Fp2-F4', 'F4-C4', 'C4-P4', 'P4-O2', 'F8-T4'],
      units: ['uV', 'uV', 'uV', 'uV', 'uV'],
    });
    const bytes = readFileSync(eegPath);
    const peer = new EDF();
    peer.read_buffer(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const expected = info.labels.map((label) => peer.channel_by_label[label]!.get_physical_samples(0, 100));
    const actor = new TestActor(edfSource, {
      path: eegPath,
      channels: 5,
      block: 256,
      maxEmit: 64,
      speed: 'max',
    });
    const { values } = await actor.play();
    actor.stop();
    expect(values.length).toBe(5 * 25_600);
    let worst = 0;
    for (let i = 0; i < 25_600; i++) {
      for (let c = 0; c < 5; c++) worst = Math.max(worst, Math.abs(values[5 * i + c]! - expected[c]![i]!));
    }
    expect(worst).toBeLessThan(1e-5);
  });

  it('reads a file whose header leaves the number of records open, but no half record', async () => {
    const bytes = edfBytes({ ...small, promisedRecords: -1 });
    const actor = await play(bytes.subarray(0, bytes.length - 3), { channels: 2 });
    expect(actor.emissions.length).toBe(8);
  });
});

describe('a bad EDF file gives one clear error:', () => {
  const good = edfBytes(small);

  it('missing', () => {
    expect(() => probeEdf('no/such.edf')).toThrow(/^no\/such\.edf: no such file$/);
  });

  it('a folder', async () => {
    await withFolder((path) => expect(() => probeEdf(path('.'))).toThrow('is not a regular file'));
  });

  it('cut anywhere', async () => {
    for (const length of [8, 100, 255, 256, 600, 1023, 1024, 1030, good.length - 1]) {
      const error = await failure(good.subarray(0, length));
      expect(error.code).toBe('SOURCE_FILE_TRUNCATED');
      expect(error.message).toContain(`ends at byte ${length}`);
    }
    expect((await failure(good.subarray(0, good.length - 1))).message).toContain('inside record 3 of 3');
  });

  it('empty or of another kind', async () => {
    expect((await failure(new Uint8Array(0))).code).toBe('SOURCE_FILE_INVALID');
    expect((await failure(Buffer.from('RIFF....WAVEfmt '))).message).toContain('byte 0');
    const bdf = Buffer.from(good);
    bdf[0] = 0xff;
    expect((await failure(bdf)).code).toBe('SOURCE_FILE_UNSUPPORTED');
    const discontinuous = await failure(edfBytes({ ...small, reserved: 'EDF+D' }));
    expect(discontinuous.code).toBe('SOURCE_FILE_UNSUPPORTED');
  });

  it('with a corrupt field: which, and at which byte', async () => {
    const corrupt = (at: number, text: string): Buffer => {
      const bytes = Buffer.from(good);
      bytes.write(text, at, 'latin1');
      return bytes;
    };
    const cases: [at: number, text: string, says: string][] = [
      [184, '999     ', 'number of header bytes is 999'],
      [236, 'many    ', "byte 236: number of data records is 'many', not a number"],
      [236, '2.5     ', 'byte 236: number of data records is 2.5'],
      [244, '-1      ', 'byte 244: duration of a data record is -1'],
      [252, '0   ', 'byte 252: number of signals is 0'],
      [
        256 + 3 * 104,
        'x\u0001      ',
        "byte 568: physical minimum of signal 1 ('Fp1') is 'x?', not a number",
      ],
      [256 + 3 * 216 + 16, '0       ', 'samples per record of signal 3'],
      [256 + 3 * 120, '40000   ', "signal 1 ('Fp1'): digital range 40000 to 32767 is empty"],
      [256 + 3 * 104, '3276.7  ', 'physical minimum and maximum are both 3276.7'],
    ];
    for (const [at, text, says] of cases) {
      const error = await failure(corrupt(at, text));
      expect(error.message).toContain(says);
      expect(error.code).toBe('SOURCE_FILE_INVALID');
    }
  });

  it('cut while it is being played: every time it is asked for more', async () => {
    await withFolder(async (path) => {
      writeFileSync(path('x.edf'), good);
      const options = { path: path('x.edf'), channels: 2, maxEmit: 1, speed: 'max' };
      const actor = await new TestActor(edfSource, options).play(6);
      truncateSync(path('x.edf'), good.length - 1);
      await actor.play(2);
      await expect(actor.demand()).rejects.toThrow(`ends at byte ${good.length - 1}, inside record 3 of 3`);
      await expect(actor.demand()).rejects.toThrow(`ends at byte ${good.length - 1}, inside record 3 of 3`);
      expect(actor.emissions.length).toBe(8);
      actor.stop();
    });
  });

  it('longer than its header says', async () => {
    const error = await failure(Buffer.concat([good, Buffer.alloc(66)]));
    expect(error.message).toContain(`byte ${good.length}: 66 bytes follow the last of the 3 records`);
  });

  it('not what the options say', async () => {
    expect((await failure(good, { channels: 3 })).message).toContain(
      'has 2 signals, but the option `channels` is 3',
    );
    const unknown = await failure(good, { channels: 1, signals: ['Cz'] });
    expect(unknown.message).toContain("has no signal 'Cz'");
    expect(unknown.remedy).toContain("'Fp1', 'Fp2'");
    const rates = edfBytes({
      records: 1,
      signals: [
        { label: 'a', samples: [1, 2] },
        { label: 'b', samples: [1] },
      ],
    });
    expect((await failure(rates)).message).toContain('differ in rate');
    const only = edfBytes({ records: 1, signals: [{ label: 'EDF Annotations', samples: [1] }] });
    expect((await failure(only)).message).toContain('annotations only');
  });
});
