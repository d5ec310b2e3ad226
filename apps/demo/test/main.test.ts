import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleEegPath } from '../src/signal.ts';
import { child, demo } from './child.ts';
import { wavBytes } from './wav-bytes.ts';

interface Report {
  readonly type: string;
  readonly reason: string;
  readonly frames: number;
  readonly windows: number;
  readonly drops: number;
  readonly channels: readonly string[];
  readonly features: readonly string[];
  readonly means: readonly (readonly number[])[];
  readonly sourceToView: { readonly count: number; readonly p50: number; readonly p99: number } | undefined;
  readonly note?: string;
  readonly stages: readonly { readonly name: string; readonly worker: number; readonly out: number }[];
  readonly outputs: readonly { readonly name: string; readonly taken: number }[];
}

function reportOf(stdout: string): Report {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Report;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troupe-demo-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('npm start', () => {
  it('plays the whole EEG at full speed over two workers, and reports', async () => {
    const { code, stdout } = await child('npm', ['start', '--', '--speed', 'max']);
    expect(stdout).toMatch(/^sample\.edf · 5 channels × 256 Hz: ended after /m);
    expect(stdout).toMatch(/^ {2}played {3}100\.0 s, \S+ × real time, on 2 worker threads$/m);
    expect(stdout).toMatch(/^ {2}frames {3}1600 from the source, 25600 samples per channel; 197 windows$/m);
    expect(stdout).toMatch(/^ {2}drops {4}0; restarts 0; dead letters 0$/m);
    expect(stdout).toMatch(
      /^ {2}latency {2}source to view p50 [\d.]+[µm]?s, p99 [\d.]+[µm]?s, max [\d.]+[µm]?s$/m,
    );
    expect(stdout).toMatch(/^P4-O2 +\S+ .*\d/m);
    expect(code).toBe(0);
  });
});

describe('the demo', () => {
  it('writes its report as JSON', async () => {
    const { code, stdout, stderr } = await demo(['--speed', 'max', '--json']);
    const report = reportOf(stdout);
    expect(report).toMatchObject({ type: 'report', reason: 'ended', frames: 1600, windows: 197, drops: 0 });
    expect(report.channels).toEqual(['Fp2-F4', 'F4-C4', 'C4-P4', 'P4-O2', 'F8-T4']);
    expect(report.features).toEqual(['delta', 'theta', 'alpha', 'beta', 'gamma']);
    expect(report.means.map((row) => row.length)).toEqual([5, 5, 5, 5, 5]);
    expect(report.sourceToView?.count).toBe(197);
    expect(report.sourceToView?.p99).toBeGreaterThanOrEqual(report.sourceToView?.p50 ?? Infinity);
    expect(new Set(report.stages.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('keeps real-time pace, shows a line per second, and drains at Ctrl-C', async () => {
    let isInterrupted = false;
    const { code, stdout, stderr } = await demo(['--json'], (_line, interrupt) => {
      if (!isInterrupted) interrupt();
      isInterrupted = true;
    });
    const [first = ''] = stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({ type: 'stats', drops: 0 });
    const report = reportOf(stdout);
    expect(report).toMatchObject({ type: 'report', reason: 'stopped', drops: 0 });
    // 16 frames a second; the first line comes after one. However late it is, the recording is far from its
    // end.
    expect(report.frames).toBeGreaterThanOrEqual(15);
    expect(report.frames).toBeLessThan(1600);
    expect(report.outputs.find(({ name }) => name === 'departed')?.taken).toBe(report.frames);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('stops after --duration, in plain lines where there is no terminal', async () => {
    const { code, stdout } = await demo(['--speed', '40', '--duration', '1.3']);
    expect(stdout).toMatch(
      /^\d+\.\d s \| window \d+ \| delta \S+ theta \S+ alpha \S+ beta \S+ gamma \S+ µV² \(mean of 5 /,
    );
    expect(stdout).toContain('sample.edf · 5 channels × 256 Hz: stopped after ');
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('plays a WAV file', async () => {
    const path = await file(
      'tone.wav',
      wavBytes(8000, 8000, (n) => Math.sin((2 * Math.PI * 700 * n) / 8000)),
    );
    const report = reportOf(
      (await demo(['--speed', 'max', '--json', '--source', 'wav', '--file', path])).stdout,
    );
    expect(report).toMatchObject({
      reason: 'ended',
      frames: 16,
      windows: 3,
      features: ['bass', 'low', 'mid', 'high'],
    });
    const [bass, low, mid, high] = report.means[0] ?? [];
    // A sine at full scale has a power of 1/2, all of it in the band of 700 Hz; the first window has the
    // onset in it.
    expect(mid).toBeGreaterThan(0.4);
    expect(mid).toBeLessThan(0.51);
    for (const other of [bass, low, high]) expect(other).toBeLessThan(0.005);
  });

  it('plays a CSV file, and says what it assumes about one without times', async () => {
    const rows = Array.from(
      { length: 1024 },
      (_, n) => `${n / 128},${Math.sin((2 * Math.PI * 10 * n) / 128)}`,
    );
    const timed = await file('timed.csv', `time,signal\n${rows.join('\n')}\n`);
    const report = reportOf(
      (await demo(['--speed', 'max', '--json', '--source', 'csv', '--file', timed])).stdout,
    );
    expect(report).toMatchObject({ reason: 'ended', frames: 128, windows: 13, channels: ['signal'] });
    expect(report.note).toBeUndefined();
    const bare = await file('bare.csv', rows.join('\n'));
    const assumed = reportOf(
      (await demo(['--speed', 'max', '--json', '--source', 'csv', '--file', bare])).stdout,
    );
    expect(assumed.note).toBe('bare.csv says no rate: played at 256 Hz (--rate changes it)');
  });

  it('shows the host, with the same graph shape and the RMS of its figures', async () => {
    const report = reportOf((await demo(['--source', 'host', '--duration', '0.4', '--json'])).stdout);
    expect(report).toMatchObject({ reason: 'stopped', features: ['rms'] });
    expect(report.stages.map(({ name }) => name)).toEqual([
      'source',
      'departures',
      'filter',
      'window',
      'rms',
    ]);
    expect(report.frames).toBeGreaterThan(0);
  });

  it('explains itself', async () => {
    const { code, stdout } = await demo(['--help']);
    expect(stdout).toContain('Usage: npm start -- [options]');
    expect(code).toBe(0);
  });
});

describe('a bad input ends with one line on stderr and exit code 2', () => {
  const max = ['--speed', 'max'];

  async function expectRefusal(args: readonly string[], line: RegExp): Promise<void> {
    const { code, stdout, stderr } = await demo([...max, ...args]);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  }

  it('a missing file', () =>
    expectRefusal(['--file', join(folder, 'none.edf')], /none\.edf: no such file\. /));

  it('a folder', () => expectRefusal(['--file', folder], /is not a regular file\. /));

  it('a truncated EDF file', async () => {
    const bytes = await readFile(sampleEegPath());
    const path = await file('short.edf', bytes.subarray(0, 50_000));
    await expectRefusal(['--file', path], /short\.edf: ends at byte 50000, inside record 19 of 100; /);
  });

  it('an EDF file cut inside its header', async () => {
    const bytes = await readFile(sampleEegPath());
    await expectRefusal(
      ['--file', await file('head.edf', bytes.subarray(0, 300))],
      /head\.edf: ends at byte 300, /,
    );
  });

  it('a corrupt EDF file', async () => {
    const bytes = Buffer.from(await readFile(sampleEegPath()));
    bytes.write('many', 252, 'latin1');
    await expectRefusal(['--file', await file('corrupt.edf', bytes)], /corrupt\.edf: byte 252: /);
  });

  it('an empty file', async () => expectRefusal(['--file', await file('empty.edf', '')], /empty\.edf: /));

  it('something else with a WAV name, and a truncated WAV file', async () => {
    const other = await file('other.wav', 'not a sound');
    await expectRefusal(['--source', 'wav', '--file', other], /other\.wav: byte 0: /);
    const bytes = wavBytes(8000, 8000, () => 0);
    const short = await file('short.wav', bytes.subarray(0, 1000));
    await expectRefusal(
      ['--source', 'wav', '--file', short],
      /short\.wav: ends at byte 1000, inside its data chunk; /,
    );
  });

  it('a CSV file that is bad at its start, or anywhere later, when the run is under way', async () => {
    const early = await file('early.csv', 'a,b\n1,2\n3,x\n');
    await expectRefusal(
      ['--source', 'csv', '--file', early],
      /early\.csv: line 3, column 'b': 'x' is not a number\. /,
    );
    const rows = Array.from({ length: 20_000 }, (_, n) => `${n},${n}\n`).join('');
    const late = await file('late.csv', `a,b\n${rows}1,2,3\n`);
    // What it had shown until then stands: on a slow machine that is a line or two.
    const { code, stderr } = await demo([...max, '--source', 'csv', '--file', late]);
    expect(stderr).toMatch(/late\.csv: line 20002: has 3 fields, the first line has 2\. .*\n$/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  it.each([
    [['--source', 'wav'], '--source wav needs a file. Name it: `--source wav --file x.wav`.'],
    [['--source', 'radio'], "there is no source 'radio'. Use one of: edf, wav, csv, host."],
    [['--source', 'host'], 'the host is live: it has no file and no speed. Leave --file and --speed out.'],
    [['--rate', '100'], '--rate is for csv; edf says its own. Leave --rate out.'],
    [
      ['--duration', 'long'],
      '--duration "long" is not a number from 0 to 2147483. Give a number in that range.',
    ],
    [['--loud'], "Unknown option '--loud'. `npm start -- --help` lists the options."],
  ])('%j', async (args, line) => {
    expect(await demo([...max, ...args])).toEqual({ code: 2, stdout: '', stderr: `${line}\n` });
  });

  it('says so in JSON as well', async () => {
    const { code, stdout } = await demo(['--json', '--file', join(folder, 'none.edf')]);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', exitCode: 2, code: 'SOURCE_FILE_NOT_FOUND' });
    expect(code).toBe(2);
  });
});
