import { readFileSync, writeFileSync } from 'node:fs';
import { FrameReader } from '@troupe/mailbox';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compile, defineStage, graph } from '@troupe/core';
import type { Graph } from '@troupe/core';
import { explore, ExplorationError, simulate } from '@troupe/core/testing';
import type { ExplorationProgress, ExploreOptions, SimulationReport } from '@troupe/core/testing';
import { Doorbell } from '@troupe/mailbox';
import { totalsRise } from '../fixtures/explorations/totals.ts';
import { chain, increment, number, numbers } from './graphs.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const faults = { throw: 0.02, death: 0.01, slow: 0.01 } as const;

async function found(exploration: Promise<unknown>): Promise<ExplorationError> {
  try {
    await exploration;
  } catch (error) {
    if (error instanceof ExplorationError) return error;
    throw error;
  }
  throw new Error('nothing was found');
}

/** A reader that passes over what it has at one place. */
function skipping(place: number): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below.
  const { take } = FrameReader.prototype;
  vi.spyOn(FrameReader.prototype, 'take').mockImplementation(function (this: FrameReader, into) {
    if (this.position === place) take.call(this, into);
    return take.call(this, into);
  });
}

/** Fails where the second stage was ever made to throw. */
function noThrowInS1({ faults: happened }: SimulationReport): void {
  if (happened.some(({ kind, about }) => kind === 'throw' && about === 's1')) throw new Error('it threw');
}

describe('an exploration', () => {
  test('tries as many seeds as it is told, and says what that was', async () => {
    const progress: ExplorationProgress[] = [];
    const inputs = { in: numbers(30) };
    const report = await explore(chain(3), {
      from: 100,
      seeds: 20,
      faults,
      inputs,
      onProgress: (at) => progress.push(at),
    });
    let [steps, count] = [0, 0];
    for (let seed = 100; seed < 120; seed++) {
      const each = await simulate(chain(3), { seed, faults, inputs });
      steps += each.steps;
      count += each.faults.length;
    }
    expect(report).toEqual({ seeds: 20, steps, faults: count });
    expect(progress).toEqual(Array.from({ length: 20 }, (_, seeds) => ({ seeds, shrinkRuns: 0 })));
  });

  test('takes a graph, its declaration, or what makes one anew each time', async () => {
    const make = vi.fn<() => Graph>(() => chain(2));
    for (const each of [chain(2), chain(2).declaration(), make])
      expect(await explore(each, { seeds: 3 })).toMatchObject({ seeds: 3 });
    expect(make.mock.calls.length).toBeGreaterThanOrEqual(3);
  });

  test('leaves out everything that a broken invariant does not need', async () => {
    skipping(7);
    const error = await found(
      explore(chain(5), { seeds: 50, workers: 3, faults, inputs: { in: numbers(90) } }),
    );
    const { finding } = error;
    expect(error).toMatchObject({ code: 'NOT_CONSERVED', cause: { code: 'NOT_CONSERVED' } });
    expect(finding.graph.stages).toHaveLength(1);
    expect(finding.graph.edges).toHaveLength(0);
    expect(finding.faults).toEqual([]);
    // The eighth is passed over.
    expect(finding.inputs).toEqual({ in: numbers(8) });
    expect(finding.wholeInputs).toEqual({ in: 90 });
    expect(finding.wholeFaults).toBeGreaterThan(0);
    expect(finding.steps).toBeLessThan(finding.wholeSteps);
    expect(finding.again).toMatch(/^chain seed=\d+ cut=\S+ faults= in\.in=0-7 workers=1$/);
    expect(() => compile(finding.graph)).not.toThrow();
    expect(error.message).toContain(`TROUPE_CASE='${finding.again}'`);
    expect(error.message).toContain("inputs: 8 at 'in' (of 90)");
  });

  test('shows a failure under the seed that leads to it in the fewest points', async () => {
    skipping(3);
    const options = { inputs: { in: numbers(20) } };
    const { steps, again } = (await found(explore(chain(3), { ...options, from: 7 }))).finding;
    const counts: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const replayed = explore(chain(3), { ...options, again: again.replace(/seed=\d+/, `seed=${seed}`) });
      const error = await replayed.then(
        () => undefined,
        (thrown: ExplorationError) => thrown,
      );
      if (error !== undefined) counts.push(error.finding.steps);
    }
    expect(Math.min(...counts)).toBe(steps);
  });

  test('takes no other failure for the one that was found', async () => {
    const check = ({ pushed: { in: count = 0 } }: SimulationReport): void => {
      if (count >= 20) throw new RangeError('too many');
      if (count > 0) throw new TypeError('too few');
    };
    const { finding } = await found(explore(chain(2), { inputs: { in: numbers(50) }, check }));
    expect(finding).toMatchObject({ code: 'CHECK_FAILED', error: { message: 'too many' } });
    expect(finding.inputs['in']).toHaveLength(20);
  });

  test('keeps the threads between which a wake-up is lost', async () => {
    vi.spyOn(Doorbell.prototype, 'strike').mockImplementation(() => undefined);
    const { code, finding, message } = await found(
      explore(chain(4), { workers: 3, inputs: { in: numbers(9) } }),
    );
    expect(code).toBe('LOST_WAKE_UP');
    expect(finding.graph.stages.length).toBeLessThan(3);
    expect(finding.inputs['in']).toHaveLength(1);
    expect(message).toMatch(/arms, sleeps/);
  });

  test('what it has printed leads to the same case again, by code or by the environment', async () => {
    const options = {
      seeds: 200,
      workers: 3,
      faults,
      inputs: { in: numbers(60) },
      check: noThrowInS1,
    } as const;
    const first = await found(explore(chain(3), options));
    expect(first).toMatchObject({ code: 'CHECK_FAILED', cause: { message: 'it threw' } });
    expect(first.finding.faults.map(({ id }) => id)).toEqual(['throw:s1#1']);
    expect(first.finding.inputs['in']).toHaveLength(1);
    // What a check says need not be true of a part of the graph.
    expect(first.finding.graph).toEqual(first.finding.wholeGraph);
    const { again } = first.finding;
    // Whatever the options say of seeds and faults.
    const byCode = await found(explore(chain(3), { ...options, from: 5_000, faults: {}, again }));
    vi.stubEnv('TROUPE_CASE', again);
    const byEnvironment = await found(explore(chain(3), options));
    for (const each of [byCode, byEnvironment]) {
      expect(each.finding).toMatchObject({ again, runs: 0, shrinks: 0, steps: first.finding.steps });
      expect(each.finding.trace).toEqual(first.finding.trace);
    }
    // It is that of another graph.
    expect(await explore(totalled('other'), { seeds: 2 })).toMatchObject({ seeds: 2 });
    await expect(explore(totalled('other'), { again })).rejects.toMatchObject({ code: 'BAD_CASE' });
    expect(await explore(chain(3), { check: () => undefined, again })).toMatchObject({ seeds: 1 });
  });

  test('a run that fails is found, unless it may', async () => {
    const g = totalled('broken');
    const options: ExploreOptions = { seeds: 50, inputs: { in: numbers(20) }, faults: { throw: 0.05 } };
    const { code, finding } = await found(explore(g, options));
    expect(code).toBe('HANDLER_THREW');
    expect(finding.faults).toMatchObject([{ id: 'throw:strict#1' }]);
    expect(finding.graph.stages.map(({ name }) => name)).toEqual(['strict']);
    expect(await explore(g, { ...options, mayFail: true })).toMatchObject({ seeds: 50 });
  });

  test('a case can be left as it was found', async () => {
    skipping(7);
    const { finding } = await found(
      explore(chain(3), { from: 3, shrinkRuns: 0, inputs: { in: numbers(20) } }),
    );
    expect(finding).toMatchObject({ seed: 3, runs: 0, shrinks: 0, again: 'chain seed=3 faults=' });
    const few = await found(explore(chain(3), { from: 3, shrinkRuns: 7, inputs: { in: numbers(20) } }));
    expect(few.finding.runs).toBe(7);
  });

  test('a case that goes another way each time is said to', async () => {
    skipping(7);
    const options = { seeds: 9, shrinkRuns: 0, inputs: { in: numbers(20) } };
    const same = await found(explore(chain(2), options));
    expect(same.finding.isRepeatable).toBe(true);
    expect(same.message).not.toContain('each time');
    vi.restoreAllMocks();
    let count = 0;
    const check = (): void => {
      if (++count === 3) throw new Error('the third of all');
    };
    const once = await found(explore(chain(2), { ...options, check }));
    expect(once.finding).toMatchObject({ seed: 2, isRepeatable: false });
    expect(once.message).toContain('it does not go the same way each time');
    // The same failure, at another point.
    let all = 0;
    const moody = defineStage({
      ...increment,
      create: () => ({ onInput: ({ frame: value }, out) => void (++all > 30 || out.send('out', value)) }),
    });
    const g = graph('moody');
    const [first, second] = [g.stage('first', moody), g.stage('second', increment)];
    g.input('in', first.in.in);
    g.connect(first.out.out, second.in.in);
    const always = (): void => {
      throw new Error('always');
    };
    const differing = await found(explore(g, { ...options, inputs: { in: numbers(30) }, check: always }));
    expect(differing.finding.isRepeatable).toBe(false);
  });

  test('a graph that cannot run is no finding', async () => {
    await expect(explore(graph('nothing'), {})).rejects.toMatchObject({ code: 'PLAN_INVALID' });
  });
});

/** A stage that ends the run with its first throw, behind one that does not. */
function totalled(name: string) {
  const g = graph(name);
  const strict = defineStage({
    ...increment,
    name: 'strict',
    inputs: { in: number },
    outputs: { out: number },
  });
  const [patient, hasty] = [
    g.stage('patient', increment, { supervision: { strategy: 'resume', triesMax: 9 } }),
    g.stage('strict', strict, { supervision: { strategy: 'escalate' } }),
  ];
  g.input('in', patient.in.in);
  g.connect(patient.out.out, hasty.in.in);
  g.output('out', hasty.out.out);
  return g;
}

test('docs/testing.md shows what is printed', async () => {
  const path = new URL('../../../../docs/testing.md', import.meta.url);
  const { message } = await found(totalsRise());
  const block = /```\n(graph 'totals' breaks[^`]*)```/;
  const docs = readFileSync(path, 'utf8');
  if (process.env['TROUPE_UPDATE'] !== undefined)
    writeFileSync(
      path,
      docs.replace(block, () => `\`\`\`\n${message}\n\`\`\``),
    );
  expect(block.exec(readFileSync(path, 'utf8'))?.[1]).toBe(`${message}\n`);
  const program = readFileSync(new URL('../fixtures/explorations/totals.ts', import.meta.url), 'utf8');
  const shown = program.slice(program.indexOf('/** Passes on'), program.indexOf('function totals'));
  expect(docs).toContain(shown.trim());
  expect(docs).toContain(/await explore[^]+\n {2}\}\);/.exec(program)?.[0].replaceAll('\n  ', '\n'));
});
