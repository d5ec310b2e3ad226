import { describe, expect, test } from 'vitest';
import { defineStage, frame, graph, message } from '@troupe/core';
import { testRun } from '@troupe/core/testing';

const number = frame('float64', [1]);

const double = defineStage({
  name: 'double',
  inputs: { in: number },
  outputs: { out: number },
  create: () => ({
    onInput({ frame: [value = 0] }, out) {
      out.reserve('out')[0] = value * 2;
      out.commit('out');
    },
  }),
});

const beat = defineStage({
  name: 'beat',
  outputs: { out: message<readonly [index: number, timeNs: number]>() },
  create: () => ({ onTick: ({ index, time }, out) => out.send('out', [index, time]) }),
});

function doubling(capacity = 64) {
  const g = graph('doubling');
  const [first, second] = [g.stage('first', double), g.stage('second', double)];
  g.connect(first.out.out, second.in.in, { capacity: 2 });
  const into = g.input('in', first.in.in, { capacity: 2 });
  const out = g.output('out', second.out.out, { capacity });
  return { g, into, out };
}

describe('testRun', () => {
  test('what is pushed has been handled when push returns', async () => {
    const { g, into, out } = doubling();
    await using run = await testRun(g);
    for (let i = 0; i < 5; i++) run.push(into, Float64Array.of(i));
    expect(run.pull(out)?.frame[0]).toBe(0);
    expect(run.take(out).map(({ frame: [value] }) => value)).toEqual([4, 8, 12, 16]);
    expect(run.pull(out)).toBeUndefined();
  });

  test('a push without room throws, and taking makes room', async () => {
    const { g, into, out } = doubling(1);
    await using run = await testRun(g, { workers: 1 });
    let refusal: unknown;
    const pushAll = (): number => {
      for (let i = 0; ; i++) {
        try {
          run.push(into, Float64Array.of(i));
        } catch (error) {
          refusal = error;
          return i;
        }
      }
    };
    const held = pushAll();
    expect(refusal).toMatchObject({ code: 'BAD_TARGET', port: 'in' });
    expect(held).toBe(5);
    expect(run.take(out)).toHaveLength(held);
    expect(pushAll()).toBe(held);
  });

  test.each(['realtime', 'paced'] as const)('time goes on only when it is told to: %s', async (clock) => {
    const g = graph('beats');
    const source = g.stage('source', beat, { tick: { hz: 100 } });
    g.output('out', source.out.out);
    await using run = await testRun(g, { clock });
    await run.settled();
    const before = run.take('out').length;
    expect(before).toBeLessThanOrEqual(1);
    run.advance(100);
    expect(before + run.take('out').length).toBe(11);
    run.tick('source', 3);
    expect(run.take('out').map(({ value }) => value)).toEqual([
      [11, 110e6],
      [12, 120e6],
      [13, 130e6],
    ]);
    expect(() => run.tick('nobody')).toThrow("stage 'nobody' does not tick");
  });

  test('async handlers, modes and events are awaited by settled', async () => {
    const g = graph('modal');
    const slow = defineStage({
      name: 'slow',
      io: true,
      activeIn: ['training'],
      inputs: { in: message<number>() },
      outputs: { out: message<number>() },
      create: () => ({
        async onInput({ value }, out) {
          await Promise.resolve();
          await new Promise((resolve) => setTimeout(resolve, 2));
          out.send('out', value + 1);
        },
      }),
    });
    const stage = g.stage('slow', slow, { whileInactive: 'hold' });
    g.input('in', stage.in.in);
    g.output('out', stage.out.out);
    await using run = await testRun(g);
    run.push('in', 1);
    expect(run.take('out')).toEqual([]);
    const entered = run.run.modes.request('training');
    await run.settled();
    await entered;
    expect(run.take('out').map(({ value }) => value)).toEqual([2]);
  });

  test('a drain gives what is left', async () => {
    const { g, into, out } = doubling();
    const run = await testRun(g);
    run.push(into, Float64Array.of(1));
    expect(run.take(out)).toHaveLength(1);
    expect((await run.drain()).reason).toBe('stopped');
  });

  test('a graph that cannot run, or stage that cannot start, is refused like by start', async () => {
    await expect(testRun(graph('nothing'))).rejects.toMatchObject({ code: 'PLAN_INVALID' });
    const g = graph('broken');
    const broken = defineStage({
      name: 'broken',
      inputs: { in: number },
      create() {
        throw new Error('no');
      },
    });
    g.input('in', g.stage('broken', broken).in.in);
    await expect(testRun(g)).rejects.toMatchObject({ code: 'STAGE_START', stage: 'broken' });
  });
});
