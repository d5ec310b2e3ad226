import type { Run } from '@troupe/core';
import { pooledThreads } from '../../src/drivers/pool.ts';

/** Ends the thread that hosts a stage, wherever it is. */
export async function terminateThreadOf(run: Run, stage: string): Promise<void> {
  const entry = (await run.census()).find(({ stages }) => stages.includes(stage));
  const thread = (await pooledThreads()).find(({ threadId }) => threadId === entry?.threadId);
  await thread?.terminate();
}

/** How many workers of a run have been replaced. */
export function replacedIn(run: Run): number {
  return run.stats().workers.reduce((sum, worker) => sum + worker.replaced, 0);
}
