/** `tinypool.run` once per frame. */
import { Tinypool } from 'tinypool';
import { numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { measureCalls } from './pool-stream.ts';

/**
 * Parameters: `frameLength`, `frames` (timed), `inFlight`, `threads` and `callsPerThread`; the last two at
 * 0: the library's defaults.
 */
export async function measure(load: Load): Promise<Sample> {
  const threads = numberOf(load, 'threads');
  const filename = new URL('./pool-task.ts', import.meta.url).href;
  const pool = new Tinypool(
    threads === 0
      ? { filename, name: 'sumOfFirst' }
      : {
          filename,
          name: 'sumOfFirst',
          minThreads: threads,
          maxThreads: threads,
          concurrentTasksPerWorker: numberOf(load, 'callsPerThread'),
        },
  );
  const sample = await measureCalls(load, (frame) => pool.run(frame));
  await pool.destroy();
  return sample;
}
