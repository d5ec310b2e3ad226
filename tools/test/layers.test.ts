import { describe, expect, it } from 'vitest';
import { checkLayers } from '../src/layers.ts';
import type { Tree } from './fixture-tree.ts';
import { writeTree } from './fixture-tree.ts';

function manifest(name: string, fields: object = {}): string {
  return JSON.stringify({ name, exports: { '.': './src/index.ts' }, ...fields });
}

/** A small workspace in which every import is right. */
const clean: Tree = {
  'package.json': JSON.stringify({ name: 'root', devDependencies: { vitest: '1', rolldown: '1' } }),
  'vitest.config.ts': `export { default } from 'vitest/config';\n`,
  'packages/mailbox/package.json': manifest('@troupe/mailbox', { devDependencies: { msgpackr: '1' } }),
  'packages/mailbox/src/index.ts': `export { ring } from './ring.ts';\n`,
  'packages/mailbox/src/ring.ts': `export { Worker as ring } from 'node:worker_threads';\n`,
  'packages/mailbox/bench/codec.ts': `import { pack } from 'msgpackr';\npack(1);\n`,
  'packages/core/package.json': manifest('@troupe/core', {
    exports: {
      '.': './src/index.ts',
      './telemetry': './src/telemetry/index.ts',
      './testing': './src/testing.ts',
    },
    dependencies: { '@troupe/mailbox': '1', rxjs: '1', tinypool: '1' },
  }),
  'packages/core/src/index.ts': [
    `import type { Observable } from 'rxjs';`,
    `import { ring } from '@troupe/mailbox';`,
    `export const worker = new URL('./worker.ts', import.meta.url);`,
    `export const load = async () => [ring, await import('tinypool')];`,
    `export type Samples = Observable<number>;`,
  ].join('\n'),
  'packages/core/src/worker.ts': `export const load = (module: string) => import(module);\n`,
  'packages/core/src/testing.ts': `export {};\n`,
  'packages/core/src/telemetry/index.ts': `export * from './codec.ts';\n`,
  'packages/core/src/telemetry/codec.ts': `import type { Samples } from '../index.ts';\n`,
  'packages/core/test/core.test.ts': [
    `import { it } from 'vitest';`,
    `import { load } from '@troupe/core';`,
    `import { load as worker } from '../src/worker.ts';`,
    `it('loads', () => [load, worker]);`,
  ].join('\n'),
  'packages/stages/package.json': manifest('@troupe/stages', { dependencies: { '@troupe/core': '1' } }),
  'packages/stages/src/index.ts': `export { load } from '@troupe/core';\n`,
  'packages/stages/test/stages.test.ts': `import '@troupe/core/testing';\n`,
  'packages/devtools/package.json': manifest('@troupe/devtools', { dependencies: { '@troupe/core': '1' } }),
  'packages/devtools/src/index.ts': `export * from '@troupe/core/telemetry';\n`,
  'packages/devtools/test/run.test.ts': `import '@troupe/core';\n`,
  'apps/demo/package.json': manifest('@troupe/demo', { dependencies: { '@troupe/stages': '1' } }),
  'apps/demo/src/main.ts': `import * as stages from '@troupe/stages';\nconsole.log(stages);\n`,
  'tools/package.json': manifest('@troupe/tools', { dependencies: { '@troupe/core': '1' } }),
  'tools/bench/main.ts': `import { load } from '@troupe/core';\nload();\n`,
};

const computed = [
  { file: 'packages/core/src/worker.ts', reason: 'the worker imports the modules of its stages' },
];

function findingsIn(tree: Tree): string[] {
  return checkLayers(writeTree(tree), computed).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

/** One violation each: a file that is put into the clean tree, and the finding it must cause. */
const violations: readonly (readonly [what: string, path: string, text: string, finding: string])[] = [
  ['an upward import', 'packages/mailbox/src/up.ts', `import '@troupe/core';`, ':1 upward'],
  [
    'an upward type import',
    'packages/mailbox/src/up.ts',
    `import type { A } from '@troupe/core';`,
    ':1 upward',
  ],
  [
    'an upward import() type',
    'packages/mailbox/src/up.ts',
    `type A = import('@troupe/core').A;`,
    ':1 upward',
  ],
  ['an upward re-export', 'packages/core/src/up.ts', `\nexport { a } from '@troupe/stages';`, ':2 upward'],
  ['an upward star re-export', 'packages/core/src/up.ts', `export * from '@troupe/stages';`, ':1 upward'],
  ['an upward dynamic import', 'packages/core/src/up.ts', `await import('@troupe/stages');`, ':1 upward'],
  ['an upward import in a test', 'packages/core/test/up.ts', `import '@troupe/stages';`, ':1 upward'],
  ['an import of the tools', 'apps/demo/src/up.ts', `import '@troupe/tools';`, ':1 upward'],
  ['devtools reaching the runtime', 'packages/devtools/src/up.ts', `import '@troupe/core';`, ':1 upward'],
  [
    'devtools reaching its types',
    'packages/devtools/src/up.ts',
    `import type { A } from '@troupe/core';`,
    ':1 upward',
  ],
  [
    'a test of the devtools reaching stages',
    'packages/devtools/test/up.ts',
    `import '@troupe/stages';`,
    ':1 upward',
  ],
  ['a workspace package that is not', 'apps/demo/src/a.ts', `import '@troupe/radio';`, ':1 unknown-package'],
  ['a subpath that is not exported', 'apps/demo/src/a.ts', `import '@troupe/stages/dsp';`, ':1 unresolved'],
  ['an undeclared workspace package', 'apps/demo/src/a.ts', `import '@troupe/mailbox';`, ':1 undeclared'],
  [
    'an undeclared library',
    'packages/stages/src/a.ts',
    `import { parse } from 'csv-parse/sync';`,
    ':1 undeclared',
  ],
  ['a development library in src', 'packages/mailbox/src/a.ts', `import 'msgpackr';`, ':1 undeclared'],
  [
    'a root library in src',
    'packages/mailbox/src/a.ts',
    `import type { A } from 'rolldown';`,
    ':1 undeclared',
  ],
  ['an undeclared library in a test', 'packages/stages/test/a.ts', `import 'csv-parse';`, ':1 undeclared'],
  ['rxjs loaded at once in core', 'packages/core/src/a.ts', `import { of } from 'rxjs';`, ':1 late'],
  [
    'rxjs by inline types only',
    'packages/core/src/a.ts',
    `import { type Observable } from 'rxjs';`,
    ':1 late',
  ],
  [
    'tinypool re-exported by core',
    'packages/core/src/a.ts',
    `export { Tinypool } from 'tinypool';`,
    ':1 late',
  ],
  ['its own name in src', 'packages/core/src/a.ts', `import '@troupe/core';`, ':1 self-import'],
  ['test support in src', 'packages/stages/src/a.ts', `import '@troupe/core/testing';`, ':1 test-only'],
  [
    'a relative way out',
    'packages/stages/src/a.ts',
    `import '../../core/src/index.ts';`,
    ':1 leaves-package',
  ],
  ['src reaching its tests', 'packages/core/src/a.ts', `import '../test/core.test.ts';`, ':1 leaves-package'],
  [
    'a test leaving its package',
    'packages/core/test/a.ts',
    `import '../../mailbox/src/ring.ts';`,
    ':1 leaves-package',
  ],
  [
    'a URL out',
    'packages/core/src/a.ts',
    `new URL('../../mailbox/a.ts', import.meta.url);`,
    ':1 leaves-package',
  ],
  ['a missing file', 'packages/core/src/a.ts', `import './b.ts';`, ':1 unresolved'],
  ['a missing extension', 'packages/core/src/a.ts', `import './worker';`, ':1 unresolved'],
  ['a folder', 'packages/core/src/a.ts', `import './telemetry';`, ':1 unresolved'],
  ['a computed import', 'packages/core/src/a.ts', `const a = 'b';\nawait import(a);`, ':2 computed-import'],
  ['a templated import', 'packages/core/src/a.ts', 'await import(`./${1}.ts`);', ':1 computed-import'],
  ['require', 'packages/core/src/a.ts', `const a = require('rxjs');`, ':1 require'],
  ['import = require', 'packages/core/src/a.ts', `import a = require('rxjs');`, ':1 require'],
  ['createRequire', 'packages/core/src/a.ts', `import { createRequire } from 'node:module';`, ':1 require'],
  [
    'createRequire by namespace',
    'packages/core/src/a.ts',
    `import * as module from 'node:module';`,
    ':1 require',
  ],
  ['a bare Node module', 'packages/core/src/a.ts', `import 'fs';`, ':1 node-prefix'],
  ['a Node module that is not', 'packages/core/src/a.ts', `import 'node:shared';`, ':1 unclassified'],
  ['an absolute path', 'packages/core/src/a.ts', `import '/lib/a.js';`, ':1 unclassified'],
  ['a URL import', 'packages/core/src/a.ts', `import 'https://example.org/a.js';`, ':1 unclassified'],
  ['a subpath import', 'packages/core/src/a.ts', `import '#ring';`, ':1 unclassified'],
  [
    'a reference directive',
    'packages/core/src/a.ts',
    `/// <reference path="../../a.d.ts" />`,
    ':1 unreadable',
  ],
  ['a syntax error', 'packages/core/src/a.ts', `import {{ a } from './worker.ts';`, ':1 unreadable'],
  ['Node in telemetry', 'packages/core/src/telemetry/a.ts', `import 'node:fs';`, ':1 browser-safe'],
  [
    'the runtime in telemetry',
    'packages/core/src/telemetry/a.ts',
    `import '../index.ts';`,
    ':1 browser-safe',
  ],
  [
    'a library in telemetry',
    'packages/core/src/telemetry/a.ts',
    `import '@troupe/mailbox';`,
    ':1 browser-safe',
  ],
  [
    'what is for tests in the runtime',
    'packages/core/src/a.ts',
    `import './testing/index.ts';`,
    ':1 test-only',
  ],
  ['a file beside src', 'packages/core/a.ts', ``, ':1 stray-file'],
  ['a file outside every package', 'scripts/a.ts', ``, ':1 stray-file'],
  ['a folder without package.json', 'packages/radio/src/a.ts', ``, ':1 stray-file'],
  ['plain JavaScript, too', 'packages/mailbox/src/a.mjs', `import '@troupe/core';`, ':1 upward'],
];

describe('layer check', () => {
  it('finds nothing in a clean tree', () => {
    expect(findingsIn(clean)).toEqual([]);
  });

  it.each(violations)('finds %s', (_, path, text, finding) => {
    expect(findingsIn({ ...clean, [path]: text })).toEqual([`${path}${finding}`]);
  });

  it('finds a package that the picture does not show', () => {
    const path = 'packages/radio/package.json';
    expect(findingsIn({ ...clean, [path]: manifest('@troupe/radio') })).toEqual([
      `${path}:1 unknown-package`,
    ]);
  });

  it('finds a dependency that is declared upwards, though nothing imports it', () => {
    const path = 'packages/mailbox/package.json';
    const upward = manifest('@troupe/mailbox', { devDependencies: { '@troupe/core': '1', msgpackr: '1' } });
    expect(findingsIn({ ...clean, [path]: upward })).toEqual([`${path}:1 upward`]);
  });

  it('finds a listed computed import that is gone', () => {
    const path = 'packages/core/src/worker.ts';
    expect(findingsIn({ ...clean, [path]: 'export {};' })).toEqual([`${path}:1 stale-exception`]);
  });

  it('ignores what is built or installed', () => {
    const generated = {
      'packages/core/dist/a.js': `import 'x';`,
      'node_modules/a/index.js': `require('y');`,
    };
    expect(findingsIn({ ...clean, ...generated })).toEqual([]);
  });
});
