import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frame } from '@troupe/core';
import { frames, golden } from '@troupe/core/testing';
import { dtypes } from '@troupe/mailbox';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
const path = (): string => join(folder, 'deep/outputs.txt');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-golden-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('golden files', () => {
  it('hold frames of every dtype and any value, bit for bit', () => {
    const port = fc
      .constantFrom(...dtypes)
      .chain((dtype) => fc.array(frames(frame(dtype, [3])), { maxLength: 4 }));
    const values = fc.array(fc.oneof(fc.jsonValue(), fc.date(), fc.bigInt(), fc.constant(undefined)));
    fc.assert(
      fc.property(port, values, (framesOut, valuesOut) => {
        golden(path(), { framesOut, valuesOut }, { update: true });
        golden(path(), { framesOut, valuesOut });
      }),
    );
  });

  it('are text', () => {
    const long = Float32Array.from({ length: 20 }, (_, i) => i);
    golden(path(), { a: [Float32Array.of(0.1, -0, NaN), long], b: [{ x: 1 }, 7n] }, { update: true });
    expect(readFileSync(path(), 'utf8')).toBe(`troupe golden 1

a 2
- float32 3: 0.1 -0 NaN
- float32 20: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
  16 17 18 19

b 2
- json: {"x":1}
- bytes: /w9aEAcAAAAAAAAA
`);
  });

  it('tell what differs', () => {
    golden(path(), { a: [Int8Array.of(1, 2, 3)], b: ['x'], c: [1] }, { update: true });
    const outputs = { a: [Int8Array.of(1, 4, 5)], b: ['y', 'z'], d: [2] };
    expect(() => golden(path(), outputs)).toThrow(
      `the outputs are not those of ${path()}
  a #1 element 1 is 4, not 2
  a #1 element 2 is 5, not 3
  b: 2 outputs, not 1
  b #1 is 'y', not 'x'
  c: missing, the file has 1 outputs
  d: 1 outputs, of which the file knows nothing`,
    );
  });

  it('tell the first ten differences', () => {
    golden(path(), { a: [new Uint8Array(12)] }, { update: true });
    expect(() => golden(path(), { a: [new Uint8Array(12).fill(1)] })).toThrow(
      'element 9 is 1, not 0\n  and 2 more',
    );
  });

  it('tell zero from negative zero, and not one NaN from another', () => {
    golden(path(), { a: [Float32Array.of(0, NaN)] }, { update: true });
    const otherNaN = new Float32Array(Uint32Array.of(0, 0xffc0_0001).buffer);
    golden(path(), { a: [otherNaN] });
    expect(() => golden(path(), { a: [Float32Array.of(-0, NaN)] })).toThrow('element 0 is -0, not 0');
  });

  it('allow what the tolerance says', () => {
    golden(path(), { a: [Float64Array.of(100, 0)], b: [{ x: 1 }] }, { update: true });
    const near = { a: [Float64Array.of(100.01, 1e-9)], b: [{ x: 1.0001 }] };
    golden(path(), near, { tolerance: { relative: 1e-3, absolute: 1e-8 } });
    expect(() => golden(path(), near, { tolerance: { relative: 1e-3 } })).toThrow('element 1 is 1e-9, not 0');
    expect(() => golden(path(), near)).toThrow('b #1');
  });

  it('must be there', () => {
    expect(() => golden(path(), {})).toThrow('there is no golden file');
  });

  it('must be what they are: the wrong line is named', () => {
    const file = join(folder, 'bad.txt');
    for (const [text, what] of [
      ['hello', "line 1 of the golden file is not 'troupe golden 1'"],
      ['troupe golden 1\n\nwhat is this', 'line 3 of the golden file does not belong here'],
      ['troupe golden 1\n\na 1\n- float32 2: 1', 'line 4 of the golden file has 1 elements, not 2'],
      ['troupe golden 1\n\na 1\n- float32 1: x', 'line 4 of the golden file has the element x'],
      ['troupe golden 1\n\na 1\n- json: {', 'line 4 of the golden file cannot be read'],
      ['troupe golden 1\n\na 1\n- complex 1: 1', 'line 4 of the golden file is neither a frame nor a value'],
    ] as const) {
      writeFileSync(file, text);
      expect(() => golden(file, {})).toThrow(what);
    }
  });
});
