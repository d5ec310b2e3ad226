import { graph } from '@troupe/core';
import type { Run } from '@troupe/core';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../fixtures/probe.ts';
import { drain, errands, fussy, touchy } from '../fixtures/watched.ts';

const runs: Run[] = [];
afterEach(async () => {
  await Promise.all(runs.splice(0).map(async (run) => run.stop()));
});

interface Way {
  readonly worker: 'main' | 'auto';
  readonly strategy: 'resume' | 'restart' | 'stop' | 'escalate';
  readonly triesMax?: number;
  readonly restartsMax?: number;
}

async function startErrands(way: Way): Promise<Run> {
  const g = graph('failing');
  const { worker, ...supervision } = way;
  const first = g.stage('errands', errands, {
    worker,
    supervision: { backoffMs: 1, backoffMaxMs: 2, ...supervision },
  });
  const last = g.stage('drain', drain, { worker });
  g.input('in', first.in.in);
  g.connect(first.out.out, last.in.in);
  const run = await g.start({ workers: 1 });
  runs.push(run);
  return run;
}

describe('failures', () => {
  it.each(['main', 'auto'] as const)('tell each try, with the message and the stack: %s', async (worker) => {
    const run = await startErrands({ worker, strategy: 'resume' });
    await run.push('in', { n: 0 }, { time: 7 });
    await run.push('in', { n: 1, throws: 3 }, { time: 9 });
    await run.push('in', { n: 2, throws: 1 }, { time: 11 });
    await until(() => run.failures().length === 4);
    const list = run.failures();
    expect(
      list.map(({ id, tries, isGivenUp, value }) => [id, tries, isGivenUp, (value as { n: number }).n]),
    ).toEqual([
      [0, 1, false, 1],
      [1, 2, false, 1],
      [2, 3, true, 1],
      [3, 1, false, 2],
    ]);
    expect(list[0]).toMatchObject({
      stage: 'errands',
      work: 'input',
      port: 'in',
      seq: 1,
      time: 9,
      frame: undefined,
      omitted: undefined,
      action: 'retried',
      waitMs: 1,
      untold: 0,
      error: { code: 'HANDLER_THREW', stage: 'errands', port: 'in' },
    });
    const cause = list[0]?.error.cause as Error | undefined;
    expect(cause?.stack).toMatch(/errand 1[^]*watched\.ts/);
    expect(list.every(({ atMs }, i) => atMs >= (list[i - 1]?.atMs ?? 0))).toBe(true);
  });

  it.each(['main', 'auto'] as const)(
    'and dead letters hold the one message that it was: %s',
    async (worker) => {
      const g = graph('fussy');
      const ref = g.stage('fussy', fussy, { worker, supervision: { strategy: 'resume', triesMax: 1 } });
      g.input('frames', ref.in.frames);
      g.input('values', ref.in.values);
      const run = await g.start({ workers: 1, onLog: () => undefined });
      runs.push(run);
      // One after the other, so that what came before lies where the next one is read.
      for (let n = 0; n < 4; n++) {
        await run.push(n % 2 === 0 ? 'frames' : 'values', n % 2 === 0 ? Float64Array.of(n, n) : `value ${n}`);
        await until(() => run.deadLetters().length === n + 1);
      }
      await until(() => run.failures().length === 4);
      const expected = [0, 1, 2, 3].map((n) =>
        n % 2 === 0
          ? { port: 'frames', seq: n / 2, frame: Float64Array.of(n, n), value: undefined }
          : { port: 'values', seq: (n - 1) / 2, frame: undefined, value: `value ${n}` },
      );
      expect(run.deadLetters()).toMatchObject(expected);
      expect(run.failures()).toMatchObject(expected);
    },
  );

  it('say what supervision did', async () => {
    const restarting = await startErrands({ worker: 'auto', strategy: 'restart' });
    // A new instance has forgotten how often it has tried: it throws until the message is given up.
    await restarting.push('in', { n: 0, throws: 1 });
    await until(() => restarting.failures().length === 3);
    expect(restarting.failures().map(({ action }) => action)).toEqual([
      'recreated',
      'recreated',
      'recreated',
    ]);

    const stopping = await startErrands({ worker: 'auto', strategy: 'stop' });
    await stopping.push('in', { n: 0, throws: 1 });
    await stopping.done;
    expect(stopping.failures()).toMatchObject([{ action: 'stopped', isGivenUp: false, waitMs: 0 }]);

    const escalating = await startErrands({ worker: 'auto', strategy: 'escalate' });
    await escalating.push('in', { n: 0, throws: 1 });
    await expect(escalating.done).rejects.toMatchObject({ code: 'HANDLER_THREW' });
    expect(escalating.failures()).toMatchObject([{ action: 'escalated', isGivenUp: false, waitMs: 0 }]);
  });

  it('own their frames, and leave out what is large', async () => {
    const g = graph('touchy');
    const stage = g.stage('touchy', touchy, {
      supervision: { strategy: 'resume', triesMax: 1, backoffMs: 1 },
    });
    const first = g.stage('errands', errands, {
      supervision: { strategy: 'resume', triesMax: 1, backoffMs: 1 },
    });
    g.input('frames', stage.in.in);
    g.input('errands', first.in.in);
    g.output('out', stage.out.out, { overflow: 'latest' });
    g.output('done', first.out.out, { overflow: 'latest' });
    const run = await g.start({ workers: 1 });
    runs.push(run);
    await run.push('frames', Float64Array.of(-1, 2, 3, 4));
    await run.push('errands', { n: 0, throws: 1, ballast: 'x'.repeat(20_000) });
    for (let n = 0; n < 200; n++) await run.push('frames', Float64Array.of(n, n, n, n));
    await until(() => run.failures().length === 2);
    const of = (name: string): unknown => run.failures().find(({ stage: at }) => at === name);
    expect(of('touchy')).toMatchObject({ frame: Float64Array.of(-1, 2, 3, 4), value: undefined, seq: 0 });
    expect(of('errands')).toMatchObject({ frame: undefined, value: undefined, omitted: 'tooLarge' });
  });
});
