import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { compile, defineStage, frame, graph, message, openRecording, written } from '@troupe/core';
import type { Graph, Mark, Moment, Rewind, Run, StartOptions } from '@troupe/core';
import { takeCensus } from '../../src/run/census.ts';
import { Passage, PassageFailure } from '../../src/run/passage.ts';
import { counter } from '../fixtures/stepped.ts';
import { eights, setter } from '../fixtures/latched.ts';
import { antenna, fickle, folding, fragile, logging, moody, ticking } from '../fixtures/taped.ts';
import { until } from './deadline.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-rewound-'));
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
  const run = await g.start({ onLog: () => undefined, clock: 'fast', ...options, record: path });
  for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
  await live(run);
  await run.done.catch(() => undefined);
  return path;
}

/** A stage that ticks a hundred times a second, and whatever it is asked to count. */
function beats(): Graph {
  const g = graph('beats');
  g.event('go');
  const beat = g.stage('beat', ticking, { tick: { hz: 100 }, worker: { dedicated: true } });
  const fold = g.stage('fold', folding);
  g.connect(beat.out.out, fold.in.in);
  const sink = g.stage('sink', logging);
  g.connect(fold.out.out, sink.in.in);
  g.output('folded', fold.out.out);
  g.input('notes', fold.in.notes);
  return g;
}

/** The newest frame of a port. */
function frameOf({ ports }: Moment, stage: string, port: string): readonly number[] {
  const found = ports.find((each) => each.stage === stage && each.port === port);
  return Array.from(found?.last?.frame ?? [], Number);
}

const newest = (moment: Moment): readonly number[] => frameOf(moment, 'beat', 'out');

describe('a rewind', { timeout: 120_000 }, () => {
  test('goes to any time, back and forth, and shows what was there', async () => {
    const g = beats();
    const path = await record(g, { durationMs: 2_000, workers: 2 });
    await using rewind = await g.rewind(path);
    expect(rewind).toMatchObject({ isExact: true, leftOut: ['sink'], warnings: [] });
    expect(rewind.moment).toMatchObject({ step: -1, timeNs: 0, compared: 0, mode: 'idle' });
    expect(rewind.moment.ports.every(({ count, last }) => count === 0 && last === undefined)).toBe(true);
    const seen = new Map<number, readonly number[]>();
    // Near, far, and further back than any moment is kept.
    for (const ms of [1_000, 1_200, 990, 1_900, 10, 1_990, 0, 1_000, 1_500]) {
      const moment = await rewind.seek({ timeNs: ms * 1e6 });
      expect(moment.timeNs).toBe(ms * 1e6);
      expect(newest(moment)).toEqual([(ms / 10) * 1_000 + 'idle'.length, ms * 1e6]);
      expect(moment.divergence).toBeUndefined();
      const folded = frameOf(moment, 'fold', 'out');
      expect(seen.get(ms) ?? folded).toEqual(folded);
      seen.set(ms, folded);
      expect(moment.ports.find(({ stage }) => stage === 'fold')?.count).toBe(ms / 10 + 1);
      expect(moment.compared).toBe(2 * (ms / 10 + 1));
    }
    expect(new Set([...seen.values()].map(String)).size).toBe(seen.size);
  });

  test('takes the last step at or before a time, and stays within the recording', async () => {
    const g = beats();
    const path = await record(g, { durationMs: 100 });
    await using rewind = await g.rewind(path);
    const stepOf = async (to: Parameters<Rewind['seek']>[0]): Promise<number> => (await rewind.seek(to)).step;
    expect(await stepOf({ timeNs: 29_999_999 })).toBe(2);
    expect(await stepOf({ timeNs: 30_000_000 })).toBe(3);
    expect(await stepOf({ timeNs: -1 })).toBe(-1);
    expect(await rewind.previous()).toBeUndefined();
    expect((await rewind.next())?.step).toBe(0);
    expect((await rewind.previous())?.step).toBe(-1);
    const last = rewind.steps - 1;
    expect(await stepOf({ timeNs: Infinity })).toBe(last);
    expect(await stepOf({ step: 1_000 })).toBe(last);
    expect(await rewind.next()).toBeUndefined();
    expect((await rewind.previous())?.step).toBe(last - 1);
    expect(rewind.durationNs).toBe((await rewind.seek({ step: last })).timeNs);
    for (const to of [{ timeNs: NaN }, { step: -2 }, { step: 0.5 }]) {
      await expect(rewind.seek(to)).rejects.toMatchObject({ code: 'BAD_TARGET' });
    }
    expect(rewind.moment.step).toBe(last);
  });

  test('names what was done from outside, and shows modes and events as they were', async () => {
    const g = beats();
    const path = await record(g, {}, async (run) => {
      const step = async (): Promise<void> => {
        const handled = (): number => run.stats().stages[0]?.handled ?? 0;
        const before = handled();
        await until('it has ticked', () => handled() > before + 1);
      };
      await run.push('notes', { text: 'a', n: 1 });
      await run.push('notes', { text: 'b', n: 1 });
      await run.events.set('go');
      await step();
      await run.modes.request('training');
      await run.setRate('beat', 50);
      await step();
      await run.modes.request('idle');
      await step();
      await run.events.reset('go');
      await run.stop({ drain: true });
    });
    await using rewind = await g.rewind(path);
    const kinds = rewind.marks.map(({ kind }) => kind).filter((kind) => kind !== 'push');
    expect(kinds).toEqual(['event', 'mode', 'rate', 'mode', 'event', 'drain', 'end']);
    expect(rewind.marksLeftOut).toBe(0);
    const pushed = rewind.marks.flatMap((mark) => (mark.kind === 'push' ? mark.count : []));
    expect(pushed.reduce((sum, count) => sum + count, 0)).toBe(2);
    const find = (kind: Mark['kind'], at = 0): Mark =>
      rewind.marks.filter((mark) => mark.kind === kind)[at] as Mark;
    // A change belongs to the step that begins with it: before that step it has not been made.
    const around = async ({ step }: Mark): Promise<readonly [Moment, Moment]> => {
      const after = await rewind.seek({ step });
      return [await rewind.seek({ step: step - 1 }), after];
    };
    const [idle, training] = await around(find('mode'));
    expect([idle.mode, training.mode]).toEqual(['idle', 'training']);
    expect((await rewind.seek({ step: find('mode', 1).step })).mode).toBe('idle');
    const [unset, set] = await around(find('event'));
    expect([unset.events, set.events]).toEqual([
      [{ name: 'go', count: 0, isSet: false }],
      [{ name: 'go', count: 1, isSet: true }],
    ]);
    const [on, off] = await around(find('event', 1));
    expect([on.events[0]?.count, off.events[0]?.count]).toEqual([1, 0]);
  });

  test('says where it gives something else than was recorded, before that step it does not', async () => {
    const g = graph('fickle');
    const source = g.stage('source', ticking, { tick: { hz: 100 } });
    const odd = g.stage('odd', fickle);
    g.connect(source.out.out, odd.in.in);
    const path = await record(g, { durationMs: 100 });
    await using rewind = await g.rewind(path);
    const late = await rewind.seek({ step: 7 });
    expect(late.divergence).toMatchObject({ stage: 'odd', port: 'out', seq: 3 });
    expect((await rewind.seek({ step: 2 })).divergence).toBeUndefined();
    expect((await rewind.seek({ step: 3 })).divergence).toMatchObject({ seq: 3 });
  });

  test('shows at once that something is missing, or more than there was', async () => {
    let runs = 0;
    const odd = defineStage({
      name: 'odd',
      outputs: { out: message<number>() },
      create: () => {
        const run = runs++;
        return {
          onTick({ index }, out) {
            if (index !== 3 * run) out.send('out', index);
            if (run > 0 && index === 7 - run) out.send('out', index);
          },
        };
      },
    });
    const g = graph('odd');
    g.stage('odd', odd, { tick: { hz: 100 } });
    const path = await record(g, { durationMs: 100 });
    await using rewind = await g.rewind(path, { standby: 0 });
    // Of its first run it left out the first message, and leaves out another one the next time.
    expect((await rewind.seek({ step: 0 })).divergence).toMatchObject({ seq: 0, recorded: undefined });
    await using other = await g.rewind(path, { standby: 0 });
    expect((await other.seek({ step: 0 })).divergence).toMatchObject({ replayed: { value: 0 } });
  });

  test('shows latches as whoever reads them next finds them', async () => {
    const writing = defineStage({
      name: 'writing',
      latches: { mine: written(frame('float64', [1])) },
      outputs: { out: message<number>() },
      create: ({ latches: { mine } }) => ({
        onTick({ index }, out) {
          if (index % 2 === 0) mine.write(Float64Array.of(index));
          out.send('out', index);
        },
      }),
    });
    const g = graph('latches');
    g.stage('writing', writing, {
      tick: { hz: 100 },
      latches: { mine: g.latch('run', frame('float64', [1])) },
    });
    // It is a sink, and so left out: what it writes is in the recording.
    g.stage('setter', setter, { tick: { hz: 100 }, latches: { mine: g.latch('played', eights) } });
    const path = await record(g, { durationMs: 200 });
    await using rewind = await g.rewind(path);
    expect(rewind.leftOut).toEqual(['setter']);
    const [empty] = rewind.moment.latches;
    expect(empty?.time).toBe(-1);
    for (const step of [12, 5, 4, 19, 0]) {
      const { latches } = await rewind.seek({ step });
      const even = step - (step % 2);
      expect(latches.map(({ name, time }) => [name, time])).toEqual([
        ['run', even * 1e7],
        ['played', step * 1e7],
      ]);
      expect(latches[0]?.frame).toEqual(Float64Array.of(even));
    }
  });

  test('lets the newest of several seeks win', async () => {
    const g = beats();
    const path = await record(g, { durationMs: 4_000 });
    await using rewind = await g.rewind(path);
    const seeks = [390, 3, 300, 399, 200].map((step) => rewind.seek({ step }));
    const [last, ...others] = (await Promise.allSettled(seeks)).toReversed();
    for (const other of others) {
      expect(other).toMatchObject({ status: 'rejected', reason: { code: 'SEEK_SUPERSEDED' } });
    }
    expect(last).toMatchObject({ status: 'fulfilled', value: { step: 200 } });
    expect(newest(rewind.moment)).toEqual([200_004, 2e9]);
    // Steps are counted from where the newest one leads.
    const [, , third] = [rewind.next(), rewind.next(), rewind.next()].map(async (each) =>
      each.catch(() => 0),
    );
    expect(await third).toMatchObject({ step: 203 });

    const abort = new AbortController();
    const given = rewind.seek({ step: 390 }, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    await expect(rewind.seek({ step: 1 }, { signal: abort.signal })).rejects.toThrow('enough');
    expect(rewind.moment.step).toBe(203);
    expect(newest(await rewind.seek({ step: 398 }))).toEqual([398_004, 3.98e9]);

    const [closed] = await Promise.allSettled([rewind.seek({ step: 30 }), rewind.close()]);
    expect(closed).toMatchObject({ status: 'rejected', reason: { code: 'RUN_STOPPED' } });
    await expect(rewind.seek({ step: 30 })).rejects.toMatchObject({ code: 'RUN_STOPPED' });
    await rewind.close();
  });
});

test('a rewind has a bounded number of replays, and gives all threads back', async () => {
  const g = beats();
  const path = await record(g, { durationMs: 4_500 });
  const plan = compile(g, { clock: 'fast' });
  const threads = async (): Promise<number> => {
    return (await takeCensus(plan)).filter(({ role, owner }) => role !== 'main' && owner === 'beats').length;
  };
  for (const standby of [0, 2]) {
    await using rewind = await g.rewind(path, { standby });
    for (const step of [445, 300, 50, 200, 10]) {
      expect(newest(await rewind.seek({ step }))).toEqual([step * 1_000 + 4, step * 1e7]);
      expect(await threads()).toBeLessThanOrEqual(standby + 1);
    }
    await rewind.close();
    expect(await threads()).toBe(0);
  }
}, 120_000);

describe('a recording', { timeout: 120_000 }, () => {
  test('that was cut is shown up to its last whole step', async () => {
    const g = beats();
    const path = await record(g, { durationMs: 200 });
    const bytes = readFileSync(path);
    const headerBytes = 16 + 4 + bytes.readUInt32LE(12);
    for (const part of [0.2, 0.5, 0.9]) {
      writeFileSync(path, bytes.subarray(0, headerBytes + (bytes.length - headerBytes) * part));
      await using recording = await openRecording(path);
      let begun = 0;
      for await (const { type } of recording.entries()) if (type === 'step') begun++;
      await using rewind = await g.rewind(path);
      expect(rewind).toMatchObject({ steps: begun - 1, tail: { status: 'truncated' } });
      expect(rewind.warnings[0]).toContain(`ends within step ${begun - 1}, which is not shown`);
      const moment = await rewind.seek({ timeNs: Infinity });
      expect(moment).toMatchObject({ step: begun - 2, divergence: undefined, compared: 2 * (begun - 1) });
      expect(newest(moment)[0]).toBe((begun - 2) * 1_000 + 4);
    }
  });

  test('that is being written is shown as far as it has come', async () => {
    const g = beats();
    const path = newPath();
    await using run = await g.start({ clock: 'fast', record: path, onLog: () => undefined });
    run.onSample('folded', () => undefined);
    const ticked = (): number => run.stats().stages[0]?.handled ?? 0;
    await until('some steps are on the disk', () => existsSync(path) && statSync(path).size > 20_000);
    await using rewind = await g.rewind(path);
    const before = ticked();
    expect(rewind.tail.status).toBe('truncated');
    for (const step of [rewind.steps - 1, 0, Math.floor(rewind.steps / 2)]) {
      const moment = await rewind.seek({ step });
      expect(moment.divergence).toBeUndefined();
      expect(newest(moment)).toEqual([step * 1_000 + 4, step * 1e7]);
    }
    await until('it has gone on meanwhile', () => ticked() > before);
  });

  test('of a run that failed shows what led to it, and says in which step it fails', async () => {
    const g = graph('failing');
    const beat = g.stage('beat', ticking, { tick: { hz: 100 } });
    const weak = g.stage('weak', fragile, {
      supervision: { strategy: 'escalate', triesMax: 1 },
      worker: { dedicated: true },
    });
    g.connect(beat.out.out, weak.in.in);
    const path = await record(g, { durationMs: 1_000 });
    await using rewind = await g.rewind(path);
    await expect(rewind.seek({ timeNs: Infinity })).rejects.toMatchObject({
      code: 'REWIND_FAILED',
      step: 2,
      message: expect.stringContaining('the third is too much') as string,
    });
    expect(frameOf(await rewind.seek({ step: 1 }), 'weak', 'out')).toEqual([1_004, 1e7]);
    await expect(rewind.next()).rejects.toMatchObject({ code: 'REWIND_FAILED', step: 2 });
    expect(frameOf(rewind.moment, 'weak', 'out')).toEqual([1_004, 1e7]);
    expect(frameOf(await rewind.seek({ step: 0 }), 'weak', 'out')).toEqual([4, 0]);
  });

  test('says in which step it fails, however late that is heard of', async () => {
    const memory = new SharedArrayBuffer(4);
    const g = graph('moody');
    const beat = g.stage('beat', ticking, { tick: { hz: 100 } });
    const supervision = { strategy: 'escalate', triesMax: 1 } as const;
    const weak = g.stage('weak', moody, { supervision, options: { memory } });
    g.connect(beat.out.out, weak.in.in);
    const path = await record(g, { durationMs: 3_000 });
    new Int32Array(memory)[0] = 1;
    await using rewind = await g.rewind(path);
    // What is not shown is passed without a stop: there the failure may be heard of some steps later.
    const lead = Reflect.get(Passage.prototype, 'lead');
    const leading = vi.spyOn(Passage.prototype, 'lead').mockImplementation(function (this: Passage, how) {
      return lead.call(this, how).catch((error: unknown) => {
        if (!(error instanceof PassageFailure) || how.isWary) throw error;
        return Promise.reject(new PassageFailure(error.step + 5, error.error));
      });
    });
    onTestFinished(() => leading.mockRestore());
    const late = rewind.seek({ step: 299 });
    await expect(late).rejects.toMatchObject({ code: 'REWIND_FAILED', step: 10 });
    expect(frameOf(await rewind.seek({ step: 9 }), 'weak', 'out')).toEqual([9_004, 9e7]);
    await expect(rewind.next()).rejects.toMatchObject({ code: 'REWIND_FAILED', step: 10 });
  });

  test('of a source outside plays what it gave', async () => {
    const g = graph('outside');
    const source = g.stage('antenna', antenna, { options: { count: 40 } });
    const fold = g.stage('fold', folding);
    g.connect(source.out.out, fold.in.in);
    const path = await record(g, { workers: 2 });
    await using rewind = await g.rewind(path);
    const last = await rewind.seek({ timeNs: Infinity });
    expect(last.ports.map(({ stage, count }) => [stage, count])).toEqual([
      ['antenna', 40],
      ['fold', 40],
      ['fold', 0],
    ]);
    expect(last.divergence).toBeUndefined();
    const states = last.stats.stages.map(({ state }) => state);
    expect(states).toEqual(['ended', 'ended']);
    const seen: Moment[] = [];
    for (let step = 0; step < rewind.steps; step++) seen.push(await rewind.seek({ step }));
    expect(seen.at(-1)?.ports).toEqual(last.ports);
  });

  test('of a realtime run is enacted again, and says that it is no more', async () => {
    const g = graph('now');
    const fold = g.stage('fold', folding);
    g.input('in', fold.in.in);
    g.output('out', fold.out.out);
    const path = await record(g, { clock: 'realtime' }, async (run) => {
      for (let i = 0; i < 20; i++) await run.push('in', Float64Array.of(i, i));
      await run.stop({ drain: true });
    });
    await using rewind = await g.rewind(path);
    expect(rewind.isExact).toBe(false);
    const last = await rewind.seek({ timeNs: Infinity });
    expect(last.ports[0]?.count).toBe(20);
    expect((await rewind.seek({ step: -1 })).ports[0]?.count).toBe(0);
  });

  test('of another graph, or none at all, is refused', async () => {
    const g = beats();
    const path = await record(g, { durationMs: 20 });
    const other = graph('beats');
    other.stage('beat', counter, { options: { count: 1 } });
    await expect(other.rewind(path)).rejects.toMatchObject({ code: 'RECORDING_MISMATCH' });
    await expect(g.rewind(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'BAD_RECORDING' });
    await expect(g.rewind(path, { standby: 9 })).rejects.toThrow('standby must be a whole number');
  });
});
