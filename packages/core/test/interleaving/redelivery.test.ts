import { explored } from './explored.ts';

// Deaths are not counted as preemptions: each of these dies at every point.
explored('redelivery', { commit: 2, commitTwice: 1, commitObserved: 1, exposed: 2, ticks: 2 });
