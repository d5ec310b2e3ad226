/** Graphs of any form, with ticks, loops and edges that lose, while everything goes wrong that can. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { simulate } from '@troupe/core/testing';
import type { FaultOptions } from '@troupe/core/testing';
import { build, node } from '../run/random-graphs.ts';

const faults: FaultOptions = {
  throw: 0.003,
  death: 0.002,
  kill: 0.001,
  hang: 0.0005,
  slow: 0.005,
  detach: 0.0005,
  mode: 0.001,
  stop: 0.00001,
};

const shapes = fc.sample(fc.array(node, { minLength: 1, maxLength: 6 }), { numRuns: 30, seed: 123 });

/** Seeds for each graph. */
const seeds = Number(process.env['RUNS'] ?? 1);

test.each(['realtime', 'paced', 'fast'] as const)(
  'graphs of any form break no invariant: %s',
  { timeout: 300_000 },
  async (clock) => {
    let happened = 0;
    for (const [shape, nodes] of shapes.slice(0, 20).entries()) {
      for (let seed = shape % 4; seed < (shape % 4) + seeds; seed++) {
        const loop = clock === 'realtime' ? 'dropOldest' : 'block';
        const { g } = build(nodes, seed % 2 === 0 ? { dedicated: true } : 'auto', loop);
        // Some of them would go round for ever where there are no steps.
        const limits = { workers: 4, untilMs: 40, steps: clock === 'realtime' ? 5_000 : 20_000 };
        const report = await simulate(g, { seed, clock, faults, ...limits });
        happened += report.faults.length;
      }
    }
    expect(happened).toBeGreaterThan(50);
  },
);

test('a reader that is switched back keeps nobody waiting who lies behind an edge that loses', async () => {
  const { g } = build(shapes[24] ?? [], { dedicated: true });
  for (const clock of ['paced', 'fast'] as const) {
    const limits = { workers: 4, untilMs: 40, steps: 20_000 };
    await expect(simulate(g, { seed: 3, clock, faults, ...limits })).resolves.toMatchObject({ seed: 3 });
  }
});
