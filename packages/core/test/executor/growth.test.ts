/** Which mailboxes grow, and who is named when one cannot. */
import { expect, test } from 'vitest';
import type { Actor, Inlet } from '../../src/executor/actor.ts';
import { Growth } from '../../src/executor/growth.ts';
import type { Host } from '../../src/executor/host.ts';
import type { Merge } from '../../src/executor/merge.ts';
import type { Upcall } from '../../src/drivers/messages.ts';

/** A full mailbox whose writer waits for room. */
function full(port: string, canGrow: boolean): Inlet {
  const reader = {
    capacity: 4,
    isFull: () => true,
    isWanted: () => true,
    isMarked: () => false,
    grow: () => canGrow,
  };
  return { port, isBack: false, maxEmit: 1, reader } as unknown as Inlet;
}

/** Two actors that release what they handle together. */
function group(...names: readonly string[]): Actor[] {
  const actors = names.map((name) => ({ plan: { name }, inlets: [full(`to-${name}`, name === 'roomy')] }));
  const held = { actors, inlets: actors.flatMap(({ inlets }) => inlets) };
  for (const actor of actors) Object.assign(actor, { group: held });
  return actors as unknown as Actor[];
}

function growth(): { growth: Growth; told: Parameters<Upcall>[0][] } {
  const told: Parameters<Upcall>[0][] = [];
  const merge = { isLossy: () => false } as unknown as Merge;
  const host = { isStopping: false, upcall: (message: Parameters<Upcall>[0]) => told.push(message) };
  return { growth: new Growth(merge, host as unknown as Host), told };
}

test('the mailboxes of a group grow while one of its actors waits', () => {
  const [waiting] = group('waiting', 'roomy');
  const { growth: grown } = growth();
  expect(grown.grow(waiting as Actor, true, false, 1)).toBe(true);
  expect(grown.grow(waiting as Actor, false, false, 1)).toBe(false);
});

test('a mailbox that can grow no more is named with the stage that it belongs to', () => {
  const [waiting, other] = group('waiting', 'other');
  Object.assign((waiting as Actor).inlets[0]?.reader ?? {}, { isFull: () => false });
  const { growth: grown, told } = growth();
  expect(grown.grow(waiting as Actor, true, false, 1)).toBe(false);
  const { stuck } = grown;
  expect(stuck?.actor).toBe(other);
  if (stuck !== undefined) grown.overflow(stuck);
  expect(told).toMatchObject([{ type: 'fatal', error: { code: 'MAILBOX_OVERFLOW', stage: 'other' } }]);
});
