import { encode } from '@troupe/mailbox';
import { errorToWire } from '../drivers/error-wire.ts';
import type { FailureWire, Upcall } from '../drivers/messages.ts';
import type { HandlerError } from '../errors.ts';
import type { Actor, Inlet, Work } from './actor.ts';
import { payloadOf } from './readiness.ts';
import type { Verdict } from './supervise.ts';

/** Larger messages are not copied. */
const messageBytesMax = 16_384;
/** Failures of one actor that are told within a second. */
const perSecondMax = 20;

/** A failed call. */
export interface Failed {
  readonly actor: Actor;
  readonly work: Work;
  readonly inlet: Inlet | undefined;
  readonly error: HandlerError;
  readonly verdict: Verdict;
  readonly tries: number;
  /** Nothing could be given up: the run fails. */
  readonly isHopeless: boolean;
  readonly nowMs: number;
}

/** What has been told of an actor in the second that began at `sinceMs`, and what has not been told at all. */
interface Told {
  sinceMs: number;
  count: number;
  untold: number;
}

/**
 * Tells the owner of the run of each handler that threw, with a copy of the message; of an actor that fails
 * all the time only so often.
 */
export class FailureTelling {
  readonly #upcall: Upcall;
  readonly #told = new Map<number, Told>();

  constructor(upcall: Upcall) {
    this.#upcall = upcall;
  }

  /** Call it while the envelope still is that of the failed call. */
  tell(failed: Failed): void {
    const { actor, nowMs } = failed;
    const told = this.#told.get(actor.plan.index) ?? { sinceMs: nowMs, count: 0, untold: 0 };
    this.#told.set(actor.plan.index, told);
    if (nowMs - told.sinceMs >= 1_000) {
      told.sinceMs = nowMs;
      told.count = 0;
    }
    if (told.count >= perSecondMax) {
      told.untold++;
      return;
    }
    told.count++;
    const { untold } = told;
    told.untold = 0;
    this.#upcall({ type: 'failure', failure: wireOf(failed, untold) });
  }
}

function wireOf(
  { actor, work, inlet, error, verdict, tries, isHopeless, nowMs }: Failed,
  untold: number,
): FailureWire {
  const isOver = verdict.action === 'stop' || verdict.action === 'escalate' || isHopeless;
  const action = isHopeless ? 'escalate' : verdict.action;
  return {
    ...messageOf(actor, work, inlet),
    actor: actor.plan.index,
    work,
    atMs: nowMs,
    error: errorToWire(error),
    tries,
    action,
    isGivenUp: verdict.isGivenUp && !isOver,
    waitMs: isOver ? 0 : verdict.waitMs,
    untold,
  };
}

type MessageWire = Pick<FailureWire, 'port' | 'seq' | 'time' | 'frame' | 'bytes' | 'omitted'>;

function messageOf(actor: Actor, work: Work, inlet: Inlet | undefined): MessageWire {
  const { envelope, posts, resent } = actor;
  const about = {
    port: '',
    seq: -1,
    time: envelope.time,
    frame: undefined,
    bytes: undefined,
    omitted: undefined,
  };
  if (work === 'post') return { ...about, ...copyOf(undefined, posts[0]) };
  if (work === 'resent') {
    const letter = resent[0];
    return {
      ...about,
      port: letter?.port ?? '',
      seq: letter?.seq ?? -1,
      ...copyOf(letter?.frame, letter?.value),
    };
  }
  if (inlet === undefined) return about;
  const { frame, value } = payloadOf(actor, inlet);
  return { ...about, port: inlet.port, seq: envelope.seq, ...copyOf(frame, value) };
}

/** An owned copy within the bound. */
function copyOf(
  frame: FailureWire['frame'],
  value: unknown,
): Pick<FailureWire, 'frame' | 'bytes' | 'omitted'> {
  const none = { frame: undefined, bytes: undefined };
  if (frame !== undefined) {
    if (frame.byteLength > messageBytesMax) return { ...none, omitted: 'tooLarge' };
    return { ...none, frame: frame.slice(), omitted: undefined };
  }
  try {
    const bytes = encode(value);
    if (bytes.length > messageBytesMax) return { ...none, omitted: 'tooLarge' };
    return { ...none, bytes: bytes.slice(), omitted: undefined };
  } catch {
    return { ...none, omitted: 'notCopyable' };
  }
}
