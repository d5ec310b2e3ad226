/**
 * Frames through the hand-written ring from one worker to another: each filled (element loop or `set`),
 * each looked at.
 */
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { RingReader, RingWriter, createRing } from './ring.ts';
import type { RingSpec } from './ring.ts';

interface Task {
  readonly role: 'write' | 'read';
  readonly block: SharedArrayBuffer;
  readonly spec: RingSpec;
  readonly copies: boolean;
  readonly warmUp: number;
  readonly timed: number;
}

/**
 * Parameters: `frameLength`, `capacity`, `batch`, `frames` (timed), `copies` (`set` from a private array
 * instead of an element loop).
 */
export async function measure(load: Load): Promise<Sample> {
  const spec = {
    capacity: numberOf(load, 'capacity'),
    frameLength: numberOf(load, 'frameLength'),
    batch: numberOf(load, 'batch'),
  };
  const timed = countOf(load, numberOf(load, 'frames'));
  const task = {
    block: createRing(spec),
    spec,
    copies: load.parameters['copies'] === true,
    warmUp: Math.ceil(timed / 4),
    timed,
  };
  const start = (role: Task['role']): Worker =>
    new Worker(new URL(import.meta.url), { workerData: { ...task, role } satisfies Task });
  const reader = start('read');
  const writer = start('write');
  const [nsPerFrame] = (await once(reader, 'message')) as [number];
  await Promise.all([reader.terminate(), writer.terminate()]);
  return { nsPerFrame };
}

function writeByElement({ block, spec, warmUp, timed }: Task): void {
  const ring = new RingWriter(block, spec);
  const { frameLength } = spec;
  const frames = warmUp + timed;
  for (let n = 0; n < frames; n++) {
    const frame = ring.reserve();
    for (let i = 0; i < frameLength; i++) frame[i] = n + i;
    ring.commit();
  }
  ring.flush();
}

function writeByCopy({ block, spec, warmUp, timed }: Task): void {
  const ring = new RingWriter(block, spec);
  const source = new Float32Array(spec.frameLength).map((_, i) => i);
  const frames = warmUp + timed;
  for (let n = 0; n < frames; n++) {
    source[0] = n;
    ring.reserve().set(source);
    ring.commit();
  }
  ring.flush();
}

function readSome(ring: RingReader, frames: number): number {
  let sum = 0;
  for (let n = 0; n < frames; n++) {
    const frame = ring.peek();
    sum += (frame[0] as number) + (frame[1] as number) + (frame[2] as number) + (frame[3] as number);
    ring.advance();
  }
  return sum;
}

function read({ block, spec, warmUp, timed }: Task): number {
  const ring = new RingReader(block, spec);
  let sum = readSome(ring, warmUp);
  const startNs = process.hrtime.bigint();
  sum += readSome(ring, timed);
  const nsPerFrame = Number(process.hrtime.bigint() - startNs) / timed;
  if (Number.isNaN(sum)) throw new Error('a frame held no number');
  return nsPerFrame;
}

if (!isMainThread) {
  const task = workerData as Task;
  if (task.role === 'read') parentPort?.postMessage(read(task));
  else if (task.copies) writeByCopy(task);
  else writeByElement(task);
}
