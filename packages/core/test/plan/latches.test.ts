import { describe, expect, test } from 'vitest';
import { compile } from '../../src/plan/compile.ts';
import { planText } from '../../src/plan/print.ts';
import type { GraphDeclaration, LatchEntry } from '../../src/plan/types.ts';
import { frame, message, written } from '../../src/ports.ts';
import { declare, problemsOf, stageOf } from './declare.ts';

const pose = frame('float32', [3]);
const reader = stageOf('reader', {}, {}, { latches: { seen: pose } });
const writer = stageOf('writer', {}, {}, { latches: { mine: written(pose) } });

const entry: LatchEntry = { name: 'pose', dtype: 'float32', shape: [3] };

function latching(
  stages: Readonly<Record<string, unknown>>,
  latches: readonly LatchEntry[] = [entry],
): GraphDeclaration {
  return declare(stages, [], { latches });
}

describe('latches', () => {
  test('are bound by the names that stages know them by', () => {
    const plan = compile(
      latching({
        a: [writer, { latches: { mine: { latch: 'pose' } } }],
        b: [reader, { latches: { seen: 'pose' } }],
        c: [reader, { latches: { seen: 'pose' } }],
      }),
    );
    expect(plan.latches).toEqual([{ ...entry, writer: 0, readers: [1, 2] }]);
    expect(plan.actors.map(({ latches }) => latches)).toEqual([
      [{ name: 'mine', latch: 0, isWritten: true }],
      [{ name: 'seen', latch: 0, isWritten: false }],
      [{ name: 'seen', latch: 0, isWritten: false }],
    ]);
    expect(plan.warnings).toEqual([]);
    expect(planText(plan)).toContain(
      ['latches', '  latch  of           written by  read by', '  pose   float32 [3]  a           b, c'].join(
        '\n',
      ),
    );
  });

  test.each([
    ['UNWRITTEN_LATCH', latching({ b: [reader, { latches: { seen: 'pose' } }] })],
    ['UNREAD_LATCH', latching({ a: [writer, { latches: { mine: 'pose' } }] })],
  ])('%s is a warning', (code, declaration) => {
    expect(compile(declaration).warnings.map((warning) => warning.code)).toEqual([code]);
  });
});

const bound = { latches: { mine: 'pose' } };

test.each<[string, string, RegExp, GraphDeclaration]>([
  [
    'two writers',
    'LATCH_WRITERS',
    /written by 'a', 'b'/,
    latching({ a: [writer, bound], b: [writer, bound] }),
  ],
  ['not bound', 'UNBOUND_LATCH', /'mine' is not bound/, latching({ a: writer })],
  [
    'no such latch',
    'UNKNOWN_LATCH',
    /bound to 'goal'/,
    latching({ a: [writer, { latches: { mine: 'goal' } }] }),
  ],
  [
    'not known to the stage',
    'UNKNOWN_LATCH',
    /given a latch 'other'/,
    latching({ a: [writer, { latches: { mine: 'pose', other: 'pose' } }] }),
  ],
  [
    'another dtype',
    'LATCH_MISMATCH',
    /frame float32 \[3\], 'pose' is frame float64 \[3\]/,
    latching({ a: [writer, bound] }, [{ ...entry, dtype: 'float64' }]),
  ],
  ['another shape', 'LATCH_MISMATCH', /\[4\]/, latching({ a: [writer, bound] }, [{ ...entry, shape: [4] }])],
  [
    'no frame',
    'LATCH_MISMATCH',
    /is declared as/,
    latching({ a: [stageOf('odd', {}, {}, { latches: { mine: message() } }), bound] }),
  ],
  ['two of one name', 'DUPLICATE_LATCH', /2 latches/, latching({ a: [writer, bound] }, [entry, entry])],
  ['bad name', 'BAD_NAME', /'a pose'/, latching({}, [{ ...entry, name: 'a pose' }])],
  ['bad dtype', 'BAD_DTYPE', /'text'/, latching({}, [{ ...entry, dtype: 'text' as 'int8' }])],
  ['bad shape', 'BAD_SHAPE', /\[ 0 \]/, latching({}, [{ ...entry, shape: [0] }])],
  ['too large', 'FRAME_TOO_LARGE', /bytes/, latching({}, [{ ...entry, shape: [2 ** 27] }])],
])('a problem: %s', (_, code, message, declaration) => {
  const problems = problemsOf(declaration).filter((problem) => problem.code !== 'EMPTY_GRAPH');
  expect(problems).toEqual([
    expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
  ]);
});
