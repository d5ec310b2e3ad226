import { defineStage, frame } from '@troupe/core';

/** How long one call takes, in ns: 64 of them would hold a batch open for 128 µs. */
const HANDLER_NS = 2000n;

/**
 * Stamps each frame, works for 2 µs, and passes it on: a full batch of its emissions would come much too
 * late.
 */
export const slowRelay = defineStage({
  module: import.meta.url,
  name: 'slow-relay',
  inputs: { frames: frame('float64', [2]) },
  outputs: { frames: frame('float64', [2]) },
  create() {
    return {
      onInput(input, out) {
        const startNs = process.hrtime.bigint();
        while (process.hrtime.bigint() - startNs < HANDLER_NS);
        const next = out.reserve('frames');
        next[0] = input.frame[0] as number;
        next[1] = Number(startNs);
        out.commit('frames');
      },
    };
  },
});
