/** Stages that keep their contract: one of each kind, as a user registers them. */
import { invariant, stageContract } from '@troupe/core/testing';
import fc from 'fast-check';
import { describe } from 'vitest';
import {
  choosy,
  countUp,
  letters,
  listener,
  mixer,
  patient,
  scale,
  sums,
} from '../fixtures/contracts/right.ts';

describe('a sync stage', () => {
  stageContract(scale, {
    options: { gain: 2 },
    latencyBudgetMs: 1_000,
    bench: true,
    badOptions: [{ gain: 'two' }, { gain: NaN }, undefined],
    invariants: [
      invariant('zeros stay zeros', ({ inputs, outputs }) =>
        inputs.samples.every((frame, i) =>
          frame.every((value, k) => value !== 0 || outputs.scaled[i]?.[k] === 0),
        ),
      ),
    ],
    model: ({ inputs }) => ({ scaled: inputs.samples.map((frame) => frame.map((value) => value + value)) }),
  });
});

describe('an async stage', () => {
  stageContract(patient);
});
describe('a source', () => {
  stageContract(countUp, { options: { to: 10 } });
});

describe('a sink', () => {
  stageContract(sums, {
    options: () => ({ total: { sum: 0 } }),
    outside: ({ total }) => total.sum,
  });
});

describe('a stage that ticks and has several inputs', () => {
  stageContract(mixer, { ticks: { hz: 333 } });
});
describe('a stage that is active in one mode', () => {
  stageContract(listener);
});
describe('a stage that handles what is posted', () => {
  stageContract(letters, { posts: fc.string() });
});
describe('a stage that refuses some of its inputs', () => {
  stageContract(choosy, { refuses: (error) => error instanceof RangeError });
});
