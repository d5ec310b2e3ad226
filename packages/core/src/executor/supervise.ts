import type { Supervision } from '../plan/types.ts';

/** What an actor remembers of its failures. */
export interface FailureRecord {
  /** How often the message in hand has been tried. */
  tries: number;
  /** When the actor was recreated, in ms, newest last; only those within the window are kept. */
  recreatedMs: number[];
}

/** What to do after a handler threw. */
export interface Verdict {
  readonly action: 'retry' | 'recreate' | 'stop' | 'escalate';
  /** Why, where the strategy alone does not say it. */
  readonly isBeyondRestarts: boolean;
  /** The message has had its last try. */
  readonly isGivenUp: boolean;
  readonly waitMs: number;
}

/** Decides, and notes the decision in the record. Pure but for that. */
export function judgeFailure(record: FailureRecord, supervision: Supervision, nowMs: number): Verdict {
  record.tries++;
  const isGivenUp = record.tries >= supervision.triesMax;
  const waitMs = Math.min(supervision.backoffMaxMs, supervision.backoffMs * 2 ** (record.tries - 1));
  const verdict = { isGivenUp, waitMs, isBeyondRestarts: false };
  if (isGivenUp) record.tries = 0;
  switch (supervision.strategy) {
    case 'resume':
      return { ...verdict, action: 'retry' };
    case 'stop':
    case 'escalate':
      return { ...verdict, action: supervision.strategy };
    case 'restart': {
      record.recreatedMs = record.recreatedMs.filter((at) => nowMs - at < supervision.withinMs);
      record.recreatedMs.push(nowMs);
      const isBeyondRestarts = record.recreatedMs.length > supervision.restartsMax;
      return { ...verdict, isBeyondRestarts, action: isBeyondRestarts ? 'escalate' : 'recreate' };
    }
  }
}
