import type { ServerMessage, StageWire, ThreadWire } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import { cpuShareOf } from '../../src/model/census.ts';
import type { Model } from '../../src/model/model.ts';
import { emptyModel, reduce } from '../../src/model/model.ts';
import { threadUseOf } from '../../src/model/thread-use.ts';
import { graphWire, stageWire, statsAt } from './scene.ts';

function thread(threadId: number, cpuMs: number, more: Partial<ThreadWire> = {}): ThreadWire {
  return {
    role: 'compute',
    owner: 'scene',
    threadId,
    worker: undefined,
    stages: [],
    cpuMs,
    heapUsed: undefined,
    heapTotal: undefined,
    loopDelayP50Ms: undefined,
    loopDelayP99Ms: undefined,
    ...more,
  };
}

function counted(elapsedMs: number, ...threads: readonly ThreadWire[]): ServerMessage {
  return { type: 'census', elapsedMs, threads };
}

/** The share of the first thread of the newest count. */
function shareAfter(...counts: readonly ServerMessage[]): number | undefined {
  const { census } = counts.reduce(reduce, emptyModel).watched;
  const [first] = census?.threads ?? [];
  return census === undefined || first === undefined ? undefined : cpuShareOf(census, first);
}

describe('The CPU of a thread', () => {
  it('is that of the last seconds, not of the whole run', () => {
    const counts = Array.from({ length: 20 }, (_, at) =>
      counted(at * 1_000, thread(7, 10 + (at < 10 ? 0 : (at - 9) * 250))),
    );
    expect(shareAfter(...counts)).toBeCloseTo(0.25, 12);
    expect(counts.reduce(reduce, emptyModel).watched.census?.past).toHaveLength(4);
  });

  it('is not known before it was counted twice, nor where the thread did not answer', () => {
    expect(shareAfter(counted(0, thread(7, 10)))).toBeUndefined();
    expect(shareAfter(counted(0, thread(7, 10)), counted(1_000, thread(8, 900)))).toBeUndefined();
    expect(shareAfter(counted(0, thread(7, 10)), counted(1_000, thread(7, 0)))).toBeUndefined();
    const silent = [counted(0, thread(7, 0)), counted(1_000, thread(7, 5_000))];
    expect(shareAfter(...silent)).toBeUndefined();
    expect(shareAfter(...silent, counted(2_000, thread(7, 5_500)))).toBe(0.5);
  });

  it('begins anew after a pause in which nobody looked', () => {
    const before = [counted(0, thread(7, 10)), counted(1_000, thread(7, 1_000))];
    expect(shareAfter(...before, counted(60_000, thread(7, 2_000)))).toBeUndefined();
    expect(shareAfter(...before, counted(5_000, thread(7, 2_000)))).toBe(0.25);
  });
});

describe('The thread of a stage', () => {
  const stages = [stageWire(0, 'mine'), stageWire(1, 'other'), stageWire(2, 'far', { worker: 0 })];
  const at = (elapsedMs: number, mine: number, other: number): ServerMessage =>
    statsAt(elapsedMs, [{ busyNs: mine * 1e6 }, { busyNs: other * 1e6 }, { busyNs: 9e9 }]);
  const messages: readonly ServerMessage[] = [
    { type: 'graph', graph: graphWire(stages, []) },
    at(0, 0, 0),
    at(2_000, 240, 560),
    counted(0, thread(1, 5, { worker: 0 }), thread(4, 50), thread(7, 100, { worker: 1 })),
    counted(
      2_000,
      thread(1, 105, { worker: 0, loopDelayP50Ms: 1, loopDelayP99Ms: 3 }),
      thread(4, 2_050),
      thread(7, 1_100, { worker: 1 }),
    ),
  ];
  const model: Model = messages.reduce(reduce, emptyModel);

  it('is the one that runs its worker in this run; others of the same name do not count', () => {
    expect(threadUseOf(model, stages[0] as StageWire)).toEqual({
      others: 1,
      ownMs: 120,
      allMs: 400,
      cpu: 0.5,
      loopDelay: undefined,
    });
    expect(threadUseOf(model, stages[2] as StageWire)).toMatchObject({
      others: 0,
      cpu: 0.05,
      loopDelay: { p50Ms: 1, p99Ms: 3 },
    });
  });

  it('is not known before it was counted', () => {
    expect(threadUseOf(emptyModel, stages[0] as StageWire)).toEqual({
      others: 0,
      ownMs: 0,
      allMs: 0,
      cpu: undefined,
      loopDelay: undefined,
    });
  });
});
