import { defineStage, frame } from '@troupe/core';
import type { LargeOptions } from './large-options.ts';
import { trusted } from './trusted.ts';

/**
 * Produces every frame in private memory, element by element, and sends a copy: what `in-place-source`
 * spares.
 */
export const privateSource = defineStage({
  module: import.meta.url,
  name: 'private-source',
  outputs: ({ frameLength }: LargeOptions) => ({ frames: frame('float32', [frameLength]) }),
  options: trusted<LargeOptions>(),
  create({ options }) {
    const { frameLength, frames } = options;
    const produced = new Float32Array(frameLength);
    let sent = 0;
    return {
      onDemand(out) {
        if (sent === frames) return 'end';
        for (let i = 0; i < frameLength; i++) produced[i] = sent + i;
        sent++;
        out.send('frames', produced);
        return undefined;
      },
    };
  },
});
