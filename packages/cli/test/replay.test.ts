import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, troupe } from './child.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-replay-'));
const graph = fixture('two-stages.ts');
const recording = join(folder, 'run.trp');
const leftOut = [
  'left out, and played from the recording: counter',
  '  --with-effects runs sinks and fed io stages; sources are always played',
];

beforeAll(async () => {
  await troupe(['run', graph, '--clock', 'fast', '--record', recording, '--workers', '2']);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('troupe replay', { timeout: 60_000 }, () => {
  it('repeats a run to the bit, with the graph that is named or the one in the recording', async () => {
    const args = [
      [graph, '--workers', '1'],
      ['--allow', fixture('')],
    ];
    for (const rest of args) {
      const { code, stdout, stderr } = await troupe(['replay', recording, ...rest]);
      const lines = stdout.trimEnd().split('\n');
      expect(lines.slice(0, -1)).toEqual(leftOut);
      expect(lines.at(-1)).toMatch(/^two-stages: \d+ steps?, 500 messages compared: identical$/);
      expect(stderr).toBe('');
      expect(code).toBe(0);
    }
  });

  it('shows the first difference, exit code 1', async () => {
    const path = join(folder, 'fickle.trp');
    const fickle = fixture('fickle.ts');
    await troupe(['run', fickle, '--clock', 'fast', '--record', path]);
    const { code, stdout, stderr } = await troupe(['replay', path, fickle]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[2]).toMatch(/^fickle: \d+ steps?, \d+ messages compared: different$/);
    expect(lines[3]).toBe('first difference: shaker.shaken, seq 2');
    expect(lines[4]).toMatch(
      /^ {2}recorded at \d+ ns: \[… from 9: 0\.\d+(?:e-\d+)?, 2, 2, 2, 2, 2 … of 20\]$/,
    );
    expect(lines[5]).toMatch(
      /^ {2}replayed at \d+ ns: \[… from 9: 0\.\d+(?:e-\d+)?, 2, 2, 2, 2, 2 … of 20\]$/,
    );
    expect(lines[6]).toBe('  elements that differ: 1 of 20: 9');
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  it('says how far a recording goes that was cut short', async () => {
    const path = join(folder, 'cut.trp');
    const bytes = readFileSync(recording);
    writeFileSync(path, bytes);
    truncateSync(path, Math.floor(bytes.length * 0.6));
    const { code, stdout } = await troupe(['replay', path, graph]);
    expect(stdout).toMatch(/^the recording is truncated after \d+ entries: /m);
    expect(stdout).toMatch(/messages compared: identical$/m);
    expect(code).toBe(0);
  });

  it('enacts a realtime run again, and says so', async () => {
    const path = join(folder, 'realtime.trp');
    await troupe(['run', graph, '--record', path]);
    const { stdout } = await troupe(['replay', path, graph]);
    expect(stdout).toMatch(/^a re-enactment: a run of the realtime clock gives times, but not the order /m);
    expect(stdout).toMatch(/ 500 messages compared: /);
  });
});

describe('troupe replay --at', { timeout: 60_000 }, () => {
  it('prints what there was at a time', async () => {
    const { code, stdout, stderr } = await troupe(['replay', recording, graph, '--at', '1000']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('left out, and played from the recording: counter');
    expect(lines[1]).toMatch(/^two-stages at 0\.\d+ s: after step \d+ of \d+, mode 'idle'$/);
    expect(lines[2]).toBe('500 messages compared: identical');
    expect(lines.slice(4).map((line) => line.replace(/ +/g, ' '))).toEqual([
      'stage state handled waiting',
      expect.stringMatching(/^counter ended \d+ 0$/),
      'doubler ended 500 0',
      '',
      'output messages seq time newest',
      expect.stringMatching(/^counter\.numbers 500 499 \S+ s \[499\]$/),
      expect.stringMatching(/^doubler\.doubled 500 499 \S+ s \[998\]$/),
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('prints it as JSON', async () => {
    const { code, stdout } = await troupe(['replay', recording, graph, '--at', '0', '--json']);
    const { ports, ...moment } = JSON.parse(stdout) as Record<string, unknown> & {
      readonly ports: readonly { readonly count: number; readonly last?: { readonly frame: unknown } }[];
    };
    expect(moment).toMatchObject({ type: 'moment', graph: 'two-stages', step: 0, timeNs: 0, isExact: true });
    const [, doubled] = ports;
    expect(doubled?.count).toBeGreaterThan(0);
    expect(doubled?.last?.frame).toEqual([2 * ((doubled?.count ?? 0) - 1)]);
    expect(code).toBe(0);
  });

  it('says that it is not as it was, exit code 1', async () => {
    const path = join(folder, 'fickle-at.trp');
    const fickle = fixture('fickle.ts');
    await troupe(['run', fickle, '--clock', 'fast', '--record', path]);
    const { code, stdout } = await troupe(['replay', path, fickle, '--at', '1000']);
    expect(stdout).toMatch(/^first difference: shaker\.shaken, seq 2$/m);
    expect(code).toBe(1);
  });
});

describe('a mistake ends with exit code 2 and one line', { timeout: 60_000 }, () => {
  const usage = /^replay takes one recording, and the graph where it is not in it\. Give their paths: /;
  const cases: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [['replay'], usage],
    [['replay', 'a', 'b', 'c'], usage],
    [['replay', recording, '--json'], /^--json is for the moment that --at names\. Give a time: /],
    [['replay', recording, '--at', 'x'], /^--at "x" is not a number of 0 or more\. Give a number in /],
    [['replay', recording, '--at', '1', '--with-effects'], /^--at shows what there was, and has no effects/],
    [['replay', 'nowhere.trp'], /^nowhere\.trp: cannot be opened: ENOENT.* Give the path of a recording\.$/],
    [['replay', graph], /two-stages\.ts: is no recording\. Give what `run\.record` wrote\.$/],
    [['replay', recording, fixture('endless.ts')], /it was not made of graph 'endless' as it is now, /],
    [['run', graph, '--record', recording], /run\.trp: is there already\. Give another path, or remove it /],
    [['run', graph, '--clock', 'slow'], /^--clock "slow" is no clock\. Use one of: realtime, paced, fast\.$/],
  ];
  it.each(cases)('troupe %j', async (args, line) => {
    const { code, stdout, stderr } = await troupe(args);
    expect(stderr.trimEnd()).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('the disk is full while a run is recorded, and what was written is a recording', async () => {
    const endless = fixture('endless.ts');
    const path = join(folder, 'full.trp');
    const args = ['run', endless, '--clock', 'fast', '--record', path];
    const { code, stderr } = await troupe(args, undefined, { fileBlocksMax: 64 });
    // On a busy machine the graph says that its ticks take long.
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('[metronome] a tick took '));
    expect(lines).toEqual([
      expect.stringMatching(/full\.trp: cannot be written: EFBIG.* Look at the disk; what was /),
    ]);
    expect(code).toBe(2);
    const replayed = await troupe(['replay', path, endless]);
    expect(replayed.stdout).toMatch(/^the recording is truncated after \d+ entries: /m);
    expect(replayed.stdout).toMatch(/messages compared: identical$/m);
    expect(replayed.code).toBe(0);
  });

  it('the modules of the graph in a recording lie elsewhere', async () => {
    const { code, stdout, stderr } = await troupe(['replay', recording]);
    expect(stderr).toContain(`it can be named: \`troupe replay ${recording} <graph>\``);
    expect(stderr).toContain('--allow');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
