/** Two stages on one worker: frames through the ring without atomics, or values by reference. */
import { graph } from '@troupe/core';
import type { PortName } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { smallSource } from '../stages/small-source.ts';
import { timedSink } from '../stages/timed-sink.ts';
import { valueSink } from '../stages/value-sink.ts';
import { valueSource } from '../stages/value-source.ts';
import { measuredRun } from './measured-run.ts';

const CAPACITY = 1024;
const worker = { group: 'fused' };

/** Parameters: `kind` (`frames` or `values`), `frames` (timed), `watched`. */
export async function measure(load: Load): Promise<Sample> {
  const timed = countOf(load, numberOf(load, 'frames'));
  const warmUp = Math.ceil(timed / 4);
  const options = { frames: warmUp + timed };
  const declared = graph('fused');
  let output: PortName;
  if (load.parameters['kind'] === 'values') {
    const source = declared.stage('source', valueSource, { options, worker });
    const sink = declared.stage('sink', valueSink, { options: { warmUp, timed }, worker });
    declared.connect(source.out.values, sink.in.values, { capacity: CAPACITY });
    output = source.out.values;
  } else {
    const source = declared.stage('source', smallSource, { options, worker });
    const sink = declared.stage('sink', timedSink, { options: { frameLength: 16, warmUp, timed }, worker });
    declared.connect(source.out.frames, sink.in.frames, { capacity: CAPACITY });
    output = source.out.frames;
  }
  return measuredRun(declared, {}, { load, output });
}
