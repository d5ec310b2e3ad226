import { explored } from './explored.ts';

// Deaths are not counted as preemptions: each writer dies at every point.
explored('tap', {
  publication: 2,
  signChange: 2,
  longBatches: 2,
  learning: Infinity,
  openAndClose: 1,
  deadWriter: 1,
  each: 2,
  sampled: 2,
  deadSampled: 1,
});
