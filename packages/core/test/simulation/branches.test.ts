import { expect, test } from 'vitest';
import { judge } from './judge.ts';
import type { Shape } from './moods.ts';
import { testShapes } from './seeds.ts';
import { shapes } from './shapes.ts';

testShapes(['fan-out', 'fan-in', 'wide']);

test('what a loop is to do when its thread is ready comes before a rest', async () => {
  const shape = shapes.find(({ name }) => name === 'fan-in') as Shape;
  // Drained before its first step, a run would not ask its source for anything.
  expect((await judge(shape, 90_127)).reason).toBe('stopped');
});
