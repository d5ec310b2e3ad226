import fc from 'fast-check';
import { expect, test } from 'vitest';
import { difference, node, play } from './random-graphs.ts';

test('the same graph gives the same bits on any number of workers, fused or not, paced or fast', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 6 }), async (nodes) => {
      const expected = await play(nodes, 1, 'auto', 'fast');
      expect(difference(expected, await play(nodes, 2, 'auto', 'fast'))).toBeUndefined();
      expect(difference(expected, await play(nodes, 4, 'auto', 'fast'))).toBeUndefined();
      expect(difference(expected, await play(nodes, 1, { dedicated: true }, 'fast'))).toBeUndefined();
      expect(difference(expected, await play(nodes, 2, 'main', 'fast'))).toBeUndefined();
    }),
    { numRuns: Number(process.env['RUNS'] ?? 30), endOnFailure: false },
  );
}, 120_000);
