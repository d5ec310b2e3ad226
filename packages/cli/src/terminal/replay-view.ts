import type { ComparedMessage, Divergence, RecordingHeader, ReplayReport } from '@troupe/core';
import { countText, isFrame, payloadText, shownMax, singleLine } from './message-text.ts';
import type { Frame } from './message-text.ts';

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
  if (failure !== undefined)
    lines.push(`failed, as the recorded run may have: ${singleLine(failure.message)}`);
  const counts = `${countText(steps, 'step')}, ${countText(compared, 'message')} compared`;
  lines.push(`${name}: ${counts}: ${divergence === undefined ? 'identical' : 'different'}`);
  if (divergence !== undefined) lines.push(...divergenceLines(divergence));
  return lines;
}

/** Where a replay differs, and in what. */
export function divergenceLines(divergence: Divergence): readonly string[] {
  const { stage, port, seq, recorded, replayed, isOnlyTime } = divergence;
  const lines = [`first difference: ${stage}.${port}, seq ${seq}`];
  const [before, now] = [recorded?.value, replayed?.value];
  const isBoth = recorded !== undefined && replayed !== undefined;
  const differing = isBoth && isFrame(before) && isFrame(now) ? differences(before, now) : [];
  const first = differing[0] ?? 0;
  lines.push(`  recorded ${messageText(recorded, first)}`, `  replayed ${messageText(replayed, first)}`);
  if (isOnlyTime) lines.push('  only its time differs');
  if (differing.length > 0) {
    const length = Math.max((before as Frame).length, (now as Frame).length);
    const some = differing.slice(0, shownMax).join(', ');
    const more = differing.length > shownMax ? ', …' : '';
    lines.push(`  elements that differ: ${differing.length} of ${length}: ${some}${more}`);
  }
  return lines;
}

function differences(a: Frame, b: Frame): readonly number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => i).filter((i) => !Object.is(a[i], b[i]));
}

function messageText(message: ComparedMessage | undefined, from: number): string {
  if (message === undefined) return 'nothing';
  const { time, value } = message;
  return `at ${time} ns: ${payloadText(value, from)}`;
}
