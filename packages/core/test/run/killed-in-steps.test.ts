import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { Placement } from '@troupe/core';
import { begunIn, echo, memoryOfDooms, pulse, tally } from '../fixtures/doomed.ts';
import type { Doom } from '../fixtures/doomed.ts';
import { difference } from './random-graphs.ts';

interface Outcome {
  readonly text: string;
  readonly replacements: number;
  readonly begun: number;
}

/** Plays a graph of four stages, whose threads end where they are told to. */
async function play(placements: readonly Placement[], dooms: readonly Doom[]): Promise<Outcome> {
  const memory = memoryOfDooms();
  const g = graph('doomed');
  const settings = (index: number) => ({
    options: { index, dooms, memory },
    worker: placements[index] ?? ({ dedicated: true } as const),
    // A message may be in hand at every death.
    supervision: { triesMax: 100, watchdogMs: 0 },
    snapshotEveryMs: 1,
  });
  const first = g.stage('first', pulse, { ...settings(0), tick: { hz: 500, phase: 'acquisition' } });
  const second = g.stage('second', echo, { ...settings(1), tick: { hz: 250, phase: 'control' } });
  const third = g.stage('third', echo, settings(2));
  const fourth = g.stage('fourth', tally, { ...settings(3), tick: { hz: 1000 / 3, phase: 'export' } });
  g.connect(first.out.out, second.in.in, { capacity: 4 });
  // Neighbours on one thread that hand each other values are committed together, or not at all.
  const hasValues = placements.every(
    (placement) => typeof placement === 'object' && 'dedicated' in placement,
  );
  if (hasValues) {
    g.connect(first.out.value, second.in.value);
    g.connect(second.out.value, third.in.value);
  } else g.connect(second.out.value, second.in.value, { back: true });
  g.connect(second.out.out, third.in.in, { capacity: 8 });
  g.connect(third.out.value, third.in.value, { back: true, capacity: 8 });
  const outputs = ['second', 'third', 'values', 'fourth'];
  g.output('second', second.out.value);
  g.output('third', third.out.out);
  g.output('values', third.out.value);
  g.output('fourth', fourth.out.out, { capacity: 8 });
  const replacements = { max: 1_000, withinMs: 10_000 };
  const quiet = { onLog: () => undefined };
  await using run = await g.start({ clock: 'fast', durationMs: 60, replacements, ...quiet });
  const texts = await Promise.all(
    outputs.map(async (name) => {
      const lines: string[] = [];
      for await (const { frame, value, seq, time } of run.samples(name))
        lines.push(`${seq} ${time} ${frame?.join(' ') ?? JSON.stringify(value)}`);
      return `n${name}\n${lines.join('\n')}`;
    }),
  );
  const report = await run.done;
  expect(report.deadLetters).toEqual([]);
  return { text: texts.join('\n'), replacements: report.replacements.length, begun: begunIn(memory) };
}

const placements = fc.array(fc.constantFrom<Placement>({ dedicated: true }, { group: 'a' }, { group: 'b' }), {
  minLength: 3,
  maxLength: 3,
});

const dooms = fc.array(
  fc.record({
    stage: fc.integer({ min: 0, max: 3 }),
    call: fc.nat({ max: 150 }),
    operations: fc.nat({ max: 80 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('threads that end anywhere in inputs, ticks and commits change no bit, and lose nothing', async () => {
  let deaths = 0;
  await fc.assert(
    fc.asyncProperty(placements, dooms, async (workers, list) => {
      const { text: expected } = await play(workers, []);
      const { text, replacements, begun } = await play(workers, list);
      expect(difference(expected, text)).toBeUndefined();
      // One that comes while another is under way on the same thread is put off, and may come to nothing.
      expect(replacements).toBeLessThanOrEqual(begun);
      deaths += replacements;
    }),
    { numRuns: Number(process.env['RUNS'] ?? 20), endOnFailure: process.env['HUNT'] !== undefined },
  );
  expect(deaths).toBeGreaterThan(0);
}, 240_000);
