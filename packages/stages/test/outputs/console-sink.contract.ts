/** The contract of consoleSink, by node:test, in a process whose standard output is the file PRINTED. */
import { readFileSync } from 'node:fs';
import { invariant, stageContract } from '@troupe/core/testing';
import { consoleSink } from '@troupe/stages';

const path = process.env['PRINTED'] as string;
const every = 3;
let begun = 0;

/** What has been printed since options were last asked for: by one play, as one comes after the other. */
const printed = (): string => readFileSync(path).subarray(begun).toString();

stageContract(consoleSink, {
  options: () => {
    begun = readFileSync(path).length;
    return { shape: [3], every, valuesMax: 2 };
  },
  badOptions: [
    { shape: [3], every: 0 },
    { shape: [3], every: 1.5 },
    { shape: [3], valuesMax: 0 },
    { shape: [-1] },
    { every: 2 },
  ],
  runs: 40,
  outside: printed,
  invariants: [
    invariant('a line for every third frame, to four digits', ({ calls }) => {
      const lines = printed().split('\n').slice(0, -1);
      const shown = calls.filter((_, i) => i % every === 0);
      if (lines.length !== shown.length) return false;
      return lines.every((line, i) => {
        const { time, data } = shown[i] as (typeof shown)[number];
        const [name, seconds, first, second, ...rest] = line.split(' ');
        if (name !== 'stage' || rest.join(' ') !== '… 1 more') return false;
        if (Math.round(Number((seconds as string).slice(0, -1)) * 1e6) !== Math.round(time / 1e3))
          return false;
        const [a, b] = data as Float32Array;
        return isNear(Number(first), a as number) && isNear(Number(second), b as number);
      });
    }),
  ],
});

function isNear(read: number, value: number): boolean {
  if (!Number.isFinite(value)) return Object.is(read, value);
  return Math.abs(read - value) <= 5e-4 * Math.abs(value);
}
