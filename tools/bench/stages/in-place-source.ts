import { defineStage, frame } from '@troupe/core';
import type { LargeOptions } from './large-options.ts';
import { trusted } from './trusted.ts';

/** Produces every frame where it will be read, element by element: no copy. */
export const inPlaceSource = defineStage({
  module: import.meta.url,
  name: 'in-place-source',
  outputs: ({ frameLength }: LargeOptions) => ({ frames: frame('float32', [frameLength]) }),
  options: trusted<LargeOptions>(),
  create({ options }) {
    const { frameLength, frames } = options;
    let sent = 0;
    return {
      onDemand(out) {
        if (sent === frames) return 'end';
        const next = out.reserve('frames');
        for (let i = 0; i < frameLength; i++) next[i] = sent + i;
        sent++;
        out.commit('frames');
        return undefined;
      },
    };
  },
});
