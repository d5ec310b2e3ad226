/**
 * Frames as structured clones through a `MessageChannel` from one worker to another, at most a window of
 * them in flight.
 */
import { once } from 'node:events';
import { MessageChannel, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';

interface Task {
  readonly role: 'write' | 'read';
  readonly port: MessagePort;
  readonly frameLength: number;
  readonly window: number;
  readonly warmUp: number;
  readonly timed: number;
}

/** Parameters: `frameLength`, `frames` (timed), `window` (frames in flight at most). */
export async function measure(load: Load): Promise<Sample> {
  const timed = countOf(load, numberOf(load, 'frames'));
  const task = {
    frameLength: numberOf(load, 'frameLength'),
    window: numberOf(load, 'window'),
    warmUp: Math.ceil(timed / 4),
    timed,
  };
  const { port1, port2 } = new MessageChannel();
  const start = (role: Task['role'], port: MessagePort): Worker =>
    new Worker(new URL(import.meta.url), {
      workerData: { ...task, role, port } satisfies Task,
      transferList: [port],
    });
  const reader = start('read', port1);
  const writer = start('write', port2);
  const [nsPerFrame] = (await once(reader, 'message')) as [number];
  await Promise.all([reader.terminate(), writer.terminate()]);
  return { nsPerFrame };
}

function write({ port, frameLength, window, warmUp, timed }: Task): void {
  const frame = new Float32Array(frameLength);
  const frames = warmUp + timed;
  let sent = 0;
  const sendUpTo = (limit: number): void => {
    for (; sent < Math.min(limit, frames); sent++) {
      for (let i = 0; i < frameLength; i++) frame[i] = sent + i;
      port.postMessage(frame);
    }
  };
  port.on('message', (received: number) => sendUpTo(received + window));
  sendUpTo(window);
}

function read({ port, window, warmUp, timed }: Task): void {
  const creditEvery = Math.max(1, window / 4);
  let received = 0;
  let sum = 0;
  let startNs = 0n;
  port.on('message', (frame: Float32Array) => {
    sum += (frame[0] as number) + (frame[1] as number) + (frame[2] as number) + (frame[3] as number);
    received++;
    if (received % creditEvery === 0) port.postMessage(received);
    if (received === warmUp) startNs = process.hrtime.bigint();
    if (received !== warmUp + timed) return;
    const nsPerFrame = Number(process.hrtime.bigint() - startNs) / timed;
    if (Number.isNaN(sum)) throw new Error('a frame held no number');
    parentPort?.postMessage(nsPerFrame);
  });
}

if (!isMainThread) {
  const task = workerData as Task;
  if (task.role === 'read') read(task);
  else write(task);
}
