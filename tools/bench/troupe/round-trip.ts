/** A frame to a stage on another worker and back, each worker asleep when it comes. */
import { graph } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { ioPing, ping } from '../stages/ping.ts';
import { ioPong, pong } from '../stages/pong.ts';
import { measuredRun } from './measured-run.ts';

const worker = { dedicated: true } as const;

/**
 * Parameters: `warmUp` (trips without a pause), `trips` (timed), `pauseMs` (between trips), `io` (workers
 * with an event loop).
 */
export async function measure(load: Load): Promise<Sample> {
  const trips = countOf(load, numberOf(load, 'trips'));
  const isIo = load.parameters['io'] === true;
  const declared = graph('round-trip');
  const first = declared.stage('ping', isIo ? ioPing : ping, {
    options: { warmUp: countOf(load, numberOf(load, 'warmUp')), trips },
    tick: { hz: 1000 / numberOf(load, 'pauseMs') },
    worker,
  });
  const second = declared.stage('pong', isIo ? ioPong : pong, { worker });
  declared.connect(first.out.stamps, second.in.stamps);
  declared.connect(second.out.back, first.in.back, { back: true });
  return measuredRun(declared, {});
}
