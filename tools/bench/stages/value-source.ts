import { defineStage, message } from '@troupe/core';
import { trusted } from './trusted.ts';

/** Emits numbers as values, one per call, and ends after `frames` of them. */
export const valueSource = defineStage({
  module: import.meta.url,
  name: 'value-source',
  outputs: { values: message<number>() },
  options: trusted<{ readonly frames: number }>(),
  create({ options }) {
    const { frames } = options;
    let sent = 0;
    return {
      onDemand(out) {
        if (sent === frames) return 'end';
        out.send('values', sent++);
        return undefined;
      },
    };
  },
});
