import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { frame, written } from '@troupe/core';
import { compile } from '../../src/plan/compile.ts';
import type { EdgeOptions, GraphDeclaration, StageSettings } from '../../src/plan/types.ts';
import { planHash } from '../../src/recording/plan-hash.ts';
import { declare, relay, sink, source, stageOf } from '../plan/declare.ts';
import { given } from '../fixtures/given.ts';

const free = { options: given<unknown>() };

function hashOf(declaration: GraphDeclaration, workers = 2): string {
  return planHash(compile(declaration, { workers }));
}

/** source → relay → sink, with a boundary output. */
function line(
  settings: StageSettings = {},
  edge: EdgeOptions = {},
  module = 'file:///p/a/relay.ts',
): GraphDeclaration {
  const middle = stageOf('relay', relay.inputs, relay.outputs, { module, ...free });
  const start = stageOf('source', {}, source.outputs, { module: 'file:///p/b/source.ts' });
  const stages = { source: start, relay: [middle, settings], sink };
  return declare(stages, ['source.out > relay.in', ['relay.out > sink.in', edge]], {
    outputs: { o: 'relay.out' },
  });
}

/** One stage that is bound to an event and a latch. */
function bound(event: string, latch: string, shape: readonly number[] = [1]): GraphDeclaration {
  const port = frame('float64', shape);
  const stage = { ...stageOf('bound', {}, {}), events: ['it'], latches: { here: written(port) } };
  const settings = { events: { it: event }, latches: { here: latch } };
  return {
    ...declare({ bound: [stage, settings] }, []),
    events: ['a', 'b'].map((name) => ({ name, initial: false })),
    latches: ['x', 'y'].map((name) => ({ name, dtype: 'float64', shape })),
  };
}

describe('planHash', () => {
  test('knows to which events and latches stages are bound', () => {
    const hashes = [bound('a', 'x'), bound('b', 'x'), bound('a', 'y'), bound('a', 'x', [2])].map((each) =>
      hashOf(each),
    );
    expect(new Set(hashes).size).toBe(4);
  });

  test('is a SHA-256', () => {
    expect(hashOf(line())).toMatch(/^[\da-f]{64}$/);
  });

  test('does not know where stages run', () => {
    const hash = hashOf(line());
    for (const workers of [1, 2, 4]) expect(hashOf(line(), workers)).toBe(hash);
    for (const worker of ['main', { group: 'g' }, { dedicated: true }] as const) {
      expect(hashOf(line({ worker }))).toBe(hash);
    }
    expect(hashOf(line({ supervision: { watchdogMs: 1 }, snapshotEveryMs: 5 }))).toBe(hash);
  });

  test('does not know where the project lies, but where its modules lie in it', () => {
    const moved = (declaration: GraphDeclaration, from: string, to: string): GraphDeclaration => ({
      ...declaration,
      stages: declaration.stages.map(({ stage, ...entry }) => ({
        ...entry,
        stage: { ...stage, module: (stage.module as string).replace(from, to) },
      })),
    });
    const graph = (root: string): GraphDeclaration =>
      moved(
        { ...line(), stages: line().stages.slice(0, 2), edges: line().edges.slice(0, 1) },
        'file:///p/',
        root,
      );
    expect(hashOf(graph('file:///elsewhere/deep/'))).toBe(hashOf(graph('file:///p/')));
    expect(hashOf(moved(graph('file:///p/'), 'p/a/', 'p/c/'))).not.toBe(hashOf(graph('file:///p/')));
  });

  test.each<[string, GraphDeclaration]>([
    ['a name', { ...line(), name: 'other' }],
    ['an option', line({ options: { gain: 2 } })],
    ['a tick', line({ tick: { hz: 5 } })],
    ['a phase', line({ tick: { hz: 5, phase: 'physics' } })],
    ['a capacity', line({}, { capacity: 3 })],
    ['a policy', line({}, { overflow: 'latest' })],
    ['a module', line({}, {}, 'file:///p/a/other.ts')],
    ['a boundary port', { ...line(), outputs: [] }],
    ['an edge', { ...line(), edges: [...line().edges, ...line().edges.slice(0, 1)] }],
  ])('knows %s', (_what, declaration) => {
    expect(hashOf(declaration)).not.toBe(hashOf(line()));
  });

  test('tells options apart, whatever they are, and not by the order of their keys', () => {
    const hash = (options: unknown): string => hashOf(line({ options }));
    expect(hash({ a: 1, b: { c: 2, d: 3 } })).toBe(hash({ b: { d: 3, c: 2 }, a: 1 }));
    expect(hash({ a: undefined })).toBe(hash({}));
    const different: unknown[] = [
      0,
      -0,
      '0',
      0n,
      Number.NaN,
      'NaN',
      null,
      'null',
      true,
      [],
      {},
      [0],
      { 0: 0 },
      [undefined],
      [null],
      '',
      [''],
      Float32Array.of(1),
      Float64Array.of(1),
      Float32Array.of(2),
      new Uint8Array(4),
      new ArrayBuffer(4),
      new Map([[1, 2]]),
      new Map([[1, 3]]),
      new Set([1]),
      new Set([[1, 2]]),
      new Date(0),
      new Date(1),
      /a/,
      /a/g,
    ];
    expect(new Set(different.map(hash)).size).toBe(different.length);
  });

  test('knows that an option is shared memory, and how much, but not what it holds', () => {
    const shared = new SharedArrayBuffer(8);
    const hashes = (): string[] =>
      [
        shared,
        new Int32Array(shared),
        new Uint8Array(shared),
        new SharedArrayBuffer(16),
        new ArrayBuffer(8),
      ].map((memory) => hashOf(line({ options: { memory } })));
    const before = hashes();
    expect(new Set(before).size).toBe(5);
    new Int32Array(shared)[0] = 7;
    expect(hashes()).toEqual(before);
  });

  test('is the same for equal options', () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true, withBigInt: true }),
        (options) => {
          expect(hashOf(line({ options: structuredClone(options) }))).toBe(hashOf(line({ options })));
        },
      ),
    );
  });
});
