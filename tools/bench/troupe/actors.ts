/**
 * The resident memory of a process with chains of idle actors on two workers, beside what their rings take,
 * after every thread has collected its garbage.
 */
import { graph } from '@troupe/core';
import { allocateFrameRing } from '@troupe/mailbox';
import { collectGarbage } from '../collect-garbage.ts';
import { numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { garbageCollector } from '../stages/garbage-collector.ts';
import { smallRelay } from '../stages/small-relay.ts';

const groups = ['left', 'right'];

/** Edges hold one frame each, so that all of a ring is resident and can be subtracted. */
const single = { capacity: 1 };

/** Adds a worker's share: a chain of relays, and the stage that collects its garbage. */
function declareGroup(declared: ReturnType<typeof graph>, group: string, actors: number): void {
  const worker = { group };
  const first = declared.stage(`${group}-0`, smallRelay, { worker });
  declared.input(`${group}-in`, first.in.frames, single);
  let { out } = first;
  for (let index = 1; index < actors; index++) {
    const relay = declared.stage(`${group}-${index}`, smallRelay, { worker });
    declared.connect(out.frames, relay.in.frames, single);
    out = relay.out;
  }
  declared.output(`${group}-out`, out.frames, single);
  const collector = declared.stage(`${group}-collector`, garbageCollector, { worker });
  declared.input(`${group}-collect`, collector.in.requests, single);
  declared.output(`${group}-collected`, collector.out.answers, single);
}

/** Parameters: `actors`. */
export async function measure(load: Load): Promise<Sample> {
  const declared = graph('actors');
  for (const group of groups) declareGroup(declared, group, numberOf(load, 'actors') / groups.length);
  const run = await declared.start();
  for (const group of groups) {
    await run.push(`${group}-collect`, new Uint8Array(1));
    await run.pullOrThrow(`${group}-collected`);
  }
  collectGarbage();
  const residentBytes = process.memoryUsage.rss();
  const rings = run.plan.rings.filter((ring) => ring.kind === 'frame');
  const ringBytes = rings.reduce((bytes, ring) => bytes + allocateFrameRing(ring).byteLength, 0);
  await run.stop();
  return { ownBytes: residentBytes - ringBytes, ringBytes };
}
