import { show } from '../plan/problems.ts';
import {
  boundaryFields,
  edgeFields,
  eventFields,
  latchFields,
  originFields,
  portFields,
  runnerFields,
  settingsFields,
} from './fields.ts';
import type { Fields } from './fields.ts';
import type { Flaw } from './flaw.ts';
import { anything, list, table, text } from './shape.ts';
import type { Shape } from './shape.ts';
import { formatVersion } from './tables.ts';
import type { GraphDocument } from './tables.ts';
import { isTable } from './toml-values.ts';
import type { Table } from './toml-values.ts';

const stageShape = table({ name: text, ...originFields, ...settingsFields }, ['name', 'export']);

const stage: Shape = (value, path, flaws) => {
  stageShape(value, path, flaws);
  if (!isTable(value) || Object.hasOwn(value, 'module') !== Object.hasOwn(value, 'package')) return;
  const message = Object.hasOwn(value, 'module')
    ? 'is there, and `package` too'
    : 'is missing, and `package` too';
  const remedy = 'Give either `module`, a path relative to the file, or `package`, a name.';
  flaws.push({ path: [...path, 'module'], message, remedy });
};

const boundary = list(table(boundaryFields, ['name', 'at']));
const documentFields: Fields<GraphDocument> = {
  format: anything,
  name: text,
  runner: list(table(runnerFields, ['name', 'hz'])),
  event: list(table(eventFields, ['name'])),
  latch: list(table(latchFields, ['name', 'dtype', 'shape'])),
  stage: list(stage),
  edge: list(table(edgeFields, ['from', 'to'])),
  input: boundary,
  output: boundary,
  terminator: list(table(portFields, ['stage', 'port'])),
};
const documentShape = table(documentFields, ['name']);

/**
 * Everything that is wrong with a document by itself: its version, unknown keys, wrong types, names given
 * twice, edges to stages that are not there. A document without flaws is a `GraphDocument`.
 */
export function documentFlaws(document: Table): readonly Flaw[] {
  const flaws: Flaw[] = [];
  if (document['format'] !== formatVersion) {
    // What stands in a file of another version cannot be judged.
    const isMissing = !Object.hasOwn(document, 'format');
    const message = isMissing ? 'is missing' : `is ${show(document['format'])}`;
    const remedy = isMissing
      ? `A graph file says its version: format = ${formatVersion}.`
      : `This version of Troupe reads format ${formatVersion}: use the one that wrote the file.`;
    return [{ path: ['format'], message, remedy }];
  }
  documentShape(document, [], flaws);
  for (const kind of named) checkNames(document, kind, flaws);
  checkEnds(document, flaws);
  return flaws;
}

const named = ['runner', 'event', 'latch', 'stage', 'input', 'output'] as const;

function checkNames(document: Table, kind: string, flaws: Flaw[]): void {
  const seen = new Set<unknown>();
  for (const [i, { name }] of tablesOf(document, kind).entries()) {
    if (typeof name === 'string' && seen.has(name)) {
      const message = `is the name of an earlier ${kind} as well: ${show(name)}`;
      flaws.push({ path: [kind, i, 'name'], message, remedy: `Give each ${kind} a name of its own.` });
    }
    seen.add(name);
  }
}

/** Ports are checked when their stages are known; stages must be in the file. */
function checkEnds(document: Table, flaws: Flaw[]): void {
  const stages = new Set(tablesOf(document, 'stage').map(({ name }) => name));
  const check = (kind: string, ends: readonly string[]): void => {
    for (const [i, entry] of tablesOf(document, kind).entries()) {
      for (const end of ends) {
        const at = end === '' ? entry : entry[end];
        const name = isTable(at) ? at['stage'] : undefined;
        if (typeof name !== 'string' || stages.has(name)) continue;
        const path = [kind, i, ...(end === '' ? [] : [end]), 'stage'];
        const remedy = 'Name one of the stages of this file.';
        flaws.push({ path, message: `there is no stage ${show(name)}`, remedy });
      }
    }
  };
  check('edge', ['from', 'to']);
  check('input', ['at']);
  check('output', ['at']);
  check('terminator', ['']);
}

function tablesOf(document: Table, kind: string): readonly Table[] {
  const value = document[kind];
  return Array.isArray(value) ? value.map((item: unknown) => (isTable(item) ? item : {})) : [];
}
