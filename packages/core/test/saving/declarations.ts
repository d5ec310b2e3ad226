import fc from 'fast-check';
import { graph } from '../../src/graph.ts';
import type { Graph } from '../../src/graph.ts';
import type { Overflow, Phase, StageSettings, Supervision } from '../../src/plan/types.ts';
import { frame } from '../../src/ports.ts';
import type { StageRef } from '../../src/refs.ts';
import { 'shown as' as shown, first, sized } from '../fixtures/saved.ts';

/** Strings that UTF-8 can write. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((string) => string.toWellFormed()),
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', '.', 'a.b', '"', "'", '\\', '\n', '\u007f', '\0', '#', 'ü', 'constructor', 'toString'),
);
const key = text.filter((string) => string !== '__proto__');
/** Every double. */
const number: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(-0, 0, 1, 1e21, 2 ** 53, -(2 ** 53), 2 ** 64, 1e-7, Infinity, -Infinity, Number.NaN),
);

/** Whatever TOML can carry. */
export const { value: carriable } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    number,
    fc.boolean(),
    fc.date({
      min: new Date('0000-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.oneof(fc.double(), fc.integer()), { maxLength: 60 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }),
  ),
}));

const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const overflow = fc.constantFrom<Overflow>('block', 'latest', 'dropOldest', 'dropNewest', 'error');
const phase = fc.constantFrom<Phase>(
  'preAcquisition',
  'acquisition',
  'control',
  'physics',
  'validation',
  'export',
  'postExport',
);
const strategy = fc.constantFrom<Supervision['strategy']>('restart', 'resume', 'stop', 'escalate');

const partial = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;

/** By reference or by name: a file has the name. */
const reference = (kind: 'runner' | 'event' | 'latch'): fc.Arbitrary<never> =>
  fc.oneof(
    text,
    text.map((name) => ({ [kind]: name })),
  ) as fc.Arbitrary<never>;

const settings = partial<StageSettings>({
  options: carriable,
  tick: maybe(
    partial({ hz: number, runner: reference('runner'), phase, priority: number, budgetMs: number }),
  ),
  worker: fc.oneof(
    fc.constantFrom('auto' as const, 'main' as const),
    fc.constant({ dedicated: true } as const),
    fc.record({ group: text }),
  ),
  supervision: partial<Supervision>({
    strategy,
    triesMax: number,
    restartsMax: number,
    withinMs: number,
    backoffMs: number,
    backoffMaxMs: number,
    watchdogMs: number,
    asyncWatchdogMs: number,
  }),
  snapshotEveryMs: maybe(number),
  spillMax: number,
  activeIn: fc.array(text, { maxLength: 3 }),
  whileInactive: fc.constantFrom('drop', 'hold', 'latest'),
  resources: fc.oneof(fc.array(text, { maxLength: 3 }), fc.dictionary(key, number, { maxKeys: 3 })),
  events: fc.dictionary(key, reference('event'), { maxKeys: 3 }),
  latches: fc.dictionary(key, reference('latch'), { maxKeys: 3 }),
  control: fc.record({ form: fc.constantFrom('switchable', 'toggleable'), event: reference('event') }),
});

const names = fc.uniqueArray(text, { maxLength: 4 });
const end = fc.record({ stage: fc.nat(), port: text });
const edgeOptions = partial<{ capacity: number; overflow: Overflow }>({ capacity: number, overflow });

const parts = fc.record({
  name: text,
  runners: fc.tuple(names, fc.array(number, { minLength: 4, maxLength: 4 })),
  events: fc.tuple(names, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })),
  latches: fc.tuple(names, fc.array(fc.integer(), { maxLength: 3 })),
  stages: fc.tuple(
    fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(fc.nat({ max: 2 }), settings), { minLength: 4, maxLength: 4 }),
  ),
  edges: fc.array(fc.tuple(end, end, edgeOptions, fc.option(fc.boolean(), { nil: undefined })), {
    maxLength: 5,
  }),
  inputs: fc.tuple(names, fc.array(fc.tuple(end, edgeOptions), { minLength: 4, maxLength: 4 })),
  outputs: fc.tuple(names, fc.array(fc.tuple(end, edgeOptions), { minLength: 4, maxLength: 4 })),
  terminators: fc.array(end, { maxLength: 3 }),
});

/** Graphs that say everything that a graph can say, and mean nothing. */
export const graphs: fc.Arbitrary<Graph> = parts.map((given) => {
  const g = graph(given.name);
  const definitions = [first, sized, shown];
  given.runners[0].forEach((name, i) => g.runner(name, { hz: given.runners[1][i] ?? 0 }));
  given.events[0].forEach((name, i) => g.event(name, { initial: given.events[1][i] ?? false }));
  given.latches[0].forEach((name) => g.latch(name, frame('float64', given.latches[1])));
  const stages = given.stages[0].map((name, i) => {
    const [which, said] = given.stages[1][i] ?? [0, {}];
    return g.stage(name, (definitions[which] ?? first) as typeof first, said);
  });
  const at = (index: number): StageRef => stages[index % stages.length] as StageRef;
  for (const [from, to, options, back] of given.edges) {
    g.connect(at(from.stage).out[from.port] as never, at(to.stage).in[to.port] as never, {
      ...options,
      ...(back === undefined ? {} : { back }),
    });
  }
  const boundary = (
    list: typeof given.inputs,
    add: (name: string, where: number, port: string, options: object) => void,
  ): void => {
    list[0].forEach((name, i) => {
      const [where, options] = list[1][i] ?? [{ stage: 0, port: '' }, {}];
      add(name, where.stage, where.port, options);
    });
  };
  boundary(given.inputs, (name, where, port, options) => g.input(name, at(where).in[port] as never, options));
  boundary(given.outputs, (name, where, port, options) =>
    g.output(name, at(where).out[port] as never, options),
  );
  for (const { stage, port } of given.terminators) g.terminate(at(stage).out[port] as never);
  return g;
});
