import { defineStage, frame } from '@troupe/core';

/** Passes frames of 64 B on: the link of long chains, and the actor that idles. */
export const smallRelay = defineStage({
  module: import.meta.url,
  name: 'small-relay',
  inputs: { frames: frame('float32', [16]) },
  outputs: { frames: frame('float32', [16]) },
  create() {
    return {
      onInput(input, out) {
        out.send('frames', input.frame);
      },
    };
  },
});
