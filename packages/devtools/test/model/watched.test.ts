import type { HappeningWire, TappedWire, ReplayWire, ValueWire } from '@troupe/core/telemetry';
import { describe, expect, it } from 'vitest';
import { emptyLog, filtered, sentenceOf, withHappenings } from '../../src/model/log.ts';
import { bytesOf, withTapped } from '../../src/model/messages.ts';
import { bannerOf, markBeside, marksOf, trustOf, withReplay } from '../../src/model/moment.ts';
import { lastChange, statechartOf, whyNot } from '../../src/model/statechart.ts';
import { trailOf, waitOf, wayThrough } from '../../src/model/trail.ts';
import { edgeWire, graphWire, stageWire } from './scene.ts';

const graph = graphWire([stageWire(0, 'source'), stageWire(1, 'sink')], []);

function line(id: number, message = 'said'): HappeningWire {
  return { id, atMs: id, type: 'log', stage: 'source', message, fields: undefined };
}

function mode(id: number, from: string, to: string, outcome: 'entered' | 'refused'): HappeningWire {
  const rule = outcome === 'refused' ? 'noData' : undefined;
  return { id, atMs: id, type: 'mode', from, to, cause: 'request', outcome, rule, error: undefined };
}

describe('The log', () => {
  it('counts what comes twice once, is bounded, and says what is missing', () => {
    const batch = { type: 'happenings' as const, happenings: [line(0), line(1)], missed: 3 };
    const twice = withHappenings(withHappenings(emptyLog, batch), { ...batch, missed: 0 });
    expect(twice.happenings.map(({ id }) => id)).toEqual([0, 1]);
    expect(twice.missed).toBe(3);
    const many = Array.from({ length: 2_500 }, (_, at) => line(2 + at));
    const long = withHappenings(twice, { ...batch, happenings: many, missed: 0 });
    expect(long.happenings).toHaveLength(2_000);
    expect(long.missed).toBe(3 + 502);
    expect(long.happenings.at(-1)?.id).toBe(2_501);
  });

  it('is filtered by kind and text, newest first', () => {
    const happenings = [line(0, 'Tea'), line(1), mode(2, 'idle', 'tea', 'entered'), line(3, 'tea again')];
    const log = withHappenings(emptyLog, { type: 'happenings', happenings, missed: 0 });
    const ids = (types: HappeningWire['type'][], text: string): readonly number[] =>
      filtered(log, graph, { types: new Set(types), text }).map(({ id }) => id);
    expect(ids([], '')).toEqual([3, 2, 1, 0]);
    expect(ids([], ' TEA ')).toEqual([3, 2, 0]);
    expect(ids(['log'], 'tea')).toEqual([3, 0]);
    const late = { ...line(4), atMs: -1 };
    const told = withHappenings(log, { type: 'happenings', happenings: [late], missed: 0 });
    const none = { types: new Set<never>(), text: '' };
    expect(filtered(told, graph, none).at(-1)?.id).toBe(4);
  });

  it('says what happened in sentences', () => {
    const error = {
      name: 'E',
      code: undefined,
      message: 'no',
      remedy: undefined,
      stack: undefined,
      cause: undefined,
    };
    const restart = {
      worker: 2,
      stages: [0, 1],
      atMs: 5,
      reason: 'hang',
      tookMs: 12,
      error: undefined,
    } as const;
    expect(sentenceOf({ id: 0, atMs: 5, type: 'restart', restart }, graph)).toBe(
      'Worker 2 did not answer and was replaced in 12 ms: source, sink.',
    );
    expect(sentenceOf(mode(0, 'idle', 'predicting', 'refused'), graph)).toBe(
      'Mode predicting was refused in idle by noData (request).',
    );
    expect(sentenceOf({ id: 0, atMs: 1, type: 'end', reason: 'failed', error }, graph)).toBe(
      'The run has failed: no',
    );
  });
});

const frame: ValueWire = {
  kind: 'numbers',
  numbers: { dtype: 'uint8', shape: [1_048_576], length: 1_048_576, data: new Uint8Array(1_048_576) },
};

function message(seq: number, payload: ValueWire): TappedWire {
  const flags = { redelivered: false, resent: false };
  return { stage: 0, port: 'out', seq, timeNs: seq, payload, ...flags, latencyNs: 5 };
}

describe('What a tap gave', () => {
  it('is bounded in bytes and in number; the newest is always there', () => {
    const tap = { type: 'tap' as const, edge: 3, skipped: 5, overBudget: 2, problem: undefined };
    let tapped = withTapped(undefined, { ...tap, messages: [message(0, frame)] });
    for (let seq = 1; seq < 30; seq += 1)
      tapped = withTapped(tapped, { ...tap, messages: [message(seq, frame)] });
    expect(tapped.bytes).toBeLessThanOrEqual(8 * 1_048_576);
    expect(tapped.bytes).toBe(tapped.messages.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(tapped.messages.at(-1)?.message.seq).toBe(29);
    expect(tapped).toMatchObject({ came: 30, skipped: 5, overBudget: 2 });
    const small = Array.from({ length: 700 }, (_, seq) => message(seq, { kind: 'undefined' }));
    const listed = withTapped(undefined, { ...tap, messages: small });
    expect(listed.messages).toHaveLength(500);
    expect(listed.messages[0]?.key).toBe(200);
    expect(withTapped(listed, { ...tap, edge: 4, messages: [] }).messages).toEqual([]);
  });

  it('weighs every kind of value', () => {
    expect(bytesOf(frame)).toBeGreaterThanOrEqual(1_048_576);
    const list: ValueWire = { kind: 'list', items: [frame, frame], length: 2 };
    expect(bytesOf({ kind: 'fields', name: '', entries: [['a', list]], size: 1 })).toBeGreaterThan(
      2 * 1_048_576,
    );
  });
});

describe('The way of a message', () => {
  it('says where it waited and where it was handled', () => {
    const trail = trailOf([
      { stage: 1, work: 'input', edge: 0, waitedFromMs: 11, at: 15, until: 16, worker: 2 },
      { stage: 0, work: 'tick', edge: undefined, waitedFromMs: undefined, at: 10, until: 11, worker: 1 },
      { stage: 2, work: 'input', edge: 1, waitedFromMs: 16.2, at: 16.1, until: 17, worker: 2 },
    ]);
    expect(trail?.bars.map(({ stage }) => stage)).toEqual([0, 1, 2]);
    expect(trail).toMatchObject({ beganMs: 10, spanMs: 7, waitedMs: 4 });
    expect(trail?.longestWait?.stage).toBe(1);
    expect(trail?.bars.every((bar) => waitOf(bar) >= 0)).toBe(true);
    expect(trailOf([])).toBeUndefined();
  });
});

describe('The way through an edge', () => {
  it('leaves out what neither leads there nor on from there', () => {
    const stages = ['a', 'b', 'c', 'd', 'other'].map((name, index) => stageWire(index, name));
    const edges = [
      edgeWire(0, 0, 1),
      edgeWire(1, 1, 2),
      edgeWire(2, 2, 3),
      edgeWire(3, 4, 3),
      edgeWire(4, 0, 3),
    ];
    const way = wayThrough(graphWire(stages, edges), edgeWire(1, 1, 2));
    expect(way).toEqual(new Set([0, 1, 2, 3]));
    expect(wayThrough(graphWire(stages, edges), edgeWire(3, 4, 3))).toEqual(new Set([3, 4]));
  });
});

describe('The statechart', () => {
  const chart = statechartOf({
    initial: 'idle',
    names: ['predicting', 'idle', 'training'],
    transitions: [
      { from: 'idle', to: 'training', event: 'train', rule: undefined, isRefused: false },
      { from: 'idle', to: 'training', event: 'force', rule: 'isAllowed', isRefused: false },
      { from: 'training', to: 'idle', event: 'done', rule: undefined, isRefused: false },
      { from: 'training', to: 'idle', event: 'give-up', rule: 'never', isRefused: true },
      { from: 'training', to: 'predicting', event: 'predict', rule: 'ends-first', isRefused: true },
    ],
  });

  it('has one arrow between two modes, with all that leads there', () => {
    expect(chart.modes).toEqual(['idle', 'predicting', 'training']);
    expect(chart.arrows.map(({ id, labels, isRefused }) => [id, labels, isRefused])).toEqual([
      ['idle → training', ['train', 'force [isAllowed]'], false],
      ['training → idle', ['done'], false],
      ['training → predicting', ['refused: ends-first'], true],
    ]);
  });

  it('says why a mode cannot be asked for', () => {
    expect(whyNot(chart, 'idle', 'training')).toBeUndefined();
    expect(whyNot(chart, 'idle', 'idle')).toMatch(/is in idle now/);
    expect(whyNot(chart, 'idle', 'predicting')).toMatch(/No transition leads/);
    expect(whyNot(chart, 'training', 'predicting')).toMatch(/is refused: ends-first/);
  });

  it('knows the change that was made last, not the one that was refused', () => {
    const happenings = [mode(0, 'idle', 'training', 'entered'), mode(1, 'training', 'x', 'refused')];
    const log = withHappenings(emptyLog, { type: 'happenings', happenings, missed: 0 });
    expect(lastChange(log)).toEqual({ arrow: 'idle → training', atMs: 0 });
    expect(lastChange(emptyLog)).toBeUndefined();
  });
});

const replay: ReplayWire = {
  recording: 'data/run.rec',
  isExact: true,
  durationNs: 10e9,
  steps: 100,
  marks: [
    { timeNs: 1e9, step: 10, type: 'mode', text: 'training' },
    { timeNs: 1.001e9, step: 11, type: 'mode', text: 'idle' },
    { timeNs: 5e9, step: 50, type: 'push', text: 'push' },
  ],
  marksLeftOut: 0,
  leftOut: [],
  warnings: [],
};
const none = { rows: new Uint32Array(), values: new Float64Array() };
const moment = {
  step: 42,
  timeNs: 12.345e9,
  mode: 'idle',
  events: [],
  messages: [],
  stages: none,
  edges: none,
  divergence: undefined,
  compared: 7,
};

describe('Going back', () => {
  it('shows marks that lie on each other as one, and steps from one to the next', () => {
    expect(marksOf(replay, 300).map(({ text }) => text)).toEqual(['training; idle', 'push']);
    expect(marksOf(replay, 60_000)).toHaveLength(3);
    expect(markBeside(replay, 10, 1)).toBe(11);
    expect(markBeside(replay, 10, -1)).toBeUndefined();
    expect(markBeside(replay, 60, -1)).toBe(50);
  });

  it('says what is shown and whether it can be trusted', () => {
    const opened = withReplay(undefined, { type: 'replay', replay });
    expect(opened && bannerOf(opened)).toBe('Recording run.rec is open: exact');
    const there = withReplay(opened, { type: 'moment', moment });
    expect(there && bannerOf(there)).toBe('At 0:12.345 of run.rec, step 42: exact');
    expect(there && trustOf(there)).toBe('7 messages compared with the recording, all equal.');
    const other = {
      replay: { ...replay, isExact: false },
      moment: { ...moment, divergence: 'Seq 3 differs.' },
    };
    expect(bannerOf(other)).toMatch(/re-enactment$/);
    expect(trustOf(other)).toBe('It differs from what was recorded. Seq 3 differs.');
    expect(withReplay(there, { type: 'replay', replay: undefined })).toBeUndefined();
    expect(withReplay(undefined, { type: 'moment', moment })).toBeUndefined();
  });
});
