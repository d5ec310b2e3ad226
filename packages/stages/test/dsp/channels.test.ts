import { describe, expect, it } from 'vitest';
import { channelSelect } from '../../src/dsp/channel-select.ts';
import { gain } from '../../src/dsp/gain.ts';
import { TestActor } from '../harness.ts';

describe('channelSelect', () => {
  it('keeps channels in the order asked for, also twice', () => {
    const actor = new TestActor(channelSelect, { channels: 3, select: [2, 0, 2] });
    expect(actor.feed('samples', [1, 2, 3, 4, 5, 6]).values).toEqual([3, 1, 3, 6, 4, 6]);
  });

  it('works on blocks', () => {
    const actor = new TestActor(channelSelect, { channels: 2, select: [1], block: 3 });
    expect(actor.feed('samples', [1, 2, 3, 4, 5, 6]).emissions.map(({ data }) => data)).toEqual([[2, 4, 6]]);
  });

  it('refuses a channel that does not exist', () => {
    expect(() => new TestActor(channelSelect, { channels: 2, select: [2] })).toThrow(
      'channel 2 does not exist',
    );
  });
});

describe('gain', () => {
  it('multiplies by one factor or one per channel', () => {
    expect(new TestActor(gain, { channels: 2, gain: 3 }).feed('samples', [1, 2]).values).toEqual([3, 6]);
    const perChannel = new TestActor(gain, { channels: 2, block: 2, gain: [2, -1] });
    expect(perChannel.feed('samples', [1, 2, 3, 4]).values).toEqual([2, -2, 6, -4]);
  });

  it('refuses a number of factors that is not that of the channels', () => {
    expect(() => new TestActor(gain, { channels: 3, gain: [1, 2] })).toThrow('2 gains for 3 channels');
  });
});
