/**
 * Everything that CI does, step by step: `npm test`, or `npm test -- lint types` for some steps only.
 *
 * The last line is `N passed, N failed`: one for each test, and one for each step. Every step runs,
 * also after one that failed. A test that did not run counts as failed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { styleText } from 'node:util';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Where the step writes vitest's JSON report. */
  readonly report?: string;
}

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** The fields of vitest's JSON report that are counted. */
interface TestReport {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
}

const root = join(import.meta.dirname, '../..');

function stepsWith(scratch: string): readonly Step[] {
  const report = join(scratch, 'tests.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return [
    { name: 'format', command: ['oxfmt', '--check'] },
    { name: 'lint', command: ['oxlint'] },
    { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
    { name: 'page', command: ['tsc', '-p', 'packages/devtools/tsconfig.json'] },
    { name: 'layers', command: ['node', 'tools/src/layers.ts'] },
    { name: 'tidy', command: ['node', 'tools/src/tidy.ts'] },
    { name: 'contracts', command: ['node', '--conditions=@troupe/source', 'tools/src/contracts.ts'] },
    { name: 'unused', command: ['knip', '--no-config-hints'] },
    { name: 'build', command: ['nx', 'run-many', '-t', 'build', '--output-style=static'] },
    { name: 'tests', command: ['vitest', 'run', ...reporters], report },
  ];
}

/** Runs one command; its output is shown as it comes (tests), or only when it fails. */
async function succeeds({ command: [file, ...args], report }: Step): Promise<boolean> {
  const bin = join(root, 'node_modules/.bin');
  const child = spawn(join(bin, file), args, {
    cwd: root,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: report === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
  });
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  const succeeded = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
  if (!succeeded) process.stdout.write(Buffer.concat(output));
  return succeeded;
}

function testsIn(path: string): Tally {
  try {
    const { numTotalTests, numPassedTests } = JSON.parse(readFileSync(path, 'utf8')) as TestReport;
    return { passed: numPassedTests, failed: numTotalTests - numPassedTests };
  } catch (cause) {
    console.log(`no report of the tests: ${String(cause)}`);
    return { passed: 0, failed: 1 };
  }
}

async function run(step: Step): Promise<Tally> {
  const begunAt = performance.now();
  console.log(styleText('bold', `▸ ${step.name}`));
  const succeeded = await succeeds(step);
  const tests = step.report === undefined ? { passed: 0, failed: 0 } : testsIn(step.report);
  const passed = succeeded && tests.failed === 0;
  const seconds = ((performance.now() - begunAt) / 1000).toFixed(1);
  console.log(passed ? styleText('green', `  ok, ${seconds} s`) : styleText('red', `  FAILED, ${seconds} s`));
  return { passed: tests.passed + (passed ? 1 : 0), failed: tests.failed + (passed ? 0 : 1) };
}

async function main(wanted: readonly string[]): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'troupe-check-'));
  try {
    const steps = stepsWith(scratch);
    const unknown = wanted.filter((name) => steps.every((step) => step.name !== name));
    if (unknown.length > 0) {
      console.error(`no step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`);
      process.exitCode = 2;
      return;
    }
    let total: Tally = { passed: 0, failed: 0 };
    for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
      const { passed, failed } = await run(step);
      total = { passed: total.passed + passed, failed: total.failed + failed };
    }
    console.log(`${total.passed} passed, ${total.failed} failed`);
    if (total.failed > 0) process.exitCode = 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
