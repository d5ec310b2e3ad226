import { inspect } from 'node:util';
import type { ComparedMessage, Divergence, RecordingHeader, ReplayReport } from '@troupe/core';

/** Elements of a frame that are shown, from the first one that differs. */
const shownMax = 6;
const columnsMax = 160;

/** What a replay has found, for a person. */
export function replayLines(name: string, header: RecordingHeader, report: ReplayReport): readonly string[] {
  const { steps, compared, leftOut, warnings, divergence, isExact, failure, tail } = report;
  const lines: string[] = [];
  if (leftOut.length > 0) {
    lines.push(`left out, and played from the recording: ${leftOut.join(', ')}`);
    lines.push('  --with-effects runs sinks and fed io stages; sources are always played');
  }
  lines.push(...warnings.map((warning) => `warning: ${warning}`));
  if (!isExact) {
    lines.push(
      `a re-enactment: a run of the ${header.clock} clock gives times, but not the order on threads`,
    );
  }
  if (tail !== undefined && tail.status !== 'complete') {
    lines.push(`the recording is ${tail.status} after ${tail.entries} entries: ${tail.message}`);
  }
  if (failure !== undefined) lines.push(`failed, as the recorded run may have: ${oneLine(failure.message)}`);
  const counts = `${count(steps, 'step')}, ${count(compared, 'message')} compared`;
  lines.push(`${name}: ${counts}: ${divergence === undefined ? 'identical' : 'different'}`);
  if (divergence !== undefined) lines.push(...divergenceLines(divergence));
  return lines;
}

function divergenceLines({ stage, port, seq, recorded, replayed }: Divergence): readonly string[] {
  const lines = [`first difference: ${stage}.${port}, seq ${seq}`];
  const [before, now] = [recorded?.value, replayed?.value];
  const isBoth = recorded !== undefined && replayed !== undefined;
  const differing = isBoth && isFrame(before) && isFrame(now) ? differences(before, now) : [];
  const first = differing[0] ?? 0;
  lines.push(`  recorded ${messageText(recorded, first)}`, `  replayed ${messageText(replayed, first)}`);
  if (differing.length > 0) {
    const length = Math.max((before as Frame).length, (now as Frame).length);
    const some = differing.slice(0, shownMax).join(', ');
    const more = differing.length > shownMax ? ', …' : '';
    lines.push(`  elements that differ: ${differing.length} of ${length}: ${some}${more}`);
  }
  return lines;
}

type Frame = ArrayLike<number | bigint>;

function isFrame(value: unknown): value is Frame {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function differences(a: Frame, b: Frame): readonly number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => i).filter((i) => !Object.is(a[i], b[i]));
}

function messageText(message: ComparedMessage | undefined, from: number): string {
  if (message === undefined) return 'nothing';
  const { time, value } = message;
  return `at ${time} ns: ${isFrame(value) ? frameText(value, from) : shorten(inspect(value, valueLook))}`;
}

const valueLook = { breakLength: Infinity, depth: 4, maxArrayLength: 12, maxStringLength: 80 } as const;

/** A few elements from the first one that matters. */
function frameText(frame: Frame, first: number): string {
  const from = frame.length <= shownMax ? 0 : Math.min(first, frame.length - 1);
  const part = Array.from(frame).slice(from, from + shownMax);
  const elements = part.map((element) => (Object.is(element, -0) ? '-0' : String(element)));
  const before = from > 0 ? [`… from ${from}:`] : [];
  const after = from + shownMax < frame.length ? [`… of ${frame.length}`] : [];
  return `[${[...before, elements.join(', '), ...after].join(' ')}]`;
}

function shorten(text: string): string {
  const line = oneLine(text);
  return line.length <= columnsMax ? line : `${line.slice(0, columnsMax - 1)}…`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
