/** Contracts under the runners that users have, and what they print. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { stageContract } from '@troupe/core/testing';
import type { TestFunction } from '@troupe/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { runnerAtHand } from '../../src/testing/contract/runner.ts';
import { scale } from '../fixtures/contracts/right.ts';

const programs = join(import.meta.dirname, '../fixtures/contracts/programs');
const clauses = 16;

/** As a user's shell has it: without what vitest sets for its children. */
const environment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_|TEST$|FORCE_COLOR$|TROUPE_)/.test(name)),
);

/** All that a command prints. Never rejects. */
async function printed(command: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      'sh',
      ['-c', command],
      { cwd: programs, env: { ...environment, ...env } },
      (_error, stdout, stderr) => resolve(stripVTControlCharacters(`${stdout}${stderr}`)),
    );
  });
}

/** The command that a violation of a clause names. */
function commandOf(output: string, title: string): string {
  const at = output.indexOf(`breaks its contract: ${title}`);
  const command = /again: (.*)/.exec(output.slice(at))?.[1];
  return (command ?? '').replace('npx vitest run', 'vitest run --config vitest.config.ts');
}

const kept = 'input buffers are neither written to nor kept';

describe('the runner at hand', () => {
  it('is node:test where there is no other; the case that it names is the case again', async () => {
    const output = await printed('node --conditions=@troupe/source --test peaks.contract.ts');
    expect(output).toContain(`tests ${clauses}`);
    const command = commandOf(output, kept);
    expect(command).toMatch(/^TROUPE_SEED=\d+ TROUPE_PATH=[\d:]+ node --conditions=@troupe\/source --test /);
    expect(command).toMatch(/ --test-name-pattern='\^peaks: .*\$' peaks\.contract\.ts$/);
    const again = await printed(command);
    expect(again).toContain(`breaks its contract: ${kept}`);
    expect(again).toContain('found in case 1, shrunk 0 times');
    expect(again).toContain('fail 1');
  });

  it('is vitest within vitest; the case that it names is the case again', async () => {
    const output = await printed('vitest run --config vitest.config.ts');
    // What docs/testing.md shows is what is printed.
    const docs = readFileSync(new URL('../../../../docs/testing.md', import.meta.url), 'utf8');
    expect(output).toContain(/```\n(stage 'peaks' [^`]+)```/.exec(docs)?.[1] ?? 'no case in the docs');
    expect(output).toContain(`(${clauses})`);
    const command = commandOf(output, kept);
    expect(command).toMatch(
      /^TROUPE_SEED=\d+ TROUPE_PATH=[\d:]+ vitest run .* peaks\.contract\.ts -t 'peaks: .*'$/,
    );
    const again = await printed(command);
    expect(again).toContain('found in case 1, shrunk 0 times');
    expect(again).toContain(`1 failed | ${clauses - 1} skipped`);
  });

  it('is the one that is given', () => {
    const test = vi.fn<TestFunction>();
    stageContract(scale, { options: { gain: 1 }, test });
    expect(test.mock.calls.map(([name]) => name)).toContain(`scale: ${kept}`);
    expect(test).toHaveBeenCalledTimes(clauses);
  });

  it('tells several contracts of one stage apart', () => {
    const test = vi.fn<TestFunction>();
    for (const name of ['quiet', 'loud']) stageContract(scale, { options: { gain: 1 }, name, test });
    const titles = test.mock.calls.map(([title]) => title);
    expect(titles).toContain(`scale, loud: ${kept}`);
    expect(new Set(titles).size).toBe(2 * clauses);
  });

  it('names one test for itself, whatever its name has in it', () => {
    const runner = runnerAtHand(undefined);
    expect(runner.command('a.test.ts', "it's (1.5)")).toBe(
      String.raw`npx vitest run a.test.ts -t 'it'\''s \(1\.5\)'`,
    );
  });
});
