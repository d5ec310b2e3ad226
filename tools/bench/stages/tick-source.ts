import { defineStage, frame } from '@troupe/core';

/** A frame of 64 B with every tick: what a live graph is fed by. */
export const tickSource = defineStage({
  module: import.meta.url,
  name: 'tick-source',
  outputs: { frames: frame('float32', [16]) },
  create() {
    return {
      onTick(tick, out) {
        out.reserve('frames').fill(tick.index);
        out.commit('frames');
      },
    };
  },
});
