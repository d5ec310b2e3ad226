import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { ClockKind, Overflow, Placement, RunReport } from '@troupe/core';
import { lives, tally, whirl } from '../fixtures/whirling.ts';

/** A graph of stages in a line, with ways back. */
interface Whirlpool {
  readonly stages: readonly Placement[];
  readonly count: number;
  readonly lives: number;
  readonly ways: readonly {
    readonly port: 'frames' | 'values';
    readonly from: number;
    readonly to: number;
    readonly overflow: Overflow;
    readonly capacity: number;
  }[];
}

/** More than there can ever be under way: a cycle that only blocks stands still once it is full. */
const roomy = 1_024;

const whirlpool: fc.Arbitrary<Whirlpool> = fc.record({
  stages: fc.array(
    fc.constantFrom<Placement>({ dedicated: true }, { dedicated: true }, { group: 'a' }, 'main'),
    { minLength: 1, maxLength: 4 },
  ),
  count: fc.integer({ min: 1, max: 12 }),
  lives: fc.integer({ min: 1, max: 4 }),
  ways: fc.array(
    fc.record({
      port: fc.constantFrom('frames' as const, 'values' as const),
      from: fc.nat({ max: 3 }),
      to: fc.nat({ max: 3 }),
      overflow: fc.constantFrom<Overflow>('block', 'error', 'dropNewest'),
      capacity: fc.integer({ min: 1, max: 6 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

async function play(
  { stages, count, lives: given, ways }: Whirlpool,
  clock: ClockKind,
): Promise<{ readonly report: RunReport; readonly words: Int32Array }> {
  const memory = new SharedArrayBuffer((stages.length + 1) * tally.stride * 4);
  const g = graph('whirlpool');
  const source = g.stage('source', lives, { options: { memory, index: stages.length, count, lives: given } });
  const refs = stages.map((worker, index) =>
    g.stage(`s${index}`, whirl, {
      options: { memory, index },
      worker,
      supervision: { strategy: 'resume', triesMax: 2, backoffMs: 1, backoffMaxMs: 1 },
    }),
  );
  const at = (index: number) => refs[index % refs.length] as (typeof refs)[number];
  g.connect(source.out.frames, at(0).in.frames, { capacity: 4 });
  for (let i = 1; i < refs.length; i++) g.connect(at(i - 1).out.frames, at(i).in.frames, { capacity: 8 });
  for (const { port, from, to, overflow, capacity } of ways) {
    const [a, b] = [from % refs.length, to % refs.length];
    const how = { overflow, capacity: overflow === 'block' ? roomy : capacity, back: a >= b };
    if (port === 'frames') g.connect(at(a).out.frames, at(b).in.frames, how);
    else g.connect(at(a).out.values, at(b).in.values, how);
  }
  await using run = await g.start({ clock, workers: 2, onLog: () => undefined });
  return { report: await run.done, words: new Int32Array(memory) };
}

/** What came in is what was handled, dropped for a reason that is counted, given up, or left. */
function expectConserved({ stages, ways }: Whirlpool, { stats }: RunReport, words: Int32Array): void {
  expect(stats.edges).toHaveLength(stages.length + ways.length);
  for (const { from, sent, received, depth, drops } of stats.edges) {
    const lost = Object.values(drops).reduce((sum, drop) => sum + drop, 0);
    expect([depth, drops.latest, drops.dropOldest, drops.nonBlocking, drops.inactive]).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(sent).toBe(received + lost - drops.dropNewest);
    // Refused messages were emitted, and never sent.
    const [stage = '', port = ''] = from.split('.');
    const index = stage === 'source' ? stages.length : Number(stage.slice(1));
    const emitted = words[index * tally.stride + (port === 'frames' ? tally.frames : tally.values)];
    expect(sent + drops.dropNewest).toBe(emitted);
  }
  for (const index of stages.keys()) {
    const name = `s${index}`;
    const { deadLettered = -1, in: taken } = stats.stages.find((stage) => stage.name === name) ?? {};
    const received = stats.edges.filter(({ to }) => to.startsWith(`${name}.`));
    const all = received.reduce((sum, edge) => sum + edge.received, 0);
    const handled = words[index * tally.stride + tally.handled] as number;
    expect([handled + deadLettered, taken]).toEqual([all, all]);
  }
}

test.each<ClockKind>(['fast', 'paced', 'realtime'])(
  'cycles on threads lose nothing that is not counted (%s)',
  async (clock) => {
    await fc.assert(
      fc.asyncProperty(whirlpool, async (given) => {
        const { report, words } = await play(given, clock);
        expect(report.reason).toBe('ended');
        expectConserved(given, report, words);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 25), endOnFailure: process.env['HUNT'] !== undefined },
    );
  },
  120_000,
);
