import type { Supervision } from '../plan/types.ts';

/** What an actor remembers of its restarts. */
export interface RestartRecord {
  /** When the actor was recreated, in ms, newest last; only those within the window are kept. */
  recreatedMs: number[];
}

/** How often one piece of work has been tried: the input of one mailbox, or one other kind of call. */
export interface Attempts {
  tries: number;
  /** Inputs: the position of the message that they are about. */
  position: number;
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

/** Decides, and notes the decision in the records. Pure but for that. */
export function judgeFailure(
  attempts: Attempts,
  record: RestartRecord,
  supervision: Supervision,
  nowMs: number,
): Verdict {
  attempts.tries++;
  const isGivenUp = attempts.tries >= supervision.triesMax;
  const waitMs = Math.min(supervision.backoffMaxMs, supervision.backoffMs * 2 ** (attempts.tries - 1));
  const verdict = { isGivenUp, waitMs, isBeyondRestarts: false };
  if (isGivenUp) attempts.tries = 0;
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
