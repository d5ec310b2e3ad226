/**
 * The stages of the start benchmark, in JavaScript: a start from `dist` loads compiled modules, and must not be
 * charged for Node's stripping of types on every new thread.
 */
import { defineStage, frame } from '@troupe/core';

const frames = frame('float32', [16]);

/** Emits one frame and ends. */
export const plainSource = defineStage({
  module: import.meta.url,
  name: 'plain-source',
  outputs: { frames },
  create() {
    let isSent = false;
    return {
      onDemand(out) {
        if (isSent) return 'end';
        isSent = true;
        out.reserve('frames');
        out.commit('frames');
        return undefined;
      },
    };
  },
});

/** Passes frames on. */
export const plainRelay = defineStage({
  module: import.meta.url,
  name: 'plain-relay',
  inputs: { frames },
  outputs: { frames },
  create: () => ({
    onInput(input, out) {
      out.send('frames', input.frame);
    },
  }),
});
