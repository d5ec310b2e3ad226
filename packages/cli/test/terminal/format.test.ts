import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar, durationText, percentText, quantityText, secondsText } from '../../src/terminal/format.ts';
import { alignTable } from '../../src/terminal/table.ts';

describe('numbers for people', () => {
  it('keep three digits and find a unit', () => {
    expect([0, 0.2534, 8, 9999, 10_000, 999_600, 1_234_567].map(quantityText)).toEqual([
      '0',
      '0.253',
      '8',
      '9999',
      '10k',
      '1M',
      '1.23M',
    ]);
    expect([0, 320, 12_345, 999_499, 999_600, 3_400_000_000, 4e12].map(durationText)).toEqual([
      '0ns',
      '320ns',
      '12.3µs',
      '999µs',
      '1ms',
      '3.4s',
      '4000s',
    ]);
    expect([0, 49, 12_540].map(secondsText)).toEqual(['0.0 s', '0.0 s', '12.5 s']);
    expect([0, 0.004, 0.996].map(percentText)).toEqual(['0%', '0%', '100%']);
  });
});

describe('bar', () => {
  it('fills in eighths of a column', () => {
    expect([0, 1 / 32, 0.25, 0.5, 0.96, 1].map((share) => bar(share, 4))).toEqual([
      '    ',
      '▏   ',
      '█   ',
      '██  ',
      '███▉',
      '████',
    ]);
    expect(bar(0.5, 4, '░')).toBe('██░░');
  });

  it('always has its width', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.nat(80), (share, width) => {
        expect(bar(share, width)).toHaveLength(width);
      }),
    );
  });
});

describe('alignTable', () => {
  it('aligns the first column to the left, the others to the right', () => {
    expect(
      alignTable([
        ['a', 'long', ''],
        ['bcd', '1', '2'],
      ]),
    ).toEqual(['a    long', 'bcd     1  2']);
  });
});
