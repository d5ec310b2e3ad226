import { explored } from './explored.ts';

explored('doorbell', {
  wakeUp: Infinity,
  twoProducers: Infinity,
  deferred: Infinity,
  timedOut: Infinity,
  onLoop: Infinity,
  control: 4,
  deadProducer: Infinity,
});

explored('loops', { stop: 4, stopOnLoop: 4, work: 2, modeChange: 2 });

explored('turn', { oneWorker: 3, twoWorkers: 1, deadWorker: 2, asking: Infinity });
