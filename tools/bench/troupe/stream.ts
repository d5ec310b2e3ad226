/** 64 B frames from a stage to a stage on two workers: the contender of the hand-written ring. */
import { graph } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { smallSource } from '../stages/small-source.ts';
import { timedSink } from '../stages/timed-sink.ts';
import { measuredRun } from './measured-run.ts';

/** Parameters: `frameLength` (16), `capacity`, `frames` (timed), `stats`, `watched`. */
export async function measure(load: Load): Promise<Sample> {
  const timed = countOf(load, numberOf(load, 'frames'));
  const warmUp = Math.ceil(timed / 4);
  const declared = graph('stream');
  const source = declared.stage('source', smallSource, {
    options: { frames: warmUp + timed },
    worker: { dedicated: true },
  });
  const sink = declared.stage('sink', timedSink, {
    options: { frameLength: numberOf(load, 'frameLength'), warmUp, timed },
    worker: { dedicated: true },
  });
  declared.connect(source.out.frames, sink.in.frames, { capacity: numberOf(load, 'capacity') });
  return measuredRun(
    declared,
    { stats: load.parameters['stats'] === true },
    {
      load,
      output: source.out.frames,
    },
  );
}
