import { describe, expect, it } from 'vitest';
import { fixture, troupe } from './child.ts';

interface JsonLine {
  readonly type: string;
  readonly [name: string]: unknown;
}

function jsonLines(text: string): readonly JsonLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonLine);
}

describe('troupe run', () => {
  it('runs a graph to its end, takes what nobody else takes, and reports', async () => {
    const { code, stdout, stderr } = await troupe(['run', fixture('two-stages.ts'), '--workers', '2']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^two-stages ended after \S+ on 2 workers: drops 0 restarts 0$/);
    expect(lines[1]).toMatch(/^stage +on +rate +depth +wait p50 +p99 +handler p50 +p99 +busy +blocked +idle/);
    expect(lines.at(-1)).toMatch(/^output doubled: 500 taken, /);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('writes the report as JSON', async () => {
    const { code, stdout } = await troupe(['run', fixture('two-stages.ts'), '--json']);
    const report = jsonLines(stdout).at(-1);
    expect(report).toMatchObject({
      type: 'report',
      graph: 'two-stages',
      reason: 'ended',
      stages: [
        { name: 'counter', in: 0, out: 500, drops: 0, restarts: 0 },
        { name: 'doubler', in: 500, out: 500, drops: 0, restarts: 0 },
      ],
      outputs: [{ name: 'doubled', taken: 500, depth: 0, drops: 0 }],
      drops: 0,
      deadLetters: 0,
      letters: [],
      replacements: [],
    });
    expect(code).toBe(0);
  });

  it('runs a graph file as it runs the module that it was saved from', async () => {
    const args = ['--json', '--workers', '2'];
    const saved = jsonLines(
      (await troupe(['run', fixture('saved/two-stages.toml'), '--allow', fixture(''), ...args])).stdout,
    );
    const { code, stdout } = await troupe(['run', fixture('two-stages.toml'), ...args]);
    expect(jsonLines(stdout).at(-1)).toMatchObject({
      type: 'report',
      graph: 'two-stages',
      reason: 'ended',
      stages: [
        { name: 'counter', out: 500 },
        { name: 'doubler', in: 500, out: 500 },
      ],
      outputs: [{ name: 'doubled', taken: 500 }],
    });
    expect(saved.at(-1)).toMatchObject({ type: 'report', outputs: [{ name: 'doubled', taken: 500 }] });
    expect(code).toBe(0);
  });

  it('drains at the first Ctrl-C: everything emitted is taken, and the report comes', async () => {
    const args = ['run', fixture('endless.ts'), '--json', '--interval', '50'];
    let isInterrupted = false;
    const { code, stdout, stderr } = await troupe(args, (line, interrupt) => {
      // What a slow machine logs of late ticks may come first.
      if (isInterrupted || !line.includes('"type":"stats"')) return;
      isInterrupted = true;
      interrupt();
    });
    const report = jsonLines(stdout).at(-1) as JsonLine & {
      readonly stages: readonly { readonly out: number }[];
      readonly outputs: readonly { readonly taken: number }[];
    };
    expect(report).toMatchObject({ type: 'report', reason: 'stopped' });
    expect(report.stages[0]?.out).toBeGreaterThan(0);
    expect(report.outputs[0]?.taken).toBe(report.stages[0]?.out);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('ends at once at the second Ctrl-C, although a handler never returns', async () => {
    const args = ['run', fixture('stuck.ts'), '--interval', '50'];
    // Signals that arrive together count once, so one is sent with each line.
    const { code, stdout } = await troupe(args, (_line, interrupt) => interrupt());
    expect(stdout).not.toContain('stopped after');
    expect(code).toBe(130);
  });

  it('writes a line per interval into a pipe, and stops after --duration', async () => {
    const args = ['run', fixture('endless.ts'), '--interval', '50', '--duration', '0.8'];
    const { code, stdout } = await troupe(args);
    const line =
      /^\d\.\d s \| metronome \S+\/s depth 0 handler \S+\/\S+ busy \d+% blocked \d+% idle \d+% \| drops \d+ /;
    expect(stdout.split('\n')).toContainEqual(expect.stringMatching(line));
    expect(stdout).toMatch(/^endless stopped after /m);
    expect(stdout).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('says what failed and where, exit code 1', async () => {
    const { code, stdout, stderr } = await troupe(['run', fixture('broken.ts'), '--json']);
    const [what, where, ...more] = stderr.trimEnd().split('\n');
    expect(what).toMatch(
      /^stage 'thrower' threw while handling input 'frames': the first frame is too much\. /,
    );
    expect(where).toMatch(/^ {2}at .*broken\.ts:11:\d+\)?$/);
    expect(more).toEqual([]);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'error', exitCode: 1, code: 'HANDLER_THREW' });
    expect(code).toBe(1);
  });
});

describe('a mistake of the user ends with exit code 2 and one line', () => {
  const cases: readonly (readonly [args: readonly string[], line: string])[] = [
    [
      ['run', 'nowhere.ts'],
      'nowhere.ts: there is no such file. Name a graph file, or the module that exports the graph.',
    ],
    [['run'], 'run takes one graph. Give its path: `troupe run graph.ts`.'],
    [['run', 'a.ts', 'b.ts'], 'run takes one graph. Give its path: `troupe run graph.ts`.'],
    [['run', 'a.ts', '--wrokers', '2'], "Unknown option '--wrokers'. `troupe run --help` lists the options."],
    [
      ['run', 'a.ts', '--workers', '0'],
      '--workers "0" is not a whole number from 1 to 64. Give a number in that range.',
    ],
    [['plan', 'a.ts', '--format', 'svg'], "there is no format 'svg'. Use one of: text, mermaid, json."],
    [['doctor', 'a.ts'], 'doctor takes no path. Leave it out: `troupe doctor`.'],
    [['dance'], "there is no command 'dance'. `troupe --help` lists the commands."],
  ];
  it.each(cases)('troupe %j', async (args, line) => {
    expect(await troupe(args)).toEqual({ code: 2, stdout: '', stderr: `${line}\n` });
  });

  it('troupe run and plan with a graph file that cannot be loaded: a line for each problem', async () => {
    for (const command of ['run', 'plan']) {
      const { code, stdout, stderr } = await troupe([command, fixture('refused.toml')]);
      const lines = stderr.trimEnd().split('\n');
      expect(lines[0]).toMatch(/refused\.toml cannot be loaded: 3 problems$/);
      expect(lines[1]).toMatch(
        /^ {2}1\. .*refused\.toml:8: stage\.tick\.rate is an unknown key\. Known here: hz, /,
      );
      expect(lines[2]).toMatch(
        /^ {2}2\. .*:12: stage\.module leads out of the folder .* --allow \S+child\.ts\.$/,
      );
      expect(lines[3]).toMatch(
        /^ {2}3\. .*:17: stage\.package is '@troupe\/stages', .* --allow @troupe\/stages\.$/,
      );
      expect(lines).toHaveLength(4);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    }
  });

  it('--allow with a module', async () => {
    const path = fixture('two-stages.ts');
    const { code, stderr } = await troupe(['run', path, '--allow', 'x']);
    expect(stderr).toBe(
      `--allow is for graph files, and ${path} is a module. ` +
        'Leave it out: what a module imports is its own business.\n',
    );
    expect(code).toBe(2);
  });

  it('troupe run and plan with a graph that cannot run: a line for each problem', async () => {
    for (const command of ['run', 'plan']) {
      const { code, stdout, stderr } = await troupe([command, fixture('impossible.ts')]);
      const lines = stderr.trimEnd().split('\n');
      expect(lines[0]).toBe("graph 'impossible' cannot run: 2 problems");
      expect(lines[1]).toMatch(/^ {2}1\. UNCONNECTED_INPUT at first\.frames: /);
      expect(lines[2]).toMatch(/^ {2}2\. UNCONNECTED_INPUT at second\.frames: /);
      expect(lines).toHaveLength(3);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    }
  });
});
