/** What has been dropped stays counted, whoever dies, and also where nothing comes after it. */
import { expect, test } from 'vitest';
import { defineStage, graph } from '@troupe/core';
import { simulate, testRun } from '@troupe/core/testing';
import { increment, number, numbers, patient } from './graphs.ts';

const settings = { ...patient, worker: { dedicated: true } } as const;

const both = defineStage({
  name: 'both',
  inputs: { left: number, right: number },
  outputs: { out: number },
  create: () => ({
    onInput({ frame }, out) {
      out.send('out', frame);
    },
  }),
});

test.each(['latest', 'dropOldest', 'dropNewest'] as const)('%s', async (overflow) => {
  let replaced = 0;
  for (let seed = 0; seed < 100; seed++) {
    const g = graph('drops');
    const [first, second] = [g.stage('first', increment, settings), g.stage('second', increment, settings)];
    g.input('in', first.in.in);
    g.connect(first.out.out, second.in.in, { overflow, capacity: 2 });
    g.output('out', second.out.out);
    const faults = { slow: 0.2, kill: 0.05 };
    const { stats, replacements } = await simulate(g, { seed, faults, inputs: { in: numbers(60) } });
    const edge = stats.edges.find(({ from }) => from === 'first.out');
    const { discarded = 0, ...drops } = edge?.drops ?? {};
    const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
    // Nothing is left where all stages have come to their end.
    expect(discarded).toBe(0);
    const sent = (edge?.sent ?? 0) + (edge?.drops.dropNewest ?? 0);
    expect({ seed, sent, rest: sent - dropped - (edge?.received ?? 0) }).toEqual({ seed, sent: 60, rest: 0 });
    replaced += replacements.length;
  }
  expect(replaced).toBeGreaterThan(50);
});

test('readers that are switched', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const g = graph('switched');
    const [first, second] = [g.stage('first', increment, settings), g.stage('second', increment, settings)];
    g.input('in', first.in.in);
    g.connect(first.out.out, second.in.in, { capacity: 2 });
    g.output('out', second.out.out);
    const faults = { slow: 0.05, detach: 0.02 };
    const { stats } = await simulate(g, { seed, faults, inputs: { in: numbers(60) } });
    const edge = stats.edges.find(({ from }) => from === 'first.out');
    expect({ seed, rest: 60 - (edge?.received ?? 0) - (edge?.drops.nonBlocking ?? 0) }).toEqual({
      seed,
      rest: 0,
    });
  }
});

test.each(['realtime', 'paced', 'fast'] as const)(
  '%s: a switch is for the edges that block, of several between the same ports',
  async (clock) => {
    for (let seed = 0; seed < 60; seed++) {
      const g = graph('parallel');
      const [first, second] = [g.stage('first', increment, settings), g.stage('second', increment, settings)];
      g.input('in', first.in.in);
      g.connect(first.out.out, second.in.in, { overflow: 'latest', capacity: 4 });
      g.connect(first.out.out, second.in.in, { capacity: 4 });
      g.output('out', second.out.out);
      const faults = { slow: 0.05, detach: 0.02 };
      const { stats } = await simulate(g, { seed, clock, faults, inputs: { in: numbers(60) }, untilMs: 500 });
      const [lossy, blocking] = stats.edges.filter(({ from }) => from === 'first.out');
      expect(lossy?.drops.nonBlocking).toBe(0);
      const passed = (blocking?.received ?? 0) + (blocking?.drops.nonBlocking ?? 0);
      expect({ seed, passed }).toEqual({ seed, passed: blocking?.sent });
    }
  },
);

test('a reader that has been given back is not switched', async () => {
  const fragile = defineStage({
    name: 'fragile',
    inputs: { in: number },
    outputs: {},
    create: () => ({
      onInput() {
        throw new Error('it stops here');
      },
    }),
  });
  const g = graph('given-back');
  const first = g.stage('first', increment, settings);
  const last = g.stage('last', fragile, { supervision: { strategy: 'stop' }, worker: { dedicated: true } });
  g.input('in', first.in.in);
  g.connect(first.out.out, last.in.in, { capacity: 4 });
  g.output('out', first.out.out);
  await using run = await testRun(g);
  run.push('in', Float64Array.of(0));
  await run.settled();
  expect(run.run.stats().stages[1]?.state).toBe('stopped');
  const edge = { from: { stage: 'first', port: 'out' }, to: { stage: 'last', port: 'in' } };
  for (const isBlocking of [false, true]) {
    const switching = run.run.setBlocking(edge, isBlocking);
    await run.settled();
    await switching;
  }
  for (const value of numbers(20)) run.push('in', value);
  await run.settled();
  expect(run.take('out')).toHaveLength(21);
});

test('by one mailbox, said by the commit of another', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const g = graph('two');
    const [left, right] = [g.stage('left', increment, settings), g.stage('right', increment, settings)];
    const last = g.stage('last', both, settings);
    g.input('in-left', left.in.in);
    g.input('in-right', right.in.in);
    g.connect(left.out.out, last.in.left, { overflow: 'latest' });
    g.connect(right.out.out, last.in.right);
    g.output('out', last.out.out);
    const inputs = { 'in-left': numbers(40), 'in-right': numbers(40) };
    const { stats } = await simulate(g, { seed, faults: { slow: 0.1, kill: 0.1 }, inputs });
    const edge = stats.edges.find(({ from }) => from === 'left.out');
    expect({ seed, rest: 40 - (edge?.received ?? 0) - (edge?.drops.latest ?? 0) }).toEqual({ seed, rest: 0 });
  }
});
