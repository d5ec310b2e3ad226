import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { graph, openRecording } from '@troupe/core';
import type { ClockKind, Graph, RecordingEntry, ReplayReport, Run, StartOptions } from '@troupe/core';
import { compile } from '../../src/plan/compile.ts';
import { planHash } from '../../src/recording/plan-hash.ts';
import { createRecording } from '../../src/recording/writer.ts';
import { counting, debugMemory, passing, word } from '../fixtures/debugged.ts';
import { counter } from '../fixtures/stepped.ts';
import { cell, createProbe, openGate, read } from '../fixtures/probe.ts';
import { antenna, asking, fickle, folding, fragile, gated, logging, ticking } from '../fixtures/taped.ts';
import { build, node } from './random-graphs.ts';
import type { Node } from './random-graphs.ts';
import { until } from './deadline.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-recorded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `run-${files++}.trp`);

/** Runs a graph to its end with a recording, and returns where that is. */
async function record(
  g: Graph,
  options: StartOptions,
  live: (run: Run) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const path = newPath();
  await using run = await g.start({ onLog: () => undefined, ...options, record: path });
  for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
  await live(run);
  await run.done;
  return path;
}

async function entriesOf(path: string): Promise<RecordingEntry[]> {
  const recording = await openRecording(path);
  const entries: RecordingEntry[] = [];
  for await (const entry of recording.entries()) entries.push(entry);
  await recording.close();
  return entries;
}

async function expectSame(g: Graph, path: string): Promise<ReplayReport> {
  let last: ReplayReport | undefined;
  for (const workers of [1, 2, 4]) {
    const report = await g.replay(path, { workers });
    expect(report).toMatchObject({ divergence: undefined, isExact: true, failure: undefined });
    expect(report.compared).toBe(last?.compared ?? report.compared);
    last = report;
  }
  return last as ReplayReport;
}

/** An io source, an io stage in the middle, values and frames, NaNs, ticks. */
function outsideGraph(): Graph {
  const g = graph('outside');
  const source = g.stage('antenna', antenna, { options: { count: 40 } });
  const question = g.stage('asking', asking);
  const fold = g.stage('folding', folding, { tick: { hz: 200 }, worker: { dedicated: true } });
  g.connect(source.out.out, question.in.in);
  g.connect(source.out.out, fold.in.in);
  g.connect(question.out.out, fold.in.notes);
  const sink = g.stage('logging', logging);
  g.connect(fold.out.out, sink.in.in);
  g.output('notes', fold.out.notes);
  return g;
}

/** Boundary input, ticks, a mode, an event. */
function liveGraph(): Graph {
  const g = graph('live');
  g.event('go');
  const base = g.runner('base', { hz: 250 });
  const fold = g.stage('folding', folding, {
    tick: { hz: 100 },
    control: { form: 'switchable', event: 'go' },
  });
  const beat = g.stage('ticking', ticking, { tick: { runner: base }, worker: { dedicated: true } });
  const quiet = g.stage('quiet', ticking, { tick: { runner: base }, activeIn: ['training'] });
  g.connect(fold.out.out, beat.in.in);
  g.input('in', fold.in.in, { capacity: 64 });
  g.input('notes', fold.in.notes, { capacity: 64 });
  g.output('folded', fold.out.out);
  g.output('beats', beat.out.out);
  g.output('quiet', quiet.out.out);
  return g;
}

/** Does to a run everything that can be done from outside. */
async function stir(run: Run): Promise<void> {
  const push = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await run.push('in', Float64Array.of(i / 7, i === 2 ? NaN : i));
    await run.push('notes', { text: `${n}`, n: NaN });
  };
  await push(3);
  await run.events.set('go');
  await push(5);
  await run.modes.request('training');
  await run.setRate('ticking', 500);
  await push(2);
  await run.events.reset('go');
  await push(4);
  await run.setRate({ runner: 'base' }, 125);
  await run.modes.request('idle');
  await run.events.set('go');
  await push(1);
  await run.stop({ drain: true });
}

describe.each<ClockKind>(['fast', 'paced'])('a run of the %s clock is repeated to the bit', (clock) => {
  test.each([1, 2, 4])('with an io source and an io stage, recorded on %d workers', async (workers) => {
    const g = outsideGraph();
    const path = await record(g, { clock, workers });
    const report = await expectSame(g, path);
    expect(report.leftOut).toEqual(['antenna', 'asking', 'logging']);
    expect(report.compared).toBe(80);
    expect(report.tail?.status).toBe('complete');
  });

  test('with pushes, events, modes, rates and a drain while it runs', async () => {
    const g = liveGraph();
    const path = await record(g, { clock, workers: 2 }, stir);
    const types = new Set((await entriesOf(path)).map(({ type }) => type));
    expect([...types].sort()).toEqual(
      ['drain', 'end', 'event', 'mode', 'output', 'push', 'rate', 'step'].sort(),
    );
    expect((await expectSame(g, path)).leftOut).toEqual([]);
  });

  test('when its duration ends it', async () => {
    const g = liveGraph();
    const path = await record(g, { clock, workers: 2, durationMs: 60, seed: 5 }, async (run) => {
      await run.events.set('go');
      await run.push('in', Float64Array.of(1, 2));
    });
    await expectSame(g, path);
  });

  test('when it is stopped between two rounds', async () => {
    const g = outsideGraph();
    const path = await record(g, { clock }, async (run) => {
      await until('something has been noted', () => (run.stats().stages[2]?.in ?? 0) > 0);
      await run.stop();
    });
    expect((await entriesOf(path)).at(-1)).toMatchObject({ type: 'end', reason: 'stopped' });
    await expectSame(g, path);
  });
});

/** Its runner carries time on, so that every run reaches the end of its duration. */
const metronome: Node = {
  kind: 'mix',
  salt: 3,
  copies: 1,
  count: 0,
  tick: { hz: 100, phase: 'control', priority: 0 },
  feeds: [[{ from: 0, overflow: 'block', capacity: 8 }], [{ from: 0, overflow: 'block', capacity: 8 }]],
};

test('random graphs: recorded on some workers, replayed on others', async () => {
  const workers = fc.constantFrom(1, 2, 4);
  await fc.assert(
    fc.asyncProperty(
      fc.array(node, { minLength: 1, maxLength: 5 }),
      workers,
      workers,
      async (nodes, before, after) => {
        const { g } = build([metronome, ...nodes], 'auto');
        const path = await record(g, { clock: 'fast', workers: before, seed: 7, durationMs: 30 });
        const { divergence, tail } = await g.replay(path, { workers: after });
        expect(divergence).toBeUndefined();
        expect(tail?.status).toBe('complete');
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 20), endOnFailure: false },
  );
}, 120_000);

describe('a replay', () => {
  test('names the stage that gives something else, its message and both values', async () => {
    const g = graph('fickle');
    const source = g.stage('source', counter, { options: { count: 10 } });
    // Declared before what feeds it: what came first is named nevertheless.
    const after = g.stage('after', folding);
    const odd = g.stage('odd', fickle);
    g.connect(source.out.out, odd.in.in);
    g.connect(odd.out.out, after.in.in);
    const path = await record(g, { clock: 'fast' });
    const { divergence } = await g.replay(path);
    expect(divergence).toMatchObject({ stage: 'odd', port: 'out', seq: 3 });
    const [before, now] = [divergence?.recorded?.value, divergence?.replayed?.value] as Float64Array[];
    expect(before?.[0]).toBe(3);
    expect(now?.[0]).toBe(3);
    expect(before?.[1]).not.toBe(now?.[1]);
    expect(divergence?.recorded?.time).toBe(divergence?.replayed?.time);
  });

  test('is one of the same graph, whatever has been written to shared memory since', async () => {
    const words = debugMemory();
    const g = graph('shared');
    const source = g.stage('source', counting, { options: { count: 10 } });
    const middle = g.stage('middle', passing, { options: { memory: words.buffer } });
    g.connect(source.out.out, middle.in.in);
    const path = await record(g, { clock: 'fast' });
    expect(words[word.calls]).toBe(10);
    expect(await g.replay(path)).toMatchObject({ compared: 10, divergence: undefined });
    expect(words[word.calls]).toBe(20);
  });

  test('runs what has effects only when it is asked to', async () => {
    const g = graph('effects');
    const source = g.stage('source', counter, { options: { count: 10 } });
    g.connect(source.out.out, g.stage('logging', logging).in.in);
    const path = await record(g, { clock: 'fast' });
    const lines: string[] = [];
    const onLog = ({ message }: { readonly message: string }): void => void lines.push(message);
    expect((await g.replay(path, { onLog })).leftOut).toEqual(['source', 'logging']);
    expect(lines).toEqual([]);
    const report = await g.replay(path, { onLog, withEffects: true });
    expect(report).toMatchObject({ leftOut: ['source'], divergence: undefined });
    expect(lines).toEqual(Array.from({ length: 10 }, (_, seq) => `input ${seq}`));
  });

  test('of a recording that was cut anywhere goes on to the cut', async () => {
    const g = outsideGraph();
    const path = await record(g, { clock: 'fast', workers: 2 });
    const bytes = readFileSync(path);
    const whole = await g.replay(path);
    const headerBytes = 16 + 4 + bytes.readUInt32LE(12);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: headerBytes, max: bytes.length - 1 }), async (length) => {
        const cut = newPath();
        copyFileSync(path, cut);
        truncateSync(cut, length);
        const report = await g.replay(cut, { workers: 2 });
        expect(report).toMatchObject({ divergence: undefined, failure: undefined });
        expect(report.tail?.status).toBe('truncated');
        expect(report.steps).toBeLessThanOrEqual(whole.steps);
        const outputs = (await entriesOf(cut)).filter(({ type }) => type === 'output');
        expect(report.compared).toBe(outputs.length);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test('of a run that failed fails where it did', async () => {
    const g = graph('fragile');
    const source = g.stage('source', counter, { options: { count: 10 }, worker: 'main' });
    const broken = g.stage('broken', fragile, { supervision: { strategy: 'escalate' } });
    g.connect(source.out.out, broken.in.in);
    const path = newPath();
    const run = await g.start({ clock: 'fast', record: path });
    await expect(run.done).rejects.toMatchObject({ code: 'HANDLER_THREW' });
    expect((await entriesOf(path)).at(-1)).toMatchObject({ type: 'end', reason: 'failed' });
    for (const workers of [1, 2]) {
      const { divergence, failure } = await g.replay(path, { workers });
      expect(divergence).toBeUndefined();
      expect(failure).toMatchObject({ code: 'HANDLER_THREW', stage: 'broken' });
    }
  });

  test('of a realtime run enacts it again', async () => {
    const g = outsideGraph();
    const path = await record(g, { clock: 'realtime', workers: 2 });
    const report = await g.replay(path);
    expect(report).toMatchObject({ isExact: false, leftOut: ['antenna', 'asking', 'logging'] });
    expect(report.compared).toBe(80);
  });

  test('of a realtime run takes several steps for what was handled while more was pushed', async () => {
    const g = graph('pushed');
    const fold = g.stage('folding', folding, { worker: { dedicated: true } });
    g.input('in', fold.in.in, { capacity: 4 });
    g.output('out', fold.out.out);
    const hash = planHash(compile(g.declaration(), { recordable: true }));
    const path = newPath();
    const header = {
      graph: 'pushed',
      planHash: hash,
      seed: 1,
      workers: 1,
      options: {},
      troupe: '0',
    } as const;
    const writer = await createRecording(path, { ...header, clock: 'realtime' });
    await writer.write({ type: 'step', step: 0, time: 7, runners: [65_535] });
    for (let seq = 0; seq < 21; seq++) {
      const payload = { kind: 'frame', dtype: 'float64', frame: Float64Array.of(seq, 0) } as const;
      await writer.write({ type: 'push', step: 0, input: 'in', seq, time: seq, payload });
    }
    await writer.write({ type: 'end', step: 0, reason: 'ended' });
    await writer.close();
    const { steps, failure, divergence } = await g.replay(path);
    expect([steps, failure, divergence]).toEqual([6, undefined, undefined]);
  });

  test('refuses what is no recording, or one of another graph', async () => {
    const g = outsideGraph();
    const path = await record(g, { clock: 'fast' });
    await expect(liveGraph().replay(path)).rejects.toMatchObject({ code: 'RECORDING_MISMATCH' });
    await expect(g.replay(newPath())).rejects.toMatchObject({ code: 'BAD_RECORDING' });
    const other = newPath();
    writeFileSync(other, 'some text');
    await expect(g.replay(other)).rejects.toMatchObject({ code: 'BAD_RECORDING' });
  });
});

describe('a recording', () => {
  test('begins before the first step, or not at all', async () => {
    const g = liveGraph();
    await using run = await g.start({ clock: 'fast' });
    for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
    await run.events.set('go');
    await until('a step is done', () => run.stats().stages.some(({ handled }) => handled > 0));
    await expect(run.record(newPath())).rejects.toMatchObject({ code: 'RECORDING_LATE' });
    await run.stop();
    await expect(run.record(newPath())).rejects.toMatchObject({ code: 'RECORDING_LATE' });
  });

  test('may be begun right after the start, once', async () => {
    const g = outsideGraph();
    const path = newPath();
    await using run = await g.start({ clock: 'fast', onLog: () => undefined });
    run.onSample('notes', () => undefined);
    const recording = run.record(path);
    await expect(run.record(newPath())).rejects.toMatchObject({ code: 'RECORDING_WRITE' });
    await recording;
    await run.done;
    await expectSame(g, path);
  });

  test('of a realtime run that is over is refused', async () => {
    const g = outsideGraph();
    await using run = await g.start({ onLog: () => undefined });
    await run.stop();
    await expect(run.record(newPath())).rejects.toMatchObject({ code: 'RECORDING_LATE' });
  });

  test('that cannot be written fails the start, and leaves nothing', async () => {
    const g = outsideGraph();
    const path = join(folder, 'nowhere', 'run.trp');
    const start = g.start({ clock: 'fast', record: path });
    await expect(start).rejects.toMatchObject({ code: 'RECORDING_WRITE' });
  });

  test.each(['realtime', 'paced', 'fast'] as const)(
    'under the %s clock: with what a source had in hand when the run was told to drain',
    async (clock) => {
      const cells = createProbe();
      const g = graph('gated');
      const source = g.stage('gated', gated, { options: { cells } });
      const fold = g.stage('folding', folding, { worker: { dedicated: true } });
      g.connect(source.out.out, fold.in.in);
      g.output('notes', fold.out.notes);
      const path = await record(g, { clock }, async (run) => {
        await until('it waits', () => read(cells, cell.starts) === 1);
        void run.stop({ drain: true });
        // The answers of the threads come after what they have been told before.
        for (let i = 0; i < 3; i++) await run.census();
        openGate(cells);
      });
      const sources = (await entriesOf(path)).filter(({ type }) => type === 'source');
      expect(sources).toHaveLength(2);
      expect(await g.replay(path)).toMatchObject({ divergence: undefined, failure: undefined });
    },
  );

  test('does not hold a rate that was refused', async () => {
    const g = liveGraph();
    const path = await record(g, { clock: 'fast' }, async (run) => {
      await expect(run.setRate('nobody', 10)).rejects.toMatchObject({ code: 'BAD_TARGET' });
      await run.stop({ drain: true });
    });
    expect((await entriesOf(path)).filter(({ type }) => type === 'rate')).toEqual([]);
  });
});
