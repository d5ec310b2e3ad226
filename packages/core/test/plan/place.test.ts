import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partition, place } from '../../src/plan/place.ts';
import { compile } from '../../src/plan/compile.ts';
import { declare, eight, free, relay, sink, source, stageOf, workersOf } from './declare.ts';

const socket = stageOf('socket', {}, { out: eight }, { io: true });
const writer = stageOf('writer', { in: eight }, {}, { io: true });
const inline = stageOf('inline', { in: eight }, {}, { module: undefined });

/** `a.out > b.in`, … for a chain of names. */
function chain(...names: string[]): string[] {
  return names.slice(1).map((name, i) => `${names[i]}.out > ${name}.in`);
}

describe('placement', () => {
  test('a chain is cut into contiguous parts', () => {
    const stages = { a: source, b: relay, c: relay, d: relay, e: relay, f: sink };
    const declaration = declare(stages, chain('a', 'b', 'c', 'd', 'e', 'f'));
    expect(workersOf(compile(declaration, { workers: 1 }))).toEqual([[], ['f', 'e', 'd', 'c', 'b', 'a']]);
    expect(workersOf(compile(declaration, { workers: 2 }))).toEqual([[], ['c', 'b', 'a'], ['f', 'e', 'd']]);
    expect(workersOf(compile(declaration, { workers: 3 }))).toEqual([[], ['b', 'a'], ['d', 'c'], ['f', 'e']]);
    expect(workersOf(compile(declaration, { workers: 64 }))).toEqual([
      [],
      ['a'],
      ['b'],
      ['c'],
      ['d'],
      ['e'],
      ['f'],
    ]);
  });

  test('a cut moves to where fewer edges cross', () => {
    // Two chains, of 5 and of 3: an even cut would sever the longer one.
    const stages = { a: source, b: relay, c: relay, d: relay, e: sink, p: source, q: relay, r: sink };
    const declaration = declare(stages, [...chain('a', 'b', 'c', 'd', 'e'), ...chain('p', 'q', 'r')]);
    expect(workersOf(compile(declaration, { workers: 2 }))).toEqual([
      [],
      ['e', 'd', 'c', 'b', 'a'],
      ['r', 'q', 'p'],
    ]);
  });

  test('declaration order does not tear chains apart', () => {
    const stages = { a: source, p: source, b: relay, q: relay, c: sink, r: sink };
    const declaration = declare(stages, [...chain('a', 'b', 'c'), ...chain('p', 'q', 'r')]);
    expect(workersOf(compile(declaration, { workers: 2 }))).toEqual([[], ['c', 'b', 'a'], ['r', 'q', 'p']]);
  });

  test('main, groups and dedicated workers come beside the pooled ones', () => {
    const declaration = declare(
      {
        a: [source, { worker: { dedicated: true } }],
        b: [relay, { worker: { group: 'dsp' } }],
        c: [relay, { worker: { group: 'ui' } }],
        d: [relay, { worker: { group: 'dsp' } }],
        e: [relay, { worker: 'main' }],
        f: relay,
        g: [sink, { worker: { dedicated: true } }],
      },
      chain('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    );
    expect(workersOf(compile(declaration, { workers: 4 }))).toEqual([
      ['e'],
      ['f'],
      ['d', 'b'],
      ['c'],
      ['a'],
      ['g'],
    ]);
  });

  test('a stage without module runs on main', () => {
    const plan = compile(declare({ a: source, b: inline }, chain('a', 'b')), { workers: 2 });
    expect(workersOf(plan)).toEqual([['b'], ['a']]);
    expect(plan.actors[1]?.module).toBeUndefined();
  });

  test('io stages have an event loop of their own where there is more than one worker', () => {
    const declaration = declare({ a: socket, b: relay, c: relay, d: writer }, chain('a', 'b', 'c', 'd'));
    const one = compile(declaration, { workers: 1 });
    expect(workersOf(one)).toEqual([[], ['d', 'c', 'b', 'a']]);
    expect(one.workers.map(({ io }) => io)).toEqual([true, true]);
    const two = compile(declaration, { workers: 2 });
    expect(workersOf(two)).toEqual([[], ['d', 'a'], ['c', 'b']]);
    expect(two.workers.map(({ io }) => io)).toEqual([true, true, false]);
    const many = compile(declaration, { workers: 8 });
    expect(many.workers.map(({ io }) => io)).toEqual([true, true, true, false, false]);
  });

  test('one io stage makes its group wait with an event loop', () => {
    const worker = { group: 'g' };
    const plan = compile(declare({ a: [socket, { worker }], b: [sink, { worker }] }, chain('a', 'b')), {
      workers: 1,
    });
    expect(plan.workers.map(({ io }) => io)).toEqual([true, true]);
  });

  test('on a worker the stage nearest to an output goes first, then the first declared', () => {
    const declaration = declare({ a: source, b: relay, long: relay, c: relay, z: sink, y: sink }, [
      'a.out > b.in',
      'b.out > y.in',
      'b.out > long.in',
      'long.out > c.in',
      'c.out > z.in',
    ]);
    expect(workersOf(compile(declaration, { workers: 1 }))).toEqual([[], ['z', 'y', 'b', 'c', 'a', 'long']]);
  });

  test('a boundary output counts as near, a back-edge does not count', () => {
    const declaration = declare(
      { a: free, b: relay, c: relay, d: sink },
      [...chain('a', 'b', 'c', 'd'), ['c.out > a.in', { back: true }]],
      { outputs: { early: 'a.out' } },
    );
    const plan = compile(declaration, { workers: 1 });
    expect(plan.actors.map(({ depth }) => depth)).toEqual([0, 2, 1, 0]);
  });
});

const nodesAndLinks = fc.integer({ min: 1, max: 60 }).chain((count) =>
  fc.record({
    sequence: fc.shuffledSubarray(
      Array.from({ length: count }, (_, i) => i),
      { minLength: 1 },
    ),
    links: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 120 }),
    parts: fc.integer({ min: 1, max: 12 }),
  }),
);

test('partition: every node once, in order, in runs of about equal length', () => {
  fc.assert(
    fc.property(nodesAndLinks, ({ sequence, links, parts }) => {
      const runs = partition(sequence, links, parts);
      expect(runs.flat()).toEqual(sequence);
      expect(runs).toHaveLength(Math.min(parts, sequence.length));
      const even = sequence.length / runs.length;
      for (const run of runs) {
        expect(run.length).toBeGreaterThanOrEqual(Math.max(1, Math.floor(even) - even / 2));
        expect(run.length).toBeLessThanOrEqual(Math.ceil(even) + even / 2);
      }
    }),
  );
});

test('partition: never severs more links than even cuts would', () => {
  fc.assert(
    fc.property(nodesAndLinks, ({ sequence, links }) => {
      const severed = (runs: readonly (readonly number[])[]): number => {
        const runOf = new Map(runs.flatMap((run, i) => run.map((node) => [node, i] as const)));
        const ends = links.map(([a, b]) => [runOf.get(a), runOf.get(b)] as const);
        return ends.filter(([a, b]) => a !== undefined && b !== undefined && a !== b).length;
      };
      const half = Math.round(sequence.length / 2);
      const even = [sequence.slice(0, half), sequence.slice(half)];
      expect(severed(partition(sequence, links, 2))).toBeLessThanOrEqual(severed(even));
    }),
  );
});

test('place: two auto stages or more are never all on one of several workers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 2, maxLength: 40 }),
      fc.integer({ min: 2, max: 8 }),
      (ioFlags, workers) => {
        const stages = ioFlags.map((io) => ({ placement: 'auto', io }) as const);
        const { workerOf, io } = place(
          stages,
          stages.map((_, i) => i),
          [],
          workers,
        );
        expect(new Set(workerOf).size).toBe(Math.min(workers, stages.length));
        // With several workers, an event loop is where io is, and only there.
        stages.forEach((stage, i) => expect(io[workerOf[i] ?? 0]).toBe(stage.io));
      },
    ),
  );
});
