import { describe, expect, test } from 'vitest';
import { assign, createMachine, setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { compile } from '../../src/plan/compile.ts';
import { planText } from '../../src/plan/print.ts';
import type { CompileOptions, GraphDeclaration, StageSettings } from '../../src/plan/types.ts';
import { message } from '../../src/ports.ts';
import { declare, problemsOf, relay, sink, source, stageOf } from './declare.ts';

/** `source → b`, with what `b` says of modes. */
const one = (settings: object, more: StageSettings = {}): GraphDeclaration =>
  declare({ a: [source, more], b: [sink, settings] }, ['a.out > b.in']);

const found = (declaration: GraphDeclaration, options?: CompileOptions): unknown[] =>
  problemsOf(declaration, options).map(({ code, stage, message: text }) =>
    stage === undefined ? [code, text] : [code, stage],
  );
const warnings = (declaration: GraphDeclaration, options?: CompileOptions): string[] =>
  compile(declaration, { workers: 2, ...options }).warnings.map(
    ({ code, stage }) => `${code} ${stage ?? ''}`,
  );

describe('what stages say', () => {
  test.each([[[]], ['training'], [['training', 3]], [7]])('activeIn %j', (activeIn) => {
    expect(found(one({ activeIn }))).toEqual([['BAD_ACTIVE_IN', 'b']]);
  });

  test('whileInactive', () => {
    expect(found(one({ activeIn: ['idle'], whileInactive: 'keep' }))).toEqual([['BAD_WHILE_INACTIVE', 'b']]);
  });

  test('every unknown mode, of every stage', () => {
    const declaration = declare(
      { a: [source, { activeIn: ['trainig', 'testing'] }], b: [sink, { activeIn: ['training', 'x'] }] },
      ['a.out > b.in'],
    );
    expect(found(declaration)).toEqual([
      ['UNKNOWN_MODE', 'a'],
      ['UNKNOWN_MODE', 'a'],
      ['UNKNOWN_MODE', 'b'],
    ]);
  });

  test('what the graph says is stronger than the definition', () => {
    const trained = { ...sink, activeIn: ['training'] };
    const plan = compile(
      declare({ a: source, b: trained, c: [trained, { activeIn: ['idle'] }] }, [
        'a.out > b.in',
        'a.out > c.in',
      ]),
    );
    expect(plan.actors.map(({ activeIn }) => activeIn)).toEqual([undefined, ['training'], ['idle']]);
    expect(plan.modes).toEqual({ initial: 'idle', names: ['idle', 'recording', 'training', 'predicting'] });
  });

  test('whileInactive of a stage that always runs is odd', () => {
    expect(warnings(one({ whileInactive: 'latest' }))).toEqual(['IDLE_WHILE_INACTIVE b']);
    expect(warnings(one({ activeIn: ['idle'], whileInactive: 'latest' }))).toEqual([]);
  });

  test.each([0, -1, NaN, '5'])('graceMs %j', (graceMs) => {
    const options = { modes: { graceMs } } as CompileOptions;
    expect(found(one({}), options)).toEqual([['BAD_GRACE', expect.any(String)]]);
  });

  test('values for a stage that keeps them lie on a ring, next door too', () => {
    const talker = stageOf('talker', {}, { out: message() });
    const listener = stageOf('listener', { in: message() }, {});
    const transport = (settings: StageSettings): string | undefined =>
      compile(declare({ a: talker, b: [listener, settings] }, ['a.out > b.in']), { workers: 1 }).edges[0]
        ?.transport;
    const activeIn = ['training'];
    expect([transport({ activeIn }), transport({ whileInactive: 'latest' })]).toEqual(['local', 'local']);
    expect(transport({ activeIn, whileInactive: 'hold' })).toBe('ring');
    expect(transport({ activeIn, whileInactive: 'latest' })).toBe('ring');
  });

  test('the printed plan says who runs when', () => {
    const text = planText(compile(one({ activeIn: ['training'], whileInactive: 'latest' }), { workers: 1 }));
    expect(text).toContain(`modes: idle (initial), recording, training, predicting
  actor  active in  while inactive
  b      training   latest
`);
    expect(planText(compile(one({}), { workers: 1 }))).not.toContain('modes');
  });
});

describe('hold behind a live source', () => {
  const hold = { activeIn: ['training'], whileInactive: 'hold' } as const;
  const warned = ['HOLD_BEHIND_SOURCE b'];

  test('next to it', () => expect(warnings(one(hold))).toEqual(warned));
  test('not for the other policies', () => {
    for (const whileInactive of ['drop', 'latest'] as const)
      expect(warnings(one({ ...hold, whileInactive }))).toEqual([]);
  });
  test('of what an event switches off; what waits for an activation is meant to hold', () => {
    const controlled = (form: 'switchable' | 'toggleable'): GraphDeclaration => ({
      ...one({ control: { form, event: 'go' }, whileInactive: 'hold' }),
      events: [{ name: 'go', initial: false }],
    });
    expect(warnings(controlled('switchable'))).toEqual(warned);
    expect(warnings(controlled('toggleable'))).toEqual([]);
  });
  test('not where the edge does not block', () => {
    const edge = ['a.out > b.in', { overflow: 'latest' }] as const;
    expect(warnings(declare({ a: source, b: [sink, hold] }, [edge]))).toEqual([]);
  });
  test('not where the application pushes', () => {
    expect(warnings(declare({ b: [sink, hold] }, [], { inputs: { in: 'b.in' } }))).toEqual([]);
  });
  test('not where the source runs in the same modes only', () => {
    expect(warnings(one(hold, { activeIn: ['training'] }))).toEqual([]);
    expect(warnings(one(hold, { activeIn: ['training', 'idle'] }))).toEqual(warned);
  });

  const far = (middle: StageSettings, edge: object = {}): GraphDeclaration =>
    declare({ a: source, m: [relay, middle], b: [sink, hold] }, [['a.out > m.in', edge], 'm.out > b.in']);
  test('through other stages', () => expect(warnings(far({}))).toEqual(warned));
  test('not through an edge that does not block', () => {
    expect(warnings(far({}, { overflow: 'dropOldest' }))).toEqual([]);
  });
  test('not through a stage that does not run either', () => {
    expect(warnings(far({ activeIn: ['training'] }))).toEqual([]);
    expect(warnings(far({ activeIn: ['recording'] }))).toEqual(warned);
  });
  test('a stage that ticks is a source as well', () => {
    const ticking = declare({ m: [relay, { tick: { hz: 10 } }], b: [sink, hold] }, ['m.out > b.in'], {
      inputs: { in: 'm.in' },
    });
    expect(warnings(ticking)).toEqual(warned);
  });
  test('cycles are gone round once', () => {
    const cyclic = declare({ a: relay, b: [relay, hold] }, [
      'a.out > b.in',
      ['b.out > a.in', { back: true }],
    ]);
    expect(warnings(cyclic)).toEqual(['HOLD_BEHIND_SOURCE b']);
  });
});

describe('machines', () => {
  const trial = (machine: unknown, activeIn?: string[]): unknown[] =>
    found(one(activeIn === undefined ? {} : { activeIn }), {
      modes: { machine: machine as AnyStateMachine },
    });
  const free = { 'request.a': '.a', 'request.b': '.b' };

  test.each([{}, null, 7, { root: {} }])('%j is none', (machine) => {
    expect(trial(machine)).toMatchObject([['BAD_MACHINE', expect.stringContaining('modes.machine is')]]);
  });

  test('parallel at the top, or without an initial state', () => {
    expect(trial(createMachine({ type: 'parallel', states: { a: {}, b: {} } }))).toMatchObject([
      ['BAD_MACHINE', expect.stringContaining('parallel')],
    ]);
    expect(trial(createMachine({}))).toMatchObject([['BAD_MACHINE', expect.any(String)]]);
  });

  test('more than decisions', () => {
    const machine = setup({
      actions: { note: () => undefined, count: assign({}) },
      actors: {},
    }).createMachine({
      id: 'm',
      initial: 'a',
      on: free,
      states: {
        a: { entry: ['note', 'count', assign({})], after: { 10: 'b' } },
        b: { on: { end: { actions: () => undefined } }, initial: 'in', states: { in: { exit: 'note' } } },
      },
    });
    expect(trial(machine)).toEqual([
      ['BAD_MACHINE', "state 'm.a' of the mode machine has after and actions (note)"],
      ['BAD_MACHINE', "state 'm.b' of the mode machine has actions (actions)"],
      ['BAD_MACHINE', "state 'm.b.in' of the mode machine has actions (note)"],
    ]);
  });

  test('unreachable modes, and stages in modes that do not exist: all at once', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { on: { 'request.b': 'b', go: 'c' } },
        b: { on: { end: 'a' } },
        c: { on: { 'request.d': 'd' } },
        d: { on: { 'request.a': 'a' } },
      },
    });
    expect(trial(machine, ['training', 'a', 'd'])).toEqual([
      ['UNREACHABLE_MODE', "mode 'c' cannot be reached from 'a'"],
      ['UNREACHABLE_MODE', "mode 'd' cannot be reached from 'a'"],
      ['UNKNOWN_MODE', 'b'],
    ]);
  });

  test.each([
    ['from the root', { on: { 'request.b': '.b' }, states: { a: {}, b: {} } }],
    ['by a wildcard', { states: { a: { on: { 'request.*': 'b' } }, b: {} } }],
    ['by any event', { states: { a: { on: { '*': 'b' } }, b: {} } }],
    ['by itself', { states: { a: { always: { guard: () => true, target: 'b' } }, b: {} } }],
    [
      'from within',
      { states: { a: { initial: 'x', states: { x: { on: { end: '#b' } } } }, b: { id: 'b' } } },
    ],
    [
      'when what is within is done',
      {
        states: { a: { initial: 'x', onDone: 'b', states: { x: { type: 'final' } } }, b: {} },
      },
    ],
  ])('reached %s', (_, config) => {
    const machine = createMachine({ initial: 'a', ...config } as never) as AnyStateMachine;
    expect(warnings(one({}), { modes: { machine } })).toEqual([]);
  });

  test('a mode that leads to none in which a stage runs', () => {
    const machine = createMachine({
      initial: 'a',
      states: { a: { on: { 'request.b': 'b' } }, b: { on: { 'request.c': 'c' } }, c: {} },
    });
    const declaration = declare(
      {
        s: [source, { activeIn: ['a'] }],
        t: [relay, { activeIn: ['b', 'c'] }],
        u: [sink, { activeIn: ['b'] }],
      },
      ['s.out > t.in', 't.out > u.in'],
    );
    expect(warnings(declaration, { modes: { machine } })).toEqual([
      'STOPPED_FOR_EVER s',
      'STOPPED_FOR_EVER u',
    ]);
    expect(warnings(declaration.stages.length === 3 ? one({ activeIn: ['training'] }) : declaration)).toEqual(
      [],
    );
  });

  test('its modes are in the plan', () => {
    const machine = createMachine({ initial: 'a', on: { 'request.b': '.b' }, states: { b: {}, a: {} } });
    const plan = compile(one({ activeIn: ['b'] }), { modes: { machine } });
    expect(plan.modes).toEqual({ initial: 'a', names: ['b', 'a'] });
    expect(structuredClone(plan)).toEqual(plan);
  });
});
