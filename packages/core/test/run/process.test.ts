import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const programs = fileURLToPath(new URL('../fixtures/programs.ts', import.meta.url));

/** Runs one of the programs; `output` is all that it has printed so far. */
function program(name: string): {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
} {
  const child = spawn(process.execPath, ['--conditions=@troupe/source', programs, name], { stdio: 'pipe' });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return { child, output: () => output, errors: () => errors };
}

describe('a process', () => {
  it.each([
    ['stop', 'stopped\n'],
    ['end', 'last\nended\n'],
    ['failed', 'STAGE_START\n'],
  ])('ends by itself after its run has come to an end (%s)', async (name, expected) => {
    const { child, output, errors } = program(name);
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect([output(), errors(), code, signal]).toEqual([expected, '', 0, null]);
  });

  it('does not end while its graph runs', async () => {
    const { child, output } = program('idle');
    while (output() === '') await once(child.stdout ?? child, 'data');
    // A process that nothing keeps alive is gone by then.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([output(), child.exitCode, child.signalCode]).toEqual(['running\n', null, null]);
    child.kill('SIGKILL');
    await once(child, 'close');
  });
});
