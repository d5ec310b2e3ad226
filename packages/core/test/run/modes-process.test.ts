import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The lines that a program prints. */
async function linesOf(program: string): Promise<string[]> {
  const flags = ['--conditions=@troupe/source', '--input-type=module-typescript', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname });
  return stdout.trimEnd().split('\n');
}

test('xstate is loaded when a mode is asked for, not before', async () => {
  const program = `
    import { createRequire } from 'node:module';
    import { defineStage, graph } from '@troupe/core';
    const { cache } = createRequire(import.meta.url);
    const tell = () => console.log(Object.keys(cache).some((file) => file.includes('xstate')));
    const g = graph('light');
    const stage = defineStage({ name: 'stage', activeIn: ['training'], create: () => ({ onTick() {} }) });
    g.stage('stage', stage, { tick: { hz: 10 } });
    await using run = await g.start();
    await run.modes.request(run.modes.state);
    tell();
    await run.modes.request('training');
    tell();`;
  expect(await linesOf(program)).toEqual(['false', 'true']);
});
