import { describe, expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import { planText } from '../../src/plan/print.ts';
import type { CompileOptions, GraphDeclaration, PlanProblem, StageSettings } from '../../src/plan/types.ts';
import { defineStage } from '../../src/stage.ts';
import type { AnyStage } from '../../src/stage.ts';
import { declare, problemsOf, source, stageOf } from './declare.ts';

/** Stages made so far: each definition has a name of its own. */
let stages = 0;

/** A stage that knows events by these names. */
function knowing(events: unknown): AnyStage {
  return stageOf(`knowing${++stages}`, {}, {}, { events });
}

const plain = stageOf('plain', {}, {});
const switched: StageSettings = { control: { form: 'switchable', event: 'armed' } };
const toggled: StageSettings = { control: { form: 'toggleable', event: 'armed' } };

function withEvents(
  stages: Readonly<Record<string, unknown>>,
  events: Readonly<Record<string, boolean>> = { armed: false },
): GraphDeclaration {
  const entries = Object.entries(events).map(([name, initial]) => ({ name, initial }));
  return { ...declare(stages), events: entries };
}

function warningsOf(declaration: GraphDeclaration, options: CompileOptions = {}): readonly PlanProblem[] {
  return compile(declaration, { workers: 2, ...options }).warnings;
}

describe('events of a plan', () => {
  test('who knows them, who runs by them, and whom a set wakes', () => {
    const plan = compile(
      withEvents(
        {
          a: [knowing(['ready']), { events: { ready: { event: 'armed' } }, worker: { dedicated: true } }],
          b: [knowing({ go: 'set', gone: 'read' }), { events: { go: 'armed', gone: 'armed' } }],
          c: [plain, { ...toggled, worker: { group: 'g' } }],
          d: [plain, { ...toggled, worker: 'main' }],
          e: [plain, switched],
        },
        { other: true, armed: false },
      ),
      { workers: 1 },
    );
    expect(plan.actors.map(({ events }) => events)).toEqual([
      [{ as: 'ready', event: 1, use: 'any', asker: 0 }],
      [
        { as: 'go', event: 1, use: 'set', asker: 1 },
        { as: 'gone', event: 1, use: 'read', asker: -1 },
      ],
      [],
      [],
      [],
    ]);
    expect(plan.actors.map(({ control }) => control)).toEqual([
      undefined,
      undefined,
      { form: 'toggleable', event: 1, number: 1, line: 0 },
      { form: 'toggleable', event: 1, number: 2, line: 1 },
      { form: 'switchable', event: 1, number: 0, line: 0 },
    ]);
    const workers = [2, 3, 4].map((actor) => plan.actors[actor]?.worker ?? -1);
    expect(plan.events).toEqual([
      { index: 0, name: 'other', initial: true, controls: [], takers: [], askers: [], wakes: [] },
      {
        index: 1,
        name: 'armed',
        initial: false,
        controls: [2, 3, 4],
        takers: [0, 1],
        askers: [0, 1],
        wakes: workers.toSorted((a, b) => a - b),
      },
    ]);
  });

  test.each<[code: string, title: string, at: string, says: RegExp, declaration: GraphDeclaration]>([
    ['BAD_NAME', 'an event', '', /'a b'.* event/, withEvents({ a: plain }, { 'a b': false })],
    [
      'DUPLICATE_EVENT',
      'two of a name',
      '',
      /2 events are named 'x'/,
      {
        ...declare({ a: plain }),
        events: [
          { name: 'x', initial: true },
          { name: 'x', initial: false },
        ],
      },
    ],
    [
      'BAD_EVENT',
      'initial',
      '',
      /initial of event 'armed' is 1/,
      withEvents({ a: [plain, switched] }, { armed: 1 as never }),
    ],
    [
      'BAD_EVENT',
      'a use',
      'a',
      /events.x is 'write'/,
      withEvents({ a: [knowing({ x: 'write' }), { events: { x: 'armed' } }] }),
    ],
    [
      'BAD_NAME',
      'a stage’s name for one',
      'a',
      /stage's event/,
      withEvents({ a: [knowing(['?']), { events: { '?': 'armed' } }] }),
    ],
    [
      'DUPLICATE_EVENT',
      'declared twice',
      'a',
      /declares event 'x' twice/,
      withEvents({ a: [knowing(['x', 'x']), { events: { x: 'armed' } }] }),
    ],
    [
      'UNBOUND_EVENT',
      'declared only',
      'a',
      /its event 'x' is not bound/,
      withEvents({ a: knowing(['x']), b: [plain, switched] }),
    ],
    [
      'UNDECLARED_EVENT',
      'bound only',
      'a',
      /declares no event 'y'/,
      withEvents({ a: [knowing(['x']), { events: { x: 'armed', y: 'armed' } }] }),
    ],
    [
      'UNDECLARED_EVENT',
      'by a stage that knows none',
      'a',
      /declares no event 'y'/,
      withEvents({ a: [plain, { events: { y: 'armed' } }], b: [plain, switched] }),
    ],
    [
      'UNKNOWN_EVENT',
      'bound',
      'a',
      /there is no event 'nope'/,
      withEvents({ a: [knowing(['x']), { events: { x: 'nope' } }], b: [plain, switched] }),
    ],
    [
      'UNKNOWN_EVENT',
      'controlling',
      'a',
      /there is no event 'armed'/,
      withEvents({ a: [plain, switched] }, {}),
    ],
    [
      'UNKNOWN_EVENT',
      'no reference',
      'a',
      /undefined is no event/,
      withEvents({ a: [plain, { control: { form: 'switchable' } }], b: [plain, switched] }),
    ],
    [
      'BAD_CONTROL',
      'a form',
      'a',
      /control.form is 'sometimes'/,
      withEvents({ a: [plain, { control: { form: 'sometimes', event: 'armed' } }] }),
    ],
    [
      'BAD_CONTROL',
      'too many',
      's127',
      /more than 127 toggleable/,
      withEvents(Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`s${i}`, [plain, toggled]]))),
    ],
  ])('%s: %s', (code, _, at, says, declaration) => {
    const [problem, ...others] = problemsOf(declaration);
    expect({ code: problem?.code, at: problem?.stage ?? '' }).toEqual({ code, at });
    expect(problem?.message).toMatch(says);
    expect(problem?.remedy).not.toBe('');
    expect(others).toEqual([]);
  });

  test('a toggleable stage holds what it is to run on, unless it says otherwise', () => {
    const plan = compile(
      withEvents({
        a: [plain, toggled],
        b: [plain, { ...toggled, whileInactive: 'latest' }],
        c: [plain, switched],
      }),
    );
    expect(plan.actors.map(({ whileInactive }) => whileInactive)).toEqual(['hold', 'latest', 'drop']);
  });

  test('several consumers of an event are a warning that names them', () => {
    const resets = [knowing({ x: 'reset' }), { events: { x: 'armed' } }];
    const sets = [knowing({ x: 'set' }), { events: { x: 'armed' } }];
    expect(warningsOf(withEvents({ a: [plain, toggled], b: sets, c: sets }))).toEqual([]);
    expect(warningsOf(withEvents({ a: [plain, toggled], b: [plain, switched], c: sets }))).toMatchObject([
      { code: 'SEVERAL_CONSUMERS', message: "event 'armed' has 2 consumers: 'a', 'b'" },
    ]);
    expect(warningsOf(withEvents({ a: [plain, toggled], b: resets }))).toMatchObject([
      { code: 'SEVERAL_CONSUMERS', message: "event 'armed' has 2 consumers: 'a', 'b'" },
    ]);
  });

  test('an event that no stage uses is a warning', () => {
    expect(warningsOf(withEvents({ a: plain }))).toMatchObject([{ code: 'UNUSED_EVENT' }]);
  });

  test('what stages declare becomes what `create` gets', () => {
    const stage = defineStage({
      name: 's',
      events: { x: 'set' },
      create: ({ events }) => ({ onStart: () => events.x.set() }),
    });
    const plan = compile(withEvents({ a: [stage, { events: { x: 'armed' } }] }));
    expect(plan.actors[0]?.events).toEqual([{ as: 'x', event: 0, use: 'set', asker: 0 }]);
  });
});

describe('what may stand still for ever', () => {
  const halts = (
    stages: Readonly<Record<string, unknown>>,
    events: Readonly<Record<string, boolean>>,
  ): string[] =>
    compile(withEvents(stages, events), { workers: 1 }).halts.map(
      ({ stage, event, isInitial }) => `${stage} by ${event}${isInitial ? ' at first' : ''}`,
    );
  const by = (event: string, ...knows: readonly string[]): unknown => [
    knowing(knows),
    { control: { form: 'toggleable', event }, events: Object.fromEntries(knows.map((name) => [name, name])) },
  ];
  const sets = (name: string, use = 'any'): unknown => [
    knowing({ [name]: use }),
    { events: { [name]: name } },
  ];

  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, boolean>>, string[]]>([
    ['an event that only the application sets', { a: by('x') }, { x: false }, ['a by x at first']],
    ['one that is set at first', { a: by('x') }, { x: true }, ['a by x']],
    ['one that another stage sets', { a: by('x'), b: sets('x') }, { x: false }, []],
    [
      'one that others only read or reset',
      { a: by('x'), b: sets('x', 'read'), c: sets('x', 'reset') },
      { x: false },
      ['a by x at first'],
    ],
    ['one that only the stopped stage sets', { a: by('x', 'x') }, { x: false }, ['a by x at first']],
    [
      'two stages that wait for each other',
      { a: by('x', 'y'), b: by('y', 'x') },
      { x: false, y: false },
      ['a by x at first', 'b by y at first'],
    ],
    [
      'a row that somebody starts',
      { a: by('x', 'y'), b: by('y', 'x'), c: sets('x') },
      { x: false, y: false },
      [],
    ],
  ])('%s', (_, stages, events, expected) => {
    expect(halts(stages, events)).toEqual(expected);
  });
});

describe('resources of a plan', () => {
  const needing = (resources: unknown, settings: object = {}): unknown => [
    stageOf(`needing${++stages}`, {}, {}, { resources }),
    settings,
  ];

  test('who needs what: the graph’s word goes before the definition’s', () => {
    const plan = compile(
      declare({
        a: needing(['gpu', 'net']),
        b: needing(['net'], { resources: { gpu: 2 } }),
        c: needing(undefined),
        d: needing(['net'], { resources: [] }),
      }),
      { workers: 1, resources: { gpu: 2 } },
    );
    expect(plan.resources).toEqual([
      {
        name: 'gpu',
        capacity: 2,
        users: [
          { actor: 0, worker: 1, amount: 1 },
          { actor: 1, worker: 1, amount: 2 },
        ],
      },
      { name: 'net', capacity: 1, users: [{ actor: 0, worker: 1, amount: 1 }] },
    ]);
    expect(plan.actors.map(({ resources }) => resources)).toEqual([
      [
        { resource: 0, amount: 1 },
        { resource: 1, amount: 1 },
      ],
      [{ resource: 0, amount: 2 }],
      [],
      [],
    ]);
  });

  test.each<
    [code: string, at: string, says: RegExp, stages: Record<string, unknown>, options?: CompileOptions]
  >([
    ['BAD_RESOURCES', 'a', /resources is 'gpu'/, { a: needing('gpu') }],
    ['BAD_RESOURCES', 'a', /resources.gpu is 0/, { a: needing({ gpu: 0 }) }],
    ['BAD_RESOURCES', 'a', /resources.gpu is 1.5/, { a: needing({ gpu: 1.5 }) }],
    ['BAD_RESOURCES', 'a', /'gpu' is named twice/, { a: needing(['gpu', 'gpu']) }],
    ['BAD_RESOURCES', 'a', /'' cannot be the name/, { a: needing(['']) }],
    ['BAD_RESOURCES', '', /resources.gpu is -1/, { a: needing(['gpu']) }, { resources: { gpu: -1 } }],
    [
      'RESOURCE_BEYOND_CAPACITY',
      'a',
      /needs 2 of resource 'gpu', of which there is 1/,
      { a: needing({ gpu: 2 }) },
    ],
    [
      'RESOURCE_BEYOND_CAPACITY',
      'a',
      /needs 5 .* there is 4/,
      { a: needing({ gpu: 5 }) },
      { resources: { gpu: 4 } },
    ],
  ])('%s at %s: %s', (code, at, says, stages, options) => {
    const [problem, ...others] = problemsOf(declare(stages), options);
    expect({ code: problem?.code, at: problem?.stage ?? '' }).toEqual({ code, at });
    expect(problem?.message).toMatch(says);
    expect(others).toEqual([]);
  });

  test('a capacity that nobody needs is a warning', () => {
    expect(warningsOf(declare({ a: needing(['gpu']) }), { resources: { gup: 2 } })).toMatchObject([
      { code: 'UNUSED_RESOURCE', message: "no stage needs resource 'gup'" },
    ]);
  });
});

describe('terminators', () => {
  const graph = (
    terminators: readonly string[],
    more: GraphDeclaration = declare({ a: source }),
  ): GraphDeclaration => ({
    ...more,
    terminators: terminators.map((text) => {
      const [stage = '', port = ''] = text.split('.');
      return { stage, port };
    }),
  });

  test('an output that is left unread on purpose is no warning, and has no reader', () => {
    const plan = compile(graph(['a.out']), { workers: 1 });
    expect(plan.warnings).toEqual([]);
    expect(plan.terminators).toEqual([{ stage: 'a', port: 'out' }]);
    expect(plan.edges).toEqual([]);
    expect(plan.rings.map(({ edges }) => edges)).toEqual([[]]);
  });

  test.each([
    ['UNKNOWN_STAGE', 'b.out'],
    ['UNKNOWN_PORT', 'a.in'],
  ])('%s', (code, at) => {
    expect(problemsOf(graph(['a.out', at])).map((problem) => problem.code)).toEqual([code]);
  });

  test('twice, or beside a reader, is a warning', () => {
    const read = declare({ a: source }, [], { outputs: { out: 'a.out' } });
    expect(warningsOf(graph(['a.out', 'a.out'])).map(({ code }) => code)).toEqual(['DUPLICATE_TERMINATOR']);
    expect(warningsOf(graph(['a.out'], read)).map(({ code }) => code)).toEqual(['IDLE_TERMINATOR']);
  });
});

test('the plan’s text says what stages run by', () => {
  const declaration: GraphDeclaration = {
    ...withEvents({
      a: [knowing({ go: 'read' }), { events: { go: 'armed' }, resources: ['gpu'] }],
      b: [source, { ...toggled, resources: { gpu: 2 } }],
    }),
    terminators: [{ stage: 'b', port: 'out' }],
  };
  expect(planText(compile(declaration, { workers: 1, resources: { gpu: 2 } }))).toContain(`
events
  event  at first  controls        used by
  armed            b (toggleable)  a (read)

resources
  resource  capacity  held by, while they run
  gpu       2         a (1), b (2)

terminated outputs
  b.out

may stand still for ever (only the application can start them)
  stage  stopped by  since
  b      armed       from the start
`);
});
