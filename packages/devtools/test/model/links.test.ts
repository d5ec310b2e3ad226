import type { EdgeColumn, EdgeWire } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import { linkFaceOf, linkTextOf } from '../../src/model/links.ts';
import type { LinkFace } from '../../src/model/links.ts';
import type { Model } from '../../src/model/model.ts';
import { emptyModel, reduce } from '../../src/model/model.ts';
import { pictureOf } from '../../src/model/picture.ts';
import { elements } from '../../src/ui/views/graph/budget.ts';
import { edgeWire, graphWire, stageWire, statsAt } from './scene.ts';

type Row = Partial<Readonly<Record<EdgeColumn, number>>>;

const stages = ['a/one', 'a/two', 'b/three'].map((name, at) => stageWire(at, name));
const some: readonly EdgeWire[] = [
  edgeWire(0, 0, 1, { transport: 'fused' }),
  edgeWire(1, 0, 2),
  edgeWire(2, 1, 2),
];

/** After a second of these figures, that began with nothing. */
function modelOf(edges: readonly EdgeWire[], ...rows: readonly (readonly Row[])[]): Model {
  const messages = rows.map((each, at) => statsAt(at * 1_000, [{}, {}, {}], each));
  return [{ type: 'graph', graph: graphWire(stages, edges) } as const, ...messages].reduce(
    reduce,
    emptyModel,
  );
}

interface Said {
  readonly faces: readonly LinkFace[];
  readonly texts: readonly string[];
}

function said(model: Model, closed: readonly string[] = []): Said {
  const { graph } = model;
  if (graph === undefined) throw new Error('no graph');
  const wish = { lanes: 'names', open: new Set<string>(), found: undefined, elements } as const;
  const picture = pictureOf(graph, { ...wish, closed: new Set(closed) });
  if (picture === undefined) throw new Error('no picture');
  return {
    faces: picture.links.map((link) => linkFaceOf(model, link)),
    texts: picture.links.map((link) => linkTextOf(model, picture, link)),
  };
}

describe('a line', () => {
  it('shows what waits in its edge, and is wider by a pixel where ten times as much goes', () => {
    const model = modelOf(
      some,
      [{}, {}, {}],
      [{ depth: 3, capacity: 64 }, { sent: 99, capacity: 8 }, { sent: 1e9 }],
    );
    const { faces, texts } = said(model);
    expect(faces.map(({ label }) => label)).toEqual(['3 / 64', '0 / 8', '0 / 0']);
    expect(faces.map(({ width }) => width)).toEqual([1, 3, 7]);
    expect(texts).toEqual([
      'a/one.out → a/two.in, 3 / 64 wait, 0 /s, on one worker',
      'a/one.out → b/three.in, 0 / 8 wait, 99 /s',
      'a/two.out → b/three.in, 0 / 0 wait, 1.00 G/s',
    ]);
  });

  it('says that it is full from nine tenths on', () => {
    const model = modelOf(some, [
      { depth: 57, capacity: 64 },
      { depth: 58, capacity: 64 },
      { depth: 9, capacity: 10 },
    ]);
    const { faces, texts } = said(model);
    expect(faces.map(({ isFull }) => isFull)).toEqual([false, true, true]);
    expect(texts.map((text) => text.includes(', full'))).toEqual([false, true, true]);
  });

  it('says what was dropped, and whether more is dropped now', () => {
    const before = [{ dropNewest: 12 }, { latest: 1_000 }, {}];
    const { faces, texts } = said(modelOf(some, before, [{ dropNewest: 12 }, { latest: 1_240 }, {}]));
    expect(faces.map(({ dropped, isDropping }) => [dropped, isDropping])).toEqual([
      ['12', false],
      ['1.24 k', true],
      ['', false],
    ]);
    expect(texts[0]).toContain('12 dropped so far, on one worker');
    expect(texts[1]).toContain('1.24 k dropped so far, and more now');
    expect(texts[2]).not.toContain('dropped');
  });

  it('says that it goes back', () => {
    const back = [edgeWire(0, 0, 1), edgeWire(1, 1, 0, { back: true })];
    expect(said(modelOf(back, [{}, {}])).texts.map((text) => text.endsWith(', goes back'))).toEqual([
      false,
      true,
    ]);
  });

  it('of several edges stands for all of them', () => {
    const model = modelOf(
      some,
      [{}, {}, {}],
      [{}, { sent: 40, depth: 8, capacity: 8 }, { sent: 59, dropOldest: 2, capacity: 8 }],
    );
    const { faces, texts } = said(model, ['names:a']);
    expect(faces).toEqual([{ width: 3, label: '2 edges', isFull: true, dropped: '2', isDropping: true }]);
    expect(texts).toEqual([
      'a → b/three, 2 edges, one of them is full, 99 /s, 2 dropped so far, and more now',
    ]);
  });

  it('says nothing of figures before there are some, and of rates in a moment of a recording', () => {
    const model = modelOf(some, [{}, {}, {}], [{ sent: 5, capacity: 4 }, {}, {}]);
    expect(said(modelOf(some)).texts[1]).toBe('a/one.out → b/three.in');
    expect(said(modelOf(some)).faces[1]).toMatchObject({ label: '', width: 1 });
    const { figures } = model;
    if (figures === undefined) throw new Error('no figures');
    const moment = said({ ...model, figures: { ...figures, isMoment: true } });
    expect(moment.texts[0]).toBe('a/one.out → a/two.in, 0 / 4 wait, on one worker');
  });
});
