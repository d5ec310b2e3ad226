import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { graph } from '@troupe/core';
import type { Graph, Observer, Run } from '@troupe/core';
import type { Telemetry } from '@troupe/core/telemetry';
import { folding, logging, ticking } from '../fixtures/taped.ts';

const folder = mkdtempSync(join(tmpdir(), 'troupe-replay-observed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'run.trp');

/** A stage that ticks a hundred times a second, one that folds, and a sink, which a replay leaves out. */
function beats(): Graph {
  const g = graph('beats');
  const beat = g.stage('beat', ticking, { tick: { hz: 100 } });
  const fold = g.stage('fold', folding);
  g.connect(beat.out.out, fold.in.in);
  const sink = g.stage('sink', logging);
  g.connect(fold.out.out, sink.in.in);
  g.input('notes', fold.in.notes);
  return g;
}

const handledBy = (run: Run): readonly number[] => run.stats().stages.map(({ handled }) => handled);

/** Is told of the run once it is there, and has time until it resolves. */
function seeing(look: (run: Run, telemetry: Telemetry) => void | Promise<void>): Observer {
  return { name: 'seeing', attach: async (run) => look(run, await run.telemetry()) };
}

describe('a replay that is observed', { timeout: 120_000 }, () => {
  test('is held before its first step by who holds it when it is shown, and is stepped', async () => {
    const run = await beats().start({ clock: 'fast', durationMs: 500, record: path, onLog: () => undefined });
    await run.done;
    const seen: (readonly number[])[] = [];
    const places: unknown[] = [];
    let going: Promise<void> | undefined;
    const go = async (replayed: Run): Promise<void> => {
      seen.push(handledBy(replayed));
      places.push((await replayed.debug.step({ stage: 'beat', unit: 'tick' })).place);
      seen.push(handledBy(replayed));
      await replayed.debug.resume();
    };
    const report = await beats().replay(path, {
      observers: [
        seeing(async (replayed) => {
          await replayed.debug.pause();
          going = go(replayed);
        }),
      ],
    });
    await going;
    expect(seen).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(places).toMatchObject([{ stage: 'beat', work: 'tick', time: 0 }]);
    expect(report).toMatchObject({ divergence: undefined, leftOut: ['sink'] });
  });

  test('names its recording, and goes back in it although it has stand-ins itself', async () => {
    const looks: Promise<unknown>[] = [];
    const report = await beats().replay(path, {
      observers: [
        seeing(async (_run, telemetry) => {
          expect(telemetry.replayOf).toBe(path);
          expect(telemetry.recordings).toEqual([path]);
          const replay = await telemetry.replay(path);
          expect(replay.replay).toMatchObject({ isExact: true, recording: path, leftOut: ['sink'] });
          looks.push(replay.seek({ step: 7 }));
          void Promise.allSettled(looks).then(() => replay.close());
        }),
      ],
    });
    expect(report.divergence).toBeUndefined();
    expect(await Promise.all(looks)).toMatchObject([{ step: 7, timeNs: 7e7, divergence: undefined }]);
  });

  test('a run that is none names no recording', async () => {
    await using run = await beats().start({ clock: 'fast', durationMs: 10, onLog: () => undefined });
    const telemetry = await run.telemetry();
    expect(telemetry.replayOf).toBeUndefined();
    expect(telemetry.recordings).toEqual([]);
  });
});
