import fc from 'fast-check';
import { test } from 'vitest';
import { deeds, Play } from './conductor-play.ts';
import { settings } from './conductor-world.ts';

test('a conductor leads any threads and applications as the rounds demand', async () => {
  await fc.assert(
    fc.asyncProperty(settings, deeds, async (setting, list) => {
      const play = new Play(setting);
      for (const deed of list) await play.do(deed);
      await play.settle(setting);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 200) },
  );
}, 120_000);
