import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The lines that a program prints. */
async function linesOf(program: string): Promise<string[]> {
  const flags = ['--conditions=@troupe/source', '--input-type=module-typescript', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: import.meta.dirname });
  return stdout.trimEnd().split('\n');
}

/** The first program on a page of the documentation. */
async function programOn(page: string): Promise<string> {
  const text = await readFile(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8');
  const [, program] = /^```ts\n(.*?)^```$/ms.exec(text) ?? [];
  if (program === undefined) throw new Error(`there is no program on ${page}`);
  return program;
}

test('the program on the page about modes runs, and does what the page says', async () => {
  expect(await linesOf(await programOn('modes.md'))).toEqual([
    'learner: idle',
    'learner: training',
    'learner: idle',
    'learner: predicting',
    'predicted from 30',
    'idle → training: asked for',
    "training → idle: stage 'learner' has ended",
    'idle → predicting: the model is ready',
  ]);
});

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
