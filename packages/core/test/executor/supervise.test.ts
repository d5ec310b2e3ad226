import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { judgeFailure } from '../../src/executor/supervise.ts';
import type { Attempts, RestartRecord } from '../../src/executor/supervise.ts';
import type { Supervision } from '../../src/plan/types.ts';

const supervisions: fc.Arbitrary<Supervision> = fc
  .record({
    strategy: fc.constantFrom('resume', 'restart', 'stop', 'escalate'),
    triesMax: fc.integer({ min: 1, max: 6 }),
    restartsMax: fc.integer({ min: 0, max: 6 }),
    withinMs: fc.integer({ min: 1, max: 1_000 }),
    backoffMs: fc.integer({ min: 0, max: 50 }),
    extraMs: fc.integer({ min: 0, max: 500 }),
  })
  .map(({ extraMs, ...given }) => ({
    ...given,
    backoffMaxMs: given.backoffMs + extraMs,
    watchdogMs: 0,
    asyncWatchdogMs: 0,
  }));

/** Pauses between failures of one message. */
const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 30 });

function judgeAll(
  supervision: Supervision,
  waits: readonly number[],
): readonly (ReturnType<typeof judgeFailure> & { nowMs: number })[] {
  const attempts: Attempts = { tries: 0, position: 0 };
  const record: RestartRecord = { recreatedMs: [] };
  let nowMs = 0;
  return waits.map((wait) => {
    nowMs += wait;
    return { ...judgeFailure(attempts, record, supervision, nowMs), nowMs };
  });
}

describe('judgeFailure', () => {
  test('gives a message up at every triesMax-th failure and at no other', () => {
    fc.assert(
      fc.property(supervisions, pauses, (supervision, waits) => {
        for (const [i, { isGivenUp }] of judgeAll(supervision, waits).entries()) {
          expect(isGivenUp).toBe((i + 1) % supervision.triesMax === 0);
        }
      }),
    );
  });

  test('waits twice as long for each further try, within the bound', () => {
    fc.assert(
      fc.property(supervisions, pauses, (supervision, waits) => {
        const { backoffMs, backoffMaxMs, triesMax } = supervision;
        for (const [i, { waitMs }] of judgeAll(supervision, waits).entries()) {
          expect(waitMs).toBe(Math.min(backoffMaxMs, backoffMs * 2 ** (i % triesMax)));
        }
      }),
    );
  });

  test('does what the strategy says, and escalates a restart beyond the bound of any window', () => {
    fc.assert(
      fc.property(supervisions, pauses, (supervision, waits) => {
        const { strategy, restartsMax, withinMs } = supervision;
        const verdicts = judgeAll(supervision, waits);
        for (const [i, { action, isBeyondRestarts, nowMs }] of verdicts.entries()) {
          const recent = verdicts
            .slice(0, i + 1)
            .filter((earlier) => nowMs - earlier.nowMs < withinMs).length;
          const isBeyond = strategy === 'restart' && recent > restartsMax;
          const restarted = isBeyond ? 'escalate' : 'recreate';
          const expected = { resume: 'retry', restart: restarted, stop: 'stop', escalate: 'escalate' };
          expect({ isBeyondRestarts, action }).toEqual({
            isBeyondRestarts: isBeyond,
            action: expected[strategy],
          });
        }
      }),
    );
  });

  test('remembers no more restarts than a window holds', () => {
    const record: RestartRecord = { recreatedMs: [] };
    const [supervision] = fc.sample(supervisions, { numRuns: 1, seed: 1 });
    if (supervision === undefined) throw new Error('no sample');
    const restart = { ...supervision, strategy: 'restart', withinMs: 10 } as const;
    for (let nowMs = 0; nowMs < 1_000; nowMs++)
      judgeFailure({ tries: 0, position: 0 }, record, restart, nowMs);
    expect(record.recreatedMs).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
  });
});
