import { describe, expect, test } from 'vitest';
import { judge } from '../bench/judge.ts';
import type { Outcome, Round } from '../bench/rounds.ts';
import type { ContenderId, Line, Row } from '../bench/rows.ts';
import { median, quantile, slope } from '../bench/statistics.ts';

function rowOf(line: Omit<Line, 'what' | 'unit'>): Row {
  return {
    id: 'row',
    title: 'Row',
    contenders: ['troupe-stream', 'ring-each'],
    rounds: 3,
    lines: [{ what: 'line', unit: '×', ...line }],
  };
}

function roundOf(troupeNs: number, ringNs: number): Round {
  return new Map<ContenderId, Outcome>([
    ['troupe-stream', { sample: { nsPerFrame: troupeNs } }],
    ['ring-each', { sample: { nsPerFrame: ringNs } }],
  ]);
}

const speedup: Line['figure'] = (read) =>
  read('ring-each', 'nsPerFrame') / read('troupe-stream', 'nsPerFrame');

describe('statistics', () => {
  test('quantiles interpolate between neighbours and do not sort numbers as text', () => {
    expect(quantile([10, 9, 100, 2], 0.5)).toBe(9.5);
    expect(quantile([10, 9, 100, 2], 0)).toBe(2);
    expect(quantile([10, 9, 100, 2], 1)).toBe(100);
    expect(median([])).toBeNaN();
  });

  test('the slope of a straight line is its own, and noise about it averages out', () => {
    expect(
      slope([
        [0, 5],
        [1, 7],
        [2, 9],
      ]),
    ).toBe(2);
    expect(
      slope([
        [0, 6],
        [1, 6],
        [2, 10],
        [3, 10],
      ]),
    ).toBeCloseTo(1.6);
  });
});

describe('judge', () => {
  test('takes the median of the ratios per round, not the ratio of the medians', () => {
    const { lines } = judge(rowOf({ figure: speedup, atLeast: 1.5 }), [
      roundOf(10, 30),
      roundOf(100, 200),
      roundOf(50, 50),
    ]);
    expect(lines[0]).toMatchObject({
      figure: 2,
      figures: [3, 2, 1],
      comparison: '≥',
      bound: 1.5,
      reached: true,
    });
  });

  test('a bound itself is reached; just beside it is a miss', () => {
    const rounds = [roundOf(100, 150)];
    expect(judge(rowOf({ figure: speedup, atLeast: 1.5 }), rounds).lines[0]?.reached).toBe(true);
    expect(judge(rowOf({ figure: speedup, atLeast: 1.51 }), rounds).lines[0]?.reached).toBe(false);
    expect(judge(rowOf({ figure: speedup, atMost: 1.5 }), rounds).lines[0]?.reached).toBe(true);
    expect(judge(rowOf({ figure: speedup, atMost: 1.49 }), rounds).lines[0]?.reached).toBe(false);
  });

  test('a bound may depend on medians', () => {
    const row = rowOf({ figure: () => 3, atMost: (read) => 0.5 * read('ring-each', 'nsPerFrame') });
    const { lines } = judge(row, [roundOf(1, 1), roundOf(1, 5), roundOf(1, 20)]);
    expect(lines[0]).toMatchObject({ bound: 2.5, reached: false });
  });

  test('a contender that failed makes its lines misses without a figure, and says why', () => {
    const round = new Map(roundOf(10, 30)).set('troupe-stream', { failure: 'Error: no' });
    const judged = judge(rowOf({ figure: speedup, atLeast: 1.5 }), [round]);
    expect(judged.lines[0]).toMatchObject({ figure: null, reached: false });
    expect(judged.failures).toEqual({ 'troupe-stream': 'Error: no' });
    expect(judged.medians['ring-each']).toEqual({ nsPerFrame: 30 });
  });
});
