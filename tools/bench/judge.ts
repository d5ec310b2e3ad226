/** From rounds to verdicts: the figure of each line, its bound, and whether it was reached. Pure. */
import type { Sample } from './contender.ts';
import type { Outcome, Round } from './rounds.ts';
import type { ContenderId, Line, Reading, Row } from './rows.ts';
import { median } from './statistics.ts';

export interface JudgedLine {
  readonly what: string;
  readonly unit: Line['unit'];
  /** Median over the rounds; null when a contender failed. */
  readonly figure: number | null;
  readonly figures: readonly number[];
  readonly comparison: '≥' | '≤';
  readonly bound: number | null;
  readonly reached: boolean;
}

export interface JudgedRow {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly JudgedLine[];
  /** Median of each metric of each contender. */
  readonly medians: Readonly<Record<string, Sample>>;
  readonly failures: Readonly<Record<string, string>>;
}

function metricOf(outcome: Outcome | undefined, metric: string): number {
  return outcome !== undefined && 'sample' in outcome ? (outcome.sample[metric] ?? Number.NaN) : Number.NaN;
}

function mediansOf(rounds: readonly Round[], id: ContenderId): Sample {
  const samples = rounds
    .map((round) => round.get(id))
    .filter((outcome) => outcome !== undefined && 'sample' in outcome);
  const metrics = Object.keys(samples[0]?.sample ?? {});
  return Object.fromEntries(
    metrics.map((metric) => [metric, median(samples.map((outcome) => metricOf(outcome, metric)))]),
  );
}

function judgeLine(line: Line, rounds: readonly Round[], readMedian: Reading): JudgedLine {
  const figures = rounds.map((round) => line.figure((id, metric) => metricOf(round.get(id), metric)));
  const figure = median(figures);
  const comparison = line.atLeast === undefined ? '≤' : '≥';
  const limit = line.atLeast ?? line.atMost ?? Number.NaN;
  const bound = typeof limit === 'number' ? limit : limit(readMedian);
  const reached = comparison === '≥' ? figure >= bound : figure <= bound;
  const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    what: line.what,
    unit: line.unit,
    figure: finiteOrNull(figure),
    figures: figures.filter(Number.isFinite),
    comparison,
    bound: finiteOrNull(bound),
    reached,
  };
}

export function judge(row: Row, rounds: readonly Round[]): JudgedRow {
  const medians = Object.fromEntries(row.contenders.map((id) => [id, mediansOf(rounds, id)]));
  const failures: Record<string, string> = {};
  for (const round of rounds) {
    for (const [id, outcome] of round) if ('failure' in outcome) failures[id] = outcome.failure;
  }
  const readMedian: Reading = (id, metric) => medians[id]?.[metric] ?? Number.NaN;
  return {
    id: row.id,
    title: row.title,
    lines: row.lines.map((line) => judgeLine(line, rounds, readMedian)),
    medians,
    failures,
  };
}
