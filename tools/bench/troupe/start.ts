/**
 * From `start()` to the first frame at the boundary: in a fresh process, then on the pool that the first
 * run left.
 */
import { graph } from '@troupe/core';
import { numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { plainRelay, plainSource } from '../stages/plain.js';
import { median } from '../statistics.ts';

/** A source and a chain of relays, over two workers. */
function chain(stages: number): ReturnType<typeof graph> {
  const declared = graph('start');
  let { out } = declared.stage('source', plainSource);
  for (let index = 1; index < stages; index++) {
    const relay = declared.stage(`relay-${index}`, plainRelay);
    declared.connect(out.frames, relay.in.frames);
    out = relay.out;
  }
  declared.output('frames', out.frames);
  return declared;
}

async function startToFirstFrameMs(stages: number): Promise<number> {
  const declared = chain(stages);
  const startMs = performance.now();
  const run = await declared.start({ workers: 2 });
  await run.pullOrThrow('frames');
  const tookMs = performance.now() - startMs;
  await run.stop();
  return tookMs;
}

/** Parameters: `stages`, `warmStarts` (after the cold one). */
export async function measure(load: Load): Promise<Sample> {
  const stages = numberOf(load, 'stages');
  const coldMs = await startToFirstFrameMs(stages);
  const warmMs: number[] = [];
  for (let start = 0; start < numberOf(load, 'warmStarts'); start++)
    warmMs.push(await startToFirstFrameMs(stages));
  return warmMs.length === 0 ? { coldMs } : { coldMs, warmMs: median(warmMs) };
}
