import { expect, test } from 'vitest';
import { graph } from '@troupe/core';
import { countdown } from '../fixtures/countdown.ts';

test.each([true, false])(
  'a source that dies repeats only what it marks (keeps its position: %s)',
  async (keeps) => {
    const frames = 500;
    const deaths = new SharedArrayBuffer(4);
    const g = graph('repeated');
    const options = { frames, diesAt: 300, keeps, deaths };
    const source = g.stage('source', countdown, { options, snapshotEveryMs: 1, worker: { dedicated: true } });
    const numbers = g.output('numbers', source.out.numbers, { capacity: 16 });
    await using run = await g.start();
    const fresh: number[] = [];
    const repeated: number[] = [];
    let wasSeen = true;
    for await (const { frame, redelivered } of run.samples(numbers)) {
      const number = frame[0] ?? Number.NaN;
      (redelivered ? repeated : fresh).push(number);
      wasSeen &&= !redelivered || fresh.includes(number);
    }
    expect(fresh).toEqual(Array.from({ length: frames }, (_, n) => n));
    expect(wasSeen).toBe(true);
    // A snapshot is a moment before the death; without one the source begins at the beginning.
    const first = keeps ? (repeated[0] ?? 0) : 0;
    expect(repeated).toEqual(fresh.slice(first, first + repeated.length));
    expect(keeps || repeated.length > 0).toBe(true);
    expect((await run.done).replacements).toHaveLength(1);
  },
);
