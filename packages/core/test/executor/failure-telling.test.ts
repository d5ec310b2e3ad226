import { Envelope } from '@troupe/mailbox';
import { expect, it } from 'vitest';
import type { FailureWire, WorkerMessage } from '../../src/drivers/messages.ts';
import { HandlerError } from '../../src/errors.ts';
import type { Actor } from '../../src/executor/actor.ts';
import { FailureTelling } from '../../src/executor/failure-telling.ts';

function actor(index: number): Actor {
  return { plan: { index, inlets: [] }, envelope: new Envelope(), posts: [], resent: [] } as unknown as Actor;
}

it('tells 20 failures of a stage within a second, and counts the others', () => {
  const told: FailureWire[] = [];
  const telling = new FailureTelling((message: WorkerMessage) => {
    if (message.type === 'failure') told.push(message.failure);
  });
  const stages = [actor(0), actor(1)] as const;
  const fail = (stage: Actor, nowMs: number): void => {
    telling.tell({
      actor: stage,
      work: 'tick',
      inlet: undefined,
      error: new HandlerError('stage', 'tick', undefined, new RangeError('no')),
      verdict: { action: 'retry', isBeyondRestarts: false, isGivenUp: false, waitMs: 1 },
      tries: 1,
      isHopeless: false,
      nowMs,
    });
  };
  for (let n = 0; n < 30; n++) fail(stages[0], 5_000 + n);
  expect(told).toHaveLength(20);
  // Another stage has a second of its own.
  fail(stages[1], 5_030);
  fail(stages[0], 5_999);
  expect(told.map(({ actor: index, untold }) => [index, untold]).slice(19)).toEqual([
    [0, 0],
    [1, 0],
  ]);
  fail(stages[0], 6_000);
  fail(stages[0], 6_001);
  expect(told.map(({ actor: index, untold, atMs }) => [index, untold, atMs]).slice(21)).toEqual([
    [0, 11, 6_000],
    [0, 0, 6_001],
  ]);
});
