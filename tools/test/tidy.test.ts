import { describe, expect, it } from 'vitest';
import type { Exception } from '../src/tidy.ts';
import { checkTidy } from '../src/tidy.ts';
import type { Tree } from './fixture-tree.ts';
import { writeTree } from './fixture-tree.ts';

const statements = (count: number): string => '  run();\n'.repeat(count);
const functionOf = (lines: number): string => `function f() {\n${statements(lines - 2)}}\n`;

/** Everything at its limit, and words that only look like violations. */
const clean: Tree = {
  'src/limit.ts': functionOf(70) + statements(330),
  'src/wide.ts': `// ${'x'.repeat(107)}\n// see https://example.org/${'x'.repeat(120)}\n`,
  'src/words.ts': `export const words = ['TODO', '@ts-ignore', 'as any'];\n`,
  'src/paths.ts': `// '../home/x', src/root/y, node:test/tmp/z\n`,
  'src/types.ts': `export const value = JSON.parse('1') as unknown;\ninterface Any { any: number }\n`,
  'test/long.test.ts': `describe('all', () => {\n${statements(600)}});\n`,
  'test/only.test.ts': `list.only('x');\nit.each([1])('a', () => {});\n`,
  'package-lock.json': `{ "resolved": "https://registry.npmjs.org/x.tgz" }\n`,
  'README.md': 'Run `npm test`.\n',
};

function findingsIn(tree: Tree, exceptions: readonly Exception[] = []): string[] {
  return checkTidy(writeTree(tree), exceptions).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

const slash = '/';
const violations: readonly (readonly [what: string, path: string, text: string, finding: string])[] = [
  ['a long function', 'src/a.ts', functionOf(71), ':1 function-length'],
  ['a long arrow function', 'src/a.ts', `\nconst f = () => {\n${statements(69)}};\n`, ':2 function-length'],
  ['a long method', 'src/a.ts', `class A {\n  run() {\n${statements(69)}  }\n}\n`, ':2 function-length'],
  [
    'a long test',
    'test/a.ts',
    `describe('a', () => {\n  it('b', () => {\n${statements(69)}  });\n});\n`,
    ':2 function-length',
  ],
  ['a long line', 'src/a.ts', `\n// ${'x'.repeat(108)}\n`, ':2 line-length'],
  ['a long file', 'src/a.ts', statements(401), ':401 file-length'],
  ['unfinished work', 'src/a.ts', `run(); // TODO: stop\n`, ':1 unfinished'],
  ['unfinished work in a block', 'src/a.ts', `\n/* FIXME */\n`, ':2 unfinished'],
  ['a silenced compiler', 'src/a.ts', `// @ts-ignore\nrun();\n`, ':1 silenced'],
  ['an unchecked file', 'src/a.ts', `// @ts-nocheck\n`, ':1 silenced'],
  ['as any', 'src/a.ts', `const a = 1 as any;\n`, ':1 as-any'],
  ['a skipped test', 'test/a.ts', `it.skip('a', () => {});\n`, ':1 skipped-test'],
  ['a focused suite', 'test/a.ts', `describe.only('a', () => {});\n`, ':1 skipped-test'],
  ['a conditional test', 'test/a.ts', `\ntest.skipIf(isSlow)('a', () => {});\n`, ':2 skipped-test'],
  ['a planned test', 'test/a.ts', `it.todo('a');\n`, ':1 skipped-test'],
  ['a path of one machine', 'docs/a.md', `see ${slash}home${slash}me`, ':1 machine-path'],
  ['such a path in code', 'src/a.ts', `const a = '${slash}tmp${slash}a';`, ':1 machine-path'],
  ['such a path in a script', '.ci/run', `cd ${slash}root${slash}a`, ':1 machine-path'],
  [
    'a foreign registry',
    'package-lock.json',
    `{\n"resolved": "http:${slash}/npm.example.org/x.tgz" }`,
    ':2 registry',
  ],
  ['a syntax error', 'src/a.ts', `const = 1;\n`, ':1 unreadable'],
];

describe('tidy', () => {
  it('finds nothing in a clean tree', () => {
    expect(findingsIn(clean)).toEqual([]);
  });

  it.each(violations)('finds %s', (_, path, text, finding) => {
    expect(findingsIn({ ...clean, [path]: text })).toEqual([`${path}${finding}`]);
  });

  it('accepts an exception, and finds a stale one', () => {
    const tree = { ...clean, 'src/a.ts': functionOf(71) };
    const exception = { file: 'src/a.ts', rule: 'function-length', reason: 'one table' };
    expect(findingsIn(tree, [exception])).toEqual([]);
    expect(findingsIn(clean, [exception])).toEqual(['src/a.ts:1 stale-exception']);
    expect(findingsIn(tree, [{ ...exception, rule: 'as-any' }])).toEqual([
      'src/a.ts:1 function-length',
      'src/a.ts:1 stale-exception',
    ]);
  });
});
