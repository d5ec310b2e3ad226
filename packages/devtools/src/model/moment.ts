import type { MomentWire, ReplayWire, ServerMessage } from '@troupe/core/telemetry';
import { clockTime } from './units.ts';

/** A recording that is gone back in. */
export interface Replay {
  readonly replay: ReplayWire;
  readonly moment: MomentWire | undefined;
}

/** What there is after a message of the process. */
export function withReplay(
  before: Replay | undefined,
  message: Extract<ServerMessage, { readonly type: 'replay' | 'moment' }>,
): Replay | undefined {
  if (message.type === 'moment') return before && { ...before, moment: message.moment };
  const { replay } = message;
  if (replay === undefined) return undefined;
  const isSame = before?.replay.recording === replay.recording;
  return { replay, moment: isSame ? before.moment : undefined };
}

export interface Mark {
  readonly timeNs: number;
  readonly step: number;
  readonly type: ReplayWire['marks'][number]['type'];
  /** What happened there; several marks at one place of the scrubber are one. */
  readonly text: string;
  /** 0 to 1: where it lies. */
  readonly place: number;
}

/** Marks as the scrubber shows them, over a width in pixels: those that would lie on each other are one. */
export function marksOf({ marks, durationNs }: ReplayWire, widthPx: number): readonly Mark[] {
  const shown: Mark[] = [];
  const apart = 3 / Math.max(3, widthPx);
  for (const { timeNs, step, type, text } of marks) {
    const place = durationNs > 0 ? timeNs / durationNs : 0;
    const last = shown.at(-1);
    if (last !== undefined && last.type === type && place - last.place < apart) {
      shown[shown.length - 1] = { ...last, text: `${last.text}; ${text}`.slice(0, 400) };
    } else shown.push({ timeNs, step, type, text, place });
  }
  return shown;
}

/** The next mark after a step, or the one before it. */
export function markBeside({ marks }: ReplayWire, step: number, side: -1 | 1): number | undefined {
  const mark = side === 1 ? marks.find((it) => it.step > step) : marks.findLast((it) => it.step < step);
  return mark?.step;
}

/** A recording as a person calls it: without its folder. */
export function recordingName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

/** What is shown, in one line: the same wherever a moment is shown instead of the run. */
export function bannerOf({ replay, moment }: Replay): string {
  const name = recordingName(replay.recording);
  const kind = replay.isExact ? 'exact' : 're-enactment';
  if (moment === undefined) return `Recording ${name} is open: ${kind}`;
  if (moment.step < 0) return `Before the first step of ${name}: ${kind}`;
  return `At ${clockTime(moment.timeNs / 1e6)} of ${name}, step ${moment.step}: ${kind}`;
}

/** Whether what is shown can be trusted, in words. */
export function trustOf({ replay, moment }: Replay): string {
  if (moment?.divergence !== undefined) return `It differs from what was recorded. ${moment.divergence}`;
  if (!replay.isExact) {
    return (
      'The recording was made under the realtime clock. What is shown is a re-enactment: ' +
      'the same inputs, not the same interleaving.'
    );
  }
  const compared = moment?.compared ?? 0;
  if (compared === 0) return 'Nothing has been compared with the recording yet.';
  return `${compared === 1 ? 'One message' : `${compared} messages`} compared with the recording, all equal.`;
}
