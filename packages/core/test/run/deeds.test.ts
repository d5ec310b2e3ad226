import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { frame, graph, openRecording } from '@troupe/core';
import type { ClockKind, ControlOptions, Graph, RecordingEntry, StartOptions } from '@troupe/core';
import { early, eater, lighter, oracle, trigger, wanderer, witness } from '../fixtures/doers.ts';
import { folding, ticking } from '../fixtures/taped.ts';
import { until } from './deadline.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-deeds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `run-${files++}.trp`);

async function record(g: Graph, options: StartOptions): Promise<string> {
  const path = newPath();
  await using run = await g.start({ onLog: () => undefined, ...options, record: path });
  for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
  await run.done;
  return path;
}

async function entriesOf(path: string): Promise<RecordingEntry[]> {
  await using recording = await openRecording(path);
  const entries: RecordingEntry[] = [];
  for await (const entry of recording.entries()) entries.push(entry);
  return entries;
}

/** An io source, an io stage and a sink that stir one event and write a latch each, and who sees that. */
function stirred(form: ControlOptions['form'] = 'switchable'): Graph {
  const g = graph('stirred');
  const go = g.event('go', { initial: true });
  const latches = ['a', 'b', 'c'].map((name) => g.latch(name, frame('float64', [2])));
  const [a, b, c] = latches as [(typeof latches)[0], (typeof latches)[0], (typeof latches)[0]];
  const events = { go };
  const source = g.stage('source', wanderer, { events, latches: { luck: a }, options: { count: 30 } });
  const middle = g.stage('oracle', oracle, { events, latches: { luck: b } });
  const sink = g.stage('trigger', trigger, { events, latches: { luck: c }, worker: { dedicated: true } });
  const watch = g.stage('witness', witness, { events, latches: { a, b, c }, tick: { hz: 500 } });
  const gate = g.stage('gate', folding, { control: { form, event: go }, whileInactive: 'latest' });
  const fold = g.stage('folding', folding);
  g.connect(source.out.out, middle.in.in);
  g.connect(source.out.out, sink.in.in);
  g.connect(source.out.out, gate.in.in);
  g.connect(gate.out.out, watch.in.in);
  g.connect(gate.out.out, fold.in.in);
  g.terminate(middle.out.out);
  g.output('seen', watch.out.seen);
  return g;
}

describe('what a replay leaves out', () => {
  test.each<[ClockKind, ControlOptions['form'], number]>([
    ['fast', 'switchable', 2],
    ['fast', 'toggleable', 4],
    ['paced', 'switchable', 1],
    ['paced', 'toggleable', 2],
  ])('does to events and latches what it did: %s, %s, %d workers', async (clock, form, workers) => {
    const g = stirred(form);
    const path = await record(g, { clock, workers, durationMs: 60 });
    const entries = await entriesOf(path);
    const doers = entries.flatMap((entry) => (entry.type === 'deed' ? [entry.stage] : []));
    expect(new Set(doers)).toEqual(new Set(['source', 'oracle', 'trigger']));
    const latches = entries.flatMap((entry) => (entry.type === 'latch' ? [entry.latch] : []));
    expect(new Set(latches)).toEqual(new Set(['a', 'b', 'c']));
    for (const after of [1, 2]) {
      const report = await g.replay(path, { workers: after });
      expect(report).toMatchObject({ divergence: undefined, failure: undefined, warnings: [] });
      expect(report.leftOut).toEqual(['source', 'oracle', 'trigger']);
      expect(report.compared).toBeGreaterThan(30);
    }
  });

  test('is not done twice where the stage runs again', async () => {
    const g = graph('triggered');
    const go = g.event('go');
    const latches = ['a', 'b', 'c'].map((name) => g.latch(name, frame('float64', [2])));
    const [a, b, c] = latches as [(typeof latches)[0], (typeof latches)[0], (typeof latches)[0]];
    const source = g.stage('source', wanderer, {
      events: { go },
      latches: { luck: a },
      options: { count: 30 },
    });
    const sink = g.stage('trigger', trigger, { events: { go }, latches: { luck: b } });
    const watch = g.stage('witness', witness, { events: { go }, latches: { a, b, c }, tick: { hz: 500 } });
    g.connect(source.out.out, sink.in.in);
    g.connect(source.out.out, watch.in.in);
    g.output('seen', watch.out.seen);
    const path = await record(g, { clock: 'fast', workers: 2, durationMs: 60 });
    const doers = (await entriesOf(path)).flatMap((entry) => (entry.type === 'deed' ? [entry.stage] : []));
    expect(doers).toContain('trigger');
    const report = await g.replay(path, { withEffects: true });
    expect(report).toMatchObject({ divergence: undefined, leftOut: ['source'] });
    expect(await g.replay(path)).toMatchObject({ divergence: undefined, leftOut: ['source', 'trigger'] });
  });

  test('takes the activations that it ran on', async () => {
    const g = graph('eaten');
    const go = g.event('go');
    const unwritten = g.latch('unwritten', frame('float64', [2]));
    const luck = g.latch('luck', frame('float64', [2]));
    g.terminate(
      g.stage('source', wanderer, { events: { go }, latches: { luck }, options: { count: 40 } }).out.out,
    );
    const hungry = g.stage('eater', eater, { control: { form: 'toggleable', event: go } });
    g.terminate(hungry.out.out);
    const all = { a: luck, b: unwritten, c: unwritten };
    const watch = g.stage('witness', witness, { events: { go }, latches: all, tick: { hz: 500 } });
    g.output('seen', watch.out.seen);
    const path = await record(g, { clock: 'fast', workers: 2, durationMs: 60 });
    const eaten = (await entriesOf(path)).filter((entry) => entry.type === 'deed' && entry.stage === 'eater');
    expect(eaten.length).toBeGreaterThan(0);
    expect(await g.replay(path)).toMatchObject({ divergence: undefined, leftOut: ['source', 'eater'] });
  });

  test('is done as far as a recording goes that was cut anywhere', async () => {
    const g = stirred();
    const path = await record(g, { clock: 'fast', workers: 2, durationMs: 30 });
    const bytes = readFileSync(path);
    const headerBytes = 16 + 4 + bytes.readUInt32LE(12);
    const lengths = fc.integer({ min: headerBytes, max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const cut = newPath();
        writeFileSync(cut, bytes.subarray(0, length));
        const report = await g.replay(cut, { workers: 2 });
        expect(report).toMatchObject({ divergence: undefined, failure: undefined });
        const outputs = (await entriesOf(cut)).filter(({ type }) => type === 'output');
        expect(report.compared).toBe(outputs.length);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('is done again where the clock was realtime, and so is what the application did: once', async () => {
    const g = graph('lit');
    const [go, lit] = [g.event('go'), g.event('lit')];
    const luck = g.latch('luck', frame('float64', [2]));
    const unwritten = g.latch('unwritten', frame('float64', [2]));
    g.stage('lighter', lighter, { events: { lit }, latches: { luck }, options: { count: 5 } });
    const latches = { a: luck, b: unwritten, c: unwritten };
    for (const [name, event] of Object.entries({ go, lit })) {
      const watch = g.stage(name, witness, { events: { go: event }, latches });
      g.input(`ask-${name}`, watch.in.in);
      g.output(`seen-${name}`, watch.out.seen);
    }
    // Its steps lie between those of the recording.
    const busy = g.stage('busy', folding, { tick: { hz: 1000 } });
    g.input('idle', busy.in.in);
    g.terminate(busy.out.out);
    g.terminate(busy.out.notes);
    const path = newPath();
    {
      await using run = await g.start({ clock: 'realtime', record: path });
      await until(
        'all is lit',
        () => run.stats().stages[0]?.state === 'ended' && run.events.count('lit') === 5,
      );
      await run.events.set(go);
      await run.events.set(go);
      await sleep(20);
      for (const name of ['go', 'lit']) await run.push(`ask-${name}`, new Float64Array(2));
      const seen = [];
      for (const name of ['go', 'lit']) seen.push((await run.pullOrThrow(`seen-${name}`)).frame);
      expect(seen.map((values) => [...(values as Float64Array).subarray(0, 3)])).toEqual([
        [2, 5, -5],
        [5, 5, -5],
      ]);
    }
    const entries = await entriesOf(path);
    const sets = entries.reduce((sum, entry) => sum + (entry.type === 'deed' ? entry.sets : 0), 0);
    expect(sets).toBe(10);
    expect(entries.findLast(({ type }) => type === 'latch')).toMatchObject({ latch: 'luck' });
    const report = await g.replay(path);
    expect(report).toMatchObject({ divergence: undefined, isExact: false, compared: 2 });
    expect(report.steps).toBeGreaterThan(entries.filter(({ type }) => type === 'step').length + 10);
  });
});

describe('a replay', () => {
  test('warns of activations that several stages take', async () => {
    const g = graph('shared');
    const go = g.event('go', { initial: true });
    for (const name of ['one', 'other']) {
      g.terminate(g.stage(name, eater, { control: { form: 'toggleable', event: go } }).out.out);
    }
    g.terminate(g.stage('ticking', ticking, { tick: { hz: 1000 } }).out.out);
    const path = await record(g, { clock: 'fast', durationMs: 10 });
    const warning = "which of 'one', 'other' ran on which activation of event 'go' is not in the recording";
    expect((await g.replay(path)).warnings).toEqual([warning]);
  });

  test('gives what is older than the run its time', async () => {
    const g = graph('early');
    const fold = g.stage('folding', folding);
    g.connect(g.stage('early', early).out.out, fold.in.in);
    g.input('notes', fold.in.notes);
    g.output('folded', fold.out.out);
    g.output('noted', fold.out.notes);
    const path = newPath();
    {
      await using run = await g.start({ clock: 'fast', record: path });
      await expect(run.push('notes', { text: '', n: 0 }, { time: 0.5 })).rejects.toThrow(
        /given the time 0.5/,
      );
      await run.push('notes', { text: '', n: 0 }, { time: -7 });
      const times = [];
      for (let i = 0; i < 8; i++) times.push((await run.pullOrThrow('folded')).time);
      expect(times.slice(0, 5)).toEqual([-2e6, -1.5e6, -1e6, -5e5, 0]);
      expect((await run.pullOrThrow('noted')).time).toBe(-7);
      await run.stop({ drain: true });
    }
    expect(await g.replay(path)).toMatchObject({ divergence: undefined, compared: 9 });
  });
});
