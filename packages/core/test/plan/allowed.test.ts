import * as v from 'valibot';
import { expect, test } from 'vitest';
import { PlanError } from '../../src/errors.ts';
import { compile } from '../../src/plan/compile.ts';
import type { GraphDeclaration } from '../../src/plan/types.ts';
import { frame, message } from '../../src/ports.ts';
import { defineStage } from '../../src/stage.ts';
import { declare, relay, sink, source, stageOf } from './declare.ts';

function codesOf(declaration: GraphDeclaration): string[] {
  try {
    return compile(declaration, { workers: 2 }).warnings.map(({ code }) => code);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ code }) => code);
    throw error;
  }
}

const inline = () => defineStage({ name: 'same', create: () => ({}) });
const anything = stageOf('anything', {}, {}, { options: v.unknown() });
const withModule = (module: string) => declare({ a: stageOf('s', {}, {}, { module }) });

test.each<[title: string, declaration: GraphDeclaration]>([
  ['functions in options on main', declare({ a: [anything, { options: { f: () => 1 }, worker: 'main' }] })],
  [
    'several edges into one input, several boundaries on one port',
    declare({ a: source, b: source, c: relay }, ['a.out > c.in', 'b.out > c.in'], {
      inputs: { x: 'c.in', y: 'c.in' },
      outputs: { x: 'c.out', y: 'c.out' },
    }),
  ],
  [
    'the largest capacity, for small frames and small messages',
    declare(
      {
        a: stageOf('a', {}, { x: frame('float32', []), y: message(undefined, { maxBytes: 8 }) }),
        b: stageOf('b', { x: frame('float32', []), y: message() }, {}),
      },
      [
        ['a.x > b.x', { capacity: 2 ** 24 }],
        ['a.y > b.y', { capacity: 2 ** 22 }],
      ],
    ),
  ],
  ['an input that only a boundary feeds', declare({ a: sink }, [], { inputs: { x: 'a.in' } })],
  [
    'a lossy edge smaller than maxEmit',
    declare({ a: stageOf('a', {}, { x: frame('float32', [8], { maxEmit: 8 }) }), b: sink }, [
      ['a.x > b.in', { capacity: 1, overflow: 'latest' }],
    ]),
  ],
  [
    'an edge that holds just maxEmit',
    declare({ a: stageOf('a', {}, { x: frame('float32', [8], { maxEmit: 8 }) }), b: sink }, [
      ['a.x > b.in', { capacity: 8 }],
    ]),
  ],
  ['a stage that feeds itself, marked', declare({ a: relay }, [['a.out > a.in', { back: true }]])],
  ['a node: module', withModule('node:test')],
  ['a data: module', withModule('data:text/javascript,')],
  ['a file: module', withModule('file:///a.ts')],
  ['a module by absolute path', withModule('/a.ts')],
  ['stages without module, of the same name', declare({ a: inline(), b: inline() })],
  ['one stage twice', declare({ a: anything, b: anything })],
  ['the same name inside and at the boundary', declare({ a: source }, [], { outputs: { a: 'a.out' } })],
])('%s', (_title, declaration) => {
  expect(codesOf(declaration)).toEqual([]);
});

test('options that the schema fills in may be left out', () => {
  const stage = stageOf('s', {}, {}, { options: v.object({ gain: v.optional(v.number(), 1) }) });
  expect(compile(declare({ a: stage })).actors[0]?.options).toEqual({});
});

test('options that may be missing altogether stay missing', () => {
  const stage = stageOf('s', {}, {}, { options: v.optional(v.number(), 3) });
  expect(compile(declare({ a: stage })).actors[0]?.options).toBeUndefined();
});

test('options are kept raw: workers parse them again', () => {
  const stage = stageOf('s', {}, {}, { options: v.pipe(v.string(), v.transform(Number)) });
  expect(compile(declare({ a: [stage, { options: '4' }] })).actors[0]?.options).toBe('4');
});
