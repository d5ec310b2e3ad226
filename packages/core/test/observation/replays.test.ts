import { describe, expect, it } from 'vitest';
import { ShownReplay } from '../../src/observation/replays.ts';
import { compile } from '../../src/plan/compile.ts';
import { Comparison } from '../../src/run/comparison.ts';
import type { Divergence } from '../../src/run/comparison.ts';
import type { Rewind } from '../../src/run/rewind-types.ts';
import { declare, sink, source } from '../plan/declare.ts';

interface Emitted {
  readonly seq?: number;
  readonly time: number;
  readonly value: unknown;
}

const messageOf = ({ seq = 0, time, value }: Emitted): Parameters<Comparison['actual']>[0][number] => {
  return { stage: 'source', port: 'out', seq, time, payload: { kind: 'value', value } };
};

function divergenceOf(recorded: Emitted | undefined, replayed: Emitted | undefined): Divergence | undefined {
  const comparison = new Comparison(() => 0);
  if (recorded !== undefined) comparison.expected([messageOf(recorded)]);
  if (replayed !== undefined) comparison.actual([messageOf(replayed)]);
  comparison.settle(true);
  return comparison.divergence;
}

/** What an observer reads of a moment with a divergence. */
async function textOf(divergence: Divergence | undefined): Promise<string | undefined> {
  const moment = {
    step: 0,
    timeNs: 0,
    mode: 'idle',
    events: [],
    ports: [],
    stats: { stages: [], edges: [] },
    divergence,
    compared: 1,
  };
  const rewind = { marks: [], seek: () => Promise.resolve(moment) } as unknown as Rewind;
  const plan = compile(declare({ source, sink }, ['source.out > sink.in']), { workers: 1 });
  const limits = { messageBytesMax: 1_024 } as unknown as ConstructorParameters<typeof ShownReplay>[3];
  return (await new ShownReplay('run.troupe', rewind, plan, limits).seek({ step: 0 })).divergence;
}

describe('a divergence', () => {
  it.each([
    [{ time: 1e9, value: { a: 1 } }, { time: 2e9, value: { a: 1 } }, true],
    [{ time: 1e9, value: NaN }, { time: 2e9, value: NaN }, true],
    [{ time: 1e9, value: 1 }, { time: 2e9, value: 2 }, false],
    [{ time: 1e9, value: 1 }, { time: 1e9, value: 2 }, false],
    [{ seq: 0, time: 1e9, value: 1 }, { seq: 1, time: 2e9, value: 1 }, false],
    [{ time: 1e9, value: 1 }, undefined, false],
    [undefined, { time: 1e9, value: 1 }, false],
  ])('of %j and %j: only the time: %j', (recorded, replayed, isOnlyTime) => {
    expect(divergenceOf(recorded, replayed)).toMatchObject({ isOnlyTime });
  });

  it('is told in words', async () => {
    const first = { time: 1e9, value: 1 };
    expect(await textOf(divergenceOf(first, { time: 2e9, value: 1 }))).toBe(
      'source.out, message 0: only its time differs: recorded at 1 s, replayed at 2 s',
    );
    expect(await textOf(divergenceOf(first, { time: 2e9, value: 2 }))).toBe(
      'source.out, message 0: recorded 1 at 1 s, replayed 2 at 2 s',
    );
    expect(await textOf(divergenceOf(first, undefined))).toBe(
      'source.out, message 0: recorded 1 at 1 s; the replay has none',
    );
    expect(await textOf(undefined)).toBeUndefined();
  });
});
