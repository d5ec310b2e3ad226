import type { graph, StartOptions } from '@troupe/core';
import type { Sample } from '../contender.ts';

/** What the measuring stage of a benchmark graph logs, with its figures as fields. */
const TIMED = 'timed';

/** Starts the graph, waits until one of its stages logs its figures, and stops it. */
export async function measuredRun(
  declared: ReturnType<typeof graph>,
  options: StartOptions,
): Promise<Sample> {
  const { promise, resolve, reject } = Promise.withResolvers<Sample>();
  const run = await declared.start({
    ...options,
    onLog: ({ message, fields }) => {
      if (message === TIMED) resolve(fields as Sample);
    },
  });
  run.done.then(() => reject(new Error('the run ended without a figure')), reject);
  const sample = await promise;
  await run.stop();
  return sample;
}
