import { expect } from 'vitest';
import type { ModeTransition } from '../../src/modes/types.ts';

const modes = ['recording', 'training', 'predicting'];
const refused: ReadonlySet<string> = new Set(
  ['recording', 'training'].flatMap((from) => modes.flatMap((to) => (to === from ? [] : [`${from} ${to}`]))),
);

/** Checks that a log is a way through the default machine without a gap; returns the modes on it. */
export function expectSoundLog(log: readonly ModeTransition[]): readonly string[] {
  let at = 'idle';
  const way = ['idle'];
  for (const { from, to, outcome, rule } of log) {
    expect(from).toBe(at);
    if (outcome === 'refused') {
      expect(refused).toContain(`${from} ${to}`);
      expect(rule).toBe(`${from}-ends-first`);
      continue;
    }
    if (outcome === 'entered') expect(refused).not.toContain(`${from} ${to}`);
    if (to !== at) way.push(to);
    at = to;
  }
  return way;
}
