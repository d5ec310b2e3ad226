import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { graph } from '../../src/graph.ts';
import { GraphSaveError } from '../../src/saving/errors.ts';
import { defineStage } from '../../src/stage.ts';
import type { AnyStage } from '../../src/stage.ts';
import { first, holder, sized } from '../fixtures/saved.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const at = join(fixtures, 'x.toml');

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'troupe-saved-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** Stage, key and message of each problem. */
async function refusals(g: ReturnType<typeof graph>): Promise<readonly string[]> {
  const error: unknown = await g.toToml({ at }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GraphSaveError);
  return (error as GraphSaveError).problems.map(({ stage, key, message }) => `${stage} ${key}: ${message}`);
}

function withOptions(options: unknown): ReturnType<typeof graph> {
  const g = graph('x');
  g.stage('a', first, { options });
  return g;
}

describe('saving refuses', () => {
  test('every stage that cannot be named, and whatever else there is, at once', async () => {
    const g = graph('x');
    g.stage('one', defineStage({ name: 'inline', create: () => ({}) }));
    g.stage('two', sized, { options: { size: 8 } });
    g.stage('three', holder.secret);
    g.stage('four', { name: 'none' } as unknown as typeof first);
    g.stage('five', defineStage({ module: 'data:text/javascript,0', name: 'data', create: () => ({}) }));
    g.stage('six', defineStage({ module: 'file:///nowhere/none.js', name: 'none', create: () => ({}) }));
    g.stage('seven', first, { options: null, tick: { hz: 1, fase: 'control' } as never });
    g.stage('two', first);
    expect(await refusals(g)).toEqual([
      "one : is an inline one: 'inline' names no module to load it from",
      expect.stringMatching(/^three : is not exported by .*saved\.ts$/),
      expect.stringMatching(/^four : is no stage: /),
      "five : has the module 'data:text/javascript,0', which is no file",
      expect.stringMatching(/^six : has a module that does not load, .*none\.js: /),
      'seven options: is null',
      'seven tick.fase: is an unknown key',
      "two name: is the name of an earlier stage as well: 'two'",
    ]);
  });

  class Point {
    x = 1;
  }
  const cycle: Record<string, unknown> = { a: { b: [] } };
  (cycle['a'] as { b: unknown[] }).b.push(cycle);
  const deep = Array.from({ length: 120 }).reduce((inner) => [inner], 1 as unknown);
  const holes = [1];
  holes[2] = 3;

  test.each([
    [{ a: null }, 'options.a', 'is null'],
    [{ a: [1, undefined] }, 'options.a[1]', 'is undefined'],
    [{ a: holes }, 'options.a', 'is an array with holes or properties'],
    [{ taps: Float32Array.of(1) }, 'options.taps', 'is an instance of Float32Array'],
    [{ a: [{ b: new Map() }] }, 'options.a[0].b', 'is an instance of Map'],
    [{ a: new Point() }, 'options.a', 'is an instance of Point'],
    [{ a: /x/ }, 'options.a', 'is an instance of RegExp'],
    [{ 'a.b': 1n }, 'options."a.b"', 'is a bigint'],
    [{ a: () => 1 }, 'options.a', 'is a function'],
    [{ a: Symbol('x') }, 'options.a', 'is a symbol'],
    [{ [Symbol('x')]: 1 }, 'options', 'is an object with symbols for keys'],
    [{ a: '\ud800' }, 'options.a', 'has half of a surrogate pair, which UTF-8 cannot write'],
    [{ '\ud800': 1 }, 'options."\\ud800"', 'has half of a surrogate pair, which UTF-8 cannot write'],
    [{ a: new Date(Number.NaN) }, 'options.a', 'is an invalid date'],
    [{ a: new Date(Date.UTC(10_000, 0)) }, 'options.a', 'is the date +010000-01-01T00:00:00.000Z'],
    [
      JSON.parse('{ "__proto__": 1 }'),
      'options.__proto__',
      'is a key that could be mistaken for the prototype',
    ],
    [cycle, 'options.a.b[0]', 'contains itself'],
  ])('options that TOML cannot carry: %o', async (options, key, message) => {
    expect(await refusals(withOptions(options))).toEqual([`a ${key}: ${message}`]);
  });

  test('options that are nested too deeply', async () => {
    expect(await refusals(withOptions(deep))).toEqual([
      expect.stringMatching(/^a options(\[0\]){97}: is nested deeper than 100 levels$/),
    ]);
  });

  test('a property that is undefined is left out', async () => {
    const g = await graph.parse(await withOptions({ a: undefined, b: { c: undefined } }).toToml({ at }), {
      at,
    });
    expect(g.declaration().stages[0]?.settings).toStrictEqual({ options: { b: {} } });
  });

  test('a thing said twice is said twice', async () => {
    const shared = { a: 1 };
    const g = await graph.parse(await withOptions([shared, shared]).toToml({ at }), { at });
    expect(g.declaration().stages[0]?.settings.options).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });

  test('in one message, with what to do', async () => {
    const error = (await withOptions({ taps: new Float64Array(2) })
      .toToml({ at })
      .catch((thrown: unknown) => thrown)) as GraphSaveError;
    expect(error.code).toBe('GRAPH_NOT_SAVED');
    expect(error.stage).toBe('a');
    expect(error.message).toBe(
      "graph 'x' cannot be saved: 1 problem\n" +
        "  1. stage 'a', options.taps is an instance of Float64Array. " +
        'Give a plain array (`Array.from(…)`), or the path of a file that holds the numbers.',
    );
  });
});

describe('where a stage comes from', () => {
  const origin = async (stage: AnyStage, file: string): Promise<object | undefined> => {
    const g = graph('x');
    g.stage('a', stage);
    const text = await g.toToml({ at: file });
    return Object.fromEntries(
      [...text.matchAll(/^(module|package|export) = "(.*)"$/gm)].map(([, key = '', value]) => [key, value]),
    );
  };
  const code = (name: string): string =>
    `export const ${name} = { '~troupe': 'stage', name: '${name}', module: import.meta.url, create() {} };\n`;
  const stageIn = async (path: string, name: string): Promise<AnyStage> => {
    const stage = `[[stage]]\nname = "a"\nmodule = "./${relative(folder, path)}"\nexport = "${name}"\n`;
    const text = `format = 1\nname = "x"\n${stage}`;
    const g = await graph.parse(text, { at: join(folder, 'x.toml'), allow: [folder] });
    return g.declaration().stages[0]?.stage as AnyStage;
  };

  async function installed(): Promise<string> {
    const pack = join(folder, 'store', 'pack');
    await mkdir(join(pack, 'lib'), { recursive: true });
    await mkdir(join(folder, 'app', 'node_modules'), { recursive: true });
    const exports = { '.': { import: './lib/index.mjs' }, './*': './lib/*', './more': './lib/more.mjs' };
    await writeFile(join(pack, 'package.json'), JSON.stringify({ name: 'pack', exports }));
    // A manifest that only says what kind of modules these are.
    await writeFile(join(pack, 'lib', 'package.json'), '{ "type": "module" }');
    await writeFile(join(pack, 'lib', 'scale.mjs'), code('scale'));
    await writeFile(
      join(pack, 'lib', 'index.mjs'),
      "export { scale, scale as default } from './scale.mjs';\n",
    );
    await writeFile(join(pack, 'lib', 'more.mjs'), code('more'));
    await writeFile(join(pack, 'lib', 'inner.mjs'), code('inner'));
    await symlink(pack, join(folder, 'app', 'node_modules', 'pack'));
    return pack;
  }

  test('a module below the folder of the file, with its path', async () => {
    expect(await origin(first, at)).toEqual({ module: './saved.ts', export: 'first' });
    expect(await origin(first, join(fixtures, '..', 'x.toml'))).toEqual({
      module: './fixtures/saved.ts',
      export: 'first',
    });
  });

  test('a module of the same package, with its path', async () => {
    const file = join(fixtures, '..', 'saving', 'x.toml');
    expect(await origin(first, file)).toEqual({ module: '../fixtures/saved.ts', export: 'first' });
    const g = graph('x');
    g.stage('a', first);
    const again = await graph.parse(await g.toToml({ at: file }), { at: file, allow: [fixtures] });
    expect(again.declaration().stages[0]?.stage).toBe(first);
  });

  test('a package that is installed, by its name', async () => {
    const pack = await installed();
    const file = join(folder, 'app', 'x.toml');
    const scale = await stageIn(join(pack, 'lib', 'scale.mjs'), 'scale');
    expect(await origin(scale, file)).toEqual({ package: 'pack', export: 'scale' });
    const more = await stageIn(join(pack, 'lib', 'more.mjs'), 'more');
    expect(await origin(more, file)).toEqual({ package: 'pack/more', export: 'more' });
    const g = graph('x');
    g.stage('a', scale);
    g.stage('b', more);
    const again = await graph.parse(await g.toToml({ at: file }), { at: file, allow: ['pack'] });
    expect(again.declaration().stages.map(({ stage }) => stage)).toEqual([scale, more]);
  });

  test('one that a package keeps to itself: by its path, unless it lies in node_modules', async () => {
    const pack = await installed();
    const inner = await stageIn(join(pack, 'lib', 'inner.mjs'), 'inner');
    expect(await origin(inner, join(folder, 'app', 'x.toml'))).toEqual({
      module: '../store/pack/lib/inner.mjs',
      export: 'inner',
    });
    const hidden = join(folder, 'app', 'node_modules', 'real');
    await mkdir(hidden);
    await writeFile(join(hidden, 'package.json'), '{ "name": "real", "exports": {} }');
    await writeFile(join(hidden, 'inner.mjs'), code('inner'));
    const g = graph('x');
    g.stage('a', await stageIn(join(hidden, 'inner.mjs'), 'inner'));
    await expect(g.toToml({ at: join(folder, 'app', 'x.toml') })).rejects.toThrow(
      "stage 'a' belongs to 'real', which does not export it by that name.",
    );
  });

  test('a stage that has been loaded twice is known by its module and its name', async () => {
    const { stage } = { stage: { ...first } };
    expect(await origin(stage, at)).toEqual({ module: './saved.ts', export: 'first' });
  });
});

describe('the file', () => {
  const saved = (): ReturnType<typeof graph> => {
    const g = graph('x');
    g.stage('a', sized, { options: { size: 8 } });
    return g;
  };

  test('is written whole, and loads', async () => {
    const path = join(folder, 'x.toml');
    await saved().save(path);
    expect(await readFile(path, 'utf8')).toBe(await saved().toToml({ at: path }));
    const g = await graph.load(path, { allow: [fixtures] });
    expect(g.declaration().stages[0]?.stage).toBe(sized);
    expect(await readdir(folder)).toEqual(['x.toml']);
  });

  test('is the old one or the new one at every moment', async () => {
    const path = join(folder, 'x.toml');
    const texts = new Set<string>();
    const graphs = [saved(), saved()];
    graphs[1]?.stage('b', first, { options: { taps: Array.from({ length: 20_000 }, (_, i) => i) } });
    for (const g of graphs) texts.add(await g.toToml({ at: path }));
    await graphs[0]?.save(path);
    let isOver = false;
    const saving = (async (): Promise<void> => {
      for (let i = 0; i < 30; i++) await graphs[i % 2]?.save(path);
      isOver = true;
    })();
    let reads = 0;
    for (; !isOver; reads++) expect(texts.has(await readFile(path, 'utf8'))).toBe(true);
    await saving;
    expect(reads).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual(['x.toml']);
  });

  test('keeps its permissions, and is written where a link leads', async () => {
    const path = join(folder, 'real', 'x.toml');
    await mkdir(join(folder, 'real'));
    await writeFile(path, 'old');
    await chmod(path, 0o640);
    await symlink(path, join(folder, 'link.toml'));
    await saved().save(join(folder, 'link.toml'));
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readFile(path, 'utf8')).toBe(await saved().toToml({ at: path }));
    expect((await graph.load(join(folder, 'link.toml'), { allow: [fixtures] })).name).toBe('x');
  });

  test('is left alone when the graph cannot be saved, and nothing lies about', async () => {
    const path = join(folder, 'x.toml');
    await writeFile(path, 'old');
    await expect(withOptions({ a: null }).save(path)).rejects.toThrow(GraphSaveError);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['x.toml']);
  });

  test.each(['none/x.toml', '.'])('cannot be written to %s', async (name) => {
    const error: unknown = await saved()
      .save(join(folder, name))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GraphSaveError);
    expect((error as GraphSaveError).message).toContain('cannot be written');
    expect((error as GraphSaveError).cause).toBeInstanceOf(Error);
    expect(await readdir(folder)).toEqual([]);
  });
});
