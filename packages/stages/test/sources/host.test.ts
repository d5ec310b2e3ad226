import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hostFigures, hostSource } from '../../src/sources/host-source.ts';
import { TestActor } from '../harness.ts';

describe('hostSource', () => {
  it('gives one frame of plausible figures per tick, with the tick time', async () => {
    const actor = new TestActor(hostSource);
    await sleep(30);
    actor.tick(1_000_000);
    actor.tick(2_000_000);
    actor.stop();
    expect(actor.emissions.map(({ time }) => time)).toEqual([1_000_000, 2_000_000]);
    for (const { data } of actor.emissions) {
      expect(data.length).toBe(hostFigures.length);
      const [cpu, processCpu, load, memory, rssMiB, heapMiB, delayMeanMs, delayMaxMs] = data;
      expect(cpu).toBeGreaterThanOrEqual(0);
      expect(cpu).toBeLessThanOrEqual(1);
      expect(processCpu).toBeGreaterThanOrEqual(0);
      expect(load).toBeGreaterThanOrEqual(0);
      expect(memory).toBeGreaterThan(0);
      expect(memory).toBeLessThan(1);
      expect(rssMiB).toBeGreaterThan(10);
      expect(heapMiB).toBeGreaterThan(1);
      expect(heapMiB).toBeLessThan(rssMiB!);
      expect(delayMeanMs).toBeGreaterThanOrEqual(0);
      expect(delayMaxMs).toBeGreaterThanOrEqual(delayMeanMs!);
    }
  });

  it('sees an event loop that was blocked', async () => {
    const actor = new TestActor(hostSource);
    await sleep(30);
    actor.tick(1);
    await sleep(30);
    const until = performance.now() + 120;
    while (performance.now() < until);
    await sleep(30);
    actor.tick(2);
    actor.stop();
    expect(actor.emissions[1]!.data[7]).toBeGreaterThan(90);
  });
});
