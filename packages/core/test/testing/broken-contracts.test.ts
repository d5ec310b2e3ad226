/** The contract is itself tested: for every promise stages that break it, and nothing else. */
import { contractOf } from '@troupe/core/testing';
import type { ClauseName } from '@troupe/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { buffers } from '../fixtures/contracts/wrong/buffers.ts';
import { bounded, committed, fits } from '../fixtures/contracts/wrong/emissions.ts';
import { drivers, lossless, register } from '../fixtures/contracts/wrong/graphs.ts';
import { accepts, serial, silent } from '../fixtures/contracts/wrong/handlers.ts';
import { growth, invariants, latency, model, options } from '../fixtures/contracts/wrong/others.ts';
import { batches, modes, repeatable, room, snapshot } from '../fixtures/contracts/wrong/state.ts';
import type { Wrong } from '../fixtures/contracts/wrong/wrong-stage.ts';

const wrong: Readonly<Record<string, readonly Wrong[]>> = {
  serial,
  silent,
  accepts,
  fits,
  bounded,
  committed,
  buffers,
  repeatable,
  batches,
  snapshot,
  room,
  modes,
  options,
  growth,
  model,
  invariant: invariants,
  latency,
  drivers,
  lossless,
};

/** These start graphs or fill the heap: tried only where they are what is broken. */
const costly: ReadonlySet<ClauseName> = new Set(['growth', 'drivers', 'lossless']);

/** Which clauses say that a stage is wrong. */
async function broken({ stage, given, breaks }: Wrong): Promise<readonly ClauseName[]> {
  const found: ClauseName[] = [];
  for (const { clause, run } of contractOf(stage, { runs: 40, ...given })) {
    if (costly.has(clause) && !breaks.includes(clause)) continue;
    const error: unknown = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) continue;
    expect(error).toMatchObject({ code: 'CONTRACT_BROKEN', clause, stage: stage.name });
    found.push(clause);
  }
  return found;
}

register();
describe.each(Object.entries(wrong))('stages that break the clause %s', (clause, stages) => {
  it('there are at least three of them', () => {
    expect(stages.length).toBeGreaterThanOrEqual(3);
    for (const { breaks } of stages) expect(breaks).toContain(clause);
  });

  it.each(stages.map((each) => [each.stage.name, each] as const))(
    '%s is caught, and by it alone',
    async (_name, each) => {
      expect([...(await broken(each))].sort()).toEqual([...each.breaks].sort());
    },
  );
});

it('finds the same a minute before midnight', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(2026, 10, 20, 23, 59) });
  const calendar = repeatable.find(({ stage }) => stage.name === 'calendar') as Wrong;
  try {
    expect(await broken(calendar)).toEqual(['repeatable']);
  } finally {
    vi.useRealTimers();
  }
});
