import { styleText } from 'node:util';
import type { RunFigures, StageFigures } from './figures.ts';
import { bar, quantityText, durationText, none, percentText, rateText, secondsText } from './format.ts';
import { alignTable } from './table.ts';

const head = [
  'stage',
  'on',
  'rate',
  'depth',
  'wait p50',
  'p99',
  'handler p50',
  'p99',
  'busy',
  'blocked',
  'idle',
  'drops',
  'restarts',
];
const progressColumns = 30;

/**
 * The table of a run's stages, a head line and one line for each; lines that need a look are coloured on
 * demand.
 */
export function stageTable(figures: RunFigures, isColoured = false): readonly string[] {
  const lines = alignTable([head, ...figures.stages.map(stageRow)]);
  if (!isColoured) return lines;
  return lines.map((line, index) => {
    const stage = figures.stages[index - 1];
    if (stage === undefined) return paint('bold', line);
    if (stage.state === 'lost' || stage.state === 'backoff') return paint('red', line);
    return stage.drops > 0 || stage.restarts > 0 ? paint('yellow', line) : line;
  });
}

function stageRow(stage: StageFigures): readonly string[] {
  const state = stage.state === 'running' ? '' : ` (${stage.state})`;
  return [
    `${stage.name}${state}`,
    stage.worker === 0 ? 'main' : String(stage.worker),
    rateText(stage.perSecond),
    quantityText(stage.depth),
    stage.wait === undefined ? none : durationText(stage.wait.p50),
    stage.wait === undefined ? none : durationText(stage.wait.p99),
    stage.handler === undefined ? none : durationText(stage.handler.p50),
    stage.handler === undefined ? none : durationText(stage.handler.p99),
    percentText(stage.busy),
    percentText(stage.blocked),
    percentText(stage.idle),
    quantityText(stage.drops),
    quantityText(stage.restarts),
  ];
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
export function runView(title: string, figures: RunFigures, isColoured = false): readonly string[] {
  const heading = `${title} · ${secondsText(figures.elapsedMs)}`;
  return [
    isColoured ? paint('bold', heading) : heading,
    '',
    ...stageTable(figures, isColoured),
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
): readonly string[] {
  const workers = workerCount(figures);
  const threads = `${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const took = durationText(figures.elapsedMs * 1e6);
  return [
    `${name} ${reason} after ${took} on ${threads}: ${totalsText(figures)}`,
    ...stageTable(figures),
    ...outputLines(figures),
  ];
}

function paint(style: 'bold' | 'red' | 'yellow', line: string): string {
  return styleText(style, line, { validateStream: false });
}
