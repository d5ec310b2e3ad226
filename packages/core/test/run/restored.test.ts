import { describe, expect, test } from 'vitest';
import { until } from './deadline.ts';
import { cues, numbersOf, startRow, upTo } from './puppets.ts';
import type { Told } from './puppets.ts';

describe('state after a death', () => {
  test('is the last snapshot’s; the report says how many inputs lie between', async () => {
    const { run } = await startRow([{ snapshotEveryMs: 20 }], { 1: 1 });
    const told: Told[] = [];
    run.onSample('out', ({ value }) => told.push(value as Told));
    const push = async (from: number, count: number): Promise<void> => {
      for (let n = from; n < from + count; n++) await run.push('in', { n });
      await until('they have come out', () => told.length === from + count);
    };
    await push(0, 10);
    // The interval passes, and the next commit takes the snapshot: of eleven.
    await new Promise((resolve) => setTimeout(resolve, 40));
    await push(10, 1);
    await push(11, 4);
    await run.push('in', { n: 15, act: 'exit', slot: 1 });
    await until('it has come out', () => told.length === 16);
    const [replacement] = (await run.stop()).replacements;
    const restored = replacement?.restored[0];
    expect(restored).toMatchObject({ stage: 'p0', fromSnapshot: true });
    // What was handled before the death, less what lies between, is the state that the snapshot held.
    expect(told.at(-1)?.count).toBe(15 - (restored?.inputsSince ?? 0));
    expect(restored?.inputsSince).toBeLessThanOrEqual(4);
  });

  test('without statistics and without a snapshot: all inputs lie between', async () => {
    const { run, play } = await startRow([{ snapshotEveryMs: 60_000 }], { 1: 1 }, { stats: false });
    for (const cue of cues(10)) await run.push('in', cue);
    await until('they have been handled', () => run.stats().edges[0]?.depth === 0);
    const told = await play([{ n: 10, act: 'exit', slot: 1 }]);
    expect(numbersOf(told)).toEqual(upTo(11));
    expect(told.at(-1)?.count).toBe(0);
    expect((await run.done).replacements[0]?.restored).toEqual([
      { stage: 'p0', inputsSince: 10, fromSnapshot: false },
    ]);
  });

  test('in a group joined by reference no input counts twice', async () => {
    // Every snapshot is of a moment at which all that it has seen is released.
    const { play } = await startRow([{ snapshotEveryMs: 1 }, { snapshotEveryMs: 1 }], { 1: 1, 2: 1, 3: 1 });
    const told = await play(
      cues(250, {
        60: { act: 'exit', slot: 1, actor: 'p1' },
        120: { act: 'exit', slot: 2, actor: 'p0' },
        180: { act: 'exit', slot: 3, actor: 'p1' },
      }),
    );
    expect([...new Set(numbersOf(told))]).toEqual(upTo(250));
    for (const { n, count } of told) expect(count).toBeLessThanOrEqual(n);
  });

  test('that cannot be kept is reported, and the stream goes on', async () => {
    const { play, logs } = await startRow([{ snapshot: 'throw', snapshotEveryMs: 1 }]);
    const told = await play(cues(5, { 2: { act: 'linger' } }));
    expect(numbersOf(told)).toEqual(upTo(5));
    expect(logs.map(({ message }) => message).join()).toContain('its state was not kept');
  });
});
