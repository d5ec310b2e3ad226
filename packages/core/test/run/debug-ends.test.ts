import { expect, onTestFinished, test } from 'vitest';
import { graph } from '@troupe/core';
import type { Graph, Run, StartOptions } from '@troupe/core';
import { debugMemory, passing, slowly, word } from '../fixtures/debugged.ts';
import { until } from './deadline.ts';

async function start(g: Graph, options: StartOptions): Promise<Run> {
  const run = await g.start({ onLog: () => undefined, ...options });
  onTestFinished(async () => void (await run.stop()));
  return run;
}

const clocks = ['paced', 'fast'] as const;

test.each(clocks)('%s: a stop and a drain settle a phase that is in flight', async (clock) => {
  for (const options of [{}, { drain: true, timeoutMs: 50 }]) {
    const words = debugMemory();
    const g = graph('one');
    const stage = {
      options: { memory: words.buffer, tookMs: 100_000 },
      worker: { dedicated: true },
    } as const;
    const middle = g.stage('middle', slowly, stage);
    g.input('in', middle.in.in);
    g.output('out', middle.out.out);
    const run = await start(g, { clock, barrierTimeoutMs: 0 });
    await run.debug.pause();
    await run.push('in', { n: 0 });
    // The first one may be the end of a round that was open.
    const stepping = async (): Promise<never> => {
      for (;;) await run.debug.step({ unit: 'phase' });
    };
    const stepped = Promise.allSettled([stepping()]);
    await until('it runs', () => Atomics.load(words, word.running) === 1);
    await run.stop(options);
    expect(await stepped).toMatchObject([{ status: 'rejected', reason: { code: 'RUN_STOPPED' } }]);
  }
});
