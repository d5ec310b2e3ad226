import { describe, expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import { planText } from '../../src/plan/print.ts';
import type { GraphDeclaration, RunnerEntry, TickOptions } from '../../src/plan/types.ts';
import { declare, free, problemsOf } from './declare.ts';

/** A graph of stages that tick like that, with runners. */
function ticking(
  ticks: Readonly<Record<string, unknown>>,
  runners: Readonly<Record<string, number>> = {},
): GraphDeclaration {
  const stages = Object.entries(ticks).map(([name, tick]) => [name, [free, { tick: tick as TickOptions }]]);
  return declare(Object.fromEntries(stages), [], { runners: runnersOf(runners) });
}

function runnersOf(runners: Readonly<Record<string, number>>): RunnerEntry[] {
  return Object.entries(runners).map(([name, hz]) => ({ name, hz }));
}

describe('runners and steps', () => {
  test('declared runners come first, then one for each rate', () => {
    const plan = compile(
      ticking(
        {
          a: { hz: 100 },
          b: { runner: 'slow' },
          c: { hz: 50, phase: 'export' },
          d: { hz: 100, budgetMs: 2 },
          e: { runner: { runner: 'fast' } },
          f: { phase: 'postExport' },
        },
        { fast: 100, slow: 1 / 3 },
      ),
    );
    expect(plan.runners).toEqual([
      { name: 'fast', hz: 100 },
      { name: 'slow', hz: 1 / 3 },
      { name: '100 Hz', hz: 100 },
      { name: '50 Hz', hz: 50 },
    ]);
    expect(plan.actors.map(({ tick }) => [tick?.runner, tick?.phase, tick?.budgetMs])).toEqual([
      [2, 'control', undefined],
      [1, 'control', undefined],
      [3, 'export', undefined],
      [2, 'control', 2],
      [0, 'control', undefined],
      [-1, 'postExport', undefined],
    ]);
  });

  test('a step goes by phase, priority, declaration; whichever runner and worker', () => {
    const plan = compile(
      ticking({
        last: { phase: 'postExport' },
        b: { hz: 10 },
        a: { hz: 100 },
        early: { hz: 10, phase: 'acquisition', priority: 5 },
        urgent: { hz: 1, priority: -1 },
        first: { phase: 'preAcquisition' },
        idle: undefined,
      }),
      { workers: 3 },
    );
    const names = plan.stepOrder.map(({ actor }) => plan.actors[actor]?.name);
    expect(names).toEqual(['first', 'early', 'urgent', 'b', 'a', 'last']);
    expect(plan.stepOrder[1]).toEqual({ actor: 3, runner: 0, phase: 'acquisition', priority: 5 });
  });

  test('are printed', () => {
    const text = planText(
      compile(ticking({ pose: { runner: 'film' }, log: { phase: 'postExport' } }, { film: 59.94 })),
    );
    expect(text).toContain(
      [
        'runners',
        '  runner  hz     exactly  stages',
        '  film    59.94  2997/50  pose',
        '',
        'steps',
        '  tick  phase       priority  actor  runner',
        '  0     control     0         pose   film',
        '  1     postExport  0         log    every step',
      ].join('\n'),
    );
  });

  test('a runner that nobody uses is a warning, unless its steps are what a free phase waits for', () => {
    const unused = compile(ticking({ a: { hz: 1 } }, { spare: 5 }));
    expect(unused.warnings).toContainEqual(
      expect.objectContaining({
        code: 'UNUSED_RUNNER',
        message: "no stage ticks with the runner 'spare'",
      }),
    );
    const used = compile(ticking({ a: { phase: 'preAcquisition' } }, { spare: 5 }));
    expect(used.warnings.map(({ code }) => code)).not.toContain('UNUSED_RUNNER');
  });
});

describe('problems', () => {
  test.each<[string, string, RegExp, GraphDeclaration]>([
    ['unknown runner', 'UNKNOWN_RUNNER', /'nobody'/, ticking({ a: { runner: 'nobody' } }, { some: 1 })],
    ['both', 'BAD_TICK', /both hz and runner/, ticking({ a: { hz: 1, runner: 'some' } }, { some: 1 })],
    ['neither', 'BAD_TICK', /neither hz nor runner/, ticking({ a: { phase: 'export' } }, { some: 1 })],
    [
      'free with hz',
      'BAD_TICK',
      /tick\.hz is given/,
      ticking({ a: { hz: 1, phase: 'postExport' }, b: { hz: 1 } }),
    ],
    [
      'free with a runner',
      'BAD_TICK',
      /tick\.runner is given/,
      ticking({ a: { runner: 'some', phase: 'preAcquisition' } }, { some: 1 }),
    ],
    ['nothing steps', 'NO_RUNNER', /nothing makes the clock step/, ticking({ a: { phase: 'postExport' } })],
    ['budget 0', 'BAD_TICK', /budgetMs is 0/, ticking({ a: { hz: 1, budgetMs: 0 } })],
    ['budget NaN', 'BAD_TICK', /budgetMs is NaN/, ticking({ a: { hz: 1, budgetMs: NaN } })],
    [
      'rate of a runner',
      'BAD_RUNNER',
      /'some' is 20000/,
      ticking({ a: { runner: 'some' } }, { some: 20_000 }),
    ],
    ['name of a runner', 'BAD_NAME', /'50 Hz'/, ticking({ a: { runner: '50 Hz' } }, { '50 Hz': 50 })],
  ])('%s', (_, code, message, declaration) => {
    expect(problemsOf(declaration)).toEqual([
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    ]);
  });

  test('two runners of one name', () => {
    const declaration = {
      ...ticking({ a: { runner: 'some' } }),
      runners: [
        { name: 'some', hz: 1 },
        { name: 'some', hz: 2 },
      ],
    };
    expect(problemsOf(declaration).map(({ code }) => code)).toEqual(['DUPLICATE_RUNNER']);
  });
});
