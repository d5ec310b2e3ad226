import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { openRecording } from '@troupe/core';
import type { ClockKind } from '@troupe/core';
import { recordedGraph } from '../fixtures/programs.ts';

const programs = fileURLToPath(new URL('../fixtures/programs.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'troupe-full-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Files of the program get no larger than so many blocks of 512 bytes, or of 1,024 in some shells. */
const blocks = 64;

test.each<ClockKind>(['fast', 'paced', 'realtime'])(
  'a recording that cannot go on fails its run once, for everybody (%s)',
  async (clock) => {
    const path = join(folder, `${clock}.trp`);
    const command = `ulimit -f ${blocks}; exec "$0" --conditions=@troupe/source "$@"`;
    const child = spawn('sh', ['-c', command, process.execPath, programs, 'recorded', clock, path], {
      stdio: 'pipe',
      timeout: 25_000,
      killSignal: 'SIGKILL',
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    const all = "[ 'RECORDING_WRITE', 'RECORDING_WRITE', 'RECORDING_WRITE', 'fine' ]\n";
    expect([output, errors, code, signal]).toEqual([all, '', 0, null]);
    // What there was room for is a recording that was cut.
    expect(statSync(path).size).toBeGreaterThan(blocks * 256);
    await using recording = await openRecording(path);
    let count = 0;
    for await (const _ of recording.entries()) count++;
    expect([count > 10, recording.tail?.status]).toEqual([true, 'truncated']);
    const report = await recordedGraph().replay(path);
    expect([report.divergence, report.failure, report.tail?.status]).toEqual([
      undefined,
      undefined,
      'truncated',
    ]);
  },
  40_000,
);
