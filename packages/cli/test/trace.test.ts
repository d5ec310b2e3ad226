import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PbfReader } from 'pbf';
import { afterAll, describe, expect, it } from 'vitest';
import { fixture, troupe } from './child.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-trace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  readonly names: string[];
  begins: number;
  ends: number;
  flows: number;
}

/** The names of tracks and events in a trace. */
function read(path: string): Seen {
  const seen: Seen = { names: [], begins: 0, ends: 0, flows: 0 };
  const strings =
    (...tags: readonly number[]) =>
    (tag: number, _: Seen, pbf: PbfReader): void => {
      if (tags.includes(tag)) seen.names.push(pbf.readString());
    };
  const track = (tag: number, _: Seen, pbf: PbfReader): void => {
    if (tag === 2) seen.names.push(pbf.readString());
    else if (tag === 3) pbf.readMessage(strings(6), seen);
    else if (tag === 4) pbf.readMessage(strings(5), seen);
  };
  const event = (tag: number, _: Seen, pbf: PbfReader): void => {
    if (tag === 9) {
      const type = pbf.readVarint();
      if (type === 1) seen.begins++;
      if (type === 2) seen.ends++;
    } else if (tag === 23) seen.names.push(pbf.readString());
    else if (tag === 47) {
      pbf.readFixed64();
      seen.flows++;
    }
  };
  const packet = (tag: number, _: Seen, pbf: PbfReader): void => {
    if (tag === 60) pbf.readMessage(track, seen);
    else if (tag === 11) pbf.readMessage(event, seen);
  };
  new PbfReader(readFileSync(path)).readFields((tag, _, pbf) => {
    expect(tag).toBe(1);
    pbf.readMessage(packet, seen);
  }, seen);
  return seen;
}

describe('troupe trace', { timeout: 60_000 }, () => {
  it('writes what the threads of a graph do, until its stream ends', async () => {
    const out = join(folder, 'whole.pftrace');
    const { code, stdout, stderr } = await troupe([
      'trace',
      fixture('two-stages.ts'),
      '--out',
      out,
      '--workers',
      '1',
      '--clock',
      'fast',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/whole\.pftrace: \d+ records of 2 threads\n$/);
    expect(code).toBe(0);
    const { names, begins, ends } = read(out);
    expect(names.slice(0, 3)).toEqual(['two-stages', 'main', 'worker 1']);
    for (const name of ['doubler input', 'mode', 'idle', 'sleep', 'depth counter.numbers → doubler.numbers'])
      expect(names).toContain(name);
    expect(begins).toBeGreaterThan(0);
    expect(ends).toBe(begins);
  });

  it('ends an endless stream after its time, and follows a logical time', async () => {
    const out = join(folder, 'endless.pftrace');
    const args = ['--out', out, '--duration-ms', '300', '--clock', 'fast', '--follow', '0'];
    const { code } = await troupe(['trace', fixture('endless.ts'), ...args]);
    expect(code).toBe(0);
    expect(read(out).begins).toBeGreaterThan(0);
  });

  it.each([
    [['--out', join(folder, 'none.pftrace')], 'trace takes one graph'],
    [[fixture('two-stages.ts')], 'trace has nowhere to write to'],
    [[fixture('two-stages.ts'), '--out', join(folder, 'no', 'such', 'folder')], 'cannot be written'],
    [[fixture('two-stages.ts'), '--out', fixture('two-stages.ts')], 'is there already'],
    [[fixture('two-stages.ts'), '--out', join(folder, 'x'), '--duration-ms', '0'], '--duration-ms "0"'],
    [[fixture('two-stages.ts'), '--out', join(folder, 'x'), '--clock', 'slow'], 'is no clock'],
    [[fixture('impossible.ts'), '--out', join(folder, 'x')], ''],
    [[fixture('absent.ts'), '--out', join(folder, 'x')], 'there is no such file'],
  ])('tells mistakes in a line: %#', async (args, what) => {
    const { code, stdout, stderr } = await troupe(['trace', ...args]);
    expect(stderr).toContain(what);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  it('explains itself', async () => {
    const { code, stdout } = await troupe(['trace', '--help']);
    expect(stdout).toContain('ui.perfetto.dev');
    expect(code).toBe(0);
  });
});
