import { defineStage, frame } from '@troupe/core';
import { trusted } from './trusted.ts';

/** Elements of a small frame: 64 B of float32. */
const FRAME_LENGTH = 16;

/**
 * Fills frames of 64 B in place, one per call, as the hand-written ring's writer does, and ends after
 * `frames` of them.
 */
export const smallSource = defineStage({
  module: import.meta.url,
  name: 'small-source',
  outputs: { frames: frame('float32', [FRAME_LENGTH]) },
  options: trusted<{ readonly frames: number }>(),
  create({ options }) {
    const { frames } = options;
    let sent = 0;
    return {
      onDemand(out) {
        if (sent === frames) return 'end';
        const next = out.reserve('frames');
        for (let i = 0; i < FRAME_LENGTH; i++) next[i] = sent + i;
        out.commit('frames');
        sent++;
        return undefined;
      },
    };
  },
});
