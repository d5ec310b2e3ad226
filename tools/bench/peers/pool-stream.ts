/**
 * Frames as calls of a request/response pool, a fixed number of calls in flight: the loop that both pool
 * peers share.
 */
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';

/** Parameters: `frameLength`, `frames` (timed), `inFlight`. */
export async function measureCalls(
  load: Load,
  call: (frame: Float32Array) => Promise<unknown>,
): Promise<Sample> {
  const timed = countOf(load, numberOf(load, 'frames'));
  const inFlight = numberOf(load, 'inFlight');
  const frameLength = numberOf(load, 'frameLength');

  const stream = async (frames: number): Promise<void> => {
    let sent = 0;
    const lane = async (): Promise<void> => {
      const frame = new Float32Array(frameLength);
      while (sent < frames) {
        const n = sent++;
        for (let i = 0; i < frameLength; i++) frame[i] = n + i;
        await call(frame);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  };

  await stream(Math.ceil(timed / 4));
  const startNs = process.hrtime.bigint();
  await stream(timed);
  return { nsPerFrame: Number(process.hrtime.bigint() - startNs) / timed };
}
