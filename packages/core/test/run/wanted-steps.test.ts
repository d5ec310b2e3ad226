import { describe, expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { ClockKind, Run } from '@troupe/core';
import { passing } from '../fixtures/controlled.ts';

const worker = { dedicated: true } as const;
const deadlineMs = 15_000;

/** A stage that holds what comes until the application opens it, by an event or by a mode. */
function held(by: 'event' | 'mode', hasRunner: boolean): ReturnType<typeof graph> {
  const g = graph('held');
  const go = g.event('go');
  // Its steps have no ticks to deliver.
  if (hasRunner) g.runner('base', { hz: 1000 });
  const closed =
    by === 'event' ? { control: { form: 'switchable', event: go } as const } : { activeIn: ['predicting'] };
  const first = g.stage('first', passing, { worker });
  const second = g.stage('second', passing, { ...closed, worker, whileInactive: 'hold' });
  g.connect(first.out.out, second.in.in);
  g.input('in', first.in.in);
  g.output('seen', first.out.out);
  g.output('out', second.out.out);
  return g;
}

async function take(run: Run, output: string): Promise<unknown[]> {
  const values: unknown[] = [];
  while (values.length < 3) values.push((await run.pullOrThrow(output, { timeoutMs: deadlineMs })).value);
  return values;
}

async function open(run: Run, by: 'event' | 'mode'): Promise<void> {
  if (by === 'event') await run.events.set('go');
  else await run.modes.request('predicting');
}

describe.each<ClockKind>(['fast', 'paced'])('a change at a boundary of the %s clock', (clock) => {
  test.each([
    ['event', false],
    ['event', true],
    ['mode', false],
    ['mode', true],
  ] as const)(
    'is followed by a round: what it lets go is handled (%s, runner: %s)',
    async (by, hasRunner) => {
      await using run = await held(by, hasRunner).start({ clock });
      for (const value of [1, 2, 3]) await run.push('in', value);
      // Now they wait in front of the stage, and nothing asks for a step any more.
      expect(await take(run, 'seen')).toEqual([1, 2, 3]);
      await open(run, by);
      expect(await take(run, 'out')).toEqual([1, 2, 3]);
    },
  );
});
