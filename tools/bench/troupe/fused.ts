/** Two stages on one worker: frames through the ring without atomics, or values by reference. */
import { graph } from '@troupe/core';
import type { Load, Sample } from '../contender.ts';
import { smallSource } from '../stages/small-source.ts';
import { timedSink } from '../stages/timed-sink.ts';
import { valueSink } from '../stages/value-sink.ts';
import { valueSource } from '../stages/value-source.ts';
import { measuredRun } from './measured-run.ts';
import { countsOf } from './stream.ts';
import type { Counts, Pair } from './stream.ts';

const CAPACITY = 1024;
const worker = { group: 'fused' };

/** Parameters: `kind` (`frames` or `values`), `frames` (timed). */
export async function measure(load: Load): Promise<Sample> {
  const counts = countsOf(load);
  const { declared } = load.parameters['kind'] === 'values' ? valuesGraph(counts) : framesGraph(counts);
  return measuredRun(declared, {});
}

export function valuesGraph({ warmUp, timed }: Counts): Pair {
  const declared = graph('fused');
  const source = declared.stage('source', valueSource, { options: { frames: warmUp + timed }, worker });
  const sink = declared.stage('sink', valueSink, { options: { warmUp, timed }, worker });
  declared.connect(source.out.values, sink.in.values, { capacity: CAPACITY });
  return { declared, output: source.out.values };
}

function framesGraph({ warmUp, timed }: Counts): Pair {
  const declared = graph('fused');
  const source = declared.stage('source', smallSource, { options: { frames: warmUp + timed }, worker });
  const sink = declared.stage('sink', timedSink, { options: { frameLength: 16, warmUp, timed }, worker });
  declared.connect(source.out.frames, sink.in.frames, { capacity: CAPACITY });
  return { declared, output: source.out.frames };
}
