/**
 * The CPU time of a whole process whose graph is started and has nothing to do, compute and io workers
 * alike.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { graph } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { ioSink } from '../stages/io-sink.ts';
import { smallRelay } from '../stages/small-relay.ts';

const SETTLE_MS = 1000;

/** Parameters: `seconds` (watched). */
export async function measure(load: Load): Promise<Sample> {
  const declared = graph('idle');
  const relay = declared.stage('relay', smallRelay, { worker: { dedicated: true } });
  const sink = declared.stage('sink', ioSink);
  declared.input('frames', relay.in.frames);
  declared.connect(relay.out.frames, sink.in.frames);
  const run = await declared.start({ workers: 2 });
  await run.push('frames', new Float32Array(16));
  await delay(SETTLE_MS);
  const startNs = process.hrtime.bigint();
  const before = process.cpuUsage();
  await delay(1000 * countOf(load, numberOf(load, 'seconds')));
  const used = process.cpuUsage(before);
  const elapsedUs = Number(process.hrtime.bigint() - startNs) / 1000;
  await run.stop();
  return { cpuPercent: (100 * (used.user + used.system)) / elapsedUs };
}
