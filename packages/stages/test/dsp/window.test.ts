import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { window } from '../../src/dsp/window.ts';
import { TestActor } from '../harness.ts';

/** Samples of `channels` channels, each value different. */
const ramp = (samples: number, channels: number): number[] =>
  Array.from({ length: samples * channels }, (_, index) => index);

const layouts = fc.record({
  size: fc.integer({ min: 1, max: 9 }),
  hop: fc.integer({ min: 1, max: 12 }),
  channels: fc.integer({ min: 1, max: 3 }),
  block: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
});

describe('window', () => {
  it('of hop = size puts the input together again', () => {
    fc.assert(
      fc.property(layouts, ({ size, channels }) => {
        const samples = ramp(5 * size, channels);
        expect(new TestActor(window, { size, channels }).feed('samples', samples).values).toEqual(samples);
      }),
    );
  });

  it('gives the slices of the input that start every hop, for any size, hop, block and channels', () => {
    fc.assert(
      fc.property(layouts, ({ size, hop, channels, block }) => {
        const total = 7 * (block ?? 1) + (block === undefined ? 40 : 0);
        const samples = ramp(total, channels);
        const expected: number[][] = [];
        for (let start = 0; start + size <= total; start += hop) {
          expected.push(samples.slice(start * channels, (start + size) * channels));
        }
        const actor = new TestActor(window, { size, hop, channels, block }).feed('samples', samples);
        expect(actor.emissions.map(({ data }) => data)).toEqual(expected);
      }),
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(layouts, fc.nat(40), ({ size, hop, channels }, cut) => {
        const options = { size, hop, channels };
        const samples = ramp(40, channels);
        const whole = new TestActor(window, options).feed('samples', samples);
        const first = new TestActor(window, options).feed('samples', samples.slice(0, cut * channels));
        const second = new TestActor(window, options).restore(first.snapshot());
        second.feed('samples', samples.slice(cut * channels));
        expect([...first.values, ...second.values]).toEqual(whole.values);
      }),
    );
  });

  it('has the time of the input that completes it', () => {
    const actor = new TestActor(window, { size: 2, channels: 1 });
    actor.input({ port: 'samples', time: 10, frame: [1] });
    actor.input({ port: 'samples', time: 20, frame: [2] });
    expect(actor.emissions).toEqual([{ port: 'windows', time: 20, data: [1, 2] }]);
  });
});
