/**
 * Large frames from a stage to a stage on two workers: copied in, produced in place, or produced privately
 * and copied.
 */
import { graph } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { copiedSource } from '../stages/copied-source.ts';
import { inPlaceSource } from '../stages/in-place-source.ts';
import { privateSource } from '../stages/private-source.ts';
import { timedSink } from '../stages/timed-sink.ts';
import { measuredRun } from './measured-run.ts';

const sources = { copied: copiedSource, private: privateSource, 'in-place': inPlaceSource };

/** Parameters: `frameLength`, `capacity`, `frames` (timed), `writes` (`copied`, `private` or `in-place`). */
export async function measure(load: Load): Promise<Sample> {
  const timed = countOf(load, numberOf(load, 'frames'));
  const warmUp = Math.ceil(timed / 4);
  const frameLength = numberOf(load, 'frameLength');
  const declared = graph('large');
  const source = declared.stage('source', sources[load.parameters['writes'] as keyof typeof sources], {
    options: { frameLength, frames: warmUp + timed },
    worker: { dedicated: true },
  });
  const sink = declared.stage('sink', timedSink, {
    options: { frameLength, warmUp, timed },
    worker: { dedicated: true },
  });
  declared.connect(source.out.frames, sink.in.frames, { capacity: numberOf(load, 'capacity') });
  return measuredRun(declared, {});
}
