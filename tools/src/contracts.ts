import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isStage } from '@troupe/core';
import { Visitor, parseSync } from 'oxc-parser';
import type { Finding } from './finding.ts';
import { report } from './finding.ts';
import { filesBelow } from './source-tree.ts';

/** The package whose stages each need a contract test. */
const packageName = '@troupe/stages';
const packageFolder = 'packages/stages';
const testing = '@troupe/core/testing';
const contractFunctions = new Set(['stageContract', 'contractOf']);

/**
 * Checks that every exported stage has a contract test: a call of `stageContract` (or `contractOf`) with the
 * stage as it is imported from its package. It counts where it runs as soon as its file is loaded: at the top
 * level, or in a `describe`. The file is a test, or a `*.contract.ts` that a test beside it names.
 *
 * @param root - the repository, or a tree of the same shape
 * @param exported - what the package exports, by name
 */
export function checkContracts(root: string, exported: Readonly<Record<string, unknown>>): Finding[] {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const tests = filesBelow(root, `${packageFolder}/test/**/*.test.ts`);
  const named = filesBelow(root, `${packageFolder}/test/**/*.contract.ts`).filter((file) =>
    tests.some((test) => dirname(test) === dirname(file) && read(test).includes(basename(file))),
  );
  const tried = new Set([...tests, ...named].flatMap((file) => triedIn(file, read(file))));
  const untried = Object.keys(exported).filter((name) => isStage(exported[name]) && !tried.has(name));
  return untried.toSorted().map((name) => {
    const message = `stage '${name}' has no contract test: call stageContract(${name}, …) in one`;
    return { file: `${packageFolder}/src/index.ts`, line: 1, rule: 'no-contract', message };
  });
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The stages that a file tries, by the names under which they are exported. */
function triedIn(file: string, text: string): readonly string[] {
  const imported = new Map<string, { readonly from: string; readonly name: string }>();
  const suites = new Set<number>();
  const found: string[] = [];
  // Functions around the place that are not known to be called.
  let depth = 0;
  const enter = ({ start }: Span): void => {
    if (!suites.has(start)) depth += 1;
  };
  const leave = ({ start }: Span): void => {
    if (!suites.has(start)) depth -= 1;
  };
  const importOf = ({ start, end }: Span, from: string): string | undefined => {
    const source = imported.get(text.slice(start, end));
    return source?.from === from ? source.name : undefined;
  };
  new Visitor({
    ImportDeclaration({ source, specifiers }) {
      for (const one of specifiers) {
        if (one.type !== 'ImportSpecifier') continue;
        const name = text.slice(one.imported.start, one.imported.end);
        imported.set(one.local.name, { from: source.value, name });
      }
    },
    CallExpression({ callee, arguments: values }) {
      if (/^describe\b/.test(text.slice(callee.start, callee.end))) {
        for (const value of values) suites.add(value.start);
      }
      const [first] = values;
      if (depth > 0 || first === undefined) return;
      const stage = importOf(first, packageName);
      if (stage !== undefined && contractFunctions.has(importOf(callee, testing) ?? '')) found.push(stage);
    },
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
  }).visit(parseSync(file, text).program);
  return found;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const exported = (await import('@troupe/stages')) as Readonly<Record<string, unknown>>;
  const stages = Object.values(exported).filter(isStage);
  report('contracts', checkContracts(root, exported), stages.length);
}
