import { describe, expect, it } from 'vitest';
import type { RunFigures, StageFigures } from '../../src/terminal/figures.ts';
import { reportLines, runLine, runView, stageTable } from '../../src/terminal/run-view.ts';

const source: StageFigures = {
  name: 'source',
  worker: 1,
  state: 'running',
  in: 0,
  out: 400,
  perSecond: 8,
  depth: 0,
  wait: undefined,
  handler: undefined,
  busy: 0.014,
  blocked: 0,
  idle: 0.986,
  drops: 0,
  restarts: 0,
  progress: { done: 400, total: 1600 },
};
const filter: StageFigures = {
  ...source,
  name: 'filter',
  worker: 0,
  in: 25_000,
  perSecond: 25_600,
  depth: 12,
  wait: { p50: 12_300, p99: 1_250_000 },
  handler: { p50: 850, p99: 3_400_000_000 },
  busy: 0.75,
  blocked: 0.25,
  idle: 0,
  progress: undefined,
};
const figures: RunFigures = {
  elapsedMs: 12_540,
  stages: [source, filter],
  outputs: [{ name: 'powers', taken: 197, perSecond: 2, depth: 0, drops: 0 }],
  drops: 0,
  restarts: 0,
  deadLetters: 0,
};
const troubled: RunFigures = {
  ...figures,
  stages: [
    { ...source, name: 's', state: 'lost', progress: { done: 12, total: undefined } },
    { ...filter, drops: 20_000, restarts: 2 },
  ],
  outputs: [{ name: 'powers', taken: 197, perSecond: 2, depth: 0, drops: 5 }],
  drops: 20_005,
  restarts: 2,
  deadLetters: 1,
};

const table = [
  'stage     on     rate  depth  wait p50     p99  handler p50   p99  busy  blocked  idle  drops  restarts',
  'source     1      8/s      0         –       –            –     –    1%       0%   99%      0         0',
  'filter  main  25.6k/s     12    12.3µs  1.25ms        850ns  3.4s   75%      25%    0%      0         0',
];
const troubledRows = [
  's (lost)     1      8/s      0         –       –            –     –    1%       0%   99%      0         0',
  'filter    main  25.6k/s     12    12.3µs  1.25ms        850ns  3.4s   75%      25%    0%    20k         2',
];

describe('the live view of a run', () => {
  it('shows time, stages, progress and outputs', () => {
    expect(runView('eeg', figures)).toEqual([
      'eeg · 12.5 s',
      '',
      ...table,
      '',
      'source  ███████▌░░░░░░░░░░░░░░░░░░░░░░  25% of 1600 frames',
      'output powers: 197 taken, 2/s',
    ]);
  });

  it('shows what has gone wrong, and has no bar for a source that does not know its length', () => {
    expect(runView('eeg', troubled).slice(3)).toEqual([
      ...troubledRows,
      '',
      's  12 frames',
      'output powers: 197 taken, 2/s, 5 dropped',
    ]);
  });

  it('has fewer columns where not all of them fit', () => {
    const [head = ''] = table;
    expect(stageTable(figures, { columns: head.length })).toEqual(table);
    expect(stageTable(figures, { columns: head.length - 1 })).toEqual([
      'stage      rate  depth  wait p99  handler p99  busy  blocked  drops  restarts',
      'source      8/s      0         –            –    1%       0%      0         0',
      'filter  25.6k/s     12    1.25ms         3.4s   75%      25%      0         0',
    ]);
  });

  it('colours lines that need a look', () => {
    const [head, first, second] = stageTable(troubled);
    expect(stageTable(troubled, { isColoured: true })).toEqual([
      `\u001b[1m${head}\u001b[22m`,
      `\u001b[31m${first}\u001b[39m`,
      `\u001b[33m${second}\u001b[39m`,
    ]);
    expect(stageTable(figures, { isColoured: true })[1]).toBe(stageTable(figures)[1]);
  });
});

describe('a run without a terminal', () => {
  it('is a line per interval', () => {
    expect(runLine(figures)).toBe(
      '12.5 s | source 25% 8/s depth 0 busy 1% blocked 0% idle 99%' +
        ' | filter 25.6k/s depth 12 wait 12.3µs/1.25ms handler 850ns/3.4s busy 75% blocked 25% idle 0%' +
        ' | drops 0 restarts 0',
    );
    expect(runLine(troubled)).toMatch(/ \| drops 20005 restarts 2 dead letters 1$/);
  });
});

describe('the report', () => {
  it('says how it ended, then the table and the outputs', () => {
    const lines = reportLines('eeg', 'ended', figures);
    expect(lines[0]).toBe('eeg ended after 12.5s on 1 worker: drops 0 restarts 0');
    expect(lines.slice(1, 4)).toEqual(stageTable(figures));
    expect(lines.slice(4)).toEqual(['output powers: 197 taken, 2/s']);
  });
});
