import { deepStrictEqual, partialDeepStrictEqual, rejects } from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { defineStage, graph, message } from '@troupe/core';
import type { Run } from '@troupe/core';
import { until } from '../run/deadline.ts';
import { capacity, LineModel } from './line-model.ts';
import type { StageName } from './line-model.ts';

const relay = defineStage({
  name: 'relay',
  inputs: { in: message<number>() },
  outputs: { out: message<number>() },
  create: () => ({
    onInput({ value }, out) {
      out.send('out', value);
    },
  }),
});

async function startLine(): Promise<Run> {
  const g = graph('line');
  const a = g.stage('a', relay, { worker: 'main' });
  const b = g.stage('b', relay, { worker: 'main' });
  g.input('in', a.in.in, { capacity });
  g.connect(a.out.out, b.in.in, { capacity });
  g.output('out', b.out.out, { capacity });
  return g.start();
}

const stage = fc.constantFrom<StageName>('a', 'b');
const stages = fc.uniqueArray(stage, { minLength: 1 });
const deed = fc.oneof(
  { arbitrary: fc.constant({ do: 'push' as const }), weight: 5 },
  { arbitrary: fc.constant({ do: 'pull' as const }), weight: 4 },
  { arbitrary: stages.map((of) => ({ do: 'pause' as const, stages: of })), weight: 2 },
  { arbitrary: stages.map((of) => ({ do: 'resume' as const, stages: of })), weight: 2 },
  { arbitrary: stage.map((of) => ({ do: 'step' as const, stage: of })), weight: 4 },
  {
    arbitrary: fc.tuple(stage, fc.integer({ min: 1, max: 4 })).map(([of, every]) => ({
      do: 'break' as const,
      stage: of,
      every,
    })),
    weight: 1,
  },
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

/** Does one thing with both. */
async function play(run: Run, model: LineModel, what: Deed): Promise<void> {
  const { debug } = run;
  if (what.do === 'push') {
    const pushed = model.push();
    deepStrictEqual(run.tryPush('in', Math.max(0, pushed)), pushed >= 0);
  } else if (what.do === 'pull') deepStrictEqual(run.tryPull('out')?.value, model.pull());
  else if (what.do === 'pause') {
    model.pause(what.stages);
    await debug.pause(what.stages);
  } else if (what.do === 'resume') {
    model.resume(what.stages);
    await debug.resume(what.stages);
  } else if (what.do === 'break') {
    model.break(what.stage, what.every);
    const condition = `seq % ${what.every} == 0`;
    await debug.break({ stage: what.stage, on: 'input', condition, holds: 'stage', once: true });
  } else {
    const { held } = model.expected;
    const stepped = model.step(what.stage);
    const step = debug.step(
      { stage: what.stage, unit: 'message' },
      { timeoutMs: stepped === undefined ? 2 : 10_000 },
    );
    const failed = { code: held.includes(what.stage) ? 'STEP_TIMEOUT' : 'STEP_ENDED' };
    if (stepped === undefined) await rejects(step, failed);
    else partialDeepStrictEqual((await step).place, { stage: what.stage, work: 'input', seq: stepped });
  }
}

/** What is the case once nothing can go on. */
async function compare(run: Run, model: LineModel): Promise<void> {
  const { waiting, held, hits } = model.expected;
  const depths = (): number[] => {
    const { edges } = run.stats();
    return ['a.in', 'b.in', '> out'].map((at) => edges.find(({ to }) => to === at)?.depth ?? -1);
  };
  const isSo = (): boolean => {
    const now = depths();
    return waiting.every((depth, at) => now[at] === depth);
  };
  await until(`${waiting.join(' ')} wait`, isSo, 2_000).catch(() => deepStrictEqual(depths(), waiting));
  // Nothing goes on from there.
  await new Promise((resolve) => setImmediate(resolve));
  deepStrictEqual(depths(), waiting);
  deepStrictEqual(run.debug.state.held, held);
  deepStrictEqual(run.debug.state.lastHit !== undefined, hits > 0);
}

test('whatever is paused, stepped, broken and resumed, a plain model tells what is where', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 30 }), async (deeds) => {
      await using run = await startLine();
      const model = new LineModel();
      for (const each of deeds) {
        await play(run, model, each);
        await compare(run, model);
      }
      await run.debug.resume();
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  );
}, 120_000);
