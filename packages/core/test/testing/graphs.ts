/** Small graphs of inline stages, to be simulated. */
import { defineStage, frame, graph, message } from '@troupe/core';

export const number = frame('float64', [1]);
/** Failures are tried again soon, and as often as it takes. */
export const patient = {
  supervision: { strategy: 'resume', triesMax: 100, backoffMs: 1, backoffMaxMs: 1, watchdogMs: 20 },
} as const;

/** Adds 1. */
export const increment = defineStage({
  name: 'increment',
  inputs: { in: number },
  outputs: { out: number },
  create: () => ({
    onInput({ frame: [value = 0] }, out) {
      out.reserve('out')[0] = value + 1;
      out.commit('out');
    },
  }),
});

/** Each stage adds 1. */
export function chain(length: number, capacity = 8) {
  const g = graph('chain');
  const stages = Array.from({ length }, (_, i) => g.stage(`s${i}`, increment, patient));
  for (let i = 1; i < length; i++) {
    const [from, to] = [stages[i - 1], stages[i]];
    if (from !== undefined && to !== undefined) g.connect(from.out.out, to.in.in, { capacity });
  }
  const [first, last] = [stages[0], stages.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a chain has a stage');
  g.input('in', first.in.in, { capacity });
  g.output('out', last.out.out, { capacity });
  return g;
}

export function numbers(count: number): Float64Array[] {
  return Array.from({ length: count }, (_, i) => Float64Array.of(i));
}

const later = (name: string, activeIn: readonly string[] | undefined, resources: readonly string[]) =>
  defineStage({
    name,
    io: true,
    ...(activeIn === undefined ? {} : { activeIn }),
    resources,
    inputs: { in: message<number>() },
    outputs: { out: message<number>() },
    create: () => ({
      async onInput({ value }, out) {
        await Promise.resolve();
        out.send('out', value);
      },
    }),
  });

/** Two stages on threads of their own that must not run at once, for one reason or the other. */
export function rivals(by: 'modes' | 'resources') {
  const g = graph('rivals');
  for (const [name, mode] of [
    ['one', 'training'],
    ['two', 'predicting'],
  ] as const) {
    const stage = g.stage(
      name,
      later(name, by === 'modes' ? [mode] : undefined, by === 'modes' ? [] : ['gpu']),
      { ...patient, worker: { dedicated: true }, whileInactive: 'hold' },
    );
    g.input(`in-${name}`, stage.in.in);
    g.output(`out-${name}`, stage.out.out);
  }
  return g;
}
