import { allocateDoorbells, Doorbell, lineWords } from '@troupe/mailbox';
import { describe, expect, test } from 'vitest';
import { ThreadEvents } from '../../src/events/event-handle.ts';
import { allocateEvents, EventTable } from '../../src/events/event-table.ts';
import type { EventPlan } from '../../src/plan/conditions.ts';
import { machineTime } from '../../src/executor/thread-time.ts';
import { LiveEvents } from '../../src/run/events.ts';
import type { AtBoundary } from '../../src/run/rate-control.ts';

const plans: readonly EventPlan[] = [
  { index: 0, name: 'go', initial: false, controls: [0], takers: [], askers: [0], wakes: [1] },
];

/** Main with a stage's handle on worker 1, under a clock of steps that the test turns by hand. */
function stepped() {
  const memory = allocateEvents({ initial: [false], takers: 0, askers: 1, isStepped: true });
  const bellMemory = allocateDoorbells(2);
  const bells = [0, 1].map((index) => new Doorbell(bellMemory, index));
  const due: (() => void)[] = [];
  const atBoundary: AtBoundary = (change) =>
    new Promise((resolve, reject) => {
      due.push(() => void Promise.resolve().then(change).then(resolve, reject));
    });
  const live = new LiveEvents(memory, plans, bells, atBoundary, machineTime);
  const worker = new ThreadEvents(
    new EventTable(memory, plans),
    plans,
    bells,
    bells[1] as Doorbell,
    machineTime,
  );
  const handle = worker.handlesOf('stage', [{ as: 'mine', event: 0, use: 'any', asker: 0 }])['mine'];
  if (handle === undefined) throw new Error('no handle');
  const isRung = (): boolean => new Int32Array(bellMemory)[lineWords] === 0;
  const boundary = async (): Promise<void> => {
    for (const change of due.splice(0)) change();
    await new Promise((resolve) => setImmediate(resolve));
    live.settle();
  };
  return { live, handle, bell: bells[1] as Doorbell, isRung, boundary };
}

describe('events under a clock of steps', () => {
  test('what a handler does is seen from the next step on, by all, and wakes whom it controls', async () => {
    const { live, handle, bell, isRung, boundary } = stepped();
    const set = live.wait('go', { timeoutMs: 15_000 });
    bell.arm();
    handle.set();
    handle.set();
    bell.arm();
    expect([handle.count, live.count('go'), isRung()]).toEqual([0, 0, false]);
    await boundary();
    expect([handle.count, live.count('go'), isRung()]).toEqual([2, 2, true]);
    expect(await set).toBe(true);
    expect(handle.reset()).toBe(true);
    expect(handle.isSet()).toBe(true);
    await boundary();
    expect(handle.count).toBe(1);
    expect(handle.clear()).toBe(1);
    handle.set();
    await boundary();
    expect(handle.count).toBe(1);
  });

  test('what the application does waits for the boundary, and is told exactly', async () => {
    const { live, handle, isRung, bell, boundary } = stepped();
    bell.arm();
    const set = live.set('go');
    expect([handle.count, isRung()]).toEqual([0, false]);
    await boundary();
    await set;
    expect([handle.count, isRung()]).toEqual([1, true]);
    const results = Promise.all([live.reset('go'), live.reset('go'), live.set('go'), live.clear('go')]);
    await boundary();
    expect(await results).toEqual([true, false, undefined, 1]);
    expect(handle.count).toBe(0);
  });

  test('a wait ends with the run', async () => {
    const { live, handle } = stepped();
    const waits = [live.wait('go'), handle.wait(), handle.wait({ timeoutMs: 60_000 })];
    live.close();
    expect(await Promise.all(waits)).toEqual([false, false, false]);
  });
});
