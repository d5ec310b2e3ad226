import { describe, expect, it } from 'vitest';
import { divergenceLines } from '../../src/terminal/replay-view.ts';

describe('the first difference of a replay', () => {
  const base = { stage: 'a', port: 'out', seq: 3, recorded: { time: 5, value: 1 } };

  it('says that it is in the time alone', () => {
    expect(divergenceLines({ ...base, replayed: { time: 6, value: 1 }, isOnlyTime: true })).toEqual([
      'first difference: a.out, seq 3',
      '  recorded at 5 ns: 1',
      '  replayed at 6 ns: 1',
      '  only its time differs',
    ]);
  });

  it('shows what is missing', () => {
    expect(divergenceLines({ ...base, replayed: undefined, isOnlyTime: false })).toEqual([
      'first difference: a.out, seq 3',
      '  recorded at 5 ns: 1',
      '  replayed nothing',
    ]);
  });
});
