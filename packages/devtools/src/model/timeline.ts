import type { SpanWire } from '@troupe/core/telemetry';
import type { GraphWire } from '@troupe/core/telemetry';
import type { Log } from './log.ts';
import { clockTime, milliseconds } from './units.ts';

/** A range of time, milliseconds since the run's epoch. */
export interface Range {
  readonly from: number;
  readonly until: number;
}

const shortestMs = 0.01;
const longestMs = 3_600_000;

/** A range `factor` times as long in which `at` stays where it is. */
export function zoomed({ from, until }: Range, factor: number, at: number): Range {
  const length = Math.max(shortestMs, Math.min(longestMs, (until - from) * factor));
  const share = (at - from) / (until - from);
  return { from: at - length * share, until: at + length * (1 - share) };
}

/** A range moved by a share of its length. */
export function panned({ from, until }: Range, share: number): Range {
  const by = (until - from) * share;
  return { from: from + by, until: until + by };
}

/** Times at which the axis has a line: about one in 90 pixels, at round numbers. */
export function axisTimes({ from, until }: Range, widthPx: number): readonly number[] {
  const rough = ((until - from) / Math.max(1, widthPx)) * 90;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((it) => it >= rough) ?? rough;
  const first = Math.ceil(from / step);
  const count = Math.max(0, Math.floor(until / step) - first + 1);
  return Array.from({ length: count }, (_, at) => (first + at) * step);
}

/** A time on the axis, as exact as lines are apart. */
export function axisText(ms: number, { from, until }: Range): string {
  if (until - from > 50) return clockTime(ms);
  const whole = Math.floor(ms);
  return `${clockTime(whole)}${(ms - whole).toFixed(until - from > 0.5 ? 1 : 3).slice(1)}`;
}

export interface ModeSpan extends Range {
  readonly mode: string;
}

/** When which mode was, as far as the log tells. */
export function modeSpans(log: Log, now: string, initial: string, nowMs: number): readonly ModeSpan[] {
  const changes = log.happenings.filter((it) => it.type === 'mode' && it.outcome === 'entered');
  const spans: ModeSpan[] = [];
  let from = 0;
  let mode = initial;
  for (const change of changes) {
    if (change.type !== 'mode') continue;
    spans.push({ mode: change.from, from, until: change.atMs });
    from = change.atMs;
    mode = change.to;
  }
  return [...spans, { mode: changes.length === 0 ? now : mode, from, until: nowMs }];
}

/** A span in words. */
export function spanText(span: SpanWire, { stages, edges }: GraphWire): string {
  const length = milliseconds(span.until - span.at);
  const at = `at ${clockTime(span.at)}`;
  if (span.kind === 'sleep') return `Worker ${span.worker} slept for ${length} ${at}.`;
  const name = stages[span.stage]?.name ?? `stage ${span.stage}`;
  if (span.kind !== 'handle') {
    return span.kind === 'blocked'
      ? `${name} was blocked by a full output for ${length} ${at}.`
      : `${name} was created anew in ${length} ${at}.`;
  }
  const { work, calls, edge, lateMs, isFailed } = span;
  const end = edge === undefined ? undefined : edges[edge]?.to;
  const by = end?.kind === 'stage' ? ` by ${end.port}` : '';
  const what = calls === 1 ? `one ${works[work]}` : `${calls} ${works[work]}s`;
  const late = lateMs === undefined ? '' : ` The tick began ${milliseconds(lateMs)} late.`;
  const failed = isFailed ? ' The last one threw.' : '';
  return `${name} handled ${what}${by} for ${length} ${at}.${late}${failed}`;
}

const works = {
  input: 'input',
  tick: 'tick',
  demand: 'demand',
  post: 'post',
  resent: 'message sent again',
  start: 'start',
  mode: 'change of mode',
} as const;
