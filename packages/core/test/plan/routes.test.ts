import { describe, expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/types.ts';
import { frame, message } from '../../src/ports.ts';
import { declare, eight, relay, sink, source, stageOf } from './declare.ts';

const talker = stageOf('talker', {}, { out: message() });
const listener = stageOf('listener', { in: message() }, {});
const main = { worker: 'main' } as const;
const together = { worker: { group: 'g' } } as const;
const alone = { worker: { dedicated: true } } as const;

function transports(plan: Plan): string[] {
  return plan.edges.map(({ transport, ring, reader }) => `${transport} ${ring ?? '-'} ${reader ?? '-'}`);
}

describe('transport', () => {
  test('frames: fused on one worker, main included, else through a ring', () => {
    const edges = ['a.out > b.in', 'b.out > c.in'];
    const plan = compile(declare({ a: [source, main], b: [relay, main], c: [sink, together] }, edges));
    expect(transports(plan)).toEqual(['fused 0 0', 'ring 1 0']);
    expect(plan.rings.map(({ writerWorker }) => writerWorker)).toEqual([0, 0]);
  });

  test('values: local on one worker, without a ring; one ring per edge to elsewhere', () => {
    const stages = {
      a: [talker, together],
      b: [listener, together],
      c: [listener, alone],
      d: [listener, main],
    };
    const plan = compile(declare(stages, ['a.out > b.in', 'a.out > c.in', 'a.out > d.in']));
    expect(transports(plan)).toEqual(['local - -', 'ring 0 0', 'ring 1 0']);
    expect(plan.actors[0]?.outlets).toEqual([
      {
        port: 'out',
        kind: 'message',
        dtype: undefined,
        shape: undefined,
        maxEmit: 1,
        maxBytes: 65_536,
        primary: undefined,
        edges: [0, 1, 2],
        rings: [0, 1],
      },
    ]);
    expect(plan.rings.map(({ readersMax }) => readersMax)).toEqual([1, 1]);
  });

  test('boundary edges are rings, also from and to main', () => {
    const plan = compile(
      declare({ a: [relay, main], b: [talker, main] }, [], {
        inputs: { x: ['a.in', { capacity: 10, overflow: 'latest' }] },
        outputs: { y: 'a.out', z: 'b.out' },
      }),
    );
    expect(transports(plan)).toEqual(['ring 0 0', 'ring 1 0', 'ring 2 0']);
    expect(plan.inputs).toEqual([
      { name: 'x', kind: 'frame', dtype: 'float32', shape: [8], edge: 0, ring: 0 },
    ]);
    expect(plan.outputs).toEqual([
      { name: 'y', kind: 'frame', dtype: 'float32', shape: [8], edge: 1, ring: 1 },
      { name: 'z', kind: 'message', dtype: undefined, shape: undefined, edge: 2, ring: 2 },
    ]);
    expect(plan.rings[0]).toEqual({
      index: 0,
      kind: 'frame',
      writer: { kind: 'boundary', name: 'x' },
      writerWorker: 0,
      dtype: 'float32',
      shape: [8],
      capacity: 10,
      slots: 32,
      readersMax: 9,
      edges: [0],
    });
  });
});

describe('frame rings', () => {
  const fanOut = (policies: readonly (readonly [string, number])[], port = eight): Plan => {
    const names = policies.map((_, i) => `s${i}`);
    const stages = {
      a: stageOf('a', {}, { out: port }),
      ...Object.fromEntries(names.map((name) => [name, sink])),
    };
    const edges = policies.map(
      ([overflow, capacity], i) => [`a.out > s${i}.in`, { overflow: overflow as 'block', capacity }] as const,
    );
    return compile(declare(stages, edges), { workers: 2 });
  };
  const sizes = (plan: Plan): unknown[] =>
    plan.rings.map(({ capacity, slots, readersMax, edges }) => ({ capacity, slots, readersMax, edges }));

  test('one ring for block, latest and dropOldest; one for each dropNewest and error edge', () => {
    const plan = fanOut([
      ['block', 5],
      ['dropNewest', 3],
      ['latest', 1],
      ['error', 16],
      ['dropOldest', 9],
    ]);
    expect(sizes(plan)).toEqual([
      { capacity: 9, slots: 32, readersMax: 11, edges: [0, 2, 4] },
      { capacity: 3, slots: 4, readersMax: 9, edges: [1] },
      { capacity: 16, slots: 16, readersMax: 9, edges: [3] },
    ]);
    expect(plan.edges.map(({ ring, reader }) => [ring, reader])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [2, 0],
      [0, 2],
    ]);
    expect(plan.actors[0]?.outlets[0]).toMatchObject({ primary: 0, rings: [1, 2], edges: [0, 1, 2, 3, 4] });
  });

  test('only blocking readers: as many slots as the capacity asks for', () =>
    expect(
      sizes(
        fanOut([
          ['block', 33],
          ['block', 64],
        ]),
      ),
    ).toEqual([{ capacity: 64, slots: 64, readersMax: 10, edges: [0, 1] }]));

  test('a ring that may be overtaken holds what one call emits, however small its capacity', () =>
    expect(sizes(fanOut([['latest', 1]], frame('float32', [8], { maxEmit: 8 })))).toMatchObject([
      { capacity: 1, slots: 16 },
    ]));

  test('a primary ring that no edge reads is there, and small', () => {
    expect(sizes(fanOut([]))).toEqual([{ capacity: 4, slots: 4, readersMax: 8, edges: [] }]);
    expect(sizes(fanOut([['error', 64]]))[0]).toEqual({ capacity: 4, slots: 4, readersMax: 8, edges: [] });
    const eager = frame('float32', [8], { maxEmit: 9 });
    expect(sizes(fanOut([], eager))).toEqual([{ capacity: 9, slots: 16, readersMax: 8, edges: [] }]);
  });

  test('56 edges fit, with places left for taps', () =>
    expect(sizes(fanOut(Array.from({ length: 56 }, () => ['block', 64] as const)))).toMatchObject([
      { readersMax: 64 },
    ]));
});

describe('message rings', () => {
  const arena = (port: ReturnType<typeof message>, capacity: number): unknown => {
    const stages = { a: [stageOf('a', {}, { out: port }), alone], b: [listener, alone] };
    const plan = compile(declare(stages, [['a.out > b.in', { capacity }]]));
    const [ring] = plan.rings;
    return ring?.kind === 'message' ? [ring.bytesMax, ring.arenaBytes, ring.slots] : undefined;
  };

  test('the arena holds maxEmit + 2 of the largest messages', () => {
    expect(arena(message(), 64)).toEqual([65_536, 262_144, 64]);
    expect(arena(message(undefined, { maxEmit: 6 }), 64)).toEqual([65_536, 524_288, 64]);
  });
  test('it has at least 64 KiB, and 256 bytes per message', () => {
    expect(arena(message(undefined, { maxBytes: 100 }), 64)).toEqual([100, 65_536, 64]);
    expect(arena(message(undefined, { maxBytes: 100 }), 1000)).toEqual([100, 262_144, 1024]);
  });
});

test('inlets: one for each edge, in order of the ports, then of the edges', () => {
  const two = stageOf('two', { x: eight, y: eight }, {});
  const plan = compile(
    declare({ a: source, b: two }, ['a.out > b.y', 'a.out > b.x', 'a.out > b.y'], {
      inputs: { push: 'b.x' },
    }),
  );
  expect(plan.actors[1]?.inlets).toEqual([
    { port: 'x', kind: 'frame', maxEmit: 1, edge: 1 },
    { port: 'x', kind: 'frame', maxEmit: 1, edge: 3 },
    { port: 'y', kind: 'frame', maxEmit: 1, edge: 0 },
    { port: 'y', kind: 'frame', maxEmit: 1, edge: 2 },
  ]);
});

test('an actor has every default filled in', () => {
  const ticking = stageOf('ticking', {}, {});
  const plan = compile(
    declare({ a: [ticking, { tick: { hz: 50 }, supervision: { strategy: 'stop', backoffMs: 2000 } }] }),
  );
  expect(plan.actors).toEqual([
    {
      index: 0,
      name: 'a',
      stage: 'ticking',
      module: 'file:///stages.ts',
      worker: 1,
      io: false,
      options: undefined,
      tick: { runner: 0, phase: 'control', priority: 0, budgetMs: undefined },
      latches: [],
      supervision: {
        strategy: 'stop',
        triesMax: 3,
        restartsMax: 5,
        withinMs: 10_000,
        backoffMs: 2000,
        backoffMaxMs: 2000,
        watchdogMs: 5000,
        asyncWatchdogMs: 30_000,
      },
      snapshotEveryMs: undefined,
      spillMax: 1024,
      activeIn: undefined,
      whileInactive: 'drop',
      tags: [],
      inlets: [],
      outlets: [],
      events: [],
      control: undefined,
      resources: [],
      depth: 0,
    },
  ]);
});
