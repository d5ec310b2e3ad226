import { styleText } from 'node:util';
import type { ActorState } from '@troupe/core';
import type { Latency, RunFigures, StageFigures } from './figures.ts';
import { bar, quantityText, durationText, none, percentText, rateText, secondsText } from './format.ts';
import { alignTable } from './table.ts';

const progressColumns = 30;

/** How a view may look. */
export interface Look {
  /** Lines that need a look are coloured. `false` unless given. */
  readonly isColoured?: boolean;
  /** Columns of the terminal: what does not fit is said in fewer. Unbounded unless given. */
  readonly columns?: number;
}

interface Column {
  readonly head: string;
  readonly cell: (stage: StageFigures) => string;
}

const column = (head: string, cell: (stage: StageFigures) => string): Column => ({ head, cell });
const quantile = (latency: Latency | undefined, of: keyof Latency): string =>
  latency === undefined ? none : durationText(latency[of]);

/** What a stage's state has to be for its name to stand alone. */
const quietStates: ReadonlySet<ActorState> = new Set(['running', 'ended']);
const name = column('stage', (stage) =>
  quietStates.has(stage.state) ? stage.name : `${stage.name} (${stage.state})`,
);
const rate = column('rate', ({ perSecond }) => rateText(perSecond));
const depth = column('depth', (stage) => quantityText(stage.depth));
const busy = column('busy', (stage) => percentText(stage.busy));
const blocked = column('blocked', (stage) => percentText(stage.blocked));
const drops = column('drops', (stage) => quantityText(stage.drops));
const restarts = column('restarts', (stage) => quantityText(stage.restarts));

const wide: readonly Column[] = [
  name,
  column('on', ({ worker }) => (worker === 0 ? 'main' : String(worker))),
  rate,
  depth,
  column('wait p50', ({ wait }) => quantile(wait, 'p50')),
  column('p99', ({ wait }) => quantile(wait, 'p99')),
  column('handler p50', ({ handler }) => quantile(handler, 'p50')),
  column('p99', ({ handler }) => quantile(handler, 'p99')),
  busy,
  blocked,
  column('idle', ({ idle }) => percentText(idle)),
  drops,
  restarts,
];

const narrow: readonly Column[] = [
  name,
  rate,
  depth,
  column('wait p99', ({ wait }) => quantile(wait, 'p99')),
  column('handler p99', ({ handler }) => quantile(handler, 'p99')),
  busy,
  blocked,
  drops,
  restarts,
];

/** The table of a run's stages: a head line and one line for each; with fewer columns where not all fit. */
export function stageTable(
  figures: RunFigures,
  { isColoured = false, columns = Infinity }: Look = {},
): readonly string[] {
  const tableOf = (shown: readonly Column[]): readonly string[] =>
    alignTable([
      shown.map(({ head }) => head),
      ...figures.stages.map((stage) => shown.map(({ cell }) => cell(stage))),
    ]);
  const full = tableOf(wide);
  const lines = full.every((line) => line.length <= columns) ? full : tableOf(narrow);
  if (!isColoured) return lines;
  return lines.map((line, index) => {
    const stage = figures.stages[index - 1];
    if (stage === undefined) return paint('bold', line);
    if (stage.state === 'lost' || stage.state === 'backoff') return paint('red', line);
    return stage.drops > 0 || stage.restarts > 0 ? paint('yellow', line) : line;
  });
}

/** A bar for each source that tells how far it has come; without a bar where it does not know its length. */
export function progressLines(figures: RunFigures): readonly string[] {
  return figures.stages.flatMap(({ name, progress }) => {
    if (progress === undefined) return [];
    const { done, total } = progress;
    if (total === undefined) return [`${name}  ${quantityText(done)} frames`];
    const share = total === 0 ? 1 : done / total;
    const filled = bar(share, progressColumns, '░');
    return [`${name}  ${filled}  ${percentText(share)} of ${quantityText(total)} frames`];
  });
}

/** One line for each boundary output. */
export function outputLines(figures: RunFigures): readonly string[] {
  return figures.outputs.map(({ name, taken, perSecond, drops }) => {
    const lost = drops === 0 ? '' : `, ${quantityText(drops)} dropped`;
    return `output ${name}: ${quantityText(taken)} taken, ${rateText(perSecond)}${lost}`;
  });
}

/** Everything about a run that the live view of `troupe run` shows. */
export function runView(title: string, figures: RunFigures, look: Look = {}): readonly string[] {
  const heading = `${title} · ${secondsText(figures.elapsedMs)}`;
  return [
    look.isColoured === true ? paint('bold', heading) : heading,
    '',
    ...stageTable(figures, look),
    '',
    ...progressLines(figures),
    ...outputLines(figures),
  ];
}

/**
 * A run in one line, for where there is no terminal: time, then for each stage its rate, depth and what has
 * befallen it.
 */
export function runLine(figures: RunFigures): string {
  return [secondsText(figures.elapsedMs), ...figures.stages.map(stageText), totalsText(figures)].join(' | ');
}

function stageText(stage: StageFigures): string {
  const wait = stage.wait === undefined ? '' : ` wait ${pair(stage.wait)}`;
  const handler = stage.handler === undefined ? '' : ` handler ${pair(stage.handler)}`;
  const total = stage.progress?.total;
  const progress =
    stage.progress === undefined || total === undefined
      ? ''
      : ` ${percentText(stage.progress.done / Math.max(1, total))}`;
  const flow = `${rateText(stage.perSecond)} depth ${stage.depth}${wait}${handler}`;
  const [busy, blocked, idle] = [stage.busy, stage.blocked, stage.idle].map(percentText);
  return `${stage.name}${progress} ${flow} busy ${busy} blocked ${blocked} idle ${idle}`;
}

function pair({ p50, p99 }: { readonly p50: number; readonly p99: number }): string {
  return `${durationText(p50)}/${durationText(p99)}`;
}

function totalsText({ drops, restarts, deadLetters }: RunFigures): string {
  const dead = deadLetters === 0 ? '' : ` dead letters ${deadLetters}`;
  return `drops ${drops} restarts ${restarts}${dead}`;
}

/** How many workers beside main had stages. */
export function workerCount({ stages }: RunFigures): number {
  return new Set(stages.map(({ worker }) => worker).filter((worker) => worker > 0)).size;
}

/** What is said when a run is over: how it ended, its totals, the table over the whole run, its outputs. */
export function reportLines(
  name: string,
  reason: 'ended' | 'stopped',
  figures: RunFigures,
  look: Look = {},
): readonly string[] {
  const workers = workerCount(figures);
  const threads = `${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const took = durationText(figures.elapsedMs * 1e6);
  return [
    `${name} ${reason} after ${took} on ${threads}: ${totalsText(figures)}`,
    ...stageTable(figures, look),
    ...outputLines(figures),
  ];
}

function paint(style: 'bold' | 'red' | 'yellow', line: string): string {
  return styleText(style, line, { validateStream: false });
}
