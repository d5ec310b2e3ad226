import type { FrameArray } from '@troupe/mailbox';
import type { HoldReport, HoldState } from '../debug/hold-state.ts';
import type { GateState } from '../modes/gate-state.ts';
import type { Plan } from '../plan/types.ts';
import type { HandlerFailure, LogLine } from '../run/types.ts';

/** An error on its way between threads. */
export interface ErrorWire {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly remedy: string;
  readonly stage: string | undefined;
  readonly port: string | undefined;
  readonly stack: string | undefined;
  readonly cause: ErrorWire | undefined;
}

/** A message given up, or sent again. `edge` is the edge it came by; -1 for a post. */
export interface LetterWire {
  /** Its number among the dead letters of the run; -1 as long as it has none. */
  readonly id: number;
  readonly actor: number;
  readonly edge: number;
  readonly port: string;
  readonly frame: FrameArray | undefined;
  readonly value: unknown;
  readonly seq: number;
  readonly time: number;
  readonly tries: number;
}

/** A handler that threw, with a copy of what it was called with; `bytes`: of a value. */
export interface FailureWire extends Omit<HandlerFailure, 'id' | 'stage' | 'value' | 'error' | 'action'> {
  readonly actor: number;
  readonly bytes: Uint8Array | undefined;
  readonly error: ErrorWire;
  readonly action: 'retry' | 'recreate' | 'stop' | 'escalate';
}

/** A runner's rate from a time on: tick `firstIndex` is due at `originNs`, ns since the run's epoch. */
export interface RateChange {
  /** A new one, if it is the next number. */
  readonly runner: number;
  readonly name: string;
  readonly hz: number;
  readonly originNs: number;
  readonly firstIndex: number;
  /** The actor that this runner was made for; -1: it was planned. */
  readonly actor: number;
}

/** Somebody on main who watches an output of values. */
export interface TapWire {
  readonly id: number;
  readonly actor: number;
  readonly port: string;
  readonly ring: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  /** Only what has been asked for is written. */
  readonly isSampled: boolean;
}

/** Main to worker. */
export type ControlMessage =
  /** All workers are ready: the run's epoch on the machine's monotonic clock. */
  | { readonly type: 'go'; readonly epochMs: number }
  /** Sources finish; everything under way reaches its end. */
  | { readonly type: 'drain' }
  /** Finish the handler in hand, call onStop, leave. */
  | { readonly type: 'stop' }
  | { readonly type: 'resend'; readonly letter: LetterWire }
  /** Answered with `done`, behind everything that the worker has said before. */
  | { readonly type: 'echo'; readonly request: number }
  | { readonly type: 'rate'; readonly change: RateChange; readonly request: number }
  /** Answered with `done` once it is told, in that memory, how late the thread's event loop was. */
  | { readonly type: 'loopDelay'; readonly memory: SharedArrayBuffer; readonly request: number }
  /** Where the worker writes down what it does from now on; nowhere unless given. */
  | { readonly type: 'trace'; readonly ring: SharedArrayBuffer | undefined }
  | { readonly type: 'tap'; readonly tap: TapWire }
  | { readonly type: 'untap'; readonly tap: Pick<TapWire, 'id' | 'actor' | 'port'> }
  /** What the gates of stages go by from now on. Answered with `done` when the worker is at rest in it. */
  | { readonly type: 'gates'; readonly state: GateState; readonly request: number }
  /** What the debugger holds. Answered with `done`: at once, or when no handler of a held actor runs. */
  | {
      readonly type: 'debug';
      readonly state: HoldState;
      readonly isRestAwaited: boolean;
      readonly request: number;
    }
  | {
      readonly type: 'setBlocking';
      readonly edge: number;
      readonly isBlocking: boolean;
      readonly request: number;
    };

/** Worker to main. */
export type WorkerMessage =
  | { readonly type: 'ready'; readonly threadId: number }
  /** A stage could not be loaded or created; the worker leaves. */
  | { readonly type: 'failedStart'; readonly error: ErrorWire }
  /** The successor of a dead worker steps its actors again. */
  | { readonly type: 'running' }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'actorState'; readonly actor: number; readonly state: ActorStateWire }
  | { readonly type: 'snapshot'; readonly actor: number; readonly state: unknown }
  | { readonly type: 'deadLetter'; readonly letter: LetterWire; readonly error: ErrorWire }
  | { readonly type: 'failure'; readonly failure: FailureWire }
  /** A dead letter that was sent again has been handled, or given up anew. */
  | { readonly type: 'resentDone'; readonly id: number }
  | { readonly type: 'fatal'; readonly error: ErrorWire }
  /** A stage says that what the mode of that epoch was for has ended, or failed. */
  | {
      readonly type: 'modeEnd';
      readonly actor: number;
      readonly epoch: number;
      readonly error: ErrorWire | undefined;
    }
  /** An async handler outlived its limit. */
  | { readonly type: 'hang'; readonly actor: number }
  | HoldReport
  | { readonly type: 'done'; readonly request: number }
  /** All is put away; the task returns. */
  | { readonly type: 'goodbye' };

export type ActorStateWire = 'running' | 'backoff' | 'ended' | 'stopped';

/** The memory of a run, shared by all its threads. The starting thread owns it. */
export interface SharedRun {
  readonly bells: SharedArrayBuffer;
  readonly rings: readonly SharedArrayBuffer[];
  readonly gauges: SharedArrayBuffer;
  readonly ledger: SharedArrayBuffer;
  readonly events: SharedArrayBuffer;
  readonly resources: SharedArrayBuffer;
  readonly latches: readonly SharedArrayBuffer[];
  /** One redo log for each worker; none for main (index 0). */
  readonly journals: readonly (SharedArrayBuffer | undefined)[];
  /** What leads the rounds, under a clock that has them. */
  readonly turn: SharedArrayBuffer | undefined;
}

/** What a successor must know of the worker it replaces. */
export interface Recovery {
  /** The last snapshot of each actor that had one. */
  readonly snapshots: ReadonlyMap<number, unknown>;
  /** Inputs that have killed a worker often enough: they are passed over. */
  readonly skips: readonly { readonly edge: number; readonly position: number }[];
  /** Actors that are over already. */
  readonly over: readonly number[];
  /** How rates differ from the plan's, in the order in which they were first changed. */
  readonly rates: readonly RateChange[];
  readonly epochMs: number;
  readonly isDraining: boolean;
}

/** What a pooled worker is given to run one executor. */
export interface WorkerTask {
  readonly plan: Plan;
  readonly worker: number;
  readonly shared: SharedRun;
  readonly seed: number;
  readonly hasStats: boolean;
  readonly barrierTimeoutMs: number;
  /** What the gates of its stages go by, to begin with. */
  readonly gates: GateState;
  /** What the debugger holds, to begin with. */
  readonly holds: HoldState;
  readonly recovery: Recovery | undefined;
}

/** What an executor tells the thread that owns the run. */
export type Upcall = (message: WorkerMessage) => void;
