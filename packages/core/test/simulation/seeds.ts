import { expect, test } from 'vitest';
import { judge } from './judge.ts';
import { shapes } from './shapes.ts';

/** How many seeds a shape is simulated with in `npm test`. */
const seedsOfEach = 500;

/** Each shape, with every seed: nothing may be lost, repeated, out of order, or at a standstill. */
export function testShapes(names: readonly string[], seeds: number = seedsOfEach): void {
  for (const name of names) {
    test(`${name}, with ${seeds} seeds`, { timeout: 300_000 }, async () => {
      const shape = shapes.find((each) => each.name === name);
      if (shape === undefined) throw new Error(`there is no shape '${name}'`);
      const kinds = new Set<string>();
      const digests = new Set<string>();
      for (let seed = 0; seed < seeds; seed++) {
        const { faults, digest } = await judge(shape, seed);
        for (const { kind } of faults) kinds.add(kind);
        digests.add(digest);
      }
      // That nothing was found means little where nothing has happened.
      expect(digests.size).toBe(seeds);
      for (const kind of ['death', 'hang', 'kill', 'slow', 'stop', 'throw']) expect(kinds).toContain(kind);
    });
  }
}
