import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMachine } from 'xstate';
import { graph } from '@troupe/core';
import type { Run } from '@troupe/core';
import {
  decodeServerMessage,
  edgeColumns,
  encodeMessage,
  stageColumns,
  workerColumns,
} from '@troupe/core/telemetry';
import type { MessageWire, Reading, StageColumn, TappedWire, TapRead } from '@troupe/core/telemetry';
import { debugMemory, passing, word } from '../fixtures/debugged.ts';
import { relay } from '../fixtures/frames.ts';
import { echo } from '../fixtures/values.ts';

async function begin(): Promise<Run> {
  const g = graph('seen');
  const first = g.stage('first', relay, { worker: { dedicated: true }, tags: ['front'] });
  const second = g.stage('second', relay, { worker: { dedicated: true } });
  const said = g.stage('said', echo, { worker: { dedicated: true } });
  g.connect(first.out.frames, second.in.frames, { capacity: 8 });
  g.input('in', first.in.frames);
  g.output('out', second.out.frames);
  g.input('say', said.in.values);
  g.output('said', said.out.values);
  return g.start({ workers: 3, onLog: () => undefined });
}

function figure({ stages }: Reading, stage: number, column: StageColumn): number {
  return stages[stage * stageColumns.length + stageColumns.indexOf(column)] ?? NaN;
}

/** Asks again and again until it is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => void setTimeout(resolve, 5));
}

test('the graph, as it is declared', async () => {
  await using run = await begin();
  const picture = (await run.telemetry()).graph();
  expect(picture.stages.map(({ name, worker, tags }) => [name, worker, tags])).toEqual([
    ['first', 1, ['front']],
    ['second', 2, []],
    ['said', 3, []],
  ]);
  expect(picture.edges.map(({ from, to, kind, transport }) => [from, to, kind, transport])).toEqual([
    [
      { kind: 'stage', stage: 0, port: 'frames' },
      { kind: 'stage', stage: 1, port: 'frames' },
      'frame',
      'ring',
    ],
    [{ kind: 'boundary', name: 'in' }, { kind: 'stage', stage: 0, port: 'frames' }, 'frame', 'ring'],
    [{ kind: 'boundary', name: 'say' }, { kind: 'stage', stage: 2, port: 'values' }, 'message', 'ring'],
    [{ kind: 'stage', stage: 1, port: 'frames' }, { kind: 'boundary', name: 'out' }, 'frame', 'ring'],
    [{ kind: 'stage', stage: 2, port: 'values' }, { kind: 'boundary', name: 'said' }, 'message', 'ring'],
  ]);
  const { transitions } = picture.modes;
  expect(transitions).toContainEqual({
    from: 'idle',
    to: 'training',
    event: 'request.training',
    rule: undefined,
    isRefused: false,
  });
  expect(transitions).toContainEqual({
    from: 'training',
    to: 'predicting',
    event: 'request.predicting',
    rule: 'training-ends-first',
    isRefused: true,
  });
  const sent = decodeServerMessage(encodeMessage({ type: 'graph', graph: picture }));
  expect(sent).toEqual(
    JSON.parse(JSON.stringify({ type: 'graph', graph: picture }), revive(picture.bucketsNs)),
  );
});

/** What JSON makes of typed arrays is not what they are. */
function revive(bounds: Float64Array): (key: string, value: unknown) => unknown {
  return (key, value) => (key === 'bucketsNs' ? bounds : value);
}

test('figures are those of the run', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  for (let i = 0; i < 20; i++) {
    await run.push('in', Float64Array.of(i, i * 7));
    await run.pullOrThrow('out');
  }
  const reading = telemetry.read();
  const stats = run.stats();
  for (const [index, stage] of stats.stages.entries()) {
    for (const column of ['handled', 'in', 'out', 'failed', 'restarts', 'depth'] as const)
      expect([column, figure(reading, index, column)]).toEqual([column, stage[column]]);
  }
  for (const [index, edge] of stats.edges.entries()) {
    const at = (column: (typeof edgeColumns)[number]): number =>
      reading.edges[index * edgeColumns.length + edgeColumns.indexOf(column)] ?? NaN;
    expect([at('sent'), at('received'), at('capacity'), at('isBlocking')]).toEqual([
      edge.sent,
      edge.received,
      edge.capacity,
      1,
    ]);
  }
  expect(reading.mode).toBe('idle');
  const detail = telemetry.detail(0);
  expect(detail?.onInput.buckets.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  expect(telemetry.detail(9)).toBeUndefined();
  expect((await telemetry.census()).map(({ role }) => role)).toContain('compute');
});

test('all that is counted of workers goes on counting', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  const columns = ['busyNs', 'idleNs', 'sleeps', 'wakes', 'steps', 'commits'] as const;
  // Of the first stage's thread.
  const figures = (): number[] => {
    const { workers } = telemetry.read();
    return columns.map((column) => workers[workerColumns.length + workerColumns.indexOf(column)] ?? NaN);
  };
  for (let round = 0; round < 2; round++) {
    const before = figures();
    while (!figures().every((figure, i) => figure > (before[i] as number))) {
      // Between two frames it goes to sleep.
      await new Promise((resolve) => setTimeout(resolve, 5));
      await run.push('in', Float64Array.of(0, 0));
      await run.pullOrThrow('out');
    }
    expect(figures().every(Number.isFinite)).toBe(true);
  }
});

test('a tap shows the very numbers and values that were sent', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  const seen: MessageWire[] = [];
  const take = ({ messages }: TapRead): void => void seen.push(...messages);
  const taps = [
    await telemetry.tap({ edge: 0, everyMs: 33, newest: 64 }, take),
    await telemetry.tap({ edge: 4, everyMs: 33, newest: 64 }, take),
  ];
  await run.push('in', Float64Array.of(3, 21));
  await run.push('say', { name: 'x', list: [1n, undefined] });
  await until(() => seen.length === 2);
  for (const tap of taps) tap.close();
  expect(seen.find(({ stage }) => stage === 0)?.payload).toEqual({
    kind: 'numbers',
    numbers: { dtype: 'float64', shape: [2], length: 2, data: Float64Array.of(3, 21) },
  });
  expect(seen.find(({ stage }) => stage === 2)?.payload).toMatchObject({
    kind: 'fields',
    entries: [
      ['name', { kind: 'plain', value: 'x' }],
      ['list', { items: [{ kind: 'bigint', text: '1' }, { kind: 'undefined' }] }],
    ],
  });
});

test('every edge can be tapped, whoever writes it: pushed, between stages, pulled', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  const seen: TappedWire[][] = telemetry.graph().edges.map(() => []);
  const take =
    (edge: number) =>
    ({ messages }: TapRead): void =>
      void seen[edge]?.push(...messages);
  const redact = (path: string): boolean => path === '> say.secret';
  for (const edge of seen.keys())
    await telemetry.tap({ edge, everyMs: 33, newest: 64 }, take(edge), { redact });
  await run.push('in', Float64Array.of(3, 21));
  await run.push('say', { secret: 'x', plain: 'y' });
  await until(() => seen.every((messages) => messages.length === 1));
  expect(seen.map(([message]) => [message?.stage, message?.port, message?.seq])).toEqual([
    [0, 'frames', 0],
    [-1, 'in', 0],
    [-1, 'say', 0],
    [1, 'frames', 0],
    [2, 'values', 0],
  ]);
  const [between, pushed, said, pulled] = seen.map(([message]) => message);
  expect(pushed?.payload).toEqual({
    kind: 'numbers',
    numbers: { dtype: 'float64', shape: [2], length: 2, data: Float64Array.of(3, 21) },
  });
  expect(pulled?.payload).toEqual(pushed?.payload);
  expect(said?.payload).toMatchObject({
    entries: [
      ['secret', { kind: 'cut', why: 'redacted' }],
      ['plain', { kind: 'plain', value: 'y' }],
    ],
  });
  const latencies = [pushed, between, pulled].map((message) => message?.latencyNs ?? NaN);
  expect(latencies.every((latency) => latency >= 0)).toBe(true);
  expect(latencies).toEqual(latencies.toSorted((a, b) => a - b));
  await expect(telemetry.tap({ edge: 5, everyMs: 33, newest: 1 }, take(5))).rejects.toThrow('no edge 5');
});

test('a tap on what is pushed copies no more than its budget', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  let read: TapRead | undefined;
  const limits = { bytesPerSecondMax: 0.01 };
  await telemetry.tap({ edge: 1, everyMs: 33, newest: 64 }, (given) => (read = given), limits);
  await run.push('in', Float64Array.of(0, 0));
  await until(() => read !== undefined);
  await run.push('in', Float64Array.of(1, 7));
  await until(() => read?.skipped === 1);
  expect(read).toMatchObject({ messages: [], overBudget: 1 });
});

test('what is asked for is done, and told', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  await telemetry.perform({ do: 'pause', stages: ['second'] });
  expect(telemetry.debug()).toMatchObject({ held: [1], isAllHeld: false });
  for (let i = 0; i < 3; i++) await run.push('in', Float64Array.of(i, i * 7));
  await until(() => figure(telemetry.read(), 1, 'depth') === 3);
  expect(await telemetry.perform({ do: 'step', stage: 'second', unit: 'message' })).toMatchObject({
    kind: 'stepped',
    place: { stage: 1, port: 'frames', seq: 0 },
    isFailed: false,
  });
  expect([figure(telemetry.read(), 1, 'handled'), figure(telemetry.read(), 1, 'depth')]).toEqual([1, 2]);
  expect(figure(telemetry.read(), 1, 'heldNs')).toBeGreaterThan(0);
  await telemetry.perform({ do: 'resume' });
  for (let i = 0; i < 3; i++) expect((await run.pullOrThrow('out')).frame).toEqual(Float64Array.of(i, i * 7));
  await telemetry.perform({ do: 'mode', mode: 'training' });
  await expect(telemetry.perform({ do: 'mode', mode: 'predicting' })).rejects.toMatchObject({
    code: 'MODE_REFUSED',
  });
  const told = telemetry.happenings(0);
  expect(told.map(({ id }) => id)).toEqual(told.map((_, i) => i));
  expect(told.filter(({ type }) => type === 'mode')).toMatchObject([
    { from: 'idle', to: 'training', outcome: 'entered' },
    { from: 'training', to: 'predicting', outcome: 'refused', rule: 'training-ends-first' },
  ]);
  await run.stop();
  await telemetry.over;
  expect(telemetry.happenings(told.length).at(-1)).toMatchObject({ type: 'end', reason: 'stopped' });
});

test('a letter is told of once, also where later ones have been dropped', async () => {
  const words = debugMemory();
  const g = graph('letters');
  const one = g.stage('one', passing, {
    options: { memory: words.buffer },
    worker: 'main',
    supervision: { strategy: 'resume', triesMax: 1, backoffMs: 1 },
  });
  g.input('in', one.in.in);
  g.output('out', one.out.out);
  await using run = await g.start({ onLog: () => undefined });
  const telemetry = await run.telemetry();
  Atomics.store(words, word.throws, 4);
  const letters = (): unknown[] =>
    telemetry.happenings(0).flatMap((happening) => (happening.type === 'letter' ? happening.letter.id : []));
  for (let n = 0; n < 3; n++) await run.push('in', { n, fails: true });
  await until(() => letters().length === 3);
  expect(run.drop(2)).toBe(true);
  expect(letters()).toEqual([0, 1, 2]);
  expect(run.drop(1)).toBe(true);
  await run.push('in', { n: 3, fails: true });
  await until(() => run.deadLetters().length === 2);
  expect(letters()).toEqual([0, 1, 2, 3]);
});

test('a recording is opened with the modes of the run', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'troupe-')), 'armed.troupe');
  onTestFinished(() => rmSync(dirname(path), { recursive: true }));
  const machine = createMachine({
    initial: 'safe',
    states: { safe: { on: { 'request.armed': 'armed' } }, armed: {} },
  });
  const g = graph('armed');
  const said = g.stage('said', echo, { worker: { dedicated: true }, activeIn: ['armed'] });
  g.input('say', said.in.values);
  g.output('said', said.out.values);
  await using run = await g.start({
    clock: 'fast',
    record: path,
    modes: { machine },
    onLog: () => undefined,
  });
  await run.modes.request('armed');
  await run.push('say', 'yes');
  expect((await run.pullOrThrow('said')).value).toBe('yes');
  const telemetry = await run.telemetry();
  await run.stop();
  const replay = await telemetry.replay(path);
  onTestFinished(() => replay.close());
  expect(await replay.seek({ timeNs: Infinity })).toMatchObject({ mode: 'armed', divergence: undefined });
});

test('the way of a message is told once, as long as somebody watches the trace', async () => {
  await using run = await begin();
  const telemetry = await run.telemetry();
  const traces = [telemetry.trace(), telemetry.trace()];
  // Behind it all threads know that they are watched.
  await run.modes.request('recording');
  await run.push('in', Float64Array.of(1, 7), { time: 5 });
  await run.pullOrThrow('out');
  const way = async (): Promise<readonly number[]> => {
    for (const trace of traces) trace.read();
    const reply = await telemetry.perform({ do: 'path', timeNs: 5 });
    return reply.kind === 'path' ? reply.halts.map(({ stage }) => stage) : [];
  };
  // A thread writes a batch down behind what it emits.
  await until(async () => (await way()).length >= 2);
  expect(await way()).toEqual([0, 1]);
  traces.shift()?.close();
  expect(await way()).toEqual([0, 1]);
  traces.shift()?.close();
  expect(await way()).toEqual([]);
});

test('a tap that nobody has closed ends with the run, and tells of what came last', async () => {
  const everyMs = 9_999;
  const begun = vi.spyOn(globalThis, 'setInterval');
  const ended = vi.spyOn(globalThis, 'clearTimeout');
  onTestFinished(() => void vi.restoreAllMocks());
  await using run = await begin();
  const telemetry = await run.telemetry();
  const seen: MessageWire[] = [];
  await telemetry.tap({ edge: 4, everyMs, newest: 64 }, ({ messages }) => void seen.push(...messages));
  // Behind it all threads know that they are watched.
  await run.modes.request('recording');
  await run.push('say', 'last');
  await run.pullOrThrow('said');
  await run.stop({ drain: true });
  await telemetry.over;
  expect(seen.map(({ payload }) => payload)).toEqual([{ kind: 'plain', value: 'last' }]);
  const timers = begun.mock.results.filter((_, i) => begun.mock.calls[i]?.[1] === everyMs);
  expect(timers.length).toBeGreaterThan(0);
  for (const { value } of timers) expect(ended).toHaveBeenCalledWith(value);
});
