/** What simulations have found in the runtime, as small as it could be made. */
import { expect, test } from 'vitest';
import { defineStage, graph } from '@troupe/core';
import { simulate } from '@troupe/core/testing';
import { build } from '../run/random-graphs.ts';
import { joined, marked } from './found-graphs.ts';
import { increment, number, patient, rivals } from './graphs.ts';

const settings = { ...patient, snapshotEveryMs: 1 } as const;
const alone = { worker: { dedicated: true }, ...settings } as const;

/** Emits so many numbers; what comes back is not its concern. */
function counting(most: number) {
  return defineStage({
    name: 'counting',
    inputs: { back: number },
    outputs: { out: number },
    create() {
      let count = 0;
      return {
        onInput() {},
        onDemand(out) {
          out.reserve('out')[0] = count++;
          out.commit('out');
          return count < most ? undefined : 'end';
        },
        snapshot: () => count,
        restore(state) {
          count = state as number;
        },
      };
    },
  });
}

test('a stage that waits for its retry has told its writer of the room that it has made', async () => {
  const g = graph('retried');
  const source = g.stage('source', counting(200), alone);
  const relay = g.stage('relay', increment, alone);
  const sink = g.stage('sink', increment, alone);
  g.connect(source.out.out, relay.in.in);
  g.connect(relay.out.out, sink.in.in, { capacity: 9 });
  g.connect(relay.out.out, source.in.back, { back: true, overflow: 'latest' });
  g.output('out', sink.out.out);
  for (let seed = 0; seed < 100; seed++) {
    const report = await simulate(g, { seed, clock: 'fast', faults: { throw: 0.03 } });
    expect(report.error).toBeUndefined();
  }
});

test('a full back-edge grows although the thread of its reader has done its part of the round', async () => {
  const g = graph('backwards');
  const source = g.stage('source', counting(100), alone);
  const relay = g.stage('relay', increment, alone);
  g.connect(source.out.out, relay.in.in);
  g.connect(relay.out.out, source.in.back, { back: true, capacity: 4 });
  g.output('out', relay.out.out, { capacity: 64 });
  for (let seed = 0; seed < 20; seed++) {
    const report = await simulate(g, { seed, clock: 'fast' });
    expect(report.outputs['out']).toHaveLength(100);
  }
});

const deaths = { death: 0.004, kill: 0.002 } as const;
const limits = { clock: 'fast', untilMs: 40, workers: 1, steps: 6_000, faults: deaths } as const;

test('a round in which a worker dies comes to its end, whatever its stages had marked', async () => {
  for (let seed = 0; seed < 12; seed++) {
    await expect(simulate(build(marked, 'auto').g, { ...limits, seed })).resolves.toMatchObject({ seed });
  }
});

test('a mailbox that may only grow once there is room elsewhere is looked at again then', async () => {
  for (const seed of [24, 25, 26]) {
    await expect(simulate(build(joined, 'auto').g, { ...limits, seed })).resolves.toMatchObject({ seed });
  }
});

test('whoever asks for mode after mode does not keep the run from its steps', async () => {
  const values = Array.from({ length: 20 }, (_, i) => i);
  const inputs = { 'in-one': values, 'in-two': values };
  for (let seed = 0; seed < 10; seed++) {
    const report = await simulate(rivals('modes'), {
      seed,
      clock: 'fast',
      faults: { mode: 0.1 },
      inputs,
      steps: 20_000,
      untilMs: 1_000,
    });
    expect(report.calls).toBeGreaterThan(20);
  }
});
