import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineStage } from '@troupe/core';
import { samplesPort } from '../../src/samples.ts';
import { Pace } from '../../src/sources/pace.ts';
import { PacedSource } from '../../src/sources/paced-source.ts';
import { sampleTimeNs } from '../../src/sources/recording.ts';
import { WaveformReader } from '../../src/sources/waveform.ts';
import { TestActor } from '../harness.ts';

const times = (count: number, stepNs: number): number[] =>
  Array.from({ length: count }, (_, i) => i * stepNs);

describe('sampleTimeNs', () => {
  it('is the exact quotient, rounded once, however large the index', () => {
    const rates = fc.integer({ min: 1, max: 200_000 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 1e11 }), (rate, index) => {
        fc.pre(index / rate < 9e6);
        const doubled = (2n * BigInt(index) * 1_000_000_000n) / BigInt(rate);
        expect(BigInt(sampleTimeNs(index, rate, 1e9))).toBe((doubled + 1n) / 2n);
      }),
    );
  });

  it('never decreases, at whole and broken rates', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1e5, noNaN: true }), fc.nat(1e9), (rate, index) => {
        expect(sampleTimeNs(index + 1, rate, 1e9)).toBeGreaterThan(sampleTimeNs(index, rate, 1e9));
      }),
    );
  });
});

describe('Pace', () => {
  it('keeps an absolute schedule: being late with one sample does not move the next', () => {
    let nowMs = 1000;
    const pace = new Pace(2, () => nowMs);
    pace.start(0);
    expect(pace.untilMs(100e6)).toBe(50);
    nowMs = 1075;
    expect(pace.untilMs(100e6)).toBe(-25);
    expect(pace.untilMs(200e6)).toBe(25);
    pace.start(500e6);
    expect(pace.untilMs(200e6)).toBe(25);
  });

  it('never waits at full speed', () => {
    const pace = new Pace('max', () => 0);
    pace.start(0);
    expect(pace.untilMs(1e12)).toBe(0);
  });
});

describe('a paced source', () => {
  /** A sine at a rate, played by a clock that stands still until it is set. */
  function paced(
    rateHz: number,
    options: { block?: number; maxEmit: number; speed: number },
  ): {
    actor: TestActor;
    clock: { nowMs: number };
  } {
    const clock = { nowMs: 5000 };
    const stage = defineStage({
      name: 'paced',
      outputs: {
        samples: samplesPort({ channels: 1, block: options.block }, { maxEmit: options.maxEmit }),
      },
      create: ({ log }) => {
        const waveform = { type: 'sine', amplitude: 1, frequencyHz: 1 } as const;
        const reader = new WaveformReader({ waveform, channels: 1, rateHz }, 0);
        return new PacedSource(
          reader,
          { channels: 1, ...options },
          log,
          new Pace(options.speed, () => clock.nowMs),
        );
      },
    });
    return { actor: new TestActor(stage), clock };
  }

  it('emits what is due, at most maxEmit a call, and catches up when late', async () => {
    const { actor, clock } = paced(1000, { maxEmit: 4, speed: 1 });
    const counts: number[] = [];
    for (const nowMs of [5000, 5010, 5010, 5010, 5012]) {
      clock.nowMs = nowMs;
      await actor.demand();
      counts.push(actor.emissions.length);
    }
    expect(counts).toEqual([1, 5, 9, 11, 13]);
    expect(actor.emissions.map(({ time }) => time)).toEqual(times(13, 1e6));
  });

  it('plays a block when its last sample is due, with the time of its first', async () => {
    const { actor, clock } = paced(10, { block: 10, maxEmit: 8, speed: 2 });
    await actor.demand();
    expect(actor.emissions.length).toBe(0);
    clock.nowMs = 5450;
    await actor.demand();
    clock.nowMs = 6500;
    await actor.demand();
    expect(actor.emissions.map(({ time }) => time)).toEqual(times(3, 1e9));
  });

  it('sleeps at most 100 ms a call and does not emit early, so that a stop is not delayed', async () => {
    const { actor } = paced(1, { maxEmit: 8, speed: 0.001 });
    await actor.demand();
    const startMs = performance.now();
    await actor.demand();
    expect(performance.now() - startMs).toBeLessThan(100_000);
    expect(actor.emissions.length).toBe(1);
  });

  it('starts a new schedule after a restore: what lies before is not made up for', async () => {
    const { actor, clock } = paced(1000, { maxEmit: 8, speed: 1 });
    await actor.demand();
    const state = actor.snapshot();
    clock.nowMs += 1000;
    actor.restore(state);
    await actor.demand();
    expect(actor.emissions.length).toBe(2);
  });
});
