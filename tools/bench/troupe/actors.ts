/**
 * The resident memory of a process with a chain of idle actors on two workers, beside what their rings
 * take.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { graph } from '@troupe/core';
import { allocateFrameRing } from '@troupe/mailbox';
import { numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { smallRelay } from '../stages/small-relay.ts';

const SETTLE_MS = 500;

/**
 * Parameters: `actors`. Edges hold one frame each, so that all of a ring is resident and can be subtracted.
 */
export async function measure(load: Load): Promise<Sample> {
  const declared = graph('actors');
  const first = declared.stage('relay-0', smallRelay);
  declared.input('frames', first.in.frames, { capacity: 1 });
  let { out } = first;
  for (let index = 1; index < numberOf(load, 'actors'); index++) {
    const relay = declared.stage(`relay-${index}`, smallRelay);
    declared.connect(out.frames, relay.in.frames, { capacity: 1 });
    out = relay.out;
  }
  declared.output('frames', out.frames, { capacity: 1 });
  const run = await declared.start({ workers: 2 });
  await delay(SETTLE_MS);
  const rings = run.plan.rings.filter((ring) => ring.kind === 'frame');
  const ringBytes = rings.reduce((bytes, ring) => bytes + allocateFrameRing(ring).byteLength, 0);
  const residentBytes = process.memoryUsage.rss();
  await run.stop();
  return { ownBytes: residentBytes - ringBytes, ringBytes };
}
