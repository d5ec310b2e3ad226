import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The pages with a program, and the lines that it prints. */
const printed: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'README.md': ['Float32Array(2) [ 9, 16 ]'],
  'packages/core/README.md': ['Float32Array(4) [ 2, 4, 6, 8 ]'],
  'docs/clock.md': Array.from({ length: 5 }, () => /^-?\d\S* of -?\d+, 0\S* after step \d+$/),
  'docs/devtools.md': ['127.0.0.1', '42'],
  'docs/debugging.md': ['0 2', "[ 'double' ] 2 4", '6 8'],
  'docs/determinism.md': Array.from({ length: 10 }, (_, i) => `${i} ${i * 100}`),
  'docs/events.md': ['photo 1', 'photo 2', 'photo 3', 'photo 4', 'photo 5', 'false'],
  'docs/modes.md': [
    'learner: idle',
    'learner: training',
    'learner: idle',
    'learner: predicting',
    'predicted from 30',
    'idle → training: asked for',
    "training → idle: stage 'learner' has ended",
    'idle → predicting: the model is ready',
  ],
  'docs/recording.md': ['5 undefined'],
  'docs/resources.md': [
    ...Array.from({ length: 6 }, () => /^[ab] did [012]$/),
    /^\[ 'a waited \d+ ms', 'b waited \d+ ms' \]$/,
  ],
  // It says nothing where nothing is lost.
  'docs/simulation.md': [''],
};
/** These need a file that is not there. */
const onlyTyped = ['packages/stages/README.md'];

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'troupe-examples-'));

/** The files of the first program on a page; the last one is to be run. */
function filesOn(page: string): readonly { readonly name: string; readonly text: string }[] {
  const [, program = ''] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, page), 'utf8')) ?? [];
  const parts = program.split(/^\/\/ (?=[a-z-]+\.ts\b)/m).filter((part) => part.trim() !== '');
  return parts.map((text) => {
    const [, name] = /^([a-z-]+\.ts)\b/.exec(text) ?? [];
    return name === undefined ? { name: 'main.ts', text } : { name, text: `// ${text}` };
  });
}

/** Whether a line is one that changes from run to run, and looks as it should. */
function matches(line: string, expected: string | RegExp | undefined): boolean {
  return expected instanceof RegExp && expected.test(line);
}

function folderOf(page: string): string {
  return join(folder, page.replace(/\W/g, '-'));
}

beforeAll(() => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const page of [...Object.keys(printed), ...onlyTyped]) {
    mkdirSync(folderOf(page));
    for (const { name, text } of filesOn(page)) writeFileSync(join(folderOf(page), name), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Object.entries(printed))('the program on %s prints what the page says', async (page, lines) => {
  const main = filesOn(page).at(-1)?.name ?? '';
  const { stdout } = await run(process.execPath, ['--conditions=@troupe/source', main], {
    cwd: folderOf(page),
    timeout: 20_000,
  });
  const got = stdout.trimEnd().split('\n');
  expect(got.map((line, i) => (matches(line, lines[i]) ? lines[i] : line))).toEqual(lines);
});

test('the programs have the right types', async () => {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { typeRoots: [join(root, 'node_modules/@types')], noUnusedLocals: false },
    include: [`${folder}/*/*.ts`, join(root, 'packages/*/src/**/*.d.ts')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch(
    (error: unknown) => error as never,
  );
  expect(stdout).toBe('');
}, 60_000);
