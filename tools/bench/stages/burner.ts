import { defineStage } from '@troupe/core';

const callMs = 2;

/** A source that emits nothing and never rests: its worker is saturated. */
export const burner = defineStage({
  module: import.meta.url,
  name: 'burner',
  create: () => ({
    onDemand() {
      for (const untilMs = performance.now() + callMs; performance.now() < untilMs;);
    },
  }),
});
