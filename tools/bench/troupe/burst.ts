/**
 * How long the first frame of a burst is held back for a batch to fill.
 *
 * Once per tick a slow stage (2 µs a call) gets `frames` frames at once and passes them to another worker.
 * What the first of 64 takes beyond a lone frame, which nothing follows, is the time that its publication
 * waited. The reading worker is kept awake by a chatter of its own, so that no wake-up is measured.
 */
import { graph } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { burstSink } from '../stages/burst-sink.ts';
import { burstSource } from '../stages/burst-source.ts';
import { slowRelay } from '../stages/slow-relay.ts';
import { smallSource } from '../stages/small-source.ts';
import { timedSink } from '../stages/timed-sink.ts';
import { measuredRun } from './measured-run.ts';

const TICK_HZ = 500;
const writing = { group: 'writing' };
const reading = { group: 'reading' };

/** Parameters: `frames` (of one burst, at most 64), `bursts` (timed). */
export async function measure(load: Load): Promise<Sample> {
  const bursts = countOf(load, numberOf(load, 'bursts'));
  const declared = graph('burst');
  const source = declared.stage('source', burstSource, {
    options: { frames: numberOf(load, 'frames') },
    tick: { hz: TICK_HZ },
    worker: writing,
  });
  const relay = declared.stage('relay', slowRelay, { worker: writing });
  const sink = declared.stage('sink', burstSink, {
    options: { warmUp: Math.ceil(bursts / 4), bursts },
    worker: reading,
  });
  const chatter = declared.stage('chatter', smallSource, {
    options: { frames: Number.POSITIVE_INFINITY },
    worker: reading,
  });
  const listener = declared.stage('listener', timedSink, {
    options: { frameLength: 16, warmUp: Number.POSITIVE_INFINITY, timed: 1 },
    worker: reading,
  });
  declared.connect(source.out.frames, relay.in.frames, { capacity: 256 });
  declared.connect(relay.out.frames, sink.in.frames, { capacity: 256 });
  declared.connect(chatter.out.frames, listener.in.frames);
  return measuredRun(declared, {});
}
