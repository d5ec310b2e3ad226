import { defineStage, frame } from '@troupe/core';
import { trusted } from './trusted.ts';

const FRAMES_MAX = 64;

/** At every tick emits `frames` frames at once; each holds its index in the burst. */
export const burstSource = defineStage({
  module: import.meta.url,
  name: 'burst-source',
  outputs: { frames: frame('float64', [2], { maxEmit: FRAMES_MAX }) },
  options: trusted<{ readonly frames: number }>(),
  create({ options }) {
    return {
      onTick(_tick, out) {
        for (let index = 0; index < options.frames; index++) {
          out.reserve('frames')[0] = index;
          out.commit('frames');
        }
      },
    };
  },
});
