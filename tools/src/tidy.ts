import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Visitor, parseSync } from 'oxc-parser';
import type { Finding } from './finding.ts';
import { lineAt, report } from './finding.ts';
import { filesBelow } from './source-tree.ts';

const functionLinesMax = 70;
const lineColumnsMax = 110;
const fileLinesMax = 400;

/** A finding that is accepted, and why. One that no longer occurs is a finding itself. */
export interface Exception {
  readonly file: string;
  readonly rule: string;
  readonly reason: string;
}

const exceptions: readonly Exception[] = [];

const sourcePattern = '**/*.{ts,tsx}';
const textPattern =
  '{**/*.{ts,tsx,js,mjs,json,md,yml,yaml,css,html,toml,sh,csv},.ci/*,.*rc,.*rc.json,LICENSE}';

/** Absolute paths of somebody's machine; relative paths and package names with the same words are fine. */
const machinePath = /(?<![\w.@*-])\/(?:work|root|home|tmp|Users)\//;
const foreignRegistry = /"resolved": "https?:\/\/(?!registry\.npmjs\.org\/)/;
const unfinished = /\b(?:TODO|FIXME|XXX|HACK)\b/;
const silenced = /@ts-(?:ignore|nocheck)\b/;
const skipping = new Set(['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails']);

/**
 * Checks the house rules: functions that fit a screen, short lines, files of one thing, nothing unfinished,
 * silenced or skipped, no paths of one machine.
 *
 * @param root - the repository, or a tree of the same shape
 * @param accepted - the exceptions
 */
export function checkTidy(root: string, accepted = exceptions): Finding[] {
  const findings = [
    ...filesBelow(root, textPattern).flatMap((file) =>
      checkText(file, readFileSync(join(root, file), 'utf8')),
    ),
    ...filesBelow(root, sourcePattern).flatMap((file) =>
      checkSource(file, readFileSync(join(root, file), 'utf8')),
    ),
  ];
  const matches = (finding: Finding, { file, rule }: Exception): boolean =>
    finding.file === file && finding.rule === rule;
  const remaining = findings.filter((finding) => !accepted.some((exception) => matches(finding, exception)));
  const stale = accepted.filter((exception) => !findings.some((finding) => matches(finding, exception)));
  const staleFindings = stale.map(({ file, rule }) => {
    return { file, line: 1, rule: 'stale-exception', message: `no ${rule} left; remove the exception` };
  });
  return [...remaining, ...staleFindings];
}

function checkText(file: string, text: string): Finding[] {
  return text.split('\n').flatMap((content, index) => {
    const found = (rule: string, message: string): Finding[] => [{ file, line: index + 1, rule, message }];
    if (machinePath.test(content)) return found('machine-path', 'an absolute path of one machine');
    if (foreignRegistry.test(content)) return found('registry', 'resolved from a registry of one workplace');
    return [];
  });
}

function checkSource(file: string, text: string): Finding[] {
  return [...checkSize(file, text), ...checkSyntax(file, text)];
}

function checkSize(file: string, text: string): Finding[] {
  const lines = text.split('\n');
  const findings: Finding[] = [];
  if (/(^|\/)src\//.test(file) && lines.length - 1 > fileLinesMax) {
    const message = `${lines.length - 1} lines, at most ${fileLinesMax}`;
    findings.push({ file, line: fileLinesMax + 1, rule: 'file-length', message });
  }
  for (const [index, content] of lines.entries()) {
    if (content.length <= lineColumnsMax || content.includes('://')) continue;
    const message = `${content.length} columns, at most ${lineColumnsMax}`;
    findings.push({ file, line: index + 1, rule: 'line-length', message });
  }
  return findings;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function checkSyntax(file: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const find = (offset: number, rule: string, message: string): void => {
    findings.push({ file, line: lineAt(text, offset), rule, message });
  };
  const { program, comments, errors } = parseSync(file, text);
  for (const { labels, message } of errors) find(labels[0]?.start ?? 0, 'unreadable', message);
  for (const { start, value } of comments) {
    if (unfinished.test(value)) find(start, 'unfinished', 'finish it, or open an issue');
    if (silenced.test(value))
      find(start, 'silenced', 'mend the type; a test may expect an error with a reason');
  }
  const suites = new Set<number>();
  const measure = ({ start, end }: Span): void => {
    const lines = lineAt(text, end) - lineAt(text, start) + 1;
    if (lines > functionLinesMax && !suites.has(start)) {
      find(start, 'function-length', `${lines} lines, at most ${functionLinesMax}`);
    }
  };
  new Visitor({
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
    CallExpression({ callee, arguments: values }) {
      const called = text.slice(callee.start, callee.end);
      // A suite is a list of tests, not a function to be read at once.
      if (/^describe\b/.test(called)) for (const value of values) suites.add(value.start);
    },
    MemberExpression({ start, object, property }) {
      const isTest = /^(?:it|test|describe|bench)\b/.test(text.slice(object.start, object.end));
      const name = text.slice(property.start, property.end);
      if (isTest && skipping.has(name))
        find(start, 'skipped-test', `a test either runs or is removed: .${name}`);
    },
    TSAsExpression({ start, typeAnnotation }) {
      if (typeAnnotation.type === 'TSAnyKeyword')
        find(start, 'as-any', 'say what it is; `unknown` if need be');
    },
  }).visit(program);
  return findings;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  report('tidy', checkTidy(root), filesBelow(root, sourcePattern).length);
}
