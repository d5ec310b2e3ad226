import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');
const libraries = ['mailbox', 'core', 'stages', 'cli', 'devtools'] as const;

/** A connection that stalls is given up and tried again, long before the command is. */
const quickly = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-timeout=15000', '--fetch-retries=4'];

/** As a user's shell has it: without what `npm test` and vitest set for their own children. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfThisRun(name))),
  PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
};

/** How a registry is reached is the machine's. */
function isOfThisRun(name: string): boolean {
  if (/^npm_config_(registry|cache|userconfig|globalconfig|cafile)$/.test(name)) return false;
  return /^(npm_|VITEST|NODE_OPTIONS$|NODE_ENV$|TEST$|INIT_CWD$|FORCE_COLOR$)/.test(name);
}

/** Runs a command to its end and gives its stdout; rejects with all its output when it fails. */
async function run(cwd: string, file: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd, env: environment, timeout: 120_000 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${file} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** The first block of TypeScript in a Markdown file. */
function exampleOf(path: string): string {
  const example = /```ts\n([^]+?)```/.exec(readFileSync(path, 'utf8'))?.[1];
  if (example === undefined) throw new Error(`no example in ${path}`);
  return example;
}

/** The examples that readers copy: the file they are told to name it, where it stands, what it prints. */
const examples = [
  ['squares.ts', 'README.md', 'Float32Array(2) [ 9, 16 ]\n'],
  ['doubles.ts', 'packages/core/README.md', 'Float32Array(4) [ 2, 4, 6, 8 ]\n'],
] as const;

describe('the packed packages', () => {
  let folder: string;
  let project: string;
  let tarballs: readonly string[];
  let withoutFastCheck: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'troupe-pack-'));
    project = join(folder, 'project');
    await run(root, 'nx', ['run-many', '-t', 'build']);
    const workspaces = libraries.map((name) => `--workspace=@troupe/${name}`);
    await run(root, 'npm', ['pack', '--ignore-scripts', `--pack-destination=${folder}`, ...workspaces]);
    tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    mkdirSync(project);
    cpSync(join(import.meta.dirname, 'fixtures/consumer'), project, { recursive: true });
    for (const [file, readme] of examples) writeFileSync(join(project, file), exampleOf(join(root, readme)));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }));
    const wanted = [...tarballs.map((name) => join(folder, name)), '@types/node@24'];
    await run(project, 'npm', ['install', ...quickly, ...wanted]);
    withoutFastCheck = await loaded('@troupe/core/testing');
    // What a user of contracts installs beside.
    for (const name of ['fast-check', 'pure-rand']) {
      const at = join('node_modules', name);
      cpSync(join(root, at), join(project, at), { recursive: true, dereference: true });
    }
  }, 240_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

  it('are one tarball for each library', () => {
    expect(tarballs).toHaveLength(libraries.length);
  });

  it('run a two-stage graph on two workers from dist alone', async () => {
    const output = await run(project, 'node', ['main.ts']);
    const result = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(result['core']).toMatch(/project\/node_modules\/@troupe\/core\/dist\/index\.js$/);
    // 2 × (0 + 1 + … + 999)
    expect(result).toMatchObject({ threads: 2, frames: 1000, sum: 999_000, reason: 'ended' });
  });

  it('say so where the module that threads begin with has been left behind', async () => {
    const dist = join(project, 'node_modules/@troupe/core/dist');
    renameSync(join(dist, 'worker-entry.js'), join(dist, 'left-behind.js'));
    try {
      await expect(run(project, 'node', ['main.ts'])).rejects.toThrow(
        /WorkerEntryError: worker threads cannot begin: there is no .*worker-entry\.js/,
      );
    } finally {
      renameSync(join(dist, 'left-behind.js'), join(dist, 'worker-entry.js'));
    }
  });

  it.each(examples)('run the example %s of %s as printed', async (file, _readme, printed) => {
    expect(await run(project, 'node', [file])).toBe(printed);
  });

  it('type-check a consumer, the declarations of the packages included', async () => {
    expect(await run(project, 'tsc', ['-p', 'tsconfig.json'])).toBe('');
  });

  it.each(libraries)('load %s', async (name) => {
    expect(await loaded(`@troupe/${name}`)).toBe('object\n');
  });

  it('load what helps tests, also without fast-check', () => {
    expect(withoutFastCheck).toBe('object\n');
  });

  it('try the contract of a stage from dist, under node:test', async () => {
    const output = await run(project, 'node', ['--test', '--test-reporter=tap', 'contract.ts']);
    expect(output).toContain('ok 17 - negate: the outputs are those of the model');
    expect(output).toContain('# pass 17');
  });

  it('install the troupe command', async () => {
    expect(await run(project, join(project, 'node_modules/.bin/troupe'), ['--help'])).toContain(
      'run <graph>',
    );
  });

  it('record, replay and trace a run by the troupe command', async () => {
    const troupe = (...args: string[]): Promise<string> =>
      run(project, join(project, 'node_modules/.bin/troupe'), args);
    await troupe('run', 'graph.ts', '--clock', 'fast', '--record', 'run.trp');
    expect(await troupe('replay', 'run.trp', 'graph.ts')).toMatch(/messages compared: identical/);
    expect(await troupe('trace', 'graph.ts', '--out', 'run.pftrace')).toMatch(/records of 3 threads/);
  });

  it.each(libraries)('satisfy publint: %s', async (name) => {
    const bytes = readFileSync(tarballOf(name));
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it.each(libraries)('have types that resolve as their code does: %s', async (name) => {
    const options = ['--profile', 'esm-only', '--no-definitely-typed', '--no-emoji', '--no-color'];
    expect(await run(folder, 'attw', [...options, tarballOf(name)])).toContain('OK (ESM)');
  });

  it.each(libraries)('hold code, sources, licence and readme, and nothing else: %s', async (name) => {
    const files = (await run(folder, 'tar', ['-tzf', tarballOf(name)])).trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/dist/index.js']),
    );
    const ofPage = /^package\/(dist\/page|src\/ui)\/[\w/.-]+\.(js|css|html|svg|tsx)$/;
    const others = files.filter(
      (file) =>
        !/^package\/(dist|src)\/[\w/.-]+\.(js|d\.ts|map|ts)$/.test(file) &&
        !(name === 'devtools' && ofPage.test(file)) &&
        !(name === 'cli' && file === 'package/bin/troupe.js'),
    );
    expect(others.toSorted()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json']);
  });

  it('serve the page of a run from dist', async () => {
    const { statuses } = JSON.parse(await run(project, 'node', ['watched.ts'])) as {
      readonly statuses: readonly number[];
    };
    // Its script and its style at least.
    expect(statuses.length).toBeGreaterThan(1);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  async function loaded(name: string): Promise<string> {
    const script = `import('${name}').then((module) => console.log(typeof module))`;
    return run(project, 'node', ['--input-type=module', '--eval', script]);
  }

  function tarballOf(name: string): string {
    const found = tarballs.find((tarball) => tarball.startsWith(`troupe-${name}-`));
    return join(folder, found ?? `no tarball of ${name}`);
  }
});
