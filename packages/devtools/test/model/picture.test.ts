import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupsOf } from '../../src/model/groups.ts';
import { elementsMax, elementsOf, linksMax, pictureOf, shapeOf } from '../../src/model/picture.ts';
import { lanesNames } from '../../src/model/place.ts';
import { elements } from '../../src/ui/views/graph/budget.ts';
import { lab, rigs } from '../browser/sketches.ts';
import type { EdgeSketch, RunSketch, StageSketch } from '../browser/synthetic.ts';
import { SyntheticRun } from '../browser/synthetic.ts';

const wish = {
  lanes: 'names',
  open: new Set<string>(),
  closed: new Set<string>(),
  found: undefined,
  elements,
} as const;

/** Any graph of at most so many stages and edges; every third edge or so has an end at the application. */
function sketches(stagesMax: number, edgesMax: number): fc.Arbitrary<RunSketch> {
  return fc
    .record({
      stages: fc.integer({ min: 1, max: stagesMax }),
      edges: fc.integer({ min: 0, max: edgesMax }),
      workers: fc.integer({ min: 1, max: stagesMax }),
      names: fc.integer({ min: 1, max: stagesMax }),
      tags: fc.integer({ min: 1, max: stagesMax }),
      seed: fc.nat(),
    })
    .map(({ stages, edges, workers, names, tags, seed }) => {
      const name = (at: number): string => `group${at % names}/stage${at}`;
      const some = (at: number): number => (seed + at * 7919) % stages;
      return {
        name: 'any',
        workers,
        stages: Array.from({ length: stages }, (_, at): StageSketch => ({
          name: name(at),
          worker: at % (workers + 1),
          tags: [`tag${at % tags}`],
        })),
        edges: Array.from({ length: edges }, (_, at): EdgeSketch => {
          const end = at % 3 === seed % 3 ? `end${at}` : name(some(3 * at + 1));
          return at % 2 === 0 ? { from: name(some(at)), to: end } : { from: end, to: name(some(at)) };
        }),
      };
    });
}

describe('a picture', () => {
  it('has everything of a small graph', () => {
    const picture = pictureOf(new SyntheticRun(lab).graph(), { ...wish, lanes: 'none' });
    expect(picture?.nodes).toHaveLength(lab.stages.length + 2);
    expect(picture?.links).toHaveLength(lab.edges.length);
  });

  it('never has more than can be drawn, whatever is opened', () => {
    const graph = new SyntheticRun(rigs(50, 20, 8)).graph();
    const open = new Set<string>();
    for (const { id } of groupsOf(graph, 'names')) {
      open.add(id);
      const picture = pictureOf(graph, { ...wish, open });
      if (picture === undefined) throw new Error('groups can be drawn');
      expect(picture.nodes.length).toBeGreaterThan(0);
      expect(elementsOf(picture, elements)).toBeLessThanOrEqual(elementsMax);
      expect(picture.links.length).toBeLessThanOrEqual(linksMax);
    }
  });

  it('never has more than 300 elements, whatever the graph, its groups, and what is opened or found', () => {
    expect(elementsMax).toBe(300);
    const task = fc.record({
      sketch: sketches(1_000, 3_000),
      lanes: fc.constantFrom(...lanesNames),
      opened: fc.array(fc.nat(30), { maxLength: 4 }),
      found: fc.option(fc.uniqueArray(fc.nat(999), { maxLength: 150 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(task, ({ sketch, lanes, opened, found }) => {
        const graph = new SyntheticRun(sketch).graph();
        const groups = groupsOf(graph, lanes);
        const open = new Set(opened.flatMap((at) => groups[at]?.id ?? []));
        const hits = found?.filter((stage) => stage < graph.stages.length);
        const picture = pictureOf(graph, { ...wish, lanes, open, found: hits && new Set(hits) });
        if (picture === undefined) return;
        expect(elementsOf(picture, elements)).toBeLessThanOrEqual(300);
        expect(picture.links.length).toBeLessThanOrEqual(linksMax);
      }),
      { numRuns: 60 },
    );
  });

  it('has every stage of a graph of 50 stages and 60 edges, whatever the groups', () => {
    fc.assert(
      fc.property(sketches(50, 60), fc.constantFrom(...lanesNames), (sketch, lanes) => {
        const picture = pictureOf(new SyntheticRun(sketch).graph(), { ...wish, lanes });
        expect(picture?.folded).toBe(0);
        const stages = picture?.nodes.filter(({ kind }) => kind === 'stage') ?? [];
        expect(stages).toHaveLength(sketch.stages.length);
      }),
    );
  });

  it('is none where even the groups are too many', () => {
    expect(pictureOf(new SyntheticRun(rigs(400, 3, 2)).graph(), wish)).toBeUndefined();
  });

  it('of a search in a large graph has what was found, and says how much is left out', () => {
    const graph = new SyntheticRun(rigs(50, 20, 8)).graph();
    const picture = pictureOf(graph, { ...wish, found: new Set([0, 1, 2]) });
    expect(picture?.nodes.map(({ id }) => id)).toEqual(['stage:0', 'stage:1', 'stage:2']);
    expect(picture?.left).toBe(997);
  });

  it('has another shape only when there is something else to draw', () => {
    const graph = new SyntheticRun(lab).graph();
    const shape = (closed: ReadonlySet<string>): string => {
      const picture = pictureOf(graph, { ...wish, lanes: 'workers', closed });
      return picture === undefined ? '' : shapeOf(picture);
    };
    expect(shape(new Set())).toBe(shape(new Set(['no such group'])));
    expect(shape(new Set())).not.toBe(shape(new Set(['workers:3'])));
  });
});
