import { ok } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConditionError } from '@troupe/core';
import { holdsFor } from '../../src/debug/condition.ts';
import type { Subject } from '../../src/debug/condition.ts';
import { parseCondition } from '../../src/debug/parse-condition.ts';

const subject: Subject = {
  seq: 3,
  time: 5_000,
  value: { a: { b: 'x' }, list: [1, 2], none: null },
  frame: Float32Array.of(1, 4, 2, -3),
  error: { message: 'it broke', code: 'BROKEN' },
};

const holds = (text: string, given: Partial<Subject> = {}): boolean =>
  holdsFor(parseCondition(text), { ...subject, ...given });

describe('a condition', () => {
  test.each([
    'seq == 3',
    'time >= 5e3 && time < 1e9',
    "value.a.b == 'x'",
    "value['a'].b !== 'y'",
    'value.list[1] == 2 && value.list.length === 2',
    'value.missing == undefined && value.none == null',
    'frame[1] == 4 && frame.length == 4',
    'max(frame) == 4 && min(frame) == -3 && sum(frame) == 4 && mean(frame) == 1',
    'max(1, seq, 2) == 3 && abs(frame[3]) == 3 && sqrt(rms(frame) * rms(frame) * 4) > 5.4',
    'seq % 2 ? true : false',
    "!(seq > 3) && -seq + 1 == -2 && 'a' + 'b' == 'ab' && 'a' < 'b'",
    "error.code == 'BROKEN' || value.a.b.c.d",
    'floor(pow(seq, 2) / 2) == 4',
    'max(value.list) == 2',
  ])('%s holds', (text) => expect(holds(text)).toBe(true));

  test.each([
    'seq > 3',
    "'3' == seq",
    'frame[9]',
    'value.constructor',
    'value.__proto__',
    "value.a['toString']",
  ])('%s does not hold', (text) => expect(holds(text)).toBe(false));

  test.each([
    ['seq =', 4],
    ['1 +', 3],
    ['other > 1', 0],
    ['seq | 1', 4],
    ['eval("1")', 0],
    ['value.f(1)', 7],
    ['this', 0],
    ['[1]', 0],
    ['seq; time', 0],
    ['', 0],
    ['value?.a', 5],
    ['max()', 0],
    [`${'('.repeat(40)}seq${')'.repeat(40)} + ${'-'.repeat(0)}${'!'.repeat(40)}seq`, 0],
    ['x'.repeat(1_001), 1_000],
  ])('%s is refused, with its place', (text, at) => {
    expect(() => parseCondition(text)).toThrow(ConditionError);
    expect(() => parseCondition(text)).toThrow(expect.objectContaining({ code: 'BREAKPOINT_CONDITION', at }));
  });

  test.each(['value.x.y', 'value.a > 1', "'a' > 1", 'max(value.a.b)', 'value == 1', 'undefined + 1'])(
    '%s makes no sense here',
    (text) => expect(() => holds(text)).toThrow(TypeError),
  );

  test('runs no code of what it looks at', () => {
    const value = {
      get trap(): never {
        throw new Error('it ran');
      },
    };
    expect(holds('value.trap == undefined', { value })).toBe(true);
    class Inherited {
      get trap(): never {
        throw new Error('it ran');
      }
    }
    expect(holds('value.trap == undefined', { value: new Inherited() })).toBe(true);
  });

  test('whatever is typed gives a condition or a ConditionError', () => {
    const words = [
      "seq value .a [0] ( ) && ? : ! - 1 's' max( , ==",
      '__proto__ .constructor ` => ${ new / \\u ... { } "',
    ];
    const piece = fc.constantFrom(...words.flatMap((line) => line.split(' ')), ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          holds(pieces.join(''));
        } catch (error) {
          ok(error instanceof ConditionError || error instanceof TypeError, String(error));
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
