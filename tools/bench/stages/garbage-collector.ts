import { defineStage, frame } from '@troupe/core';
import { collectGarbage } from '../collect-garbage.ts';

/** Collects the garbage of its worker whenever it is sent a frame, and answers with one. */
export const garbageCollector = defineStage({
  module: import.meta.url,
  name: 'garbage-collector',
  inputs: { requests: frame('uint8', []) },
  outputs: { answers: frame('uint8', []) },
  create() {
    return {
      onInput(input, out) {
        collectGarbage();
        out.send('answers', input.frame);
      },
    };
  },
});
