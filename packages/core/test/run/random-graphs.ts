import fc from 'fast-check';
import { graph } from '@troupe/core';
import type { ClockKind, Overflow, Phase, Placement, TickOptions } from '@troupe/core';
import { counter, mingle, mix } from '../fixtures/stepped.ts';

/** A stage of a random graph. Each input is fed by another stage: an earlier one, or a later one back. */
export interface Node {
  readonly kind: 'counter' | 'mix' | 'mingle';
  readonly salt: number;
  readonly copies: number;
  readonly count: number;
  readonly tick: TickOptions | undefined;
  /** For each input port: which stages feed it, as fractions of all, and how. */
  readonly feeds: readonly (readonly {
    readonly from: number;
    readonly overflow: Overflow;
    readonly capacity: number;
  }[])[];
}

const tick = fc.record({
  hz: fc.constantFrom(100, 250, 1000 / 3),
  phase: fc.constantFrom<Phase>('acquisition', 'control', 'physics', 'export'),
  priority: fc.integer({ min: -1, max: 1 }),
});

const free = fc.record({ phase: fc.constantFrom<Phase>('preAcquisition', 'postExport') });

export const node: fc.Arbitrary<Node> = fc.record({
  kind: fc.constantFrom('counter', 'mix', 'mix', 'mingle', 'mingle'),
  salt: fc.integer(),
  copies: fc.integer({ min: 1, max: 4 }),
  count: fc.integer({ min: 0, max: 120 }),
  tick: fc.oneof({ weight: 2, arbitrary: tick }, { weight: 1, arbitrary: free }, fc.constant(undefined)),
  feeds: fc.array(
    fc.array(
      fc.record({
        from: fc.integer({ min: 0, max: 1000 }),
        overflow: fc.constantFrom<Overflow>('block', 'block', 'block', 'latest', 'dropOldest', 'dropNewest'),
        capacity: fc.integer({ min: 4, max: 12 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    { minLength: 2, maxLength: 2 },
  ),
});

type Fixture = typeof mix | typeof mingle | typeof counter;
const stages: Record<Node['kind'], Fixture> = { counter, mix, mingle };

const ports: Record<Node['kind'], { readonly in: readonly string[]; readonly out: readonly string[] }> = {
  counter: { in: [], out: ['out'] },
  mix: { in: ['a', 'b'], out: ['out'] },
  mingle: { in: ['a', 'value'], out: ['out', 'value'] },
};

/**
 * The graph, and its outputs. `loop`: what the edge does by which the first values come back; one that blocks
 * may stand still where there are no steps.
 */
export function build(
  nodes: readonly Node[],
  worker: Placement,
  loop: Overflow = 'block',
): { g: ReturnType<typeof graph>; outputs: string[] } {
  const g = graph('random');
  if (nodes.some(({ tick: ticking }) => ticking !== undefined)) g.runner('base', { hz: 200 });
  // The first stage is a source, so that every input can be fed from before; values need a source of values.
  const first = g.stage('first', counter, { options: { count: 100 }, worker });
  const seed = g.stage('seed', mingle, { options: { salt: 1 }, worker });
  g.connect(first.out.out, seed.in.a);
  g.connect(seed.out.value, seed.in.value, { back: true, overflow: loop });
  const refs = nodes.map(({ kind, salt, copies, count, tick: ticking }, i) => {
    const options = kind === 'counter' ? { count } : { salt, copies };
    const settings = {
      options,
      worker,
      ...(ticking === undefined || kind === 'counter' || kind === 'mingle' ? {} : { tick: ticking }),
    };
    return g.stage(`n${i}`, stages[kind] as typeof mix, settings);
  });
  const givers = (port: string): { ref: (typeof refs)[number]; at: number }[] => {
    const fromAll = nodes.flatMap(({ kind }, at) =>
      ports[kind].out.includes(port) ? [{ ref: refs[at] as (typeof refs)[number], at }] : [],
    );
    const root = { ref: (port === 'value' ? seed : first) as unknown as (typeof refs)[number], at: -1 };
    return [root, ...fromAll];
  };
  nodes.forEach(({ kind, feeds }, at) => {
    ports[kind].in.forEach((port, i) => {
      for (const { from, overflow, capacity } of feeds[i] ?? []) {
        const candidates = givers(port === 'value' ? 'value' : 'out');
        const giver = candidates[from % candidates.length];
        if (giver === undefined) continue;
        const out = giver.ref.out as unknown as Record<string, never>;
        const into = (refs[at] as (typeof refs)[number]).in as unknown as Record<string, never>;
        const [source, target] = [out[port === 'value' ? 'value' : 'out'], into[port]];
        // What goes round may be multiplied on its way: it is bounded by what such an edge keeps.
        const back = giver.at >= at;
        const kept = back && overflow === 'block' ? 'dropOldest' : overflow;
        g.connect(source as never, target as never, { overflow: kept, capacity, back });
      }
    });
  });
  const outputs: string[] = [];
  nodes.forEach(({ kind }, at) => {
    for (const port of ports[kind].out) {
      const out = (refs[at] as (typeof refs)[number]).out as unknown as Record<string, never>;
      g.output(`n${at}-${port}`, out[port] as never, { capacity: 64 });
      outputs.push(`n${at}-${port}`);
    }
  });
  return { g, outputs };
}

/** Everything that a graph gives, bit for bit. */
export async function play(
  nodes: readonly Node[],
  workers: number,
  worker: Placement,
  clock: ClockKind,
): Promise<string> {
  const { g, outputs } = build(nodes, worker);
  await using run = await g.start({ workers, clock, seed: 7, durationMs: 40, onLog: () => undefined });
  const texts = await Promise.all(
    outputs.map(async (name) => {
      const lines: string[] = [];
      for await (const { frame, value, seq, time } of run.samples(name)) {
        const bits = frame === undefined ? JSON.stringify(value) : Buffer.from(frame.buffer).toString('hex');
        lines.push(`${seq} ${time} ${bits}`);
      }
      return `${name}\n${lines.join('\n')}`;
    }),
  );
  await run.done;
  return texts.join('\n');
}

/** The first line in which two plays differ; `undefined` where they are equal. */
export function difference(a: string, b: string): string | undefined {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, i) => line !== right[i]);
  if (at < 0 && left.length === right.length) return undefined;
  const name = left.slice(0, Math.max(at, 0) + 1).findLast((line) => line.startsWith('n'));
  return `${name}, line ${at}: ${left[at]} | ${right[at]}, of ${left.length} | ${right.length}`;
}
