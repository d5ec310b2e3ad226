import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineStage, graph, message } from '@troupe/core';
import { simulate } from '@troupe/core/testing';
import type { FaultOptions, SimulationReport } from '@troupe/core/testing';
import { build, difference, node, play } from '../run/random-graphs.ts';
import { chain, number, numbers, rivals } from './graphs.ts';

const many: FaultOptions = {
  throw: 0.01,
  death: 0.005,
  kill: 0.002,
  hang: 0.002,
  slow: 0.01,
  mode: 0.001,
};

function values({ outputs }: SimulationReport): readonly (number | undefined)[] {
  return (outputs['out'] ?? []).map(({ frame: [value] }) => value as number);
}

describe('a simulation', () => {
  test('gives what the graph gives', async () => {
    const report = await simulate(chain(3), { inputs: { in: numbers(200) } });
    expect(values(report)).toEqual(numbers(200).map(([value = 0]) => value + 3));
    expect(report).toMatchObject({ reason: 'stopped', calls: 600, pushed: { in: 200 }, faults: [] });
  });

  test('goes the same way with the same seed, whatever goes wrong; another way with another', async () => {
    const digests = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const faults = { ...many, detach: 0.001 };
      const options = { seed, workers: 3, faults, inputs: { in: numbers(150) } };
      const [one, two] = [await simulate(chain(4), options), await simulate(chain(4), options)];
      expect(one.trace).toEqual(two.trace);
      expect(one.faults).toEqual(two.faults);
      expect(one.outputs).toEqual(two.outputs);
      expect(one.digest).toBe(two.digest);
      digests.add(one.digest);
    }
    expect(digests.size).toBe(40);
  });

  test('loses nothing and repeats nothing unmarked, whoever dies', async () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const inputs = { in: numbers(100) };
      const report = await simulate(chain(4), { seed, workers: 3, faults: many, inputs });
      const all = report.outputs['out'] ?? [];
      const fresh = all
        .filter(({ redelivered }) => !redelivered)
        .map(({ frame: [value] }) => value as number);
      expect(new Set(fresh).size).toBe(fresh.length);
      const seen = new Set(all.map(({ frame: [value] }) => value));
      for (let i = 0; i < 100; i++) expect(seen.has(i + 4)).toBe(true);
      for (const { kind } of report.faults) kinds.add(kind);
      expect(report.replacements.length).toBe(
        report.faults.filter(({ kind }) => ['death', 'kill', 'hang'].includes(kind)).length,
      );
    }
    expect([...kinds].toSorted()).toEqual(['death', 'hang', 'kill', 'mode', 'slow', 'throw']);
  });

  test('a fault that is left out changes none of the others of its stage', async () => {
    const options = { seed: 3, workers: 3, inputs: { in: numbers(300) } };
    const before = await simulate(chain(3), { ...options, faults: { throw: 0.02 } });
    const [first] = before.faults;
    expect(first?.id).toMatch(/^throw:s\d#\d+$/);
    const after = await simulate(chain(3), {
      ...options,
      faults: { throw: 0.02, without: [first?.id ?? ''] },
    });
    expect(after.faults.map(({ id }) => id)).not.toContain(first?.id);
    expect(after.faults.length).toBeGreaterThan(0);
  });

  test('the faults of a report, named, go the same way as those that were drawn', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const options = { seed, workers: 3, inputs: { in: numbers(100) } };
      const faults = { ...many, detach: 0.002, event: 0.01 };
      const drawn = await simulate(chain(3), { ...options, faults });
      const only = drawn.faults.map(({ id }) => id);
      const named = await simulate(chain(3), { ...options, faults: { only } });
      expect(named.digest).toBe(drawn.digest);
      expect(named.faults).toEqual(drawn.faults);
      const fewer = await simulate(chain(3), { ...options, faults: { throw: 1, only: only.slice(0, 1) } });
      expect(fewer.faults.map(({ id }) => id)).toEqual(only.slice(0, 1));
    }
    await expect(simulate(chain(1), { faults: { only: ['kill#'] } })).rejects.toMatchObject({
      code: 'BAD_FAULT',
    });
  });

  test('the trace tells which way messages have come', async () => {
    const report = await simulate(chain(2), { workers: 2, inputs: { in: numbers(3) } });
    const ways = report.trace.flatMap(({ what, number, edge }) =>
      edge === undefined ? [] : [`${what} ${number} ${edge.from} > ${edge.to}`],
    );
    const ofAll = [0, 1, 2].flatMap((seq) => [
      `onInput ${seq} in > s0.in`,
      `onInput ${seq} s0.out > s1.in`,
      `take ${seq} s1.out > out`,
    ]);
    expect(ways.toSorted()).toEqual(ofAll.toSorted());
  });

  test('a successor goes on with what is in store for its worker: no fault happens twice', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const report = await simulate(chain(3), { seed, faults: { kill: 0.1 }, inputs: { in: numbers(40) } });
      const ids = report.faults.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(values(report).length).toBeGreaterThanOrEqual(40);
    }
  });

  test('a stop at any point ends it, and so does the last step', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const report = await simulate(chain(3), { seed, faults: { stop: 0.01 }, inputs: { in: numbers(500) } });
      expect(report.reason).toBe('stopped');
    }
    const cut = await simulate(chain(3), { steps: 100, inputs: { in: numbers(500) } });
    expect(cut.steps).toBeLessThan(400);
    expect(values(cut).length).toBeLessThan(500);
  });

  test('what supervision ends the run with is in the report', async () => {
    const g = graph('broken');
    const broken = defineStage({
      name: 'broken',
      inputs: { in: number },
      create: () => ({
        onInput() {
          throw new Error('no');
        },
      }),
    });
    g.input('in', g.stage('broken', broken, { supervision: { strategy: 'escalate' } }).in.in);
    const report = await simulate(g, { inputs: { in: numbers(3) } });
    expect(report).toMatchObject({ reason: 'failed', error: { code: 'HANDLER_THREW', stage: 'broken' } });
  });

  test('modes and resources exclude each other, whatever goes wrong', async () => {
    const inputs = (): Record<string, number[]> => ({ 'in-one': [1, 2, 3, 4], 'in-two': [1, 2, 3, 4] });
    for (let seed = 0; seed < 40; seed++) {
      const faults = { slow: 0.5, kill: 0.01, mode: 0.03 };
      const modal = await simulate(rivals('modes'), { seed, faults, inputs: inputs(), untilMs: 100 });
      expect(modal.reason).toBe('stopped');
      const exclusive = await simulate(rivals('resources'), { seed, faults, inputs: inputs() });
      expect(exclusive.outputs['out-one']?.length).toBeGreaterThanOrEqual(4);
    }
  });

  test('events start and stop stages, and wake those who wait', async () => {
    const g = graph('switched');
    const go = g.event('go');
    const waiting = defineStage({
      name: 'waiting',
      io: true,
      events: ['go'],
      inputs: { in: message<number>() },
      outputs: { out: message<string>() },
      create: ({ events }) => ({
        async onInput({ value }, out) {
          out.send('out', `${value} ${await events.go.wait({ timeoutMs: 30 })}`);
        },
      }),
    });
    const stage = g.stage('waiting', waiting, { events: { go } });
    g.input('in', stage.in.in);
    g.output('out', stage.out.out);
    const outcomes = new Set<string | undefined>();
    for (let seed = 0; seed < 20; seed++) {
      const report = await simulate(g, { seed, faults: { event: 0.01 }, inputs: { in: [1, 2, 3, 4] } });
      expect(report.outputs['out']).toHaveLength(4);
      for (const { value } of report.outputs['out'] ?? []) outcomes.add(String(value).split(' ')[1]);
    }
    expect(outcomes).toEqual(new Set(['false', 'true']));
  });
});

test.each(['realtime', 'paced', 'fast'] as const)(
  'a mode is entered before anything comes: %s',
  async (clock) => {
    const inputs = { 'in-one': [1, 2, 3, 4], 'in-two': [1, 2, 3, 4] };
    for (let seed = 0; seed < 10; seed++) {
      const options = { seed, clock, inputs, untilMs: 100 } as const;
      const { outputs } = await simulate(rivals('modes'), { ...options, mode: 'training' });
      expect([outputs['out-one']?.length, outputs['out-two']?.length]).toEqual([4, 0]);
      const { calls } = await simulate(rivals('modes'), options);
      expect(calls).toBe(0);
    }
    const unknown = simulate(rivals('modes'), { clock, mode: 'dreaming' });
    await expect(unknown).rejects.toMatchObject({ code: 'BAD_TARGET' });
  },
);

test('random graphs give the same bits as on threads, under every schedule', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 6 }), async (nodes) => {
      const expected = await play(nodes, 2, 'auto', 'fast');
      for (let seed = 0; seed < 4; seed++) {
        const { g, outputs } = build(nodes, seed % 2 === 1 ? { dedicated: true } : 'auto');
        const options = { clock: 'fast', untilMs: 40, workers: 1 + seed, faults: { slow: 0.01 } } as const;
        const report = await simulate(g, { seed, runSeed: 7, ...options });
        const texts = outputs.map((name) => {
          const lines = (report.outputs[name] ?? []).map(({ frame, value, seq, time }) => {
            const bits =
              frame === undefined ? JSON.stringify(value) : Buffer.from(frame.buffer).toString('hex');
            return `${seq} ${time} ${bits}`;
          });
          return `${name}\n${lines.join('\n')}`;
        });
        expect(difference(expected, texts.join('\n'))).toBeUndefined();
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 15), endOnFailure: true },
  );
}, 120_000);
