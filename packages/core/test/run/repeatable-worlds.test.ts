import fc from 'fast-check';
import { expect, test } from 'vitest';
import { difference } from './random-graphs.ts';
import { live, world } from './random-worlds.ts';

test('modes, events, rates, latches, spills and failures: the same bits on any workers', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const expected = await live(given, 1, 'auto', 'fast');
      expect(difference(expected, await live(given, 2, 'auto', 'fast'))).toBeUndefined();
      expect(difference(expected, await live(given, 4, 'auto', 'paced'))).toBeUndefined();
      expect(difference(expected, await live(given, 1, { dedicated: true }, 'fast'))).toBeUndefined();
      expect(difference(expected, await live(given, 2, 'main', 'fast'))).toBeUndefined();
    }),
    { numRuns: Number(process.env['RUNS'] ?? 8), endOnFailure: process.env['HUNT'] !== undefined },
  );
}, 240_000);
