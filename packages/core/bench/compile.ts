/**
 * The time of `compile` alone for a chain of stages over two workers: the part of a start that needs no
 * thread.
 */
import { compile, defineStage, frame, graph } from '@troupe/core';

const TURNS = 5;

interface Load {
  readonly parameters: Readonly<Record<string, unknown>>;
}

const relay = defineStage({
  module: import.meta.url,
  name: 'relay',
  inputs: { frames: frame('float32', [16], { optional: true }) },
  outputs: { frames: frame('float32', [16]) },
  create() {
    return {
      onInput(input, out) {
        out.send('frames', input.frame);
      },
    };
  },
});

/** Parameters: `stages`. Gives the time of the first call, and of the fastest of some more. */
export async function measure(load: Load): Promise<Record<string, number>> {
  const declared = graph('compile');
  let { out } = declared.stage('relay-0', relay);
  for (let index = 1; index < Number(load.parameters['stages']); index++) {
    const next = declared.stage(`relay-${index}`, relay);
    declared.connect(out.frames, next.in.frames);
    out = next.out;
  }
  declared.output('frames', out.frames);
  const tookMs = Array.from({ length: TURNS }, () => {
    const startMs = performance.now();
    compile(declared, { workers: 2 });
    return performance.now() - startMs;
  });
  return { firstMs: tookMs[0] ?? Number.NaN, fastestMs: Math.min(...tookMs) };
}
