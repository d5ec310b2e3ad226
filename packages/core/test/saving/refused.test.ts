import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graph } from '../../src/graph.ts';
import { GraphFileError } from '../../src/saving/errors.ts';
import type { GraphFileProblem } from '../../src/saving/errors.ts';

/** A file beside the fixtures' stages. */
const at = fileURLToPath(new URL('../fixtures/x.toml', import.meta.url));

async function errorOf(
  text: string,
  options: { at?: string; allow?: string[] } = {},
): Promise<GraphFileError> {
  const error = await graph.parse(text, { at, ...options }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GraphFileError);
  return error as GraphFileError;
}

async function problemsOf(
  text: string,
  options?: { at?: string; allow?: string[] },
): Promise<readonly GraphFileProblem[]> {
  return (await errorOf(text, options)).problems;
}

/** Line, key and message of each problem. */
async function briefly(
  text: string,
  options?: { at?: string; allow?: string[] },
): Promise<readonly string[]> {
  return (await problemsOf(text, options)).map(({ line, key, message }) => `${line} ${key}: ${message}`);
}

const good = `format = 1
name = "good"

[[stage]]
name = "a"
module = "./saved.ts"
export = "sized"

[stage.options]
size = 8

[[stage]]
name = "b"
module = "./saved.ts"
export = "sized"
options = { size = 8 }

[[edge]]
from = { stage = "a", port = "frames" }
to = { stage = "b", port = "frames" }
type = "frame float32 [8]"
`;

const wrong = `format = 1
colour = "red"

[[runner]]
name = "slow"
hz = "3"

[[event]]
name = 7
initial = 1

[[latch]]
name = "pose"
dtype = "float31"
shape = 3

[[stage]]
name = "a"
module = "./saved.ts"
export = "first"
tick = { hz = 100, fase = "control" }
worker = "nowhere"
activeIn = "recording"
resources = { gpu = "1" }
events = ["armed"]
workers = 3

[stage.supervision]
strategy = "panic"
retries = 3

[stage.control]
form = "switchable"

[[edge]]
from = "a.out"
to = { stage = "a", prt = "in" }
capacity = "big"
overflow = "drop"
back = 0

[[stages]]
name = "b"

[[input]]
name = "in"
at = { stage = "a", port = "x" }
back = true
`;

describe('loading refuses, with line and key', () => {
  test('nothing of a good file', async () => {
    const g = await graph.parse(good, { at });
    expect(g.declaration().edges).toEqual([
      { from: { stage: 'a', port: 'frames' }, to: { stage: 'b', port: 'frames' } },
    ]);
  });

  test.each([
    ['a = [1,\n2\n\nb = 3', 4, 'it is no TOML: expected comma or end of structure (column 1)'],
    ['format = 1\nname = "x', 2, 'it is no TOML: unfinished string (column 8)'],
    [
      'format = 1\n\nformat = 1',
      3,
      'it is no TOML: trying to redefine an already defined table or value (column 1)',
    ],
    [
      'format = 1\nname = "x"\n[[stage]]\n[stage.options]\nn = 9007199254740993',
      5,
      'it is no TOML: integer value cannot be represented losslessly (column 5)',
    ],
  ])('a text that is no TOML: %j', async (text, line, message) => {
    expect(await problemsOf(text)).toMatchObject([{ line, key: '', message }]);
  });

  test('a version that is missing or unknown, and says nothing else then', async () => {
    expect(await briefly('\n[package]\nname = "crate"')).toEqual(['1 format: is missing']);
    expect(await briefly('name = 7\nformat = 2')).toEqual(['2 format: is 2']);
    expect(await briefly('format = "1"')).toEqual(["1 format: is '1'"]);
  });

  test('unknown keys at every level, wrong types and missing keys, all together', async () => {
    expect(await briefly(wrong)).toEqual([
      '1 name: is missing',
      '2 colour: is an unknown key',
      "6 runner.hz: is '3'",
      '9 event.name: is 7',
      '10 event.initial: is 1',
      "14 latch.dtype: is 'float31'",
      '15 latch.shape: is 3',
      '21 stage.tick.fase: is an unknown key',
      "22 stage.worker: is 'nowhere'",
      "23 stage.activeIn: is 'recording'",
      "24 stage.resources.gpu: is '1'",
      "25 stage.events: is [ 'armed' ]",
      '26 stage.workers: is an unknown key',
      "29 stage.supervision.strategy: is 'panic'",
      '30 stage.supervision.retries: is an unknown key',
      '32 stage.control.event: is missing',
      "36 edge.from: is 'a.out'",
      '37 edge.to.port: is missing',
      '37 edge.to.prt: is an unknown key',
      "38 edge.capacity: is 'big'",
      "39 edge.overflow: is 'drop'",
      '40 edge.back: is 0',
      '42 stages: is an unknown key',
      '48 input.back: is an unknown key',
    ]);
  });

  test('says what to do about each, in lines that an editor can follow', async () => {
    const { message, file, code } = await errorOf(
      'format = 1\nname = "x"\n[[stage]]\nname = "a"\nmodul = "./saved.ts"\n',
    );
    expect(message.split('\n')).toEqual([
      `${at} cannot be loaded: 3 problems`,
      `  1. ${at}:3: stage.export is missing. Add it.`,
      `  2. ${at}:3: stage.module is missing, and \`package\` too. ` +
        'Give either `module`, a path relative to the file, or `package`, a name.',
      expect.stringMatching(
        /^ {2}3\. .*:5: stage\.modul is an unknown key\. Known here: name, module, package, export, /,
      ) as unknown,
    ]);
    expect(file).toBe(at);
    expect(code).toBe('GRAPH_FILE');
  });

  test('names that are given twice, each kind for itself', async () => {
    const twice = (kind: string, more: string): string => `[[${kind}]]\nname = "n"\n${more}\n`.repeat(2);
    const text = [
      'format = 1\nname = "x"\n',
      twice('runner', 'hz = 1'),
      twice('event', ''),
      twice('latch', 'dtype = "int8"\nshape = []'),
      twice('stage', 'module = "./saved.ts"\nexport = "first"'),
      twice('input', 'at = { stage = "n", port = "p" }'),
      twice('output', 'at = { stage = "n", port = "p" }'),
    ].join('');
    expect(await briefly(text)).toEqual(
      ['runner', 'event', 'latch', 'stage', 'input', 'output'].map((kind): unknown =>
        expect.stringMatching(
          new RegExp(`^\\d+ ${kind}\\.name: is the name of an earlier ${kind} as well: 'n'$`),
        ),
      ),
    );
  });

  test('edges, boundary ports and terminators of stages that are not there', async () => {
    const text = `${good.replace('from = { stage = "a"', 'from = { stage = "A"')}
[[input]]
name = "in"
at = { stage = "c", port = "x" }

[[terminator]]
stage = "d"
port = "x"
`;
    expect(await briefly(text)).toEqual([
      "19 edge.from.stage: there is no stage 'A'",
      "25 input.at.stage: there is no stage 'c'",
      "28 terminator.stage: there is no stage 'd'",
    ]);
  });

  test('options that JavaScript has no exact value for', async () => {
    const stage = '[[stage]]\nname = "a"\nmodule = "./saved.ts"\nexport = "first"\n';
    const text = `format = 1\nname = "x"\n${stage}[stage.options]\n`;
    const refused = 'is a date or time without an offset, which names no point in time';
    const dates = [
      '2026-01-31',
      '[1, [{ c = 12:00:00 }]]',
      '2026-01-31T12:00:00',
      '2026-01-31T12:00:00+02:00',
    ];
    expect(await briefly(text + dates.map((date, i) => `${'abcd'[i]} = ${date}\n`).join(''))).toEqual([
      `8 stage.options.a: ${refused}`,
      `9 stage.options.b[1][0].c: ${refused}`,
      `10 stage.options.c: ${refused}`,
    ]);
    expect(await briefly(`${text}"__proto__" = { a = 1 }`)).toEqual([
      '8 stage.options.__proto__: is a key that could be mistaken for the prototype',
    ]);
    expect(await briefly(`${text}${'a.'.repeat(100_000)}a = 1`)).toEqual([
      expect.stringContaining('is nested deeper than 100 levels') as unknown,
    ]);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test('a value that is wrong in two ways, once', async () => {
    expect(await briefly('format = 1\nname = 2026-01-31\n')).toEqual([
      '2 name: is a date or time without an offset, which names no point in time',
    ]);
  });

  test('port types that have changed since', async () => {
    const smaller = good.replace('options = { size = 8 }', 'options = { size = 4 }');
    expect(await briefly(smaller)).toEqual([
      "21 edge.type: is 'frame float32 [8]', but input 'frames' of stage 'b' carries frame float32 [4] now",
    ]);
    const gone = `${good}[[output]]\nname = "o"\nat = { stage = "a", port = "frame" }\ntype = "message"\n`;
    expect(await briefly(gone)).toEqual([
      "25 output.type: is 'message', but output 'frame' of stage 'a' is no longer there",
    ]);
  });

  test('exports that are missing or no stage, and says which there are', async () => {
    const text = good
      .replace('"sized"', '"size"')
      .replace('export = "sized"\noptions', 'export = "noStage"\noptions');
    const problems = await problemsOf(text);
    expect(problems).toMatchObject([
      { line: 7, key: 'stage.export', message: "names no export: 'size'" },
      { line: 15, key: 'stage.export', message: "names no stage: 'noStage'" },
    ]);
    expect(problems[0]?.remedy).toBe("The stages exported there are: 'first', 'shown as', 'sized'.");
  });

  test('modules that do not load', async () => {
    const text = good.replaceAll('./saved.ts', './broken/syntax.ts');
    expect(await briefly(text)).toEqual([
      expect.stringMatching(/^6 stage\.module: does not load from .*syntax\.ts: /) as unknown,
      expect.stringMatching(/^14 stage\.module: does not load from .*syntax\.ts: /) as unknown,
    ]);
  });

  test.each([
    ['missing.toml', 'there is no such file'],
    ['.', 'it cannot be read: '],
  ])('a path that is no file: %s', async (path, message) => {
    const error: unknown = await graph.load(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GraphFileError);
    expect((error as GraphFileError).problems).toMatchObject([
      { line: undefined, key: '', message: expect.stringContaining(message) as unknown },
    ]);
  });
});

describe('modules outside of the folder', () => {
  let folder = '';
  const stage = (module: string): string =>
    `format = 1\nname = "x"\n[[stage]]\nname = "a"\nmodule = ${JSON.stringify(module)}\nexport = "first"\n`;
  const inside = (name: string): string => join(folder, 'graphs', name);
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'troupe-outside-')));
    await mkdir(join(folder, 'graphs', 'node_modules', 'pack'), { recursive: true });
    const code = [
      'globalThis.ran = (globalThis.ran ?? 0) + 1;',
      "export const first = { '~troupe': 'stage', name: 'first', create() {} };",
    ].join('\n');
    for (const name of [
      'graphs/own.mjs',
      'graphs/other.mjs',
      'outside.mjs',
      'graphs/node_modules/pack/index.mjs',
    ]) {
      await writeFile(join(folder, name), code);
    }
    await writeFile(
      inside('node_modules/pack/package.json'),
      '{ "name": "pack", "exports": { ".": { "import": "./index.mjs" } } }',
    );
    await symlink(join(folder, 'outside.mjs'), inside('link.mjs'));
    await symlink(join(folder, 'graphs'), join(folder, 'alias'));
    await mkdir(join(folder, 'graphs', 'sub'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['../outside.mjs', './sub/../../outside.mjs', './link.mjs', './node_modules/pack/index.mjs'])(
    '%s is refused, and loads when it is allowed by its path or its folder',
    async (module) => {
      const file = inside('x.toml');
      const [problem, ...others] = await problemsOf(stage(module), { at: file });
      expect(others).toEqual([]);
      expect(problem).toMatchObject({ line: 5, key: 'stage.module' });
      expect(problem?.message).toMatch(/^leads out of the folder of the file, to .*(outside|index)\.mjs$/);
      const path = module.endsWith('index.mjs')
        ? inside('node_modules/pack/index.mjs')
        : join(folder, 'outside.mjs');
      for (const allow of [path, dirname(path), `./${relative('.', path)}`]) {
        const g = await graph.parse(stage(module), { at: file, allow: [allow] });
        expect(g.declaration().stages[0]?.stage.name).toBe('first');
      }
      // Neither a sibling whose name begins alike, nor the name of a package.
      for (const allow of [`${path}x`, join(folder, 'out'), 'outside.mjs', 'pack']) {
        expect(await problemsOf(stage(module), { at: file, allow: [allow] })).toMatchObject([problem]);
      }
    },
  );

  test('the folder of the file is the real one', async () => {
    for (const file of [inside('x.toml'), join(folder, 'alias', 'x.toml')]) {
      const g = await graph.parse(stage('./own.mjs'), { at: file });
      expect(g.declaration().stages[0]?.stage.name).toBe('first');
    }
  });

  test.each([
    'own.mjs',
    '/own.mjs',
    'file:///own.mjs',
    '.\\own.mjs',
    'node:fs',
    'data:text/javascript,0',
    './o\0wn.mjs',
    '',
  ])('%j is no path relative to the file', async (module) => {
    const problems = await problemsOf(stage(module), { at: inside('x.toml'), allow: [folder] });
    expect(problems).toMatchObject([
      {
        line: 5,
        key: 'stage.module',
        message: expect.stringContaining(', no path relative to the file') as unknown,
      },
    ]);
  });

  test.each(['./none.mjs', './sub', './own.mjs/x'])('%s is no file', async (module) => {
    const message = expect.stringContaining('names no file') as unknown;
    expect(await problemsOf(stage(module), { at: inside('x.toml') })).toMatchObject([{ line: 5, message }]);
  });

  test('nothing of a file runs that is refused for its text', async () => {
    const ran = (): unknown => (globalThis as { ran?: number }).ran;
    const before = ran();
    await problemsOf(`${stage('./other.mjs')}colour = "red"\n`, { at: inside('x.toml') });
    expect(ran()).toBe(before);
    await graph.parse(stage('./other.mjs'), { at: inside('x.toml') });
    expect(ran()).toBe(Number(before ?? 0) + 1);
  });

  test('packages are refused unless they are allowed by name', async () => {
    const file = inside('x.toml');
    const text = stage('./own.mjs').replace('module = "./own.mjs"', 'package = "pack"');
    const [problem] = await problemsOf(text, { at: file });
    expect(problem).toMatchObject({ line: 5, key: 'stage.package' });
    expect(problem?.remedy).toContain("allow: ['pack'], on the command line --allow pack");
    const g = await graph.parse(text, { at: file, allow: ['pack'] });
    expect(g.declaration().stages[0]?.stage.name).toBe('first');
    // Looked up from the folder of the file: elsewhere there is none.
    const elsewhere = await problemsOf(text, { at: join(folder, 'x.toml'), allow: ['pack'] });
    expect(elsewhere).toMatchObject([
      { line: 5, message: expect.stringContaining('does not resolve') as unknown },
    ]);
  });

  test.each(['pack/../own', '../own.mjs', '/own.mjs', 'pack/', '', '@pack', 'a b', '.pack'])(
    '%j is no name of a package',
    async (name) => {
      const text = stage('./own.mjs').replace('module = "./own.mjs"', `package = ${JSON.stringify(name)}`);
      expect(
        await problemsOf(text, { at: inside('x.toml'), allow: ['pack', '@pack', folder] }),
      ).toMatchObject([
        {
          line: 5,
          key: 'stage.package',
          message: expect.stringMatching(/, no name of a package$/) as unknown,
        },
      ]);
    },
  );
});
