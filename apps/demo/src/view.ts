import {
  alignTable,
  bar,
  durationText,
  outputLines,
  progressLines,
  quantityText,
  secondsText,
  stageTable,
  workerCount,
} from '@troupe/cli';
import type { Look, RunFigures } from '@troupe/cli';
import type { Tally } from './tally.ts';
import { valueNames } from './tally.ts';

const barColumnsMax = 8;
const barColumnsMin = 2;
const valueColumns = 6;
/** Between two columns of a table. */
const gapColumns = 2;
/** A line of RMS values names at most so many channels. */
const namedChannelsMax = 8;

/** The live view: the features with a bar for each, then the stages. */
export function studioView(tally: Tally, figures: RunFigures, look: Look = {}): readonly string[] {
  return [
    `${signalText(tally)} · ${secondsText(figures.elapsedMs)} · ${windowText(tally)}`,
    '',
    ...featureTable(tally, tally.newest, look),
    '',
    ...stageTable(figures, look),
    '',
    ...progressLines(figures),
    `source to view: ${latencyText(tally)} · drops ${figures.drops} · restarts ${figures.restarts}`,
    ...noteLines(tally),
  ];
}

/** One line, for where there is no terminal. */
export function studioLine(tally: Tally, figures: RunFigures): string {
  const totals = `drops ${figures.drops} restarts ${figures.restarts}`;
  return [
    secondsText(figures.elapsedMs),
    `window ${tally.windows}`,
    featuresText(tally),
    `source to view ${latencyText(tally)}`,
    totals,
  ].join(' | ');
}

/** What is said in the end. */
export function studioReport(
  tally: Tally,
  reason: 'ended' | 'stopped',
  sourceFrames: number,
  block: number,
  figures: RunFigures,
  look: Look = {},
): readonly string[] {
  const { rateHz } = tally.signal;
  const samples = sourceFrames * block;
  const playedMs = (1000 * samples) / rateHz;
  const factor = quantityText(playedMs / figures.elapsedMs);
  const mean = tally.feature.kind === 'rms' ? 'mean RMS' : `mean power in ${unitText(tally)}`;
  return [
    `${signalText(tally)}: ${reason} after ${durationText(figures.elapsedMs * 1e6)}`,
    `  played   ${secondsText(playedMs)}, ${factor} × real time, on ${workerCount(figures)} worker threads`,
    `  frames   ${sourceFrames} from the source, ${samples} samples per channel; ${tally.windows} windows`,
    `  drops    ${figures.drops}; restarts ${figures.restarts}; dead letters ${figures.deadLetters}`,
    `  latency  source to view ${latencyText(tally)}`,
    ...noteLines(tally),
    '',
    `${mean}, over all windows`,
    ...featureTable(tally, tally.means(), look),
    '',
    ...stageTable(figures, look),
    ...outputLines(figures),
  ];
}

/**
 * The features as a table, a line per channel and a bar per value. Bars of powers show the share of the band
 * in its channel, bars of RMS values their share of the channel's peak.
 */
export function featureTable(
  tally: Tally,
  values: Float32Array | Float64Array,
  { columns = Infinity }: Look = {},
): readonly string[] {
  const names = valueNames(tally.feature);
  const { labels, units } = tally.signal;
  const hasUnits = tally.feature.kind === 'rms';
  const edges = [['channel', ...labels], hasUnits ? ['unit', ...units] : []].map(widest);
  const barColumns = barColumnsIn(columns - edges.reduce((sum, width) => sum + width, 0), names.length);
  const rows = labels.map((label, channel) => {
    const row = Array.from(names, (_, at) => values[channel * names.length + at]!);
    const total = row.reduce((sum, value) => sum + value, 0);
    const cells = row.map((value) => {
      const whole = hasUnits ? tally.peaks[channel]! : total;
      const share = whole > 0 ? value / whole : 0;
      const text = tally.windows === 0 ? '–' : quantityText(value);
      return `${bar(share, barColumns)} ${text.padStart(valueColumns)}`;
    });
    return [label, ...cells, ...(hasUnits ? [units[channel] ?? ''] : [])];
  });
  const head = names.map((name) => name.padEnd(barColumns + 1 + valueColumns));
  return alignTable([['channel', ...head, ...(hasUnits ? ['unit'] : [])], ...rows]);
}

/** How long bars may be so that so many values, with their bars, fit so many columns. */
function barColumnsIn(columns: number, values: number): number {
  const others = values * (gapColumns + 1 + valueColumns) + gapColumns;
  return Math.max(barColumnsMin, Math.min(barColumnsMax, Math.floor((columns - others) / values)));
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

function featuresText(tally: Tally): string {
  if (tally.windows === 0) return 'no window yet';
  const names = valueNames(tally.feature);
  const { labels, channels } = tally.signal;
  if (tally.feature.kind === 'rms') {
    const shown = labels.slice(0, namedChannelsMax);
    return shown.map((label, channel) => `${label} ${quantityText(tally.newest[channel]!)}`).join('; ');
  }
  const means = names.map((name, band) => {
    let sum = 0;
    for (let at = band; at < tally.newest.length; at += names.length) sum += tally.newest[at]!;
    return `${name} ${quantityText(sum / channels)}`;
  });
  return `${means.join(' ')} ${unitText(tally)} (mean of ${channels} channels)`;
}

function windowText({ windows, timeNs }: Tally): string {
  return `window ${windows} at ${secondsText(timeNs / 1e6)}`;
}

function latencyText(tally: Tally): string {
  const summary = tally.latency.summary();
  if (summary === undefined) return 'not measured yet';
  const { p50, p99, max } = summary;
  return `p50 ${durationText(p50)}, p99 ${durationText(p99)}, max ${durationText(max)}`;
}

function noteLines({ signal: { note } }: Tally): readonly string[] {
  return note === undefined ? [] : [`  note     ${note}`];
}

function signalText({ signal }: Tally): string {
  const { title, channels, rateHz } = signal;
  const noun = channels === 1 ? 'channel' : 'channels';
  return `${title} · ${channels} ${noun} × ${Number(rateHz.toFixed(3))} Hz`;
}

/** The unit of a power: `µV²` where all channels agree. */
function unitText({ signal: { units } }: Tally): string {
  const [first = ''] = units;
  const isCommon = first !== '' && units.every((unit) => unit === first);
  return isCommon ? `${first.replace(/^u(?=V$)/, 'µ')}²` : 'units²';
}
