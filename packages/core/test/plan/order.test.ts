import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adjacency, components, depthFirst, distances } from '../../src/plan/order.ts';

type Links = readonly (readonly [number, number])[];

const anyLinks = fc.integer({ min: 1, max: 14 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    links: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 30 }),
  }),
);

/** Transitive closure, the slow and obvious way. */
function reaches(count: number, links: Links): boolean[][] {
  const reach = Array.from({ length: count }, () => Array.from({ length: count }, () => false));
  for (const [from, to] of links) reach[from]![to] = true;
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) reach[i]![j] ||= reach[i]![k]! && reach[k]![j]!;
    }
  }
  return reach;
}

test('depthFirst: every node once; cycles are real, and none is left without their last steps', () => {
  fc.assert(
    fc.property(anyLinks, ({ count, links }) => {
      const { order, cycles } = depthFirst(adjacency(count, links));
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      const has = new Set(links.map(([from, to]) => `${from} ${to}`));
      const cut = new Set<string>();
      for (const cycle of cycles) {
        expect(cycle[0]).toBe(cycle.at(-1));
        for (let i = 1; i < cycle.length; i++) expect(has.has(`${cycle[i - 1]} ${cycle[i]}`)).toBe(true);
        cut.add(`${cycle.at(-2)} ${cycle.at(-1)}`);
      }
      const rest = links.filter(([from, to]) => !cut.has(`${from} ${to}`));
      const reach = reaches(count, rest);
      for (let i = 0; i < count; i++) expect(reach[i]![i]).toBe(false);
      const isAcyclic = reaches(count, links).every((row, i) => !row[i]);
      expect(cycles.length === 0).toBe(isAcyclic);
    }),
  );
});

test('depthFirst: a topological order where there is no cycle', () => {
  fc.assert(
    fc.property(anyLinks, ({ count, links }) => {
      const forward = links.filter(([from, to]) => from < to);
      const { order } = depthFirst(adjacency(count, forward));
      for (const [from, to] of forward) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
    }),
  );
});

test('depthFirst: chains stay together, first declared first', () => {
  const links: Links = [
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [0, 6],
  ];
  expect(depthFirst(adjacency(7, links)).order).toEqual([0, 2, 4, 6, 1, 3, 5]);
});

test('components: equal where nodes reach each other', () => {
  fc.assert(
    fc.property(anyLinks, ({ count, links }) => {
      const component = components(adjacency(count, links));
      const reach = reaches(count, links);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          expect(component[i] === component[j]).toBe(i === j || (reach[i]![j]! && reach[j]![i]!));
        }
      }
    }),
  );
});

test('distances: the shortest way to a sink', () => {
  const next = adjacency(6, [
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 3],
    [4, 0],
    [4, 5],
  ]);
  expect([...distances(next, [3, 5])]).toEqual([1, 2, 1, 0, 1, 0]);
});

test('a chain of 100,000 does not overflow the stack', () => {
  const count = 100_000;
  const next = adjacency(
    count,
    Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const),
  );
  expect(depthFirst(next).order[count - 1]).toBe(count - 1);
  expect(new Set(components(next)).size).toBe(count);
  expect(distances(next, [count - 1])[0]).toBe(count - 1);
});
