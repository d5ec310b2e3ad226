import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import { planJson } from '../../src/plan/print.ts';
import type { EdgeOptions, GraphDeclaration, Overflow, Placement, Plan } from '../../src/plan/types.ts';
import { frame, message } from '../../src/ports.ts';
import { declare, relay, source, stageOf } from './declare.ts';

const ports = {
  f: frame('float32', [8], { optional: true, maxEmit: 2 }),
  m: message(undefined, { optional: true, maxBytes: 1000 }),
};
const compute = stageOf('compute', ports, ports);
const io = stageOf('io', ports, ports, { io: true });
const inline = stageOf('inline', ports, ports, { module: undefined });

const policies: readonly Overflow[] = ['block', 'latest', 'dropOldest', 'dropNewest', 'error'];
const placements: readonly Placement[] = [
  'auto',
  'auto',
  'auto',
  'main',
  { group: 'g' },
  { group: 'h' },
  { dedicated: true },
];

/** Declarations that compile: edges lead from lower to higher stages, or are marked. */
const declarations: fc.Arbitrary<GraphDeclaration> = fc.integer({ min: 1, max: 24 }).chain((count) => {
  const node = fc.nat(count - 1);
  const edge = fc.record({
    a: node,
    b: node,
    port: fc.constantFrom('f', 'm'),
    overflow: fc.constantFrom(...policies),
    capacity: fc.integer({ min: 2, max: 200 }),
    back: fc.boolean(),
  });
  const boundary = fc.array(fc.record({ at: node, port: fc.constantFrom('f', 'm') }), { maxLength: 3 });
  return fc
    .record({
      kinds: fc.array(fc.constantFrom(compute, compute, io, inline), { minLength: count, maxLength: count }),
      workers: fc.array(fc.constantFrom(...placements), { minLength: count, maxLength: count }),
      edges: fc.array(edge, { maxLength: 50 }),
      inputs: boundary,
      outputs: boundary,
    })
    .map(({ kinds, workers, edges, inputs, outputs }) => {
      const stages = kinds.map((stage, i) => [
        `s${i}`,
        [stage, { worker: stage === inline ? 'main' : workers[i] }],
      ]);
      const links = edges
        .filter(({ a, b, back }) => a !== b || back)
        .map(({ a, b, port, back, ...options }): [string, EdgeOptions] => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          return [
            back ? `s${high}.${port} > s${low}.${port}` : `s${low}.${port} > s${high}.${port}`,
            { ...options, back },
          ];
        });
      const name = (entries: typeof inputs): Record<string, string> =>
        Object.fromEntries(entries.map(({ at, port }, i) => [`b${i}`, `s${at}.${port}`]));
      return declare(Object.fromEntries(stages), links, { inputs: name(inputs), outputs: name(outputs) });
    });
});

const workerCounts = fc.integer({ min: 1, max: 8 });

function forAllPlans(check: (plan: Plan, declaration: GraphDeclaration, workers: number) => void): void {
  fc.assert(
    fc.property(declarations, workerCounts, (declaration, workers) =>
      check(compile(declaration, { workers }), declaration, workers),
    ),
    { numRuns: 200 },
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

describe('every graph that compiles', () => {
  test('has every actor exactly once, on exactly one worker, nearest to output first', () =>
    forAllPlans((plan, declaration) => {
      expect(plan.actors.map(({ name }) => name)).toEqual(declaration.stages.map(({ name }) => name));
      const seats = plan.workers.flatMap((worker) => worker.actors.map((actor) => [actor, worker.index]));
      expect(seats.toSorted(([a = 0], [b = 0]) => a - b)).toEqual(
        plan.actors.map(({ index, worker }) => [index, worker]),
      );
      for (const { actors } of plan.workers) {
        for (let i = 1; i < actors.length; i++) {
          const [before, after] = [plan.actors[actors[i - 1]!]!, plan.actors[actors[i]!]!];
          expect(
            before.depth < after.depth || (before.depth === after.depth && before.index < after.index),
          ).toBe(true);
        }
      }
    }));

  test('has depths that are distances to an output', () =>
    forAllPlans((plan) => {
      for (const actor of plan.actors) {
        const onward = plan.edges.filter(
          (e) => !e.back && e.from.kind === 'actor' && e.from.actor === actor.index,
        );
        const depths = onward.map(({ to }) => (to.kind === 'actor' ? plan.actors[to.actor]!.depth + 1 : 0));
        expect(actor.depth).toBe(depths.length === 0 ? 0 : Math.min(...depths));
      }
    }));

  test('has exactly one route for every edge, consistent with placement', () =>
    forAllPlans((plan) => {
      for (const edge of plan.edges) {
        const workers = [edge.from, edge.to].map((end) =>
          end.kind === 'actor' ? plan.actors[end.actor]!.worker : -1,
        );
        const isTogether = workers[0] === workers[1];
        const port =
          edge.from.kind === 'actor' ? edge.from.port : edge.to.kind === 'actor' ? edge.to.port : '';
        expect(edge.transport).toBe(
          !isTogether ? 'ring' : port === 'f' ? 'fused' : edge.back ? 'ring' : 'local',
        );
        const seats = plan.rings.flatMap((ring) =>
          ring.edges.flatMap((e, reader) => (e === edge.index ? [{ ring: ring.index, reader }] : [])),
        );
        expect(seats).toEqual(edge.transport === 'local' ? [] : [{ ring: edge.ring, reader: edge.reader }]);
        const inlets = plan.actors.flatMap((actor) =>
          actor.inlets.filter((inlet) => inlet.edge === edge.index),
        );
        const outlets = plan.actors.flatMap((actor) =>
          actor.outlets.filter((outlet) => outlet.edges.includes(edge.index)),
        );
        expect(inlets).toHaveLength(edge.to.kind === 'actor' ? 1 : 0);
        expect(outlets).toHaveLength(edge.from.kind === 'actor' ? 1 : 0);
      }
    }));

  test('has rings that hold what their edges may keep waiting', () =>
    forAllPlans((plan) => {
      for (const ring of plan.rings) {
        const edges = ring.edges.map((index) => plan.edges[index]!);
        for (const edge of edges) {
          expect(edge.from).toEqual(ring.writer);
          expect(edge.capacity).toBeLessThanOrEqual(ring.capacity);
        }
        expect(Math.log2(ring.slots) % 1).toBe(0);
        const isLossy = edges.some(({ overflow }) => overflow === 'latest' || overflow === 'dropOldest');
        expect(ring.slots).toBeGreaterThanOrEqual(ring.capacity * (isLossy ? 2 : 1));
        expect(ring.readersMax).toBeGreaterThanOrEqual(edges.length);
        const isOwn = edges.some(({ overflow }) => overflow === 'dropNewest' || overflow === 'error');
        expect(edges.length <= 1 || !(isOwn || ring.kind === 'message')).toBe(true);
        const writer = ring.writer.kind === 'actor' ? plan.actors[ring.writer.actor]!.worker : 0;
        expect(ring.writerWorker).toBe(writer);
      }
      for (const outlet of plan.actors.flatMap((actor) => actor.outlets)) {
        expect(outlet.primary === undefined).toBe(outlet.kind === 'message');
        const used = new Set(outlet.edges.flatMap((edge) => plan.edges[edge]!.ring ?? []));
        const given = new Set([
          ...(plan.rings[outlet.primary ?? -1]?.edges.length ? [outlet.primary] : []),
          ...outlet.rings,
        ]);
        expect(given).toEqual(used);
      }
    }));

  test('keeps to what was asked for: main, groups, dedicated workers, pooled workers', () =>
    forAllPlans((plan, declaration, workers) => {
      const placed = (wanted: (placement: Placement) => boolean): number[] =>
        declaration.stages.flatMap(({ settings }, i) =>
          wanted(settings.worker ?? 'auto') ? [plan.actors[i]!.worker] : [],
        );
      expect(new Set(placed((p) => p === 'main'))).toEqual(new Set(placed((p) => p === 'main').map(() => 0)));
      for (const group of ['g', 'h']) {
        expect(
          new Set(placed((p) => typeof p === 'object' && 'group' in p && p.group === group)).size,
        ).toBeLessThan(2);
      }
      const dedicated = placed((p) => typeof p === 'object' && 'dedicated' in p);
      for (const worker of dedicated) expect(plan.workers[worker]!.actors).toHaveLength(1);
      const autos = placed((p) => p === 'auto');
      expect(new Set(autos).size).toBe(Math.min(workers, autos.length));
      expect(autos).not.toContain(0);
      // No worker is there for nothing, and none but main serves two masters.
      for (const worker of plan.workers.slice(1)) {
        expect(worker.actors.length).toBeGreaterThan(0);
        const masters = worker.actors.map((actor) =>
          JSON.stringify(declaration.stages[actor]!.settings.worker),
        );
        expect(new Set(masters).size).toBe(1);
        expect(worker.io).toBe(worker.actors.some((actor) => plan.actors[actor]!.io));
      }
    }));

  test('compiles to the same plan again, from input that nobody may change', () =>
    fc.assert(
      fc.property(declarations, workerCounts, (declaration, workers) => {
        const first = compile(declaration, { workers });
        expect(compile(deepFreeze(declaration), { workers })).toEqual(first);
      }),
    ));

  test('survives JSON and a structured clone', () =>
    forAllPlans((plan) => {
      expect(JSON.parse(planJson(plan))).toEqual(plan);
      expect(structuredClone(plan)).toStrictEqual(plan);
    }));
});

test('auto stages are balanced', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), workerCounts, (count, workers) => {
      const names = Array.from({ length: count }, (_, i) => `s${i}`);
      const stages = Object.fromEntries(names.map((name, i) => [name, i === 0 ? source : relay]));
      const edges = names.slice(1).map((name, i) => `s${i}.out > ${name}.in`);
      const plan = compile(declare(stages, edges), { workers });
      const crossing = plan.edges.filter(({ transport }) => transport === 'ring').length;
      const used = Math.min(workers, count);
      // A chain on n workers crosses n - 1 times, and no worker has more than its share.
      expect(crossing).toBe(used - 1);
      for (const { actors } of plan.workers.slice(1))
        expect(actors.length).toBeLessThanOrEqual(Math.ceil(count / used));
    }),
  );
});

test('workers left open: at least one, at most eight', () => {
  const stages = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`s${i}`, source]));
  const workers = compile(declare(stages)).workers.length - 1;
  expect(workers).toBeGreaterThanOrEqual(1);
  expect(workers).toBeLessThanOrEqual(8);
});

test('the work grows with the graph, not with its square', () => {
  // Counted, not timed: how often a declaration's parts are read.
  const reads = (count: number): number => {
    let total = 0;
    const counted = <T extends object>(entry: T): T =>
      new Proxy(entry, {
        get: (target, key) => {
          total++;
          return Reflect.get(target, key) as unknown;
        },
      });
    const names = Array.from({ length: count }, (_, i) => `s${i}`);
    const stages = Object.fromEntries(names.map((name, i) => [name, i === 0 ? source : relay]));
    const declaration = declare(
      stages,
      names.slice(1).map((name, i) => `s${i}.out > ${name}.in`),
    );
    compile(
      { ...declaration, stages: declaration.stages.map(counted), edges: declaration.edges.map(counted) },
      { workers: 2 },
    );
    return total;
  };
  expect(reads(400)).toBeLessThan(4.2 * reads(100));
});
