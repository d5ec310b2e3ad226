/** 64 B frames from a stage to a stage on two workers: the contender of the hand-written ring. */
import { graph } from '@troupe/core';
import type { PortName } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { smallSource } from '../stages/small-source.ts';
import { timedSink } from '../stages/timed-sink.ts';
import { measuredRun } from './measured-run.ts';

/** A source and a sink, and the output between them. */
export interface Pair {
  readonly declared: ReturnType<typeof graph>;
  readonly output: PortName;
}

/** Messages before the clock of a sink starts, and those that it runs over. */
export interface Counts {
  readonly warmUp: number;
  readonly timed: number;
}

/** As many messages as the load says. */
export function countsOf(load: Load): Counts {
  const timed = countOf(load, numberOf(load, 'frames'));
  return { warmUp: Math.ceil(timed / 4), timed };
}

/** Parameters: `frameLength` (16), `capacity`, `frames` (timed), `stats`. */
export async function measure(load: Load): Promise<Sample> {
  const { declared } = streamGraph(load, countsOf(load));
  return measuredRun(declared, { stats: load.parameters['stats'] === true });
}

/** Parameters: `frameLength` (16), `capacity`. */
export function streamGraph(load: Load, { warmUp, timed }: Counts): Pair {
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
  return { declared, output: source.out.frames };
}
