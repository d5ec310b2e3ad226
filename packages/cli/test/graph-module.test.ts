import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../src/explain.ts';
import { loadGraph } from '../src/graph-module.ts';

// A graph is known by its methods: these modules live where they could import nothing.
const graphText = (name: string): string => `{ name: '${name}', declaration() {}, start() {} }`;

describe('loadGraph', () => {
  let folder = '';
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'troupe-modules-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function load(text: string): Promise<string> {
    const path = join(folder, `module-${count++}.mjs`);
    await writeFile(path, text);
    return (await loadGraph(path)).name;
  }

  it.each([
    ['the default export', `export default ${graphText('a')}; export const b = ${graphText('b')};`, 'a'],
    ['the one export that is a graph', `export const other = 1; export const g = ${graphText('g')};`, 'g'],
    ['what a function returns', `export default () => (${graphText('made')});`, 'made'],
    [
      'what the one function promises',
      `export async function make() { return ${graphText('late')}; }`,
      'late',
    ],
  ])('takes %s', async (_what, text, name) => {
    expect(await load(text)).toBe(name);
  });

  it.each([
    ['no graph', 'export const a = 1;', 'NO_GRAPH', 'it exports no graph'],
    [
      'several',
      `export const a = ${graphText('a')}; export const b = a;`,
      'NO_GRAPH',
      'it exports several: a, b',
    ],
    ['a default that is none', 'export default 7;', 'NO_GRAPH', 'it exports no graph'],
    [
      'nothing from its function',
      'export default () => {};',
      'NO_GRAPH',
      'the function that it exports returns no graph',
    ],
    ['a syntax error', 'export const = 1;', 'BAD_MODULE', 'does not load: '],
    ['a missing import', "import './gone.mjs';", 'BAD_MODULE', "does not load: Cannot find module '"],
    ['a throw', "throw new Error('one\\ntwo');", 'BAD_MODULE', 'does not load: one'],
    [
      'a throw in its function',
      "export default () => { throw 'no'; };",
      'BAD_MODULE',
      'threw while it built its graph: no',
    ],
  ])('refuses a module with %s', async (_what, text, code, message) => {
    const error = await load(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as unknown });
    expect((error as UsageError).message).not.toContain('\n');
  });

  it('lets an error speak for itself that says what to do', async () => {
    const details = { code: 'SOURCE_FILE_NOT_FOUND', remedy: 'Look.' };
    const text = `throw Object.assign(new Error('x.edf: no such file'), ${JSON.stringify(details)});`;
    await expect(load(text)).rejects.toMatchObject(details);
  });

  it('refuses a folder', async () => {
    await expect(loadGraph(folder)).rejects.toMatchObject({ code: 'BAD_MODULE' });
  });
});
