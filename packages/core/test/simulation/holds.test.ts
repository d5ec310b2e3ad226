import { deepStrictEqual } from 'node:assert/strict';
import { expect, test } from 'vitest';
import { judge } from './judge.ts';
import { shapes } from './shapes.ts';

const seeds = Number(process.env['SEEDS'] ?? 8);

/** Paused, stepped, broken and resumed at random, with everything else that may go wrong. */
test.each(shapes.map(({ name }) => name))('%s, held at random', { timeout: 300_000 }, async (name) => {
  const shape = shapes.find((each) => each.name === name);
  if (shape === undefined) throw new Error(`there is no shape '${name}'`);
  const done = new Set<string>();
  for (let seed = 0; seed < seeds; seed++) {
    const held = {
      ...shape,
      options: (given: number) => {
        const options = shape.options(given);
        return { ...options, faults: { ...options.faults, hold: 0.05 } };
      },
    };
    const { faults, digest } = await judge(held, seed);
    // Whoever debugs is part of what the seed decides.
    if (seed < 2) deepStrictEqual((await judge(held, seed)).digest, digest);
    for (const { kind, about } of faults) if (kind === 'hold') done.add(about.split(' ')[0] ?? '');
  }
  expect(done).toContain('pause');
});
