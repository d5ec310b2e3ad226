import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import type { CompileOptions, GraphDeclaration, PlanErrorCode } from '../../src/plan/types.ts';
import { frame, message } from '../../src/ports.ts';
import { declare, eight, free, planErrorOf, problemsOf, relay, sink, source, stageOf } from './declare.ts';

const gain = v.object({ gain: v.number() });
const scale = stageOf('scale', {}, {}, { options: gain });
const chain = ['a.out > b.in'];

/** A declaration with one thing wrong, and what is said about it. */
interface Case {
  readonly code: PlanErrorCode;
  readonly title: string;
  readonly declaration: GraphDeclaration;
  readonly options?: CompileOptions;
  readonly at: string;
  readonly says: RegExp;
}

function single(
  code: PlanErrorCode,
  title: string,
  at: string,
  says: RegExp,
  declaration: GraphDeclaration,
): Case {
  return { code, title, at, says, declaration };
}

const cases: readonly Case[] = [
  single('EMPTY_GRAPH', 'no stages', '', /no stage/, declare({})),
  single('BAD_NAME', 'a graph', '', /'a b' cannot be the name of a graph/, {
    ...declare({ a: source }),
    name: 'a b',
  }),
  single('BAD_NAME', 'a stage', '', /'' cannot be the name of a stage/, declare({ '': source })),
  single('BAD_NAME', 'a stage that starts with a digit', '1st', /'1st'/, declare({ '1st': source })),
  single('BAD_NAME', 'a definition', 'a', /stage definition/, declare({ a: stageOf('no good', {}, {}) })),
  single(
    'BAD_NAME',
    'a port',
    'a.x y',
    /'x y' cannot be the name of a port/,
    declare({ a: stageOf('s', {}, { 'x y': eight }) }),
  ),
  single(
    'BAD_NAME',
    'a boundary',
    'a.out',
    /boundary output/,
    declare({ a: source }, [], { outputs: { 'o!': 'a.out' } }),
  ),
  single('BAD_NAME', 'a group', 'a', /worker group/, declare({ a: [source, { worker: { group: '' } }] })),
  single('DUPLICATE_STAGE', 'two of a name', 'a', /2 stages are named 'a'/, {
    ...declare({ a: source }),
    stages: [...declare({ a: source }).stages, ...declare({ a: source }).stages],
  }),
  single('DUPLICATE_BOUNDARY', 'two of a name', '', /2 boundary outputs are named 'x'/, {
    ...declare({ a: source }),
    outputs: [1, 2].map(() => ({ name: 'x', at: { stage: 'a', port: 'out' } })),
  }),
  single('NOT_A_STAGE', 'undefined', 'a', /undefined is no stage/, declare({ a: undefined })),
  single(
    'NOT_A_STAGE',
    'a look-alike',
    'a',
    /is no stage/,
    declare({ a: { name: 'a', create: () => ({}) } }),
  ),
  single(
    'NOT_A_STAGE',
    'no create',
    'a',
    /is no stage/,
    declare({ a: stageOf('s', {}, {}, { create: undefined }) }),
  ),
  single(
    'AMBIGUOUS_STAGE',
    'same module and name',
    'b',
    /share module and name 's'/,
    declare({ a: stageOf('s', {}, {}), b: stageOf('s', {}, {}) }),
  ),
  single(
    'BAD_MODULE',
    'relative',
    'a',
    /'\.\/a\.ts'/,
    declare({ a: stageOf('s', {}, {}, { module: './a.ts' }) }),
  ),
  single(
    'BAD_MODULE',
    'http',
    'a',
    /'http:/,
    declare({ a: stageOf('s', {}, {}, { module: 'http://x/a.js' }) }),
  ),
  single(
    'BAD_MODULE',
    'a URL object',
    'a',
    /URL/,
    declare({ a: stageOf('s', {}, {}, { module: new URL('file:///a') }) }),
  ),
  single(
    'NO_MODULE',
    'in a group',
    'a',
    /names no module/,
    declare({ a: [stageOf('s', {}, {}, { module: undefined }), { worker: { group: 'g' } }] }),
  ),
  single(
    'NO_MODULE',
    'dedicated',
    'a',
    /names no module/,
    declare({ a: [stageOf('s', {}, {}, { module: undefined }), { worker: { dedicated: true } }] }),
  ),
  single(
    'BAD_OPTIONS',
    'a wrong field',
    'a',
    /options\.gain: .*number/i,
    declare({ a: [scale, { options: { gain: 'x' } }] }),
  ),
  single('BAD_OPTIONS', 'options left out', 'a', /options\.gain: /, declare({ a: scale })),
  single('BAD_OPTIONS', 'not an object', 'a', /options: .*object/i, declare({ a: [scale, { options: 3 }] })),
  single(
    'BAD_OPTIONS',
    'a list in a list',
    'a',
    /options\.taps\[1\]\.hz: /,
    declare({
      a: [
        stageOf('s', {}, {}, { options: v.object({ taps: v.array(v.object({ hz: v.number() })) }) }),
        { options: { taps: [{ hz: 1 }, { hz: '2' }] } },
      ],
    }),
  ),
  single(
    'BAD_OPTIONS',
    'a schema that throws',
    'a',
    /the schema threw: oops/,
    declare({
      a: stageOf(
        's',
        {},
        {},
        {
          options: {
            '~standard': {
              version: 1,
              vendor: 'x',
              validate: () => {
                throw new Error('oops');
              },
            },
          },
        },
      ),
    }),
  ),
  single(
    'ASYNC_SCHEMA',
    'valibot async',
    'a',
    /asynchronous/,
    declare({
      a: stageOf(
        's',
        {},
        {},
        {
          options: v.pipeAsync(
            v.unknown(),
            v.checkAsync(async () => {
              throw new Error('late');
            }),
          ),
        },
      ),
    }),
  ),
  single(
    'BAD_SCHEMA',
    'a plain object',
    'a',
    /options of stage 's'/,
    declare({ a: stageOf('s', {}, {}, { options: { gain: 1 } }) }),
  ),
  single(
    'UNEXPECTED_OPTIONS',
    'no schema',
    'a',
    /takes none/,
    declare({ a: [source, { options: { gain: 1 } }] }),
  ),
  single(
    'NOT_CLONEABLE',
    'a function',
    'a',
    /cannot be sent to a worker/,
    declare({ a: [stageOf('s', {}, {}, { options: v.unknown() }), { options: { f: () => 1 } }] }),
  ),
  single(
    'BAD_PORTS',
    'a function that throws',
    'a',
    /outputs\(options\) threw: no/,
    declare({
      a: stageOf(
        's',
        {},
        {},
        {
          outputs: () => {
            throw new Error('no');
          },
        },
      ),
    }),
  ),
  single('BAD_PORTS', 'a list', 'a', /inputs is \[\]/, declare({ a: stageOf('s', {}, {}, { inputs: [] }) })),
  single(
    'BAD_PORTS',
    'no port',
    'a.x',
    /is no port/,
    declare({ a: stageOf('s', {}, {}, { outputs: { x: [8] } }) }),
  ),
  single(
    'BAD_PORTS',
    'null',
    'a.x',
    /null is no port/,
    declare({ a: stageOf('s', {}, {}, { outputs: { x: null } }) }),
  ),
  single(
    'BAD_DTYPE',
    'unknown',
    'a.x',
    /'float31' is no dtype/,
    declare({ a: stageOf('s', {}, { x: frame('float31' as 'float32', []) }) }),
  ),
  single(
    'BAD_SHAPE',
    'zero',
    'a.x',
    /\[ 0 \] is no shape/,
    declare({ a: stageOf('s', {}, { x: frame('int8', [0]) }) }),
  ),
  single(
    'BAD_SHAPE',
    'a fraction',
    'a.x',
    /1\.5/,
    declare({ a: stageOf('s', {}, { x: frame('int8', [4, 1.5]) }) }),
  ),
  single(
    'BAD_SHAPE',
    'NaN from options',
    'a.x',
    /NaN/,
    declare({
      a: stageOf(
        's',
        {},
        {},
        { outputs: (o: { n: number } | undefined) => ({ x: frame('int8', [Number(o?.n)]) }) },
      ),
    }),
  ),
  single(
    'FRAME_TOO_LARGE',
    'over 1 GiB',
    'a.x',
    /1073741832 bytes/,
    declare({ a: stageOf('s', {}, { x: frame('float64', [2 ** 27 + 1]) }) }),
  ),
  single(
    'RING_TOO_LARGE',
    'frames',
    'b.in',
    /64 slots of uint8 \[1073741824\]/,
    declare({ b: stageOf('b', { in: frame('uint8', [2 ** 30]) }, {}) }, [], { inputs: { x: 'b.in' } }),
  ),
  single(
    'RING_TOO_LARGE',
    'frames of an unread output',
    'a.x',
    /slots of uint8/,
    declare({ a: stageOf('a', {}, { x: frame('uint8', [2 ** 30]) }) }),
  ),
  single(
    'RING_TOO_LARGE',
    'frames of a dropNewest edge',
    'a.x',
    /4096 slots/,
    declare(
      {
        a: stageOf('a', {}, { x: frame('uint8', [2 ** 20]) }),
        b: stageOf('b', { in: frame('uint8', [2 ** 20]) }, {}),
      },
      [['a.x > b.in', { capacity: 4096, overflow: 'dropNewest' }]],
    ),
  ),
  single(
    'RING_TOO_LARGE',
    'twice the slots of the largest capacity',
    'a.out',
    /33554432 slots/,
    declare({ a: source, b: sink }, [['a.out > b.in', { capacity: 2 ** 24, overflow: 'latest' }]]),
  ),
  single(
    'RING_TOO_LARGE',
    'messages',
    'a.x',
    /8 messages of 268435456 bytes/,
    declare({ a: stageOf('a', {}, { x: message(undefined, { maxBytes: 2 ** 28, maxEmit: 8 }) }) }),
  ),
  single(
    'RING_TOO_LARGE',
    'many messages',
    'b.in',
    /16777216 slots for messages/,
    declare({ b: stageOf('b', { in: message() }, {}) }, [], {
      inputs: { x: ['b.in', { capacity: 2 ** 24 }] },
    }),
  ),
  single(
    'RING_TOO_LARGE',
    'twice the slots for lossy messages',
    'a.x',
    /33554432 slots for messages/,
    declare(
      {
        a: stageOf('a', {}, { x: message(undefined, { maxBytes: 8 }) }),
        b: stageOf('b', { in: message() }, {}),
      },
      [['a.x > b.in', { capacity: 2 ** 24, overflow: 'dropOldest' }]],
    ),
  ),
  single(
    'BAD_MAX_EMIT',
    'zero',
    'a.x',
    /maxEmit is 0/,
    declare({ a: stageOf('s', {}, { x: frame('int8', [], { maxEmit: 0 }) }) }),
  ),
  single(
    'BAD_MAX_BYTES',
    'negative',
    'a.x',
    /maxBytes is -1/,
    declare({ a: stageOf('s', {}, { x: message(undefined, { maxBytes: -1 }) }) }),
  ),
  single('UNKNOWN_STAGE', 'target', 'c.in', /no stage 'c'/, declare({ a: source }, ['a.out > c.in'])),
  single(
    'UNKNOWN_STAGE',
    'boundary',
    'c.out',
    /no stage 'c'/,
    declare({ a: source }, [], { outputs: { x: 'c.out' } }),
  ),
  single(
    'UNKNOWN_PORT',
    'no output of the name',
    'a.outt',
    /no output 'outt'/,
    declare({ a: source, b: free }, ['a.outt > b.in']),
  ),
  single(
    'UNKNOWN_PORT',
    'the other side',
    'b.out',
    /no input 'out' \('out' is an output\)/,
    declare({ a: source, b: free }, ['a.out > b.out']),
  ),
  single(
    'UNKNOWN_PORT',
    'a name that every object has',
    'a.constructor',
    /no output 'constructor'/,
    declare({ a: source, b: free }, ['a.constructor > b.in']),
  ),
  single(
    'TYPE_MISMATCH',
    'dtype',
    'b.in',
    /a\.x is frame float64 \[8\], but b\.in is frame float32 \[8\]/,
    declare({ a: stageOf('s', {}, { x: frame('float64', [8]) }), b: sink }, ['a.x > b.in']),
  ),
  single(
    'TYPE_MISMATCH',
    'kind',
    'b.in',
    /a\.x is message, but b\.in is frame/,
    declare({ a: stageOf('s', {}, { x: message() }), b: sink }, ['a.x > b.in']),
  ),
  single(
    'SHAPE_MISMATCH',
    'size',
    'b.in',
    /\[9\], but/,
    declare({ a: stageOf('s', {}, { x: frame('float32', [9]) }), b: sink }, ['a.x > b.in']),
  ),
  single(
    'SHAPE_MISMATCH',
    'rank, from options',
    'b.in',
    /\[8, 1\], but/,
    declare(
      {
        a: [
          stageOf(
            's',
            {},
            {},
            { options: gain, outputs: (o: { gain: number }) => ({ x: frame('float32', [o.gain, 1]) }) },
          ),
          { options: { gain: 8 } },
        ],
        b: sink,
      },
      ['a.x > b.in'],
    ),
  ),
  single(
    'UNCONNECTED_INPUT',
    'nothing feeds it',
    'b.in',
    /nothing is connected to input 'in'/,
    declare({ b: sink }),
  ),
  single(
    'UNMARKED_CYCLE',
    'two stages',
    'b',
    /a → b → a has no back-edge/,
    declare({ a: relay, b: relay }, [...chain, 'b.out > a.in']),
  ),
  single('UNMARKED_CYCLE', 'itself', 'a', /a → a/, declare({ a: relay }, ['a.out > a.in'])),
  single(
    'TOO_MANY_EDGES',
    'fan-out',
    'a.out',
    /57 edges leave/,
    declare(
      { a: source, ...Object.fromEntries(Array.from({ length: 57 }, (_, i) => [`s${i}`, sink])) },
      Array.from({ length: 57 }, (_, i) => `a.out > s${i}.in`),
    ),
  ),
  single(
    'MAX_EMIT_BEYOND_CAPACITY',
    'a small edge',
    'a.x',
    /maxEmit is 8, .* holds \(4\)/,
    declare({ a: stageOf('s', {}, { x: frame('float32', [8], { maxEmit: 8 }) }), b: sink }, [
      ['a.x > b.in', { capacity: 4 }],
    ]),
  ),
  single(
    'MAX_EMIT_BEYOND_CAPACITY',
    'at the boundary',
    'a.x',
    /65/,
    declare({ a: stageOf('s', {}, { x: frame('float32', [8], { maxEmit: 65 }) }) }, [], {
      outputs: { x: 'a.x' },
    }),
  ),
  single(
    'BAD_CAPACITY',
    'zero',
    'a.out',
    /edge a\.out → b\.in has capacity 0/,
    declare({ a: source, b: sink }, [['a.out > b.in', { capacity: 0 }]]),
  ),
  single(
    'BAD_CAPACITY',
    'too large',
    'a.out',
    /boundary output 'x' has capacity 16777217/,
    declare({ a: source }, [], { outputs: { x: ['a.out', { capacity: 2 ** 24 + 1 }] } }),
  ),
  single(
    'BAD_OVERFLOW',
    'unknown',
    'a.out',
    /overflow 'drop'/,
    declare({ a: source, b: sink }, [['a.out > b.in', { overflow: 'drop' as 'block' }]]),
  ),
  single('BAD_TICK', 'no rate', 'a', /tick\.hz is 0/, declare({ a: [source, { tick: { hz: 0 } }] })),
  single(
    'BAD_TICK',
    'too fast',
    'a',
    /tick\.hz is 10001/,
    declare({ a: [source, { tick: { hz: 10_001 } }] }),
  ),
  single('BAD_TICK', 'NaN', 'a', /tick\.hz is NaN/, declare({ a: [source, { tick: { hz: NaN } }] })),
  single(
    'BAD_TICK',
    'phase',
    'a',
    /tick\.phase is 'late'/,
    declare({ a: [source, { tick: { hz: 1, phase: 'late' } }] }),
  ),
  single(
    'BAD_TICK',
    'priority',
    'a',
    /tick\.priority is 0\.5/,
    declare({ a: [source, { tick: { hz: 1, priority: 0.5 } }] }),
  ),
  ...(
    [
      ['strategy', 'retry'],
      ['triesMax', 0],
      ['restartsMax', -1],
      ['withinMs', 0],
      ['backoffMs', -1],
      ['backoffMaxMs', 1],
      ['watchdogMs', Infinity],
      ['asyncWatchdogMs', '5'],
    ] as const
  ).map(([key, value]) =>
    single(
      'BAD_SUPERVISION',
      key,
      'a',
      new RegExp(`supervision\\.${key} is `),
      declare({ a: [source, { supervision: { [key]: value } }] }),
    ),
  ),
  single(
    'BAD_SNAPSHOT_INTERVAL',
    'zero',
    'a',
    /snapshotEveryMs is 0/,
    declare({ a: [source, { snapshotEveryMs: 0 }] }),
  ),
  single('BAD_SPILL_MAX', 'negative', 'a', /spillMax is -1/, declare({ a: [source, { spillMax: -1 }] })),
  single('BAD_PLACEMENT', 'a number', 'a', /worker is 3/, declare({ a: [source, { worker: 3 }] })),
  single(
    'BAD_PLACEMENT',
    'not dedicated',
    'a',
    /worker is \{ dedicated: false \}/,
    declare({ a: [source, { worker: { dedicated: false } }] }),
  ),
  single(
    'BAD_PLACEMENT',
    'both',
    'a',
    /worker is \{/,
    declare({ a: [source, { worker: { dedicated: true, group: 'g' } }] }),
  ),
  { ...single('BAD_WORKERS', 'none', '', /workers is 0/, declare({ a: source })), options: { workers: 0 } },
  {
    ...single('BAD_WORKERS', 'too many', '', /workers is 65/, declare({ a: source })),
    options: { workers: 65 },
  },
  single(
    'TOO_MANY_WORKERS',
    'dedicated',
    '',
    /257 workers/,
    declare(
      Object.fromEntries(
        Array.from({ length: 257 }, (_, i) => [`s${i}`, [source, { worker: { dedicated: true } }]]),
      ),
    ),
  ),
];

describe('a declaration with one thing wrong', () => {
  test.each(cases)('$code: $title', ({ code, declaration, options, at, says }) => {
    const problems = problemsOf(declaration, options);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    const [problem] = problems;
    expect([problem?.stage, problem?.port].filter(Boolean).join('.')).toBe(at);
    expect(problem?.message).toMatch(says);
    expect(problem?.remedy).toMatch(/^[A-Z].+\.$/);
  });
});

test('more than ten problems of as many kinds come in one error', () => {
  const emitter = stageOf('emitter', {}, { x: frame('float32', [8], { maxEmit: 100 }) });
  const declaration = declare(
    {
      good: source,
      '9lives': relay,
      odd: { create: () => ({}) },
      scaled: [scale, { options: { gain: 'much' } }],
      emitter,
      ticking: [free, { tick: { hz: -1 } }],
      lonely: sink,
      loop: relay,
      wide: stageOf('wide', { in: frame('float32', [16]) }, {}),
    },
    [
      'good.out > 9lives.in',
      'emitter.x > ticking.in',
      'good.out > wide.in',
      'good.nothing > ticking.in',
      'nobody.out > ticking.in',
      'loop.out > loop.in',
    ],
    { outputs: { x: ['good.out', { overflow: 'sometimes' as 'block' }] } },
  );
  const error = planErrorOf(declaration, { workers: 1.5 });
  const found = error.problems.map(
    ({ code, stage, port }) => `${code} ${[stage, port].filter(Boolean).join('.')}`,
  );
  expect(found.sort()).toEqual([
    'BAD_NAME 9lives',
    'BAD_OPTIONS scaled',
    'BAD_OVERFLOW good.out',
    'BAD_TICK ticking',
    'BAD_WORKERS ',
    'MAX_EMIT_BEYOND_CAPACITY emitter.x',
    'NOT_A_STAGE odd',
    'SHAPE_MISMATCH wide.in',
    'UNCONNECTED_INPUT lonely.in',
    'UNKNOWN_PORT good.nothing',
    'UNKNOWN_STAGE nobody.out',
    'UNMARKED_CYCLE loop',
  ]);
  expect(error.code).toBe('PLAN_INVALID');
  expect(error.message).toMatch(/^graph 'test' cannot run: 12 problems\n/);
  for (const problem of error.problems) {
    expect(error.message).toContain(problem.message);
    expect(error.message).toContain(problem.remedy);
  }
});

test('every unmarked cycle is named at once, and marking the edges named makes the graph run', () => {
  const stages = { a: relay, b: relay, c: relay, d: free };
  const edges = [
    'a.out > b.in',
    'b.out > a.in',
    'b.out > c.in',
    'c.out > a.in',
    'c.out > c.in',
    'd.out > a.in',
  ];
  const problems = problemsOf(declare(stages, edges));
  expect(problems.map(({ message: text }) => text)).toEqual([
    expect.stringContaining('c → c'),
    expect.stringContaining('a → b → c → a'),
    expect.stringContaining('a → b → a'),
  ]);
  const named = new Set(
    problems.map(({ remedy }) => /such as (\w+) → (\w+),/.exec(remedy)?.slice(1).join(' ')),
  );
  const marked = edges.map((edge) => {
    const [, from, to] = /^(\w+)\.out > (\w+)\.in$/.exec(edge) ?? [];
    return [edge, { back: named.has(`${from} ${to}`) }] as const;
  });
  expect(compile(declare(stages, marked)).edges.filter((edge) => edge.back)).toHaveLength(3);
});

test('a long cycle is named in part', () => {
  const names = Array.from({ length: 100 }, (_, i) => `s${i}`);
  const edges = names.map((name, i) => `${name}.out > ${names[(i + 1) % 100]}.in`);
  const [problem] = problemsOf(declare(Object.fromEntries(names.map((name) => [name, relay])), edges));
  expect(problem?.message).toContain('s0 → s1 → s2 → s3 → s4 → s5 → s6 → s7 → … (85 more) … → s93');
  expect(problem?.remedy).toContain('s99 → s0');
});

test('unknown ports and options cause no further problems where they are used', () => {
  const declaration = declare(
    {
      a: [
        stageOf(
          'a',
          {},
          {},
          { options: gain, outputs: (o: { gain: number }) => ({ x: frame('float32', [o.gain]) }) },
        ),
        {},
      ],
      b: sink,
    },
    ['a.x > b.in'],
  );
  expect(problemsOf(declaration).map(({ code }) => code)).toEqual(['BAD_OPTIONS']);
});

describe('what is odd, but runs, is a warning', () => {
  const warnings = (declaration: GraphDeclaration): string[] =>
    compile(declaration, { workers: 2 }).warnings.map(({ code, stage, port }) =>
      [code, [stage, port].filter(Boolean).join('.')].join(' ').trim(),
    );

  test('nothing odd', () => expect(warnings(declare({ a: source, b: sink }, chain))).toEqual([]));
  test('UNREAD_OUTPUT', () => expect(warnings(declare({ a: source }))).toEqual(['UNREAD_OUTPUT a.out']));
  test('DUPLICATE_EDGE', () =>
    expect(warnings(declare({ a: source, b: sink }, [...chain, ...chain]))).toEqual([
      'DUPLICATE_EDGE a.out',
    ]));
  test('IDLE_BACK_EDGE', () =>
    expect(warnings(declare({ a: source, b: sink }, [['a.out > b.in', { back: true }]]))).toEqual([
      'IDLE_BACK_EDGE a.out',
    ]));
  test('MIXED_GROUP', () => {
    const worker = { group: 'g' };
    const io = stageOf('io', { in: eight }, {}, { io: true });
    expect(warnings(declare({ a: [source, { worker }], b: [io, { worker }] }, chain))).toEqual([
      'MIXED_GROUP',
    ]);
  });
});
