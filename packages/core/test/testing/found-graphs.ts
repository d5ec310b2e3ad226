/** Graphs that were found at random, as they were found. */
import type { Node } from '../run/random-graphs.ts';

export const marked: readonly Node[] = [
  {
    kind: 'mingle',
    salt: -2147483639,
    copies: 4,
    count: 0,
    tick: { hz: 1000 / 3, phase: 'control', priority: -1 },
    feeds: [
      [{ from: 14, overflow: 'dropNewest', capacity: 7 }],
      [{ from: 996, overflow: 'dropOldest', capacity: 8 }],
    ],
  },
  {
    kind: 'mix',
    salt: -1458269236,
    copies: 4,
    count: 115,
    feeds: [
      [
        { from: 944, overflow: 'latest', capacity: 11 },
        { from: 599, overflow: 'dropNewest', capacity: 11 },
      ],
      [{ from: 697, overflow: 'block', capacity: 5 }],
    ],
    tick: undefined,
  },
  {
    kind: 'mix',
    salt: -400219095,
    copies: 2,
    count: 3,
    tick: { hz: 250, phase: 'acquisition', priority: 0 },
    feeds: [
      [{ from: 22, overflow: 'block', capacity: 10 }],
      [{ from: 190, overflow: 'block', capacity: 10 }],
    ],
  },
];

export const joined: readonly Node[] = [
  {
    kind: 'mix',
    salt: -194543212,
    copies: 4,
    count: 110,
    tick: { hz: 1000 / 3, phase: 'acquisition', priority: 0 },
    feeds: [
      [
        { from: 923, overflow: 'latest', capacity: 5 },
        { from: 463, overflow: 'dropNewest', capacity: 12 },
      ],
      [
        { from: 542, overflow: 'dropNewest', capacity: 7 },
        { from: 172, overflow: 'dropOldest', capacity: 12 },
      ],
    ],
  },
  {
    kind: 'mingle',
    salt: -911173286,
    copies: 3,
    count: 100,
    tick: { hz: 1000 / 3, phase: 'physics', priority: -1 },
    feeds: [[{ from: 610, overflow: 'block', capacity: 5 }], [{ from: 331, overflow: 'block', capacity: 7 }]],
  },
  {
    kind: 'mingle',
    salt: 881917028,
    copies: 1,
    count: 60,
    tick: { hz: 100, phase: 'control', priority: 0 },
    feeds: [
      [
        { from: 64, overflow: 'latest', capacity: 6 },
        { from: 528, overflow: 'dropOldest', capacity: 6 },
      ],
      [
        { from: 966, overflow: 'block', capacity: 8 },
        { from: 9, overflow: 'block', capacity: 4 },
      ],
    ],
  },
  {
    kind: 'mix',
    salt: -1458725871,
    copies: 3,
    count: 73,
    tick: { hz: 1000 / 3, phase: 'acquisition', priority: 1 },
    feeds: [
      [
        { from: 6, overflow: 'dropNewest', capacity: 5 },
        { from: 441, overflow: 'block', capacity: 12 },
      ],
      [
        { from: 91, overflow: 'dropOldest', capacity: 7 },
        { from: 555, overflow: 'dropOldest', capacity: 4 },
      ],
    ],
  },
  {
    kind: 'counter',
    salt: -1831333896,
    copies: 3,
    count: 46,
    feeds: [
      [
        { from: 325, overflow: 'block', capacity: 10 },
        { from: 773, overflow: 'dropOldest', capacity: 12 },
      ],
      [
        { from: 652, overflow: 'latest', capacity: 9 },
        { from: 278, overflow: 'block', capacity: 9 },
      ],
    ],
    tick: undefined,
  },
];
