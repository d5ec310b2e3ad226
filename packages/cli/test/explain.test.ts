import { GraphFileError, PlanError, TroupeError } from '@troupe/core';
import { describe, expect, it } from 'vitest';
import { numberArgument } from '../src/arguments.ts';
import { explain, UsageError } from '../src/explain.ts';

const problem = {
  code: 'BAD_TICK',
  stage: 'a',
  port: undefined,
  message: 'hz is 0',
  remedy: 'Raise it.',
} as const;
const corrupt = new TroupeError('x.edf: ends at byte 9', {
  code: 'SOURCE_FILE_TRUNCATED',
  remedy: 'Copy it again.',
});

describe('explain', () => {
  it('takes the innermost cause that says the input is wrong', () => {
    const details = { code: 'HANDLER_THREW', remedy: 'See the cause.', cause: corrupt };
    const error = new Error('outer', { cause: new TroupeError('stage threw', details) });
    expect(explain(error)).toEqual({
      exitCode: 2,
      code: 'SOURCE_FILE_TRUNCATED',
      lines: ['x.edf: ends at byte 9. Copy it again.'],
    });
  });

  it('gives a graph file that cannot be loaded a line for each problem', () => {
    const problem = { line: 3, key: 'stage.tick.hz', message: "is '3'", remedy: 'Give a number.' };
    expect(explain(new GraphFileError('x.toml', [problem]))).toEqual({
      exitCode: 2,
      code: 'GRAPH_FILE',
      lines: ['x.toml cannot be loaded: 1 problem', "  1. x.toml:3: stage.tick.hz is '3'. Give a number."],
    });
  });

  it('gives a plan error a line for each problem', () => {
    expect(explain(new PlanError('g', [problem, { ...problem, stage: 'b' }]))).toEqual({
      exitCode: 2,
      code: 'PLAN_INVALID',
      lines: [
        "graph 'g' cannot run: 2 problems",
        '  1. BAD_TICK at a: hz is 0. Raise it.',
        '  2. BAD_TICK at b: hz is 0. Raise it.',
      ],
    });
  });

  it('says of a failed run what failed, and where in the code of the user', () => {
    const thrown = new Error('no\n  more');
    thrown.stack =
      'Error: no\n    at node:internal/x:1:1\n    at onInput (file:///scale.ts:3:4)\n    at other';
    const error = new TroupeError("stage 'scale' threw: no\n more", {
      code: 'HANDLER_THREW',
      remedy: 'Look.',
      cause: thrown,
    });
    expect(explain(error)).toEqual({
      exitCode: 1,
      code: 'HANDLER_THREW',
      lines: ["stage 'scale' threw: no more. Look.", '  at onInput (file:///scale.ts:3:4)'],
    });
  });

  it('copes with anything that is thrown, and with a chain that bites its tail', () => {
    expect(explain('no')).toEqual({ exitCode: 1, code: 'ERROR', lines: ['no'] });
    const error = new TroupeError('stop!', { code: 'WORKER_DIED', remedy: 'Look.' });
    error.cause = error;
    expect(explain(error)).toEqual({ exitCode: 1, code: 'WORKER_DIED', lines: ['stop! Look.'] });
  });
});

describe('numberArgument', () => {
  it('takes numbers within the bounds', () => {
    expect(numberArgument('--x', ' 2.5 ', { min: 0 })).toBe(2.5);
    expect(numberArgument('--x', '64', { min: 1, max: 64, isWhole: true })).toBe(64);
  });

  it.each(['', ' ', 'two', 'NaN', 'Infinity', '-1', '65', '1.5'])('refuses %j', (text) => {
    expect(() => numberArgument('--x', text, { min: 1, max: 64, isWhole: true })).toThrow(UsageError);
  });
});
