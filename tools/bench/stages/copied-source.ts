import { defineStage, frame } from '@troupe/core';
import type { LargeOptions } from './large-options.ts';
import { trusted } from './trusted.ts';

/** Sends copies of an array that is already there, as a driver's buffer would be. */
export const copiedSource = defineStage({
  module: import.meta.url,
  name: 'copied-source',
  outputs: ({ frameLength }: LargeOptions) => ({ frames: frame('float32', [frameLength]) }),
  options: trusted<LargeOptions>(),
  create({ options }) {
    const { frameLength, frames } = options;
    const ready = new Float32Array(frameLength).map((_, i) => i);
    let sent = 0;
    return {
      onDemand(out) {
        if (sent === frames) return 'end';
        ready[0] = sent++;
        out.send('frames', ready);
        return undefined;
      },
    };
  },
});
