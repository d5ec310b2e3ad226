import { allocateFrameRing, FrameReader, FrameWriter } from '@troupe/mailbox';
import type { EdgeGauges } from '@troupe/mailbox';
import { expect, test } from 'vitest';
import type { ThreadTime } from '../../src/executor/thread-time.ts';
import { BoundaryOutput } from '../../src/run/boundary-output.ts';

/** More than are given in one turn of the event loop. */
const many = 400;

test('a pull after a failure is told of it, however many came before in the same turn', async () => {
  const buffer = allocateFrameRing({ dtype: 'float64', shape: [1], capacity: many, slots: 512 });
  const writer = new FrameWriter(buffer);
  const reader = new FrameReader(buffer, { capacity: many });
  const gauges = { reader: new Float64Array(64), writer: new Float64Array(64) } as unknown as EdgeGauges;
  // Its turns never end.
  const time = { turn: () => undefined } as unknown as ThreadTime;
  const output = new BoundaryOutput('out', reader, gauges, time, () => undefined);
  expect(writer.room(many)).toBe(many);
  for (let i = 0; i < many; i++) {
    writer.view()[0] = i;
    writer.commit(i);
  }
  writer.settle();
  writer.publish(0);
  let given = 0;
  const pulls = Array.from({ length: many }, async () => {
    await output.pull({});
    given++;
  });
  await Promise.resolve();
  const told = Promise.allSettled(pulls);
  output.close(new Error('the run failed'));
  await told;
  expect([given > 0, given < many]).toEqual([true, true]);
  for (const isStrict of [true, false])
    await expect(output.pull({}, isStrict)).rejects.toThrow('the run failed');
  expect(() => output.tryPull()).toThrow('the run failed');
});
