import type {
  ActorGauges,
  EdgeGauges,
  Envelope,
  FrameOutlet,
  MailboxReader,
  MessageOutlet,
  Releasable,
} from '@troupe/mailbox';
import type { ActorPlan } from '../plan/types.ts';
import type { LetterWire } from '../drivers/messages.ts';
import type { AnyStage, Handlers, StageContext } from '../stage.ts';
import type { Lease } from '../resources/lease.ts';
import type { Control } from './control.ts';
import type { ActorLatches } from './latches.ts';
import type { EdgeLedger, ActorLedger } from './ledger.ts';
import type { ActorOut } from './out.ts';
import type { Attempts, RestartRecord } from './supervise.ts';
import type { Ticker } from './ticker.ts';
import type { TickNote } from './tick-note.ts';

/** The mailbox behind one edge into an actor. */
export interface Inlet {
  readonly port: string;
  readonly edge: number;
  readonly isBack: boolean;
  /** What one call of its writer may emit. */
  readonly maxEmit: number;
  readonly reader: MailboxReader;
  readonly gauges: EdgeGauges;
  readonly ledger: EdgeLedger;
  /** How often the input at its head has been tried. */
  readonly attempts: Attempts;
  /** Some of the next inputs are handed over again. */
  isRecovering: boolean;
  /** Inputs below this position had been taken before. */
  takenTo: number;
  /** Inputs below this one may have caused emissions that were seen. */
  exposedTo: number;
  /** Inputs below this one have been counted as handed over again. */
  countedTo: number;
  /** Positions that are passed over, their inputs having killed too many workers. */
  readonly skips: readonly number[];
  /** How many of those that its reader has skipped are counted. */
  skippedTo: number;
}

/** The edges out of an actor whose traffic it counts. */
export interface Outflow {
  readonly outlet: FrameOutlet | MessageOutlet;
  readonly edges: readonly {
    readonly gauges: EdgeGauges;
    readonly refusing: { readonly dropped: number } | undefined;
    /** What predecessors on other threads have dropped. */
    readonly droppedBefore: number;
  }[];
}

/** Actors joined by local queues: their inputs are released when nothing is under way between them. */
export interface HoldGroup {
  readonly actors: readonly Actor[];
  readonly locals: readonly MailboxReader[];
  readonly inlets: readonly Inlet[];
  readonly readers: readonly Releasable[];
}

/** What is being handled. */
export type Work = 'input' | 'tick' | 'demand' | 'post' | 'resent' | 'start' | 'mode';

export type ActorPhase = 'created' | 'running' | 'backoff' | 'ended' | 'stopped';

/** Bits of `Actor.gates`. */
export const gate = {
  /** Closed: its stage is not active in the mode. */
  mode: 1,
  /** Closed: its event is not set. */
  switch: 2,
  /** Closed: no activation is left. */
  toggle: 4,
  /** A change of mode is under way, and it has no part in the new one: it does not come to its end now. */
  changing: 8,
  /** `onMode` is due: nothing else is called before it. */
  call: 16,
  /** Closed by the debugger. */
  held: 32,
  /** It has breakpoints: what comes is looked at one by one. */
  watched: 64,
} as const;

export const closedGates: number = gate.mode | gate.switch | gate.toggle;

/** Those that the debugger sets; an actor with no others goes its way, one call at a time. */
export const debugGates: number = gate.held | gate.watched;

/** Values that wait for `onPost`. */
export const postsMax = 1024;

/**
 * One running instance of a stage: its handlers, mailboxes, outlets and everything its executor remembers of
 * it.
 */
export interface Actor {
  readonly plan: ActorPlan;
  readonly stage: AnyStage;
  readonly context: StageContext;
  handlers: Handlers;
  readonly inlets: readonly Inlet[];
  /** What its commits release: its mailboxes, and the activations that it takes. */
  readonly readers: readonly Releasable[];
  /** Those of its mailboxes that are local queues. */
  readonly localReaders: readonly MailboxReader[];
  readonly outlets: readonly (FrameOutlet | MessageOutlet)[];
  readonly outflows: readonly Outflow[];
  readonly envelope: Envelope;
  readonly out: ActorOut;
  readonly gauges: ActorGauges;
  readonly ledger: ActorLedger;
  group: HoldGroup | undefined;
  /** The event that it runs by. */
  readonly control: Control | undefined;
  /** Its hold on exclusive resources. */
  readonly lease: Lease | undefined;
  readonly restarts: RestartRecord;
  /** How often other work than inputs has been tried in a row, where the last call failed. */
  readonly attempts: Record<Exclude<Work, 'input'>, Attempts | undefined>;
  readonly posts: unknown[];
  readonly resent: LetterWire[];
  readonly ticker: Ticker | undefined;
  /** Under a clock with rounds, of an actor that ticks. */
  readonly tickNote: TickNote | undefined;
  /** `undefined` when it has none. */
  readonly latches: ActorLatches | undefined;
  phase: ActorPhase;
  /** What stands between it and its handlers, as bits of `gate`; 0 nothing. */
  gates: number;
  /** An async handler is pending. */
  isBusy: boolean;
  /** A source waits for something outside, under a clock with rounds: no round waits for it. */
  isAway: boolean;
  /** How its pending call has ended, until a round takes that in. */
  settled: (() => void) | undefined;
  /** Posts and letters that have been handled or given up. */
  postsClosed: number;
  lettersClosed: number;
  /** The handler has returned, but its spill waits for room; the inlet to release then. */
  spillOf: Inlet | 'none' | undefined;
  busySinceMs: number;
  /** `await out.flush()` of the pending handler, while its emissions wait for room. */
  flushing: PromiseWithResolvers<void> | undefined;
  /** `onDemand` has returned `'end'`, or the actor has none. */
  hasEndedDemand: boolean;
  nextInlet: number;
  /** Handler calls between two looks at the clock. */
  stride: number;
  resumeAtMs: number;
  /** The back-off ends with a new instance of the stage. */
  isRecreated: boolean;
  /** Since when there has been work but no room; -1 when that is not so. */
  blockedSinceMs: number;
  snapshot: unknown;
  /**
   * Until it has emitted so many messages, a source that began anew marks them as redelivered; 0: not at all.
   */
  repeatsTo: number;
  snapshotMs: number;
  progressMs: number;
}

/** What an actor remembers before anything has happened to it. */
type FreshState = Pick<
  Actor,
  | 'group'
  | 'restarts'
  | 'attempts'
  | 'resent'
  | 'gates'
  | 'isBusy'
  | 'isAway'
  | 'settled'
  | 'postsClosed'
  | 'lettersClosed'
  | 'spillOf'
  | 'busySinceMs'
  | 'flushing'
  | 'hasEndedDemand'
  | 'nextInlet'
  | 'stride'
  | 'resumeAtMs'
  | 'isRecreated'
  | 'blockedSinceMs'
  | 'repeatsTo'
  | 'snapshotMs'
  | 'progressMs'
>;

export function freshState(): FreshState {
  return {
    group: undefined,
    restarts: { recreatedMs: [] },
    attempts: {
      tick: undefined,
      demand: undefined,
      post: undefined,
      resent: undefined,
      start: undefined,
      mode: undefined,
    },
    resent: [],
    gates: 0,
    isBusy: false,
    isAway: false,
    settled: undefined,
    postsClosed: 0,
    lettersClosed: 0,
    spillOf: undefined,
    busySinceMs: 0,
    flushing: undefined,
    hasEndedDemand: false,
    nextInlet: 0,
    stride: 1,
    resumeAtMs: 0,
    isRecreated: false,
    blockedSinceMs: -1,
    repeatsTo: 0,
    snapshotMs: 0,
    progressMs: 0,
  };
}

export function noAttempts(): Attempts {
  return { tries: 0, position: 0 };
}
