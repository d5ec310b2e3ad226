import type { EmittedMessage, Moment, Rewind } from '@troupe/core';
import { none } from './format.ts';
import { countText, payloadText } from './message-text.ts';
import { divergenceLines } from './replay-view.ts';
import { alignTable } from './table.ts';

/** A moment of a recording, for a person. */
export function momentLines(graph: string, rewind: Rewind, moment: Moment): readonly string[] {
  const { leftOut, warnings, isExact, steps, header } = rewind;
  const { divergence, compared, mode, events, latches, ports, stats } = moment;
  const lines: string[] = warnings.map((warning) => `warning: ${warning}`);
  if (leftOut.length > 0) lines.push(`left out, and played from the recording: ${leftOut.join(', ')}`);
  if (!isExact) lines.push(`a re-enactment of a run of the ${header.clock} clock: it may differ each time`);
  const place = moment.step < 0 ? 'before the first step' : `after step ${moment.step}`;
  lines.push(`${graph} at ${secondsText(moment.timeNs)}: ${place} of ${steps}, mode '${mode}'`);
  lines.push(
    `${countText(compared, 'message')} compared: ${divergence === undefined ? 'identical' : 'different'}`,
  );
  if (divergence !== undefined) lines.push(...divergenceLines(divergence));
  if (events.length > 0)
    lines.push(`events: ${events.map(({ name, count }) => `${name} ${count}`).join(', ')}`);
  const handled = stats.stages.map(({ name, state, handled: calls, depth }) => {
    return [name, state, String(calls), String(depth)];
  });
  lines.push('', ...alignTable([['stage', 'state', 'handled', 'waiting'], ...handled]));
  const newest = (last: EmittedMessage | undefined): readonly string[] =>
    last === undefined ? [none, none] : [String(last.seq), secondsText(last.time)];
  const rows = ports.map(({ stage, port, count, last }) => [
    `${stage}.${port}`,
    String(count),
    ...newest(last),
  ]);
  const table = alignTable([['output', 'messages', 'seq', 'time'], ...rows]);
  const values = ['newest', ...ports.map(({ last }) => (last === undefined ? '' : payloadOf(last)))];
  lines.push('', ...table.map((line, at) => `${line}  ${values[at]}`.trimEnd()));
  if (latches.length === 0) return lines;
  return [...lines, '', ...latches.map(({ name, frame }) => `latch ${name}: ${payloadText(frame)}`)];
}

/** The same as JSON: frames as lists; of integers of 64 bits as texts. */
export function momentJson(graph: string, rewind: Rewind, moment: Moment): string {
  const { header, isExact, steps, durationNs, leftOut, warnings } = rewind;
  const { graph: _, options: __, ...run } = header;
  const shown = { type: 'moment', graph, run, isExact, steps, durationNs, leftOut, warnings, ...moment };
  return JSON.stringify(shown, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return ArrayBuffer.isView(value) ? Array.from(value as never) : value;
  });
}

function payloadOf({ frame, value }: EmittedMessage): string {
  return payloadText(frame ?? value);
}

/** To the nanosecond, without zeros at the end. */
function secondsText(ns: number): string {
  return `${ns / 1e9} s`;
}
