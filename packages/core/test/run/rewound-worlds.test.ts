import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openRecording, RewindFailedError } from '@troupe/core';
import type { ClockKind, Graph, Moment, RecordingEntry, Rewind, RewindOptions } from '@troupe/core';
import { build, node } from './random-graphs.ts';
import { record, world } from './random-worlds.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-rewound-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `run-${files++}.trp`);

/**
 * What does not depend on how long things took; without `hasEdges` nor on where stages are, as what lossy
 * edges count as sent does.
 */
function shown({ stats, ...rest }: Moment, hasEdges: boolean): unknown {
  const stages = stats.stages.map(({ name, state, handled, failed, ...counts }) => {
    return {
      name,
      // Before the first step some may be starting.
      state: rest.step < 0 ? undefined : state,
      handled,
      failed,
      in: counts.in,
      out: counts.out,
      deadLettered: counts.deadLettered,
    };
  });
  // When the writer of a refusing edge learns that nobody takes from it any more is a matter of time.
  const over = stats.stages.filter(({ state }) => state === 'ended' || state === 'stopped');
  const isOver = new Set(over.map(({ name }) => name));
  const edges = stats.edges.map(({ from, to, sent, received }) => ({
    from,
    to,
    received,
    sent: hasEdges && !isOver.has(to.split('.')[0] ?? '') && sent,
  }));
  return { ...rest, stages, edges };
}

/** The moment at a step, or `undefined` where the run has failed by then. */
async function momentAt(rewind: Rewind, step: number, hasEdges: boolean): Promise<unknown> {
  try {
    return shown(await rewind.seek({ step }), hasEdges);
  } catch (error) {
    if (!(error instanceof RewindFailedError)) throw error;
    expect(error.step).toBeLessThanOrEqual(step);
    return `fails in ${error.step}`;
  }
}

async function entriesOf(path: string): Promise<RecordingEntry[]> {
  await using recording = await openRecording(path);
  const entries: RecordingEntry[] = [];
  for await (const entry of recording.entries()) entries.push(entry);
  return entries;
}

/** Each port has given what the recording says that it had by then. */
function expectRecorded(moment: Moment, entries: readonly RecordingEntry[]): void {
  const emitted = entries.flatMap((entry) =>
    (entry.type === 'output' || entry.type === 'source') && entry.step <= moment.step ? entry : [],
  );
  for (const { stage, port, count, last } of moment.ports) {
    const own = emitted.filter((entry) => entry.stage === stage && entry.port === port);
    expect(count).toBe(own.length);
    const newest = own.at(-1);
    expect(last?.seq).toBe(newest?.seq);
    expect(last?.time).toBe(newest?.time);
    expect(last?.frame ?? last?.value).toEqual(
      newest?.payload.kind === 'frame' ? newest.payload.frame : newest?.payload.value,
    );
  }
  const modes = entries.flatMap((entry) =>
    entry.type === 'mode' && entry.step <= moment.step ? entry.mode : [],
  );
  expect(moment.mode).toBe(modes.at(-1) ?? 'idle');
}

/** Wherever a rewind is led, and however: what it shows there is what one shows that goes there at once. */
async function expectExact(
  g: Graph,
  path: string,
  places: readonly number[],
  led: RewindOptions,
  fresh: RewindOptions,
): Promise<void> {
  const entries = await entriesOf(path);
  const hasEdges = led.workers === fresh.workers;
  await using rewind = await g.rewind(path, { mailboxMax: 4_096, ...led });
  const isWhole = entries.some((entry) => entry.type === 'end' && entry.reason === 'ended');
  const steps = places.map((place) => Math.round(((rewind.steps + 1) * place) / 1000) - 1);
  for (const [at, step] of steps.entries()) {
    const moment = await momentAt(rewind, Math.min(step, rewind.steps - 1), hasEdges);
    expect(rewind.moment.divergence).toBeUndefined();
    // A run that was ended within a step has not done all of it.
    if (rewind.moment.step < rewind.steps - 1 || isWhole) expectRecorded(rewind.moment, entries);
    if (at % 2 === 1) continue;
    await using other = await g.rewind(path, { mailboxMax: 4_096, ...fresh, standby: 0 });
    expect(await momentAt(other, Math.min(step, rewind.steps - 1), hasEdges)).toEqual(moment);
  }
}

const workers = fc.constantFrom(1, 2, 4);
const placements = fc.constantFrom<RewindOptions>({}, { workers: 1 }, { workers: 2 }, { workers: 4 });
const places = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 5 });

/** One that hangs fails with what it was led by, long before the test is given up. */
function runs(given: number): fc.Parameters<unknown[]> {
  return { numRuns: Number(process.env['RUNS'] ?? given), timeout: 60_000, endOnFailure: true };
}

test('worlds led by chance: a moment is the same however it is reached, and as it was recorded', async () => {
  const clocks = fc.constantFrom<ClockKind>('fast', 'fast', 'paced');
  await fc.assert(
    fc.asyncProperty(world, workers, placements, placements, clocks, places, async (given, ...rest) => {
      const [before, led, fresh, clock, to] = rest;
      const path = newPath();
      const g = await record(given, { workers: before, clock, path });
      await expectExact(g, path, to, led, fresh);
      rmSync(path);
    }),
    runs(4),
  );
}, 240_000);

test('random graphs: a moment is the same however it is reached, and as it was recorded', async () => {
  const standbys = fc.integer({ min: 0, max: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(node, { minLength: 1, maxLength: 5 }),
      ...([workers, placements, standbys, places] as const),
      async (nodes, before, led, standby, to) => {
        const { g, outputs } = build(nodes, 'auto');
        const path = newPath();
        const length = { clock: 'fast', durationMs: 100, mailboxMax: 4_096 } as const;
        const run = await g.start({ ...length, workers: before, seed: 7, record: path });
        for (const name of outputs) run.onSample(name, () => undefined);
        const late = setTimeout(() => void run.stop(), 300);
        await run.done;
        clearTimeout(late);
        await expectExact(g, path, to, { ...led, standby }, led);
        rmSync(path);
      },
    ),
    runs(4),
  );
}, 240_000);
