import type { ClientMessage, Command, WatchMessage } from '@troupe/core/telemetry';
import { encodeMessage, stageColumns } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import type { Bounds } from '../../src/server/bounds.ts';
import { usualBounds } from '../../src/server/bounds.ts';
import { Hub } from '../../src/server/hub.ts';
import type { Session } from '../../src/server/session.ts';
import { FakeLine } from './fake-line.ts';
import { FakeTelemetry, messageOf } from './fake-telemetry.ts';

const nothing = { statsMs: 0, details: [], taps: [], census: false, trace: false } as const;

/** A hub, its run, and a clock that the test moves. */
class Scene {
  readonly telemetry: FakeTelemetry;
  readonly hub: Hub;
  nowMs = 0;

  constructor(options: { bounds?: Partial<Bounds>; hasControl?: boolean; stages?: number } = {}) {
    const { bounds, hasControl = false, stages } = options;
    this.telemetry = new FakeTelemetry(stages);
    this.hub = new Hub({
      telemetry: this.telemetry,
      bounds: { ...usualBounds, ...bounds },
      limits: {},
      hasControl,
      recordings: ['a.rec'],
    });
  }

  /** A page that watches. */
  page(wish: Partial<WatchMessage> = {}): { readonly line: FakeLine; readonly session: Session } {
    const line = new FakeLine();
    const session = this.hub.join(line);
    say(session, { type: 'watch', ...nothing, ...wish });
    return { line, session };
  }

  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs += 100;
      this.hub.tick(this.nowMs);
    }
  }
}

function say(session: Session, message: ClientMessage): void {
  session.receive(encodeMessage(message));
}

/** Lets promises settle; nothing here waits for anything else. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function answerTo(line: FakeLine, session: Session, command: Command) {
  const request = line.got('reply').length;
  say(session, { type: 'command', request, command });
  await settle();
  return line.got('reply').at(-1);
}

describe('what a page gets', () => {
  it('is a greeting, the graph, and the state of debugging', () => {
    const { line } = new Scene({ hasControl: true }).page();
    expect(line.types).toEqual(['hello', 'graph', 'debug']);
    expect(line.got('hello')[0]).toMatchObject({ version: 1, hasControl: true, recordings: ['a.rec'] });
    expect(line.got('graph')[0]?.graph.name).toBe('chain');
  });

  it('is all figures first, and then only the rows that have changed', () => {
    const scene = new Scene();
    const { line } = scene.page({ statsMs: 100 });
    scene.pass(100);
    scene.telemetry.setStage(1, 'handled', 7);
    scene.pass(200);
    const rows = line.got('stats').map(({ stages }) => [...stages.rows]);
    expect(rows).toEqual([[0, 1, 2], [1], []]);
    expect(line.got('stats')[1]?.stages.values[stageColumns.indexOf('handled')]).toBe(7);
  });

  it('comes at the rate that it wants, and never more often than ten times a second', () => {
    const scene = new Scene();
    const quick = scene.page({ statsMs: 100 });
    const slow = scene.page({ statsMs: 500 });
    const silent = scene.page();
    scene.pass(1_000);
    expect(quick.line.got('stats')).toHaveLength(10);
    expect(slow.line.got('stats')).toHaveLength(2);
    expect(silent.line.got('stats')).toHaveLength(0);
    expect(scene.telemetry.reads).toBeLessThanOrEqual(11);
  });

  it('is each happening once, and how many were forgotten before it came', () => {
    const scene = new Scene();
    scene.telemetry.log.push({ id: 4, atMs: 1, type: 'event', event: 'go', count: 1 });
    const { line } = scene.page();
    scene.pass(200);
    scene.telemetry.log.push({ id: 5, atMs: 2, type: 'event', event: 'go', count: 2 });
    scene.pass(200);
    expect(line.got('happenings').map(({ missed, happenings }) => [missed, happenings.length])).toEqual([
      [4, 1],
      [0, 1],
    ]);
  });

  it('is details, latencies and the census once a second, where they are watched', async () => {
    const scene = new Scene();
    const { line } = scene.page({ statsMs: 1_000, details: [1, 99], census: true });
    const other = scene.page();
    scene.pass(100);
    await settle();
    scene.pass(1_000);
    await settle();
    expect(line.got('detail').map(({ detail }) => detail.stage)).toEqual([1, 1]);
    expect(line.got('latencies')).toHaveLength(2);
    expect(line.got('census')).toHaveLength(2);
    expect(other.line.types).toEqual(['hello', 'graph', 'debug']);
  });

  it('is the state of debugging when it has changed', () => {
    const scene = new Scene();
    const { line } = scene.page();
    scene.pass(300);
    scene.telemetry.debugState = { ...scene.telemetry.debugState, held: [2], isAllHeld: false };
    scene.pass(300);
    expect(line.got('debug').map(({ debug }) => debug.held)).toEqual([[], [2]]);
  });

  it('is one trace for all who watch it, which ends with the last of them', () => {
    const scene = new Scene();
    const a = scene.page({ trace: true });
    const b = scene.page({ trace: true });
    scene.telemetry.spans.push({ kind: 'sleep', worker: 1, at: 1, until: 2 });
    scene.pass(200);
    expect(scene.telemetry.tracesOpen).toBe(1);
    expect([a, b].map(({ line }) => line.got('trace').length)).toEqual([1, 1]);
    say(a.session, { type: 'watch', ...nothing });
    expect(scene.telemetry.tracesOpen).toBe(1);
    scene.hub.leave(b.session);
    expect(scene.telemetry.tracesOpen).toBe(0);
  });

  it('is the last figures and happenings when the run is over', () => {
    const scene = new Scene();
    const { line } = scene.page({ statsMs: 10_000 });
    scene.pass(100);
    scene.telemetry.setStage(0, 'handled', 5);
    scene.telemetry.log.push({ id: 0, atMs: 9, type: 'end', reason: 'ended', error: undefined });
    scene.hub.finish();
    expect(line.got('stats').at(-1)?.stages.rows).toEqual(Uint32Array.of(0));
    expect(line.got('happenings').at(-1)?.happenings[0]?.type).toBe('end');
  });
});

describe('a run that cannot be read', () => {
  it('ends the pages, and is not ended by them', () => {
    const scene = new Scene();
    const { line } = scene.page({ statsMs: 100 });
    scene.telemetry.read = () => {
      throw new Error('no figures');
    };
    expect(() => scene.pass(200)).not.toThrow();
    expect(line.closed).toEqual({ code: 1011, reason: 'nothing can be told: Error: no figures' });
    expect(scene.hub.pages).toBe(0);
  });
});

describe('a page that reads slowly', () => {
  it('loses updates, is told how many, and costs no memory', () => {
    const scene = new Scene({ stages: 200 });
    const { line } = scene.page({ statsMs: 100, trace: true, taps: [{ edge: 0, everyMs: 33, newest: 64 }] });
    line.isReading = false;
    let most = 0;
    for (let round = 0; round < 250; round++) {
      for (let stage = 0; stage < 200; stage++) scene.telemetry.setStage(stage, 'handled', round);
      scene.telemetry.spans = Array.from({ length: 500 }, () => ({
        kind: 'sleep',
        worker: 1,
        at: 1,
        until: 2,
      }));
      scene.telemetry.taps[0]?.take({
        messages: [messageOf(round, 60_000)],
        skipped: 0,
        overBudget: 0,
      });
      scene.pass(100);
      most = Math.max(most, line.waitingBytes);
    }
    // What there may be, and the one message that goes beyond it.
    expect(most).toBeLessThan(usualBounds.waitingBytesMax + 100_000);
    line.isReading = true;
    line.read();
    const before = line.got('stats').length;
    scene.telemetry.taps[0]?.take({ messages: [], skipped: 5, overBudget: 0 });
    scene.pass(100);
    expect(line.got('stats')).toHaveLength(before + 1);
    const last = line.got('stats').at(-1);
    expect(last?.lost).toBeGreaterThan(250);
    // Nothing of what has changed is missing from the first figures after that.
    expect(last?.stages.rows).toHaveLength(200);
    const shown = line.got('tap').reduce((count, { messages }) => count + messages.length, 0);
    expect(line.got('tap').at(-1)?.skipped).toBe(250 - shown + 5);
    expect(line.closed).toBeUndefined();
  });

  it('is closed when it has not read for half a minute', () => {
    const scene = new Scene({ stages: 200 });
    const { line } = scene.page({ statsMs: 100 });
    const other = scene.page({ statsMs: 100 });
    line.isReading = false;
    const fill = (): void => {
      for (let stage = 0; stage < 200; stage++) scene.telemetry.setStage(stage, 'handled', scene.nowMs);
      scene.pass(100);
    };
    while (line.waitingBytes <= usualBounds.waitingBytesMax) fill();
    scene.pass(29_900);
    expect(line.closed).toBeUndefined();
    scene.pass(200);
    expect(line.closed).toEqual({ code: 1008, reason: 'this page does not read what it is sent' });
    expect(other.line.closed).toBeUndefined();
  });

  it('is closed when more waits for it than there may be', async () => {
    const scene = new Scene({ bounds: { waitingBytesEnd: 20_000 } });
    const { line, session } = scene.page();
    line.isReading = false;
    for (let request = 0; request < 2_000; request++) {
      say(session, { type: 'command', request, command: { do: 'path', timeNs: 1 } });
      await settle();
      if (line.closed !== undefined) break;
    }
    expect(line.closed?.reason).toBe('more waits for this page than there may be');
    expect(line.waitingBytes).toBeLessThan(25_000);
  });
});

describe('taps of a page', () => {
  it('follow the newest wish, and end with the page', async () => {
    const scene = new Scene();
    const { session } = scene.page({ taps: [{ edge: 0, everyMs: 100, newest: 1 }] });
    await settle();
    const both = [
      { edge: 0, everyMs: 100, newest: 1 },
      { edge: 1, everyMs: 50, newest: 4 },
    ];
    say(session, { type: 'watch', ...nothing, taps: both });
    await settle();
    expect(scene.telemetry.taps.map(({ isOpen }) => isOpen)).toEqual([true, true]);
    say(session, { type: 'watch', ...nothing, taps: both.slice(1) });
    expect(scene.telemetry.taps.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    scene.hub.leave(session);
    expect(scene.telemetry.taps.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });

  it('that open only after the page has gone are closed', async () => {
    const scene = new Scene();
    const { session } = scene.page({ taps: [{ edge: 0, everyMs: 100, newest: 1 }] });
    scene.hub.leave(session);
    await settle();
    expect(scene.telemetry.taps.map(({ isOpen }) => isOpen)).toEqual([false]);
  });

  it('say why there is nothing: no such edge, too many', async () => {
    const scene = new Scene({ bounds: { tapsMax: 1 } });
    const { line } = scene.page({ taps: [{ edge: 77, everyMs: 100, newest: 1 }] });
    await settle();
    expect(line.got('tap').at(-1)?.problem).toBe('there is no such edge');
    scene.page({ taps: [{ edge: 0, everyMs: 100, newest: 1 }] });
    const { line: third } = scene.page({ taps: [{ edge: 1, everyMs: 100, newest: 1 }] });
    expect(third.got('tap').at(-1)?.problem).toMatch(/^1 edges are tapped already/);
  });
});

describe('commands of a page', () => {
  it('do nothing to the run without control, and say what to do', async () => {
    const scene = new Scene();
    const { line, session } = scene.page();
    const reply = await answerTo(line, session, { do: 'stop', drain: false });
    expect(reply?.error).toMatchObject({ code: 'READ_ONLY', remedy: expect.stringContaining('--control') });
    expect((await answerTo(line, session, { do: 'path', timeNs: 1 }))?.result.kind).toBe('path');
    expect(scene.telemetry.commands).toEqual([{ do: 'path', timeNs: 1 }]);
  });

  it('are carried out with control', async () => {
    const scene = new Scene({ hasControl: true });
    const { line, session } = scene.page();
    const reply = await answerTo(line, session, { do: 'pause', stages: ['stage1'] });
    expect(reply).toMatchObject({ request: 0, result: { kind: 'done' } });
    expect(scene.telemetry.commands).toEqual([{ do: 'pause', stages: ['stage1'] }]);
  });

  it('wait in no longer a line than there may be', async () => {
    const scene = new Scene({ bounds: { commandsMax: 2 } });
    scene.telemetry.seeking = new Promise(() => undefined);
    const { line, session } = scene.page();
    await answerTo(line, session, { do: 'replay', recording: 'a.rec' });
    for (const request of [1, 2, 3]) {
      say(session, { type: 'command', request, command: { do: 'seekStep', step: request } });
    }
    await settle();
    // The first one has given way to the second, which waits for the run.
    expect(line.got('reply').map(({ request, error }) => [request, error?.code])).toEqual([
      [0, undefined],
      [3, 'BUSY'],
      [1, undefined],
    ]);
  });

  it('open only recordings that were offered', async () => {
    const { line, session } = new Scene().page();
    for (const recording of ['../a.rec', 'b.rec', '/etc/passwd', '__proto__']) {
      const reply = await answerTo(line, session, { do: 'replay', recording });
      expect(reply?.error?.code).toBe('NO_RECORDING');
    }
  });

  it('go back in a recording: the newest of the places that wait', async () => {
    const scene = new Scene();
    const { line, session } = scene.page();
    expect((await answerTo(line, session, { do: 'seekStep', step: 1 }))?.error?.code).toBe('NO_REPLAY');
    await answerTo(line, session, { do: 'replay', recording: 'a.rec' });
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.telemetry.seeking = promise;
    await answerTo(line, session, { do: 'seekStep', step: 1 });
    await answerTo(line, session, { do: 'seekStep', step: 2 });
    await answerTo(line, session, { do: 'seekStep', step: 3 });
    resolve();
    await settle();
    expect(scene.telemetry.seeks).toEqual([{ step: 1 }, { step: 3 }]);
    expect(line.got('moment').map(({ moment }) => moment.step)).toEqual([1, 3]);
    const replies = line.got('reply').map(({ result }) => result);
    expect(replies.slice(2)).toEqual([true, false, true].map((changed) => ({ kind: 'changed', changed })));
  });

  it('close a replay when the page has gone', async () => {
    const scene = new Scene({ bounds: { replaysMax: 1 } });
    const { line, session } = scene.page();
    await answerTo(line, session, { do: 'replay', recording: 'a.rec' });
    expect(scene.telemetry.replaysOpen).toBe(1);
    const other = scene.page();
    const refused = await answerTo(other.line, other.session, { do: 'replay', recording: 'a.rec' });
    expect(refused?.error?.code).toBe('BUSY');
    scene.hub.leave(session);
    await settle();
    expect(scene.telemetry.replaysOpen).toBe(0);
    const opened = await answerTo(other.line, other.session, { do: 'replay', recording: 'a.rec' });
    expect(opened?.error).toBeUndefined();
  });
});
