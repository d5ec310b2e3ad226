import { expect, it, vi } from 'vitest';
import type * as PerfHooks from 'node:perf_hooks';
import { hostSource } from '../../src/sources/host-source.ts';
import { TestActor } from '../harness.ts';

const histogram = vi.hoisted(() => ({
  mean: Number.NaN,
  max: 0,
  count: 0,
  enable: vi.fn<() => void>(),
  disable: vi.fn<() => void>(),
  reset: vi.fn<() => void>(),
}));

vi.mock('node:perf_hooks', async (original) => ({
  ...(await original<typeof PerfHooks>()),
  monitorEventLoopDelay: () => histogram,
}));

it('takes the resolution off the event loop delay, tick by tick', () => {
  const actor = new TestActor(hostSource);
  expect(histogram.enable).toHaveBeenCalledOnce();
  actor.tick(1);
  Object.assign(histogram, { mean: 12.5e6, max: 40e6, count: 3 });
  actor.tick(2);
  Object.assign(histogram, { mean: 9.9e6 });
  actor.tick(3);
  actor.stop();
  expect(actor.emissions.map(({ data }) => data.slice(6))).toEqual([
    [0, 0],
    [2.5, 30],
    [0, 30],
  ]);
  expect(histogram.reset).toHaveBeenCalledTimes(3);
  expect(histogram.disable).toHaveBeenCalledOnce();
});
