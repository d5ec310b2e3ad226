/** Every invariant of a simulation is broken once, and found. */
import { Doorbell, FrameReader, FrameWriter } from '@troupe/mailbox';
import { afterEach, expect, test, vi } from 'vitest';
import { compile, defineStage, graph } from '@troupe/core';
import type { StageContext } from '@troupe/core';
import { simulate, SimulationError, testRun } from '@troupe/core/testing';
import { StageThread } from '../../src/drivers/stage-thread.ts';
import { Gates } from '../../src/executor/gates.ts';
import { Lease } from '../../src/resources/lease.ts';
import { DeadLetters } from '../../src/run/dead-letters.ts';
import { allocateRun } from '../../src/run/memory.ts';
import { Faults } from '../../src/testing/simulation/faults.ts';
import { SimulatedThread } from '../../src/testing/simulation/simulated-thread.ts';
import type { Simulation } from '../../src/testing/simulation/simulation.ts';
import { Trace } from '../../src/testing/simulation/trace.ts';
import { Watch } from '../../src/testing/simulation/watch.ts';
import { chain, number, numbers, rivals } from './graphs.ts';

afterEach(() => vi.restoreAllMocks());

/** The first violation within some seeds. */
async function violation(play: (seed: number) => Promise<unknown>): Promise<SimulationError> {
  for (let seed = 0; seed < 200; seed++) {
    try {
      await play(seed);
    } catch (error) {
      if (error instanceof SimulationError) return error;
      throw error;
    }
  }
  throw new Error('nothing was found');
}

const chained = (seed: number): Promise<unknown> =>
  simulate(chain(3), { seed, workers: 3, inputs: { in: numbers(60) } });

test('LOST_WAKE_UP: rings that were put off are never carried out', async () => {
  vi.spyOn(Doorbell.prototype, 'strike').mockImplementation(() => undefined);
  const error = await violation(chained);
  expect(error).toMatchObject({ code: 'LOST_WAKE_UP', seed: 0, faults: [] });
  expect(error.message).toContain('(seed 0, step ');
  expect(error.trace.at(-1)?.step).toBeLessThanOrEqual(error.step);
});

test('a thread that is held up beyond its due time has lost no wake-up, another has', () => {
  const { watch, main, simulation } = watched(chain(2));
  const loop = { bell: { hasControl: () => false }, executor: { hasWork: () => true } };
  const sleeper = Object.assign(new SimulatedThread(1, false), { state: 'asleep', loop, dueMs: 5 });
  Object.assign(main, { state: 'waiting' });
  Object.assign(simulation, { isAsleep: true, sleepers: () => [{ thread: sleeper, loop }], timeMs: 6 });
  expect(() => watch.atRest()).not.toThrow();
  Object.assign(simulation, { timeMs: 4.9 });
  expect(() => watch.atRest()).toThrow('worker 1 sleeps although it has work');
  expect(watch.violation).toMatchObject({ code: 'LOST_WAKE_UP' });
});

test('threads that come late to a step of the clock have lost no wake-up', async () => {
  const beat = defineStage({ name: 'beat', outputs: { out: number }, create: () => ({ onTick() {} }) });
  const g = graph('late');
  for (const hz of [250, 1000 / 3]) {
    const stage = g.stage(`beat${Math.floor(hz)}`, beat, { tick: { hz }, worker: { dedicated: true } });
    g.terminate(stage.out.out);
  }
  for (let seed = 0; seed < 60; seed++) {
    for (const clock of ['realtime', 'paced'] as const) {
      await expect(simulate(g, { seed, clock })).resolves.toMatchObject({ seed });
    }
  }
});

test('NOT_CONSERVED: a reader passes over a message', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below.
  const { take } = FrameReader.prototype;
  let count = 0;
  vi.spyOn(FrameReader.prototype, 'take').mockImplementation(function (this: FrameReader, into) {
    if (++count === 50) take.call(this, into);
    return take.call(this, into);
  });
  expect(await violation(chained)).toMatchObject({ code: 'NOT_CONSERVED', port: 'in' });
});

test('OUT_OF_ORDER: a message is handed over twice', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below.
  const { settle } = FrameReader.prototype;
  let count = 0;
  vi.spyOn(FrameReader.prototype, 'settle').mockImplementation(function (this: FrameReader) {
    if (++count === 50) this.position = (this.position - 1) | 0;
    return settle.call(this);
  });
  expect(await violation(chained)).toMatchObject({ code: 'OUT_OF_ORDER', port: 'in' });
});

test('NOT_EXCLUSIVE: a thread says that it is at rest while a handler is pending', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below.
  const { set } = Gates.prototype;
  vi.spyOn(Gates.prototype, 'set').mockImplementation(function (this: Gates, state, onRest) {
    set.call(this, state, () => undefined);
    onRest();
  });
  const found = violation((seed) =>
    simulate(rivals('modes'), {
      seed,
      faults: { slow: 0.9, mode: 0.03 },
      inputs: { 'in-one': [1, 2, 3, 4], 'in-two': [1, 2, 3, 4] },
      untilMs: 200,
    }),
  );
  expect(await found).toMatchObject({ code: 'NOT_EXCLUSIVE' });
});

test('NOT_EXCLUSIVE: a resource is given to whoever asks', async () => {
  vi.spyOn(Lease.prototype, 'begin').mockReturnValue(true);
  const found = violation((seed) =>
    simulate(rivals('resources'), {
      seed,
      faults: { slow: 0.9 },
      inputs: { 'in-one': [1, 2, 3, 4], 'in-two': [1, 2, 3, 4] },
    }),
  );
  expect(await found).toMatchObject({ code: 'NOT_EXCLUSIVE' });
});

test('NO_PROGRESS: nobody hears of the drain', async () => {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below.
  const { handle } = StageThread.prototype;
  vi.spyOn(StageThread.prototype, 'handle').mockImplementation(function (this: StageThread, message) {
    if (message.type !== 'drain') handle.call(this, message);
  });
  const g = graph('posted');
  const posted = defineStage({ name: 'posted', outputs: { out: number }, create: () => ({ onPost() {} }) });
  g.output('out', g.stage('posted', posted).out.out);
  expect(await violation((seed) => simulate(g, { seed }))).toMatchObject({ code: 'NO_PROGRESS' });
});

test('NO_REST: a source that never waits', async () => {
  const g = graph('endless');
  const source = defineStage({
    name: 'source',
    outputs: { out: number },
    create: () => ({ onDemand() {} }),
  });
  g.terminate(g.stage('source', source).out.out);
  await expect(testRun(g)).rejects.toMatchObject({ code: 'NO_REST' });
});

/** A watch over a graph that stands still. */
function watched(g: ReturnType<typeof chain>) {
  const plan = compile(g, { workers: 2 });
  const shared = allocateRun(plan);
  const watch = new Watch(7, new Faults(7, {}));
  const main = new SimulatedThread(0, true);
  const trace = new Trace(4);
  const simulation = { current: main, main, hasFallen: false, step: 3, timeMs: 0, trace } as Simulation;
  watch.simulation = simulation;
  watch.begin({ plan, shared, letters: new DeadLetters(plan) });
  return { plan, shared, watch, main, simulation };
}

test('UNBOUNDED: more waits than the mailbox may hold', () => {
  const { plan, shared, watch } = watched(chain(2, 7));
  const edge = plan.edges.find(({ to }) => to.kind === 'actor' && to.actor === 0);
  const buffer = shared.rings[edge?.ring ?? -1];
  if (buffer === undefined) throw new Error('no ring');
  const writer = new FrameWriter(buffer);
  for (let i = 0; i < 7; i++) writer.write(Float64Array.of(i));
  watch.balance(false);
  const words = new Int32Array(buffer);
  // The capacity of the only reader with such a one.
  words[words.indexOf(7, 96)] = 6;
  expect(() => watch.balance(false)).toThrow('7 messages wait where 6 may');
  expect(watch.violation).toMatchObject({ code: 'UNBOUNDED', stage: 's0', port: 'in', seed: 7, step: 3 });
});

test('a reader that blocks again may find all that its writer had claimed until then', () => {
  const { plan, shared, watch } = watched(chain(2, 7));
  const edge = plan.edges.find(({ from, to }) => from.kind === 'actor' && to.kind === 'actor');
  const buffer = shared.rings[edge?.ring ?? -1];
  if (edge === undefined || buffer === undefined) throw new Error('no ring');
  Object.assign(edge, { transport: 'ring' });
  const writer = new FrameWriter(buffer);
  for (let i = 0; i < 7; i++) writer.write(Float64Array.of(i));
  const words = new Int32Array(buffer);
  words[words.indexOf(7, 96)] = 6;
  watch.switchEdges(edge.from, edge.to);
  expect(() => watch.balance(false)).not.toThrow();
  expect(watch.edges.filter(({ isLossy }) => isLossy)).toEqual([watch.edges[edge.index]]);
});

test('NOT_SERIAL: a handler is called while another one of its stage runs', () => {
  const { watch } = watched(chain(2));
  const guard = watch.guard({ name: 's0', modes: { current: 'idle' } } as StageContext);
  void guard.enter('onTick', undefined);
  guard.leave(false);
  void guard.enter('onTick', undefined);
  expect(() => guard.enter('onDemand', undefined)).toThrow(
    "onDemand of 's0' is called while another handler",
  );
  expect(watch.violation).toMatchObject({ code: 'NOT_SERIAL', stage: 's0' });
});
