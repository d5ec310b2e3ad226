import { describe, expect, test } from 'vitest';
import { defineStage, frame, graph } from '@troupe/core';
import type { Run, RunReport } from '@troupe/core';
import { control, death, ioRelay, numbers, relay, word } from '../fixtures/mortal.ts';
import { until } from './deadline.ts';
import { replacedIn, terminateThreadOf } from './terminate.ts';

/** What arrived at the far end of the graph. */
interface Arrivals {
  next: number;
  lost: number;
  duplicates: number;
  marked: number;
}

/** Numbers through a relay that dies, to a sink on main that counts. */
async function startRelay(
  words: Int32Array<SharedArrayBuffer>,
  isIo: boolean,
): Promise<{ run: Run; arrivals: Arrivals }> {
  const arrivals: Arrivals = { next: 0, lost: 0, duplicates: 0, marked: 0 };
  const sink = defineStage({
    name: 'sink',
    inputs: { in: frame('float64', [1]) },
    create: () => ({
      onInput(input) {
        const [value = -1] = input.frame;
        if (input.redelivered) arrivals.marked++;
        if (value < arrivals.next) arrivals.duplicates++;
        else {
          arrivals.lost += value - arrivals.next;
          arrivals.next = value + 1;
        }
      },
    }),
  });
  const g = graph('mortal');
  const settings = { options: { memory: words.buffer }, worker: { dedicated: true } } as const;
  const source = g.stage('source', numbers, settings);
  const middle = g.stage('middle', isIo ? ioRelay : relay, settings);
  const end = g.stage('end', sink, { worker: 'main' });
  g.connect(source.out.out, middle.in.in);
  g.connect(middle.out.out, end.in.in);
  return { run: await g.start({ replacements: { max: 1_000, withinMs: 10_000 } }), arrivals };
}

/** Kills the relay again and again while frames flow, and lets the stream end. */
async function killRepeatedly(
  way: 'exit' | 'timer' | 'terminate',
  kills: number,
): Promise<{ report: RunReport; arrivals: Arrivals }> {
  const words = control();
  const { run, arrivals } = await startRelay(words, way === 'timer');
  for (let kill = 1; kill <= kills; kill++) {
    const from = arrivals.next;
    await until(`frames flow before kill ${kill}`, () => arrivals.next > from);
    if (way === 'terminate') await terminateThreadOf(run, 'middle');
    else Atomics.store(words, word.death, death[way]);
    await until(`replacement ${kill}`, () => replacedIn(run) >= kill);
  }
  Atomics.store(words, word.end, 1);
  return { report: await run.done, arrivals };
}

describe('a worker killed in mid-stream', () => {
  test.each([
    [
      'process.exit in a handler',
      'exit',
      70,
      { reason: 'exit', error: { message: "worker 2 ended with code 3 while stage 'middle' was handling" } },
    ],
    [
      'an error thrown from a timer',
      'timer',
      60,
      { reason: 'error', error: { cause: { message: 'thrown from a timer' } } },
    ],
    ['a terminated thread', 'terminate', 70, { reason: 'exit' }],
  ] as const)('%s: every frame arrives once, in order', { timeout: 90_000 }, async (_, way, kills, first) => {
    const { report, arrivals } = await killRepeatedly(way, kills);
    expect(arrivals).toEqual({ next: report.stats.edges[0]?.sent, lost: 0, duplicates: 0, marked: 0 });
    expect(report.replacements).toHaveLength(kills);
    expect(report.deadLetters).toEqual([]);
    expect(report.replacements[0]).toMatchObject(first);
    expect(report.replacements[0]).toMatchObject({
      error: { code: 'WORKER_DIED' },
      restored: [{ stage: 'middle', fromSnapshot: false }],
    });
  });

  test('with two stages fused on it: every frame arrives once, in order', async () => {
    const words = control();
    const g = graph('fused');
    const settings = { options: { memory: words.buffer }, worker: { group: 'one' } } as const;
    const first = g.stage('first', relay, settings);
    const second = g.stage('second', relay, settings);
    g.input('in', first.in.in);
    g.connect(first.out.out, second.in.in);
    g.output('out', second.out.out);
    const run = await g.start();
    expect(run.plan.edges.map(({ transport }) => transport)).toContain('fused');
    const values: number[] = [];
    run.onSample('out', ({ frame }) => values.push(Number(frame[0])));
    for (let i = 0; i < 1_000; i++) {
      if (i % 100 === 50) Atomics.store(words, word.death, death.exit);
      await run.push('in', Float64Array.of(i));
    }
    const { replacements, stats } = await run.stop({ drain: true });
    expect(values).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(replacements.length).toBeGreaterThan(1);
    expect(stats.stages.map(({ deadLettered }) => deadLettered)).toEqual([0, 0]);
  });
});
