import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import { emptyModel, reduce } from '../../src/model/model.ts';
import { trendOf } from '../../src/model/trends.ts';
import { edgeWire, graphWire, stageWire, statsAt } from './scene.ts';

const graph = graphWire([stageWire(0, 'source'), stageWire(1, 'sink')], [edgeWire(0, 0, 1)]);

/** A run that was looked at at these times: the sink handles 10 a second and is busy for a fifth of it. */
function looked(timesMs: readonly number[]): Model {
  let model = reduce(emptyModel, { type: 'graph', graph });
  for (const ms of timesMs) {
    const sink = { handled: ms / 100, busyNs: ms * 2e5, blockedNs: ms * 1e5, resourceWaitNs: ms * 5e4 };
    model = reduce(model, statsAt(ms, [{}, { ...sink, depth: ms / 1_000 }]));
  }
  return model;
}

describe('Trends', () => {
  it('have a point each second, with the rates since the point before', () => {
    const trend = trendOf(looked([0, 100, 900, 1_000, 1_500, 2_100, 3_200]).trends, 1);
    expect(trend.times).toEqual([0, 1, 2.1, 3.2]);
    expect(trend.depth).toEqual([0, 1, 2.1, 3.2]);
    for (const [values, value] of [
      [trend.rate, 10],
      [trend.busy, 20],
      [trend.blocked, 15],
    ] as const) {
      expect(values).toHaveLength(4);
      for (const each of values) expect(each).toBeCloseTo(value);
    }
  });

  it('say nothing until there are two points', () => {
    expect(trendOf(looked([0, 500]).trends, 1).times).toEqual([]);
    expect(trendOf(looked([0, 1_000]).trends, 1).times).toEqual([0, 1]);
  });

  it('show a mean over the time in which nobody looked, and never more than the whole', () => {
    const trend = trendOf(looked([0, 1_000, 61_000]).trends, 1);
    expect(trend.rate.at(-1)).toBeCloseTo(10);
    let model = looked([0, 1_000]);
    model = reduce(model, statsAt(2_000, [{}, { handled: 0, busyNs: 9e12 }]));
    const odd = trendOf(model.trends, 1);
    expect(odd.rate.at(-1)).toBe(0);
    expect(odd.busy.at(-1)).toBe(100);
  });

  it('are bounded: five minutes, and less of a huge graph', () => {
    const seconds = Array.from({ length: 400 }, (_, second) => second * 1_000);
    const { trends } = looked(seconds);
    expect(trends).toHaveLength(300);
    expect(trends.at(-1)?.elapsedMs).toBe(399_000);
    const stages = Array.from({ length: 10_000 }, (_, index) => stageWire(index, `stage${index}`));
    let model = reduce(emptyModel, { type: 'graph', graph: graphWire(stages, []) });
    for (let second = 0; second < 40; second += 1) model = reduce(model, statsAt(second * 1_000, [{}]));
    expect(model.trends.length).toBeLessThan(30);
  });
});
