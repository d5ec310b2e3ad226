import type { EdgeColumn, GraphWire, StageColumn } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import type { Figures } from '../../src/model/figures.ts';
import { withStats } from '../../src/model/figures.ts';
import type { Lints } from '../../src/model/lints.ts';
import { noLints, withFigures } from '../../src/model/lints.ts';
import { edgeWire, graphWire, stageWire, statsAt } from './scene.ts';

const nobody = { held: [], isAllHeld: false, breakpoints: [], hit: undefined };
const tick = { runner: 'a', hz: 100, phase: 'acquisition', priority: 0, budgetNs: 2e6 };
const pair = graphWire([stageWire(0, 'source'), stageWire(1, 'sink')], [edgeWire(0, 0, 1)]);

type Rows<Column extends string> = readonly Partial<Record<Column, number>>[];
type Scene = (second: number) => readonly [stages: Rows<StageColumn>, edges: Rows<EdgeColumn>, mode?: string];

/** The rules that are raised at the end of each second. */
function watch(
  graph: GraphWire,
  seconds: number,
  scene: Scene,
  debug = nobody,
): readonly (readonly string[])[] {
  let lints: Lints = noLints;
  let figures: Figures | undefined;
  return Array.from({ length: seconds }, (_, second) => {
    const [stages, edges, mode] = scene(second);
    figures = withStats(figures, statsAt(second * 1_000, stages, edges, mode));
    lints = withFigures(lints, graph, figures, debug);
    return lints.raised.map(({ rule }) => rule);
  });
}

/** What is said at the end. */
function said(graph: GraphWire, seconds: number, scene: Scene): readonly string[] {
  let lints: Lints = noLints;
  let figures: Figures | undefined;
  for (let second = 0; second < seconds; second += 1) {
    const [stages, edges] = scene(second);
    figures = withStats(figures, statsAt(second * 1_000, stages, edges));
    lints = withFigures(lints, graph, figures, nobody);
  }
  return lints.raised.map(({ what, sinceMs }) => `${sinceMs}: ${what}`);
}

const alive: Scene = (s) => [[{ out: s * 100 }, { in: s * 100, handled: s * 100 }], [{ capacity: 64 }]];

describe('Lints in words', () => {
  it('say nothing of a graph that runs as it is meant to', () => {
    expect(watch(pair, 20, alive).flat()).toEqual([]);
  });

  it('name an edge that has been full for seconds, and its reader', () => {
    const full: Scene = (s) => [
      [{ out: s * 10 }, { in: s * 10, busyNs: s * 0.95e9 }],
      [{ capacity: 64, depth: 64, received: s * 10 }],
    ];
    expect(said(pair, 6, full)).toEqual([
      '0: source.out → sink.in is full, 64 of 64: 10 a second are taken. sink is busy 95 % of the time.',
    ]);
  });

  it('are raised after three seconds, stay over a gap, and go when it is over', () => {
    const full: Scene = (s) => [
      [{ out: s * 10 }, { in: s * 10 }],
      [{ capacity: 64, depth: s < 8 && s !== 6 ? 64 : 1, received: s * 10 }],
    ];
    const isRaised = watch(pair, 14, full).map((rules) => rules.includes('stayedFull'));
    expect(isRaised.indexOf(true)).toBe(3);
    expect(isRaised.lastIndexOf(true)).toBe(8);
    expect(isRaised.slice(3, 9)).not.toContain(false);
  });

  it('do not flicker with an edge that is full every other second', () => {
    const flicker: Scene = (s) => [
      [{ out: s * 10 }, { in: s * 10 }],
      [{ capacity: 64, depth: s % 2 === 0 ? 64 : 1 }],
    ];
    expect(watch(pair, 20, flicker).flat()).toEqual([]);
  });

  it('name a handler over its budget, and a tick that does not keep its rate', () => {
    const graph = graphWire([stageWire(0, 'clocked', { tick }), stageWire(1, 'other')], []);
    const slow: Scene = (s) => [
      [{ handled: s * 60, overruns: s * 60, droppedTicks: s * 40, busyNs: s * 0.9e9 }, {}],
      [],
    ];
    expect(said(graph, 6, slow)).toEqual([
      '0: clocked takes longer than its budget of 2 ms: 300 times in 5 s so far.',
      '0: clocked does not keep its rate of 100 Hz: 40 ticks were dropped in the last second. ' +
        'It is busy 90 % of the time.',
    ]);
    const rarely: Scene = (s) => [[{ handled: s * 100, overruns: s, droppedTicks: s }, {}], []];
    expect(watch(graph, 6, rarely).flat()).toEqual([]);
  });

  it('name a stage that receives and never emits', () => {
    const graph = graphWire(
      [stageWire(0, 'source'), stageWire(1, 'gate'), stageWire(2, 'sink')],
      [edgeWire(0, 0, 1), edgeWire(1, 1, 2)],
    );
    const silent: Scene = (s) => [
      [{ out: s * 100 }, { in: s * 100 }, {}],
      [{}, {}],
    ];
    expect(said(graph, 10, silent)).toEqual(['0: gate has received 900 messages and has sent none.']);
    expect(watch(graph, 4, silent).flat()).toEqual([]);
  });

  it('name a source that starves, and who waits for it', () => {
    const dry: Scene = (s) => [[{ out: Math.min(s, 3) * 100 }, {}], [{}]];
    expect(said(pair, 12, dry)).toEqual(['3000: source sends nothing any more: sink waits for it.']);
    const blocked: Scene = (s) => [[{ out: 100, blockedNs: s * 1e9 }, {}], [{}]];
    expect(watch(pair, 12, blocked).flat()).toEqual([]);
    const ended: Scene = () => [[{ out: 100, state: 3 }, {}], [{}]];
    expect(watch(pair, 12, ended).flat()).toEqual([]);
  });

  it('name a mailbox that keeps dropping, but not one that is meant to', () => {
    const drops: Scene = (s) => [[{ out: s * 10 }, { in: s }], [{ dropNewest: s * 9 }]];
    expect(said(pair, 6, drops)).toEqual([
      '0: source.out → sink.in drops 9 messages a second (the newest, since it is full): 45 in all.',
    ]);
    const meant: Scene = (s) => [[{ out: s * 10 }, { in: s }], [{ latest: s * 9, inactive: s * 9 }]];
    expect(watch(pair, 6, meant).flat()).toEqual([]);
  });

  it('name a stage that keeps failing', () => {
    const failing: Scene = (s) => [[{ out: s }, { in: s, failed: s, restarts: s }], [{}]];
    expect(said(pair, 6, failing)).toEqual([
      '0: sink keeps failing: 5 calls have thrown. It was restarted 5 times.',
    ]);
  });

  it('say nothing while a person holds a stage, nor in the second in which the mode changes', () => {
    const full: Scene = (s) => [
      [{ out: s * 10 }, { in: s * 10 }],
      [{ capacity: 64, depth: 64 }],
      s % 2 === 0 ? 'one' : 'two',
    ];
    expect(watch(pair, 10, full).flat()).toEqual([]);
    const held: Scene = (s) => [full(s)[0], full(s)[1]];
    expect(watch(pair, 10, held, { ...nobody, held: [1] as never[] }).flat()).toEqual([]);
  });
});
