import { defineStage } from '@troupe/core';
import { describe, expect, it } from 'vitest';
import { checkContracts } from '../src/contracts.ts';
import type { Tree } from './fixture-tree.ts';
import { writeTree } from './fixture-tree.ts';

const stage = (name: string): unknown => defineStage({ name, create: () => ({}) });

/** What the package exports: two stages, and what is none. */
const exported = {
  first: stage('first'),
  second: stage('second'),
  designFirst: () => [],
  limits: { rate: 1 },
};

const head = `import { contractOf, stageContract } from '@troupe/core/testing';
import { first, second } from '@troupe/stages';
`;
const both = `${head}stageContract(first);\ndescribe('second', () => {\n  stageContract(second, {});\n});\n`;

function untried(files: Tree): readonly string[] {
  const tree = Object.entries(files).map(([path, text]) => [`packages/stages/test/${path}`, text]);
  return checkContracts(writeTree(Object.fromEntries(tree) as Tree), exported).map(
    ({ message }) => /'(\w+)'/.exec(message)?.[1] ?? message,
  );
}

const kept: readonly (readonly [what: string, files: Tree])[] = [
  ['in one file', { 'a.test.ts': both }],
  [
    'in two files',
    { 'x/a.test.ts': `${head}stageContract(first);`, 'y/b.test.ts': `${head}stageContract(second);` },
  ],
  [
    'under other names',
    {
      'a.test.ts': `import { stageContract as promises } from '@troupe/core/testing';
import { first as one, second as two } from '@troupe/stages';
describe.each([1, 2])('both', function () { promises(one, {}); promises(two, {}); });`,
    },
  ],
  [
    'as a list',
    { 'a.test.ts': `${head}stageContract(first);\nfor (const { run } of contractOf(second)) test('', run);` },
  ],
  [
    'in a file that a test runs',
    {
      'a.test.ts': `${head}stageContract(first);\nspawnSync('node', ['b.contract.ts']);`,
      'b.contract.ts': `${head}stageContract(second);`,
    },
  ],
];

const broken: readonly (readonly [what: string, files: Tree])[] = [
  ['is not there', { 'a.test.ts': `${head}stageContract(first);` }],
  ['stands in a comment', { 'a.test.ts': `${head}stageContract(first);\n// stageContract(second);` }],
  ['stands in a text', { 'a.test.ts': `${head}stageContract(first);\nconst s = 'stageContract(second)';` }],
  [
    'is in a function that nobody needs to call',
    { 'a.test.ts': `${head}stageContract(first);\nfunction later() { stageContract(second); }` },
  ],
  [
    'is of another stage of that name',
    {
      'a.test.ts': `${head.replace(', second', '')}import { second } from './fixtures.ts';
stageContract(first);\nstageContract(second);`,
    },
  ],
  [
    'is by another function of that name',
    {
      'a.test.ts': `${head}stageContract(first);`,
      'b.test.ts': `import { second } from '@troupe/stages';
const stageContract = () => {};
stageContract(second);`,
    },
  ],
  [
    'is in no test file',
    { 'a.test.ts': `${head}stageContract(first);`, 'fixtures.ts': `${head}stageContract(second);` },
  ],
  [
    'is in a file that no test runs',
    { 'a.test.ts': `${head}stageContract(first);`, 'b.contract.ts': `${head}stageContract(second);` },
  ],
];

describe('contracts', () => {
  it.each(kept)('finds nothing where every exported stage has its contract %s', (_, files) => {
    expect(untried(files)).toEqual([]);
  });

  it.each(broken)('finds a stage whose contract %s', (_, files) => {
    expect(untried(files)).toEqual(['second']);
  });

  it('names every stage that has none, in order, and where it is exported', () => {
    const findings = checkContracts(writeTree({}), exported);
    expect(findings.map(({ message }) => message)).toEqual([
      "stage 'first' has no contract test: call stageContract(first, …) in one",
      "stage 'second' has no contract test: call stageContract(second, …) in one",
    ]);
    expect(findings[0]).toMatchObject({ file: 'packages/stages/src/index.ts', rule: 'no-contract' });
  });
});
