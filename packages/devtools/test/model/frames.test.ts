import type { NumbersArray, NumbersWire, ValueWire } from '@troupe/core/telemetry';
import { describe as show } from '@troupe/core/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  envelopeOf,
  exact,
  gridOf,
  heat,
  heatOf,
  imageOf,
  picturesOf,
  spreadOf,
} from '../../src/model/frames.ts';
import { clockTime, count, duration } from '../../src/model/units.ts';
import { previewOf, rowsOf } from '../../src/model/value-tree.ts';

function numbers(data: NumbersArray, shape: readonly number[], dtype = 'float32'): NumbersWire {
  return { dtype, shape, data, length: shape.reduce((product, size) => product * size, 1) };
}

describe('How a frame is drawn', () => {
  it('follows its shape', () => {
    const best = (shape: readonly number[], dtype?: string): string | undefined =>
      picturesOf(numbers(new Float32Array(), shape, dtype))[0];
    expect(best([256])).toBe('waveform');
    expect(best([1])).toBe('numbers');
    expect(best([8, 256])).toBe('channels');
    expect(best([64, 64])).toBe('heatmap');
    expect(best([1, 64])).toBe('waveform');
    expect(best([48, 64, 3], 'uint8')).toBe('image');
    expect(best([48, 64, 3])).toBe('numbers');
    expect(best([48, 64, 2], 'uint8')).toBe('numbers');
    expect(best([0])).toBe('numbers');
  });

  it('writes every number so that it reads back as the same', () => {
    fc.assert(
      fc.property(fc.float(), (number) => {
        const data = Float32Array.of(number);
        expect(Object.is(Math.fround(Number(exact(data, 0))), data[0])).toBe(true);
      }),
    );
    expect(exact(Float32Array.of(0.1), 0)).toBe('0.1');
    expect(exact(Float64Array.of(0.1 + 0.2), 0)).toBe('0.30000000000000004');
    expect(exact(BigInt64Array.of(2n ** 60n), 0)).toBe('1152921504606846976');
    expect(exact(Float32Array.of(1), 1)).toBe('');
  });

  it('leaves out what is not finite, and says how much', () => {
    const data = Float32Array.of(Number.NaN, 1, 3, Number.POSITIVE_INFINITY);
    expect(spreadOf(data)).toEqual({ min: 1, max: 3, mean: 2, notFinite: 2 });
    expect(spreadOf(Float32Array.of(Number.NaN))).toEqual({ min: 0, max: 0, mean: 0, notFinite: 1 });
  });

  it('keeps every peak in the envelope', () => {
    const data = Float32Array.from({ length: 10_000 }, (_, at) => (at === 7_777 ? 100 : at % 2));
    const { low, high } = envelopeOf(data, 0, data.length, 100);
    expect(Math.max(...high)).toBe(100);
    expect(high[77]).toBe(100);
    expect(Math.min(...low)).toBe(0);
  });

  it('makes images of one, three and four channels, and leaves out what was cut off', () => {
    expect([...imageOf(numbers(Uint8Array.of(7, 9), [1, 2, 1], 'uint8'))]).toEqual([
      7, 7, 7, 255, 9, 9, 9, 255,
    ]);
    expect([...imageOf(numbers(Uint8Array.of(1, 2, 3), [1, 1, 3], 'uint8'))]).toEqual([1, 2, 3, 255]);
    expect([...imageOf(numbers(Uint8Array.of(1, 2, 3, 4), [1, 1, 4], 'uint8'))]).toEqual([1, 2, 3, 4]);
    expect([...imageOf(numbers(Uint8Array.of(5), [1, 2, 1], 'uint8'))].slice(4)).toEqual([0, 0, 0, 0]);
  });

  it('has a heat scale whose lightness only rises', () => {
    const lightness = Array.from({ length: 101 }, (_, at) => {
      const [red, green, blue] = heat(at / 100);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    expect(lightness).toEqual(lightness.toSorted((a, b) => a - b));
    const pixels = heatOf(numbers(Float32Array.of(0, 1, Number.NaN, 5), [2, 2]), { min: 0, max: 1 });
    expect(Array.from(pixels.subarray(0, 4))).toEqual([...heat(0), 255]);
    expect(Array.from(pixels.subarray(8, 12))).toEqual([0, 0, 0, 0]);
  });

  it('lists every number once, and no row crosses a line of the frame', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 });
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 1, noNaN: true }), (shape, share) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const wire = { ...numbers(new Float32Array(Math.floor(length * share)), shape), length };
        const grid = gridOf(wire);
        const listed = Array.from({ length: grid.rows }, (_, index) => grid.row(index)).flatMap((row) => {
          const line = shape.at(-1) ?? 1;
          expect(Math.floor(row.from / line)).toBe(Math.floor((row.until - 1) / line));
          expect(row.until - row.from).toBeLessThanOrEqual(grid.columns);
          return Array.from({ length: row.until - row.from }, (_, at) => row.from + at);
        });
        expect(listed).toEqual([...wire.data.keys()]);
      }),
    );
    const grid = gridOf(numbers(new Float32Array(2 * 20), [2, 20]));
    expect(Array.from({ length: grid.rows }, (_, at) => grid.row(at).label)).toEqual([
      '0, 0',
      '0, 8',
      '0, 16',
      '1, 0',
      '1, 8',
      '1, 16',
    ]);
  });
});

describe('A value as a tree', () => {
  const value: ValueWire = show({ name: 'x', list: [1, { deep: true }], at: Float32Array.of(1, 2) }, 'a');

  it('has the lines of what is open, and only those', () => {
    const closed = rowsOf(value, new Set(), 'value');
    expect(closed.map(({ name, depth }) => `${depth} ${name}`)).toEqual([
      '0 value',
      '1 name',
      '1 list',
      '1 at',
    ]);
    const path = closed[2]?.path as string;
    const open = rowsOf(value, new Set([path]), 'value');
    expect(open.map(({ name }) => name)).toEqual(['value', 'name', 'list', '0', '1', 'at']);
    expect(open[2]).toMatchObject({ isOpen: true, canOpen: true });
    expect(open[3]).toMatchObject({ text: '1', tone: 'number', canOpen: false });
    expect(new Set(open.map((row) => row.path)).size).toBe(open.length);
  });

  it('is previewed in one line', () => {
    expect(previewOf(value)).toBe('name: "x", list: …, at: …');
    expect(previewOf(show([1, 'two', null], 'a'))).toBe('1, "two", null');
    expect(previewOf(show(7, 'a'))).toBe('7');
  });

  it('says what was left out', () => {
    const lines = rowsOf(show([...Array.from({ length: 300 }).keys()], 'a'), new Set(), 'value');
    expect(lines[0]?.text).toBe('list of 300, the first 200 shown');
    expect(
      rowsOf(
        show(() => 1, 'a'),
        new Set(),
        'f',
      )[0]?.text,
    ).toBe('function, which cannot be shown');
  });
});

describe('Numbers for people', () => {
  it('have three digits and the unit that fits', () => {
    expect([0, 850, 12_345, 4.56e6, 7.89e9, 123e9].map(duration)).toEqual([
      '0 ns',
      '850 ns',
      '12.3 µs',
      '4.56 ms',
      '7.89 s',
      '2 min 3 s',
    ]);
    expect(count(1_234_567)).toBe('1\u202f234\u202f567');
    expect([0, 12_345, 3_723_004].map(clockTime)).toEqual(['0:00.000', '0:12.345', '1:02:03.004']);
  });
});
