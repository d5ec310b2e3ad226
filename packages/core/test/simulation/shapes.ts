/** Graphs, and how each is simulated with a seed. */
import { graph } from '@troupe/core';
import { ledShapes } from './led-shapes.ts';
import { all, capacityOf, mood, numbers, settings, upTo } from './moods.ts';
import type { Graph, Shape } from './moods.ts';
import { burst, join, later, pass, relay, sieve, source } from './stages.ts';

function chainOf(length: number, capacity: number, seed: number): Graph {
  const g = graph('chain');
  const refs = Array.from({ length }, (_, i) => g.stage(`s${i}`, relay, settings(seed, i)));
  for (const [i, to] of refs.entries()) {
    const from = refs[i - 1];
    if (from === undefined) g.input('in', to.in.in, { capacity });
    else g.connect(from.out.out, to.in.in, { capacity });
    if (i === length - 1) g.output('out', to.out.out, { capacity });
  }
  return g;
}

const chain: Shape = {
  name: 'chain',
  build: (seed) => chainOf(4, capacityOf(seed), seed),
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(60) } }),
  expected: { out: all },
};

const deep: Shape = {
  name: 'deep',
  build: (seed) => chainOf(16, 2, seed),
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(20) } }),
  expected: { out: all },
};

const fanOut: Shape = {
  name: 'fan-out',
  build(seed) {
    const g = graph('fan-out');
    const first = g.stage('first', relay, settings(seed, 0));
    g.input('in', first.in.in);
    for (let i = 0; i < 3; i++) {
      const branch = g.stage(`branch${i}`, relay, settings(seed, i + 1));
      g.connect(first.out.out, branch.in.in, { capacity: capacityOf(seed + i * 4) });
      g.output(`out${i}`, branch.out.out);
    }
    return g;
  },
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(40) } }),
  expected: { out0: all, out1: all, out2: all },
};

const fanIn: Shape = {
  name: 'fan-in',
  build(seed) {
    const g = graph('fan-in');
    const last = g.stage('last', relay, settings(seed, 0));
    for (let i = 0; i < 3; i++) {
      const branch = g.stage(`branch${i}`, relay, settings(seed, i + 1));
      g.input(`in${i}`, branch.in.in);
      g.connect(branch.out.out, last.in.in, { capacity: capacityOf(seed + i * 4) });
    }
    // What throws has counted already: only a new instance sends what was discarded.
    const own = g.stage('own', source, settings(seed | 16, 4));
    g.connect(own.out.out, last.in.in, { capacity: capacityOf(seed) });
    g.output('out', last.out.out);
    return g;
  },
  options: (seed) => ({
    ...mood(seed),
    inputs: { in0: numbers(20), in1: numbers(20, 1000), in2: numbers(20, 2000) },
    untilMs: 5_000,
  }),
  expected: {
    out: ({ in0, in1, in2 }) => [...upTo(in0), ...upTo(in1, 1000), ...upTo(in2, 2000), ...upTo(20, 3000)],
  },
  sourceOf: (value) => Math.floor(value / 1000),
};

function diamondOf(seed: number, isFiltering: boolean): Graph {
  const g = graph('diamond');
  const first = g.stage('first', relay, settings(seed, 0));
  const left = g.stage('left', isFiltering ? sieve : relay, settings(seed, 1));
  const right = g.stage('right', relay, settings(seed, 2));
  const last = g.stage('last', join, settings(seed, 3));
  const capacity = capacityOf(seed);
  g.input('in', first.in.in, { capacity });
  g.connect(first.out.out, left.in.in, { capacity });
  g.connect(first.out.out, right.in.in, { capacity });
  g.connect(left.out.out, last.in.left, { capacity });
  g.connect(right.out.out, last.in.right, { capacity });
  g.output('out', last.out.out, { capacity });
  return g;
}

const diamond: Shape = {
  name: 'diamond',
  build: (seed) => diamondOf(seed, false),
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(40) } }),
  expected: { out: ({ in: count }) => upTo(count).flatMap((value) => [value, -1 - value]) },
  sourceOf: Math.sign,
};

const filteringDiamond: Shape = {
  name: 'filtering diamond',
  build: (seed) => diamondOf(seed, true),
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(40) } }),
  expected: {
    out: ({ in: count }) =>
      upTo(count).flatMap((value) => (value % 3 === 0 ? [value, -1 - value] : [-1 - value])),
  },
  sourceOf: Math.sign,
};

const wide: Shape = {
  name: 'wide',
  build(seed) {
    const g = graph('wide');
    const first = g.stage('first', relay, settings(seed, 0));
    const last = g.stage('last', relay, settings(seed, 1));
    g.input('in', first.in.in);
    for (let i = 0; i < 10; i++) {
      const branch = g.stage(`branch${i}`, relay, settings(seed, i + 2));
      g.connect(first.out.out, branch.in.in, { capacity: capacityOf(seed + i * 4) });
      g.connect(branch.out.out, last.in.in, { capacity: capacityOf(seed + i) });
    }
    g.output('out', last.out.out);
    return g;
  },
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(10) } }),
  expected: { out: all },
  isRepeating: true,
};

/** Three that must not run in each other's modes, two of which use the same resource. */
const modes: Shape = {
  name: 'modes',
  build(seed) {
    const g = graph('modes');
    const doings = [
      ['recording', relay, []],
      ['training', later, ['gpu']],
      ['predicting', later, ['gpu']],
      ['always', later, ['gpu']],
    ] as const;
    for (const [i, [mode, stage, resources]] of doings.entries()) {
      const ref = g.stage(mode, stage as typeof later, {
        ...settings(seed, i),
        resources,
        ...(mode === 'always' ? {} : { activeIn: [mode] }),
        whileInactive: (['hold', 'latest', 'drop'] as const)[(seed + i) % 3] ?? 'hold',
      });
      g.input(`in-${mode}`, ref.in.in);
      g.output(`out-${mode}`, ref.out.out);
    }
    return g;
  },
  options: (seed) => {
    const { faults, ...rest } = mood(seed);
    return {
      ...rest,
      // A change of mode takes a few dozen points: few steps would be made between those of a fast clock.
      faults: { ...faults, slow: 0.2, death: 0.05, kill: 0.02, mode: rest.clock === 'fast' ? 0.005 : 0.02 },
      inputs: {
        'in-recording': numbers(20),
        'in-training': upTo(20),
        'in-predicting': upTo(20),
        'in-always': upTo(20),
      },
      untilMs: 100,
    };
  },
  expected: { 'out-always': ({ 'in-always': count }) => upTo(count) },
};

const slowReader: Shape = {
  name: 'slow reader',
  build(seed) {
    const g = graph('slow-reader');
    const first = g.stage('first', relay, settings(seed, 0));
    g.input('in', first.in.in);
    for (const [i, overflow] of (['block', 'latest', 'dropOldest', 'dropNewest'] as const).entries()) {
      const reader = g.stage(`slow-${overflow}`, relay, settings(seed, i + 1));
      g.connect(first.out.out, reader.in.in, { overflow, capacity: capacityOf(seed + i * 4) });
      g.output(overflow, reader.out.out);
    }
    return g;
  },
  options: (seed) => {
    const { faults, ...rest } = mood(seed);
    return { ...rest, faults: { ...faults, slow: 0.2 }, inputs: { in: numbers(40) } };
  },
  expected: {
    block: all,
    // What is newest is never dropped, whatever came before it; nor is what finds an empty mailbox.
    latest: ({ in: count }) => upTo(count).slice(-1),
    dropOldest: ({ in: count }) => upTo(count).slice(-1),
    dropNewest: ({ in: count }) => upTo(count).slice(0, 1),
  },
};

/** Five at a time, most of them beyond what is declared, through mailboxes that hold fewer. */
const bursts: Shape = {
  name: 'bursts',
  build(seed) {
    const g = graph('bursts');
    const first = g.stage('first', burst, settings(seed, 0));
    const second = g.stage('second', pass, settings(seed, 1));
    const third = g.stage('third', (seed & 2) === 0 ? pass : later, settings(seed, 2));
    const capacity = capacityOf(seed);
    g.input('in', first.in.in, { capacity });
    g.connect(first.out.out, second.in.in, { capacity });
    g.connect(second.out.out, third.in.in, { capacity });
    g.output('out', third.out.out, { capacity });
    return g;
  },
  options: (seed) => ({ ...mood(seed), inputs: { in: numbers(15) } }),
  expected: { out: ({ in: count }) => upTo((count ?? 0) * 5) },
};

export const shapes: readonly Shape[] = [
  chain,
  fanOut,
  fanIn,
  diamond,
  filteringDiamond,
  deep,
  wide,
  modes,
  slowReader,
  bursts,
  ...ledShapes,
];
