/** How many handler calls a simulation makes in a second: a chain over three workers, with faults. */
import { defineStage, frame, graph } from '@troupe/core';
import { simulate } from '@troupe/core/testing';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';

const number = frame('float64', [1]);
const LENGTH = 4;
const CAPACITY = 16;

const increment = defineStage({
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

function chain() {
  const declared = graph('chain');
  const supervision = { strategy: 'resume', backoffMs: 1 } as const;
  const stages = Array.from({ length: LENGTH }, (_, i) =>
    declared.stage(`s${i}`, increment, { supervision }),
  );
  for (const [i, to] of stages.entries()) {
    const from = stages[i - 1];
    if (from !== undefined) declared.connect(from.out.out, to.in.in, { capacity: CAPACITY });
  }
  const [first, last] = [stages[0], stages.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a chain has a stage');
  declared.input('in', first.in.in);
  declared.output('out', last.out.out);
  return declared;
}

/** Parameters: `inputs` (timed). */
export async function measure(load: Load): Promise<Sample> {
  const count = countOf(load, numberOf(load, 'inputs'));
  const play = async (inputs: number): Promise<number> => {
    const data = Array.from({ length: inputs }, (_, i) => Float64Array.of(i));
    const faults = { throw: 0.000_1, death: 0.000_05, slow: 0.000_1 };
    const options = { seed: 1, workers: 3, steps: Infinity, inputs: { in: data }, faults };
    const { calls } = await simulate(chain(), options);
    return calls;
  };
  await play(Math.ceil(count / 4));
  const startMs = performance.now();
  const calls = await play(count);
  return { nsPerCall: ((performance.now() - startMs) * 1e6) / calls };
}
