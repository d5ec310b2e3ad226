import type { EdgeColumn, ServerMessage, StageColumn } from '@troupe/core/telemetry';
import { edgeColumns, stageColumns } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import { handledPerSecond, percentagesOf, sharesOf } from '../../src/model/activity.ts';
import { bottleneckOf } from '../../src/model/bottleneck.ts';
import { edgeFigure, stageFigure } from '../../src/model/figures.ts';
import { groupsOf } from '../../src/model/groups.ts';
import { healthOf } from '../../src/model/health.ts';
import { inLanes, layered } from '../../src/model/layered.ts';
import type { LayoutTask } from '../../src/model/layered.ts';
import { linesOf } from '../../src/model/lines.ts';
import type { Model } from '../../src/model/model.ts';
import { emptyModel, reduce } from '../../src/model/model.ts';
import { shortText } from '../../src/model/numbers.ts';
import { pictureOf } from '../../src/model/picture.ts';
import { home, lanesNames, placeOf, queryOf } from '../../src/model/place.ts';
import { found } from '../../src/model/search.ts';
import { Store } from '../../src/model/store.ts';
import { nextTo } from '../../src/model/walk.ts';
import { mergeWishes } from '../../src/model/wish.ts';
import { elements } from '../../src/ui/views/graph/budget.ts';
import { lab, rigs } from '../browser/sketches.ts';
import type { RunSketch } from '../browser/synthetic.ts';
import { SyntheticRun } from '../browser/synthetic.ts';

type Stats = Extract<ServerMessage, { type: 'stats' }>;

/** Figures of some rows: what is not named is 0. */
function stats(
  elapsedMs: number,
  stages: Readonly<Record<number, Partial<Record<StageColumn, number>>>>,
  edges: Readonly<Record<number, Partial<Record<EdgeColumn, number>>>> = {},
): Stats {
  return {
    type: 'stats',
    elapsedMs,
    stages: rows(stageColumns, { state: 1 }, stages),
    edges: rows(edgeColumns, {}, edges),
    workers: { rows: new Uint32Array(), values: new Float64Array() },
    mode: 'recording',
    events: [],
    resources: [],
    lost: 0,
  };
}

function rows<Column extends string>(
  columns: readonly Column[],
  usual: Partial<Record<string, number>>,
  table: Readonly<Record<number, Partial<Record<Column, number>>>>,
): Stats['stages'] {
  const given: [string, Partial<Record<Column, number>>][] = Object.entries(table);
  return {
    rows: Uint32Array.from(given, ([row]) => Number(row)),
    values: Float64Array.from(
      given.flatMap(([, figures]) => columns.map((column) => figures[column] ?? usual[column] ?? 0)),
    ),
  };
}

function modelOf(sketch: RunSketch, ...messages: readonly Stats[]): Model {
  const graph = new SyntheticRun(sketch).graph();
  return [{ type: 'graph', graph } as const, ...messages].reduce(reduce, emptyModel);
}

const seconds = 1e9;

/** `names` in a row: each sends to the next. */
function row(...names: readonly string[]): RunSketch {
  const edges = names.slice(1).map((to, at) => ({ from: names[at] ?? '', to }));
  return {
    name: 'row',
    workers: names.length,
    stages: names.map((name, at) => ({ name, worker: at + 1 })),
    edges,
  };
}

const full = { depth: 64, capacity: 64 };
const empty = { depth: 0, capacity: 64 };

describe('figures', () => {
  it('keep the rows that a message leaves out', () => {
    const { figures } = modelOf(
      row('a', 'b'),
      stats(0, { 0: { in: 1 }, 1: { in: 2 } }),
      stats(100, { 1: { in: 3 } }),
    );
    expect(figures && stageFigure(figures.now, 0, 'in')).toBe(1);
    expect(figures && stageFigure(figures.now, 1, 'in')).toBe(3);
    expect(figures && edgeFigure(figures.now, 5, 'depth')).toBe(0);
  });

  it('never change once they are made', () => {
    const first = modelOf(row('a'), stats(0, { 0: { in: 1 } }));
    const before = first.figures?.now.stages.slice();
    reduce(first, stats(100, { 0: { in: 2 } }));
    expect(first.figures?.now.stages).toEqual(before);
  });

  it('take rates over the last seconds, not over the whole run', () => {
    const messages = Array.from({ length: 101 }, (_, at) =>
      stats(at * 100, { 0: { handled: at <= 50 ? 0 : (at - 50) * 10 } }),
    );
    const { figures } = modelOf(row('a'), ...messages);
    expect(handledPerSecond(figures, 0)).toBeCloseTo(100, 5);
    expect(figures?.past.length).toBeLessThan(25);
  });
});

describe('shares', () => {
  const after = (figures: Partial<Record<StageColumn, number>>): ReturnType<typeof sharesOf> =>
    sharesOf(modelOf(row('a'), stats(0, { 0: {} }), stats(1_000, { 0: figures })).figures, 0);

  it('are what the time of the window went to', () => {
    const shares = after({
      busyNs: 0.25 * seconds,
      blockedNs: 0.5 * seconds,
      resourceWaitNs: 0.125 * seconds,
    });
    expect(shares).toEqual({ busy: 0.25, blocked: 0.5, waiting: 0.125, held: 0, idle: 0.125 });
  });

  it('are never more than the whole, whatever the clocks say', () => {
    const shares = after({ busyNs: 0.9 * seconds, blockedNs: 0.9 * seconds, heldNs: 0.9 * seconds });
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('add up to 100 as whole percentages', () => {
    for (let busy = 0; busy <= 1; busy += 0.037) {
      for (let blocked = 0; busy + blocked <= 1; blocked += 0.041) {
        const idle = 1 - busy - blocked;
        const percentages = percentagesOf({ busy, blocked, waiting: 0, held: 0, idle });
        expect(Object.values(percentages).reduce((sum, share) => sum + share, 0)).toBe(100);
      }
    }
  });
});

describe('the bottleneck', () => {
  const chain = row('source', 'fir', 'slow', 'sink');
  const blocked = { blockedNs: 0.8 * seconds };

  it('is the first busy stage that is not blocked, downstream of blocked ones', () => {
    const model = modelOf(
      chain,
      stats(0, { 0: {}, 1: {}, 2: {}, 3: {} }),
      stats(1_000, { 0: blocked, 1: blocked, 2: { busyNs: 0.95 * seconds } }, { 0: full, 1: full, 2: empty }),
    );
    const cause = bottleneckOf(model);
    expect(cause).toMatchObject({ stage: 2, blocked: [0, 1] });
    expect(cause?.text).toBe('slow holds up 2 stages: it is busy 95 % of the time.');
  });

  it('is nobody when nobody is blocked, however busy', () => {
    const model = modelOf(chain, stats(0, { 2: {} }), stats(1_000, { 2: { busyNs: seconds } }, { 1: full }));
    expect(bottleneckOf(model)).toBeUndefined();
  });

  it('is the stage that a person holds, with that as the reason', () => {
    const model = modelOf(
      chain,
      stats(0, { 0: {}, 1: {} }),
      stats(1_000, { 0: blocked, 1: {} }, { 0: full }),
    );
    const held = reduce(model, { type: 'debug', debug: { ...emptyModel.debug, held: [1] } });
    expect(bottleneckOf(held)?.text).toBe('fir holds up 1 stage: you hold it.');
  });

  it('is the application where it does not take what is there', () => {
    const sketch = { ...row('source'), edges: [{ from: 'source', to: 'results' }] };
    const model = modelOf(sketch, stats(0, { 0: {} }), stats(1_000, { 0: blocked }, { 0: full }));
    expect(bottleneckOf(model)).toMatchObject({ stage: undefined, output: 'results' });
  });

  it('is not looked for over edges that drop', () => {
    const lossy = { ...chain, edges: chain.edges.map((edge) => ({ ...edge, overflow: 'latest' as const })) };
    const model = modelOf(lossy, stats(0, { 0: {} }), stats(1_000, { 0: blocked }, { 0: full }));
    expect(bottleneckOf(model)).toBeUndefined();
  });
});

describe('health', () => {
  const healthAfter = (figures: Partial<Record<StageColumn, number>>): string => {
    const model = modelOf(row('a'), stats(0, { 0: {} }), stats(1_000, { 0: figures }));
    const stage = model.graph?.stages[0];
    return stage === undefined ? '' : healthOf(model, stage);
  };

  it.each([
    [{ state: 5 }, 'lost'],
    [{ state: 2 }, 'restarting'],
    [{ state: 3 }, 'ended'],
    [{ failed: 1 }, 'failing'],
    [{ blockedNs: 0.6 * seconds }, 'blocked'],
    [{ resourceWaitNs: 0.6 * seconds }, 'waiting'],
    [{ busyNs: 0.6 * seconds }, 'busy'],
    [{}, 'idle'],
  ] as const)('of %o is %s', (figures, health) => {
    expect(healthAfter(figures)).toBe(health);
  });
});

describe('search and groups', () => {
  const model = modelOf(lab, stats(0, {}), stats(1_000, {}));
  const names = (search: string): readonly string[] =>
    [...(found(model, search) ?? [])].map((index) => lab.stages[index]?.name ?? '');

  it.each([
    ['gaz', ['gaze']],
    ['tag:video', ['camera', 'gaze']],
    ['tag:eeg worker:2', ['window']],
    ['worker:main', ['display']],
    ['mode:recording tag:model', ['classify']],
    ['NOTCH', ['notch']],
    ['nothing', []],
  ])('%s finds %o', (search, expected) => {
    expect(names(search)).toEqual(expected);
  });

  it('without a word finds everything', () => {
    expect(found(model, '  ')).toBeUndefined();
  });

  it.each(lanesNames)('every stage is in one group by %s', (by) => {
    const graph = new SyntheticRun(rigs(4, 6, 3)).graph();
    const members = groupsOf(graph, by).flatMap(({ stages }) => stages);
    expect(members.toSorted((a, b) => a - b)).toEqual(graph.stages.map(({ index }) => index));
  });
});

describe('a layout', () => {
  const size = { width: 100, height: 40 };
  const node = (id: string, frame: string): LayoutTask['nodes'][number] => ({ id, ...size, frame });
  const link = (from: string, to: string, back = false): LayoutTask['links'][number] => {
    return { id: `${from}${to}`, from, to, back };
  };
  const task: LayoutTask = {
    nodes: [node('a', 'one'), node('b', 'two'), node('c', 'one'), node('d', 'two'), node('e', 'one')],
    links: [
      link('a', 'b'),
      link('b', 'c'),
      link('a', 'c'),
      link('c', 'd'),
      link('a', 'e'),
      link('d', 'a', true),
    ],
    frames: [{ id: 'one' }, { id: 'two' }],
    isInLanes: true,
  };

  it('goes from left to right, without overlaps, each lane below the one before', () => {
    for (const layout of [layered(task), inLanes(task, layered({ ...task, isInLanes: false }))]) {
      const box = (id: string): { x: number; y: number } => layout.boxes.get(id) ?? { x: 0, y: 0 };
      const forward = task.links.filter(({ back }) => !back);
      for (const { from, to } of forward) expect(box(from).x).toBeLessThan(box(to).x);
      const all = task.nodes.map(({ id }) => box(id));
      for (const [at, one] of all.entries()) {
        for (const other of all.slice(at + 1)) {
          expect(Math.abs(one.x - other.x) >= size.width || Math.abs(one.y - other.y) >= size.height).toBe(
            true,
          );
        }
      }
      const lane = (frame: string): readonly number[] =>
        task.nodes.filter((each) => each.frame === frame).map(({ id }) => box(id).y);
      expect(Math.max(...lane('one'))).toBeLessThan(Math.min(...lane('two')));
    }
  });

  it('ends also for groups that stand in a circle', () => {
    const circle = { ...task, links: [link('a', 'b'), link('b', 'c'), link('c', 'a')] };
    expect(layered(circle).boxes.size).toBe(7);
  });

  it('draws a line for every link, with its label at a place of its own', () => {
    const lines = linesOf(task, layered(task));
    expect([...lines.keys()]).toEqual(task.links.map(({ id }) => id));
    const labels = [...lines.values()].map(({ label }) => `${label.x} ${label.y}`);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it('lets a long line give way to the label of a short one', () => {
    const box = (x: number, y: number): { x: number; y: number; width: number; height: number } => {
      return { x, y, ...size };
    };
    const boxes = new Map([
      ['a', box(0, 0)],
      ['b', box(180, 200)],
      ['c', box(0, 100)],
      ['d', box(180, 100)],
    ]);
    const long = link('a', 'b');
    const short = link('c', 'd');
    const nodes = [...boxes.keys()].map((id) => node(id, ''));
    const lines = linesOf({ ...task, nodes, links: [long, short] }, { boxes, ways: new Map() });
    const [one, other] = [long, short].map(({ id }) => lines.get(id)?.label ?? { x: 0, y: 0 });
    if (one === undefined || other === undefined) throw new Error('no labels');
    expect(other.x).toBe(140);
    expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(14);
  });

  it('has lines that end where their heads begin, and heads that point into the node', () => {
    const boxes = new Map([
      ['a', { x: 0, y: 0, ...size }],
      ['b', { x: 300, y: 90, ...size }],
    ]);
    const nodes = ['a', 'b'].map((id) => node(id, ''));
    const there = link('a', 'b');
    const back = link('b', 'a', true);
    const lines = linesOf({ ...task, nodes, links: [there, back] }, { boxes, ways: new Map() });
    expect(lines.get('ab')?.head).toEqual({ x: 300, y: 110, angle: 0 });
    expect(lines.get('ab')?.path).toMatch(/ 293,110$/);
    expect(lines.get('ba')?.head).toEqual({ x: 0, y: 20, angle: 0 });
    const up = [
      { x: 50, y: 100 },
      { x: 50, y: 40 },
    ];
    const head = linesOf({ ...task, nodes, links: [there] }, { boxes, ways: new Map([['ab', up]]) }).get(
      'ab',
    )?.head;
    expect(head).toEqual({ x: 50, y: 40, angle: -Math.PI / 2 });
  });

  it('is walked along its links, and from row to row', () => {
    const graph = new SyntheticRun(row('a', 'b', 'c')).graph();
    const wish = {
      lanes: 'none',
      open: new Set<string>(),
      closed: new Set<string>(),
      found: undefined,
      elements,
    } as const;
    const picture = pictureOf(graph, wish);
    if (picture === undefined) throw new Error('no picture');
    const nodes = picture.nodes.map(({ id }) => ({ id, ...size, frame: undefined }));
    const layout = layered({ nodes, links: picture.links, frames: [], isInLanes: false });
    expect(nextTo(picture, layout, 'stage:0', 'right')).toBe('stage:1');
    expect(nextTo(picture, layout, 'stage:1', 'left')).toBe('stage:0');
    expect(nextTo(picture, layout, 'stage:2', 'right')).toBeUndefined();
  });

  it('is walked past terminals', () => {
    const sketch = {
      ...row('a'),
      edges: [
        { from: 'given', to: 'a' },
        { from: 'a', to: 'taken' },
      ],
    };
    const wish = {
      lanes: 'none',
      open: new Set<string>(),
      closed: new Set<string>(),
      found: undefined,
      elements,
    } as const;
    const picture = pictureOf(new SyntheticRun(sketch).graph(), wish);
    if (picture === undefined) throw new Error('no picture');
    expect(picture.links).toHaveLength(2);
    const nodes = picture.nodes.map(({ id }) => ({ id, ...size, frame: undefined }));
    const layout = layered({ nodes, links: picture.links, frames: [], isInLanes: false });
    expect(nextTo(picture, layout, 'stage:0', 'left')).toBeUndefined();
    expect(nextTo(picture, layout, 'stage:0', 'right')).toBeUndefined();
  });

  it('keeps a label off the node that its line passes', () => {
    const box = (x: number, y: number): { x: number; y: number; width: number; height: number } => {
      return { x, y, ...size };
    };
    const boxes = new Map([
      ['a', box(0, 0)],
      ['b', box(500, 0)],
      ['c', box(250, 60)],
    ]);
    const way = [
      { x: 100, y: 80 },
      { x: 500, y: 80 },
    ];
    const over = { ...task, nodes: [node('a', ''), node('b', ''), node('c', '')], links: [link('a', 'b')] };
    const label = linesOf(over, { boxes, ways: new Map([['ab', way]]) }).get('ab')?.label;
    expect(Math.abs((label?.x ?? 300) - 300)).toBeGreaterThan(50 + 29 - 1);
  });
});

describe('what the page keeps', () => {
  it('a place survives the way through an address', () => {
    const place = {
      ...home,
      view: 'timeline',
      stage: 'a/b & c',
      edge: 'a.x → b.y',
      search: 'tag:eeg #1',
      lanes: 'tags',
      isFrozen: true,
      range: { from: 12.5, until: 80 },
    } as const;
    expect(placeOf(queryOf(place))).toEqual(place);
    expect(queryOf(home)).toBe('');
  });

  it.each(['?view=nothing&lanes=1&from=9&until=1&frozen=yes', '?%', '?stage=', ''])(
    '%s is at home',
    (query) => {
      expect(placeOf(query)).toEqual(home);
    },
  );

  it('wishes of all parts are one', () => {
    const tap = { edge: 3, everyMs: 500, newest: 2 };
    const wishes = [
      { statsMs: 250, taps: [tap] },
      { statsMs: 100, details: [1, 2] },
      { details: [2], taps: [{ edge: 3, everyMs: 100, newest: 1 }], census: true },
    ];
    expect(mergeWishes(wishes)).toEqual({
      type: 'watch',
      statsMs: 100,
      details: [1, 2],
      taps: [{ edge: 3, everyMs: 100, newest: 2 }],
      census: true,
      trace: false,
    });
  });

  it('a frozen picture stays, and is up to date at once afterwards', () => {
    const store = new Store((announce) => announce());
    const show = (message: ServerMessage): void => store.change((model) => reduce(model, message));
    show({ type: 'graph', graph: new SyntheticRun(row('a')).graph() });
    show(stats(0, { 0: {} }));
    show(stats(1_000, { 0: { in: 1 } }));
    store.freeze(true);
    show(stats(2_000, { 0: { in: 2 } }));
    store.change((model) => ({ ...model, link: { state: 'open' } }));
    expect(store.shown.figures?.now.elapsedMs).toBe(1_000);
    expect(store.shown.link.state).toBe('open');
    expect(store.model.figures?.now.elapsedMs).toBe(2_000);
    store.freeze(false);
    expect(store.shown.figures?.now.elapsedMs).toBe(2_000);
  });

  it.each([
    [0, '0'],
    [0.26, '0.3'],
    [7, '7'],
    [64, '64'],
    [99.96, '100'],
    [999, '999'],
    [1_240, '1.24 k'],
    [12_400, '12.4 k'],
    [999_999, '1.00 M'],
    [-1_240, '−1.24 k'],
    [Number.NaN, '–'],
  ])('%d is %s', (number, text) => {
    expect(shortText(number)).toBe(text);
  });
});
