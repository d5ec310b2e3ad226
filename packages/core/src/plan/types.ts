import type { Dtype } from '@troupe/mailbox';
import type { ModesOptions } from '../modes/types.ts';
import type { AnyStage } from '../stage.ts';
import type { RingPlan } from './ring-types.ts';

/** What an edge does when its consumer falls behind by its capacity. */
export type Overflow = 'block' | 'latest' | 'dropOldest' | 'dropNewest' | 'error';

export interface EdgeOptions {
  /** Messages that may wait on this edge. 64 unless given; 1 to 2^24. */
  readonly capacity?: number;
  /** `block` unless given. */
  readonly overflow?: Overflow;
  /** The edge closes a cycle on purpose. A back-edge does not hold up the end of the stream. */
  readonly back?: boolean;
}

/** Where a stage runs. `auto` balances over the run's workers and fuses neighbours. */
export type Placement = 'auto' | 'main' | { readonly group: string } | { readonly dedicated: true };

/**
 * When, within a step of the clock, a tick is delivered, in this order. The first and the last are free: they
 * run once per step, whichever runners are due, with the time that has passed since the step before.
 */
export type Phase =
  | 'preAcquisition'
  | 'acquisition'
  | 'control'
  | 'physics'
  | 'validation'
  | 'export'
  | 'postExport';

/** A rate that stages share: what `graph.runner` returns. */
export interface RunnerRef {
  readonly runner: string;
}

/** An event of a graph: what `graph.event` returns. */
export interface EventRef {
  readonly event: string;
}

/** A latch of a graph: what `graph.latch` returns. */
export interface LatchRef {
  readonly latch: string;
}

export interface TickOptions {
  /** Ticks per second, above 0 and at most 10,000: stages of equal rate share a runner. Or give `runner`. */
  readonly hz?: number;
  /** The runner that this stage ticks with. Free phases take neither this nor `hz`. */
  readonly runner?: RunnerRef | string;
  /** `control` unless given. */
  readonly phase?: Phase;
  /** Low first within a phase; 0 unless given. */
  readonly priority?: number;
  /** A tick that is handled for longer is counted as an overrun; the runner's period unless given. */
  readonly budgetMs?: number;
}

/** What the mailboxes of a stage do while it is not active: nothing is kept, everything, or the newest. */
export type WhileInactive = 'drop' | 'hold' | 'latest';

/** When a stage with an event runs. */
export interface ControlOptions {
  /**
   * `switchable`: while the event is set. `toggleable`: waits for the event, takes one activation back, and
   * runs once: n activations are n runs.
   */
  readonly form: 'switchable' | 'toggleable';
  readonly event: EventRef | string;
}

/** What happens when a handler throws, and when a worker dies or hangs. */
export interface Supervision {
  /**
   * `resume`: the actor keeps its state and tries the message again. `restart`: the actor is created anew and
   * tries it again. `stop`: the actor's inputs are detached and its outputs end. `escalate`: the run fails.
   */
  readonly strategy: 'restart' | 'resume' | 'stop' | 'escalate';
  /** How often one message is tried in all before it goes to the dead letters. 3 unless given. */
  readonly triesMax: number;
  /** Restarts within `withinMs` before the run fails. 5 unless given. */
  readonly restartsMax: number;
  /** 10,000 unless given. */
  readonly withinMs: number;
  /** The wait before the first retry, doubled for each further one up to `backoffMaxMs`. 10 unless given. */
  readonly backoffMs: number;
  /** 1,000 unless given. */
  readonly backoffMaxMs: number;
  /**
   * A synchronous handler that runs longer is taken for hung and its worker replaced; 0: never. 5,000 unless
   * given.
   */
  readonly watchdogMs: number;
  /** The same for async handlers. 30,000 unless given. */
  readonly asyncWatchdogMs: number;
}

/** Everything `graph.stage` may say about one stage beside its definition. */
export interface StageSettings<Options = unknown> {
  readonly options?: Options;
  readonly tick?: TickOptions;
  readonly worker?: Placement;
  readonly supervision?: Partial<Supervision>;
  /** How often the state (`snapshot`) is kept for a restart. 1,000 unless given. */
  readonly snapshotEveryMs?: number;
  /** How many messages one call may emit beyond `maxEmit` and room. 1,024 unless given. */
  readonly spillMax?: number;
  /** The modes in which it runs; in all of them unless given here or in the stage's definition. */
  readonly activeIn?: readonly string[];
  /** What its mailboxes do while it is not active. `drop` unless given. */
  readonly whileInactive?: WhileInactive;
  /** Exclusive resources that its handlers hold while they run: names, or names with an amount. */
  readonly resources?: readonly string[] | Readonly<Record<string, number>>;
  /** The graph's events by the names that the stage knows them by. */
  readonly events?: Readonly<Record<string, EventRef | string>>;
  /** The graph's latches by the names that the stage knows them by. */
  readonly latches?: Readonly<Record<string, LatchRef | string>>;
  readonly control?: ControlOptions;
}

/** A rate that stages share. */
export interface RunnerEntry {
  readonly name: string;
  /** Steps per second, above 0 and at most 10,000. */
  readonly hz: number;
}

export interface EventEntry {
  readonly name: string;
  /** Whether it is set (once) from the start. */
  readonly initial: boolean;
}

/** A value of fixed layout that one stage writes and others read as it was at the last step. */
export interface LatchEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface StageEntry {
  readonly name: string;
  readonly stage: AnyStage;
  readonly settings: StageSettings;
}

export interface PortName {
  readonly stage: string;
  readonly port: string;
}

export interface EdgeEntry extends EdgeOptions {
  readonly from: PortName;
  readonly to: PortName;
}

/**
 * A boundary port: where the application pushes in or pulls out. Its edge to (or from) the stage has the same
 * options.
 */
export interface BoundaryEntry extends Omit<EdgeOptions, 'back'> {
  readonly name: string;
  readonly at: PortName;
}

/** The declaration: pure data. */
export interface GraphDeclaration {
  readonly name: string;
  readonly stages: readonly StageEntry[];
  readonly edges: readonly EdgeEntry[];
  readonly inputs: readonly BoundaryEntry[];
  readonly outputs: readonly BoundaryEntry[];
  readonly runners?: readonly RunnerEntry[];
  readonly events?: readonly EventEntry[];
  readonly latches?: readonly LatchEntry[];
  /** Outputs that are left unread on purpose. */
  readonly terminators?: readonly PortName[];
}

/** What can be wrong with a declaration. Stable: tests and programs match on it. */
export type PlanErrorCode =
  | 'EMPTY_GRAPH'
  /** A graph, stage, port, boundary or group name that is empty or has characters it must not have. */
  | 'BAD_NAME'
  | 'DUPLICATE_STAGE'
  | 'DUPLICATE_BOUNDARY'
  /** Not made by `defineStage`, or without `create`. */
  | 'NOT_A_STAGE'
  /** Two stages share module and name: a worker could not tell which one to import. */
  | 'AMBIGUOUS_STAGE'
  | 'BAD_MODULE'
  /** Placed on a worker, but without a module that the worker could import. */
  | 'NO_MODULE'
  | 'BAD_SCHEMA'
  | 'ASYNC_SCHEMA'
  | 'BAD_OPTIONS'
  | 'UNEXPECTED_OPTIONS'
  /** Options that cannot be sent to a worker. */
  | 'NOT_CLONEABLE'
  | 'BAD_PORTS'
  | 'BAD_DTYPE'
  | 'BAD_SHAPE'
  | 'FRAME_TOO_LARGE'
  | 'RING_TOO_LARGE'
  | 'BAD_MAX_EMIT'
  | 'BAD_MAX_BYTES'
  | 'UNKNOWN_STAGE'
  | 'UNKNOWN_PORT'
  /** Frame against message, or another dtype. */
  | 'TYPE_MISMATCH'
  | 'SHAPE_MISMATCH'
  | 'UNCONNECTED_INPUT'
  | 'UNMARKED_CYCLE'
  | 'TOO_MANY_EDGES'
  | 'MAX_EMIT_BEYOND_CAPACITY'
  | 'BAD_CAPACITY'
  | 'BAD_OVERFLOW'
  | 'BAD_TICK'
  | 'BAD_SUPERVISION'
  | 'BAD_SNAPSHOT_INTERVAL'
  | 'BAD_SPILL_MAX'
  | 'BAD_ACTIVE_IN'
  | 'BAD_WHILE_INACTIVE'
  /** A machine of modes that cannot be read, or that does more than decide. */
  | 'BAD_MACHINE'
  | 'UNREACHABLE_MODE'
  /** Active in a mode that the machine does not have. */
  | 'UNKNOWN_MODE'
  | 'BAD_GRACE'
  | 'BAD_PLACEMENT'
  | 'BAD_WORKERS'
  | 'TOO_MANY_WORKERS';

/** What is odd about a declaration that runs nevertheless. */
export type PlanWarningCode =
  | 'UNREAD_OUTPUT'
  /** The same output is connected to the same input twice. */
  | 'DUPLICATE_EDGE'
  /** Marked as a back-edge, but part of no cycle. */
  | 'IDLE_BACK_EDGE'
  /** `whileInactive` of a stage that always runs. */
  | 'IDLE_WHILE_INACTIVE'
  /** A mailbox that holds what a source sends on and on. */
  | 'HOLD_BEHIND_SOURCE'
  /** Some mode leads to none in which the stage runs. */
  | 'STOPPED_FOR_EVER'
  /** A group of stages with and without `io`: the whole group waits with an event loop. */
  | 'MIXED_GROUP';

/** One thing wrong (or odd) with a declaration. */
export interface PlanProblem {
  readonly code: PlanErrorCode | PlanWarningCode;
  readonly stage: string | undefined;
  readonly port: string | undefined;
  readonly message: string;
  readonly remedy: string;
}

/** Worker 0 is the main thread; 1 … n are pooled workers. */
export type WorkerIndex = number;

/** Who is at an end of an edge: an actor's port, or the application. */
export type EdgeEnd =
  | { readonly kind: 'actor'; readonly actor: number; readonly port: string }
  | { readonly kind: 'boundary'; readonly name: string };

/**
 * How messages cross an edge. `ring`: shared memory between threads (or main and a worker). `fused`: the same
 * shared ring without atomics, both ends on one worker (frames). `local`: by reference, both ends on one
 * worker (values).
 */
export type Transport = 'ring' | 'fused' | 'local';

export interface EdgePlan {
  readonly index: number;
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly back: boolean;
  readonly transport: Transport;
  /** Index into `rings`, for `ring` and `fused`. */
  readonly ring: number | undefined;
  /** The reader's place in that ring. */
  readonly reader: number | undefined;
}

export interface InletPlan {
  readonly port: string;
  readonly kind: 'frame' | 'message';
  readonly edge: number;
}

export interface OutletPlan {
  readonly port: string;
  readonly kind: 'frame' | 'message';
  readonly dtype: Dtype | undefined;
  readonly shape: readonly number[] | undefined;
  readonly maxEmit: number;
  readonly maxBytes: number | undefined;
  /**
   * Frame outlets: the ring that `reserve` writes into; always present (an output nobody reads has a small
   * ring too).
   */
  readonly primary: number | undefined;
  /** All edges out of this port. */
  readonly edges: readonly number[];
  /** Rings of `dropNewest` and `error` edges (frames), or of every ring edge (messages). */
  readonly rings: readonly number[];
}

/** When an actor ticks, with every default filled in. */
export interface ResolvedTick {
  readonly hz: number;
  readonly phase: Phase;
  readonly priority: number;
}

export interface ActorPlan {
  readonly index: number;
  readonly name: string;
  /** The stage's own name, to be matched in its module. */
  readonly stage: string;
  readonly module: string | undefined;
  readonly worker: WorkerIndex;
  readonly io: boolean;
  /** Raw, as given to `graph.stage`: workers validate them again. */
  readonly options: unknown;
  readonly tick: ResolvedTick | undefined;
  readonly supervision: Supervision;
  readonly snapshotEveryMs: number | undefined;
  readonly spillMax: number;
  /** The modes in which it runs; `undefined`: in every one. */
  readonly activeIn: readonly string[] | undefined;
  readonly whileInactive: WhileInactive;
  readonly inlets: readonly InletPlan[];
  readonly outlets: readonly OutletPlan[];
  /** Distance to the nearest sink: lower runs first. */
  readonly depth: number;
}

export interface WorkerPlan {
  readonly index: WorkerIndex;
  /** Waits with an event loop instead of parking. */
  readonly io: boolean;
  /** Actor indices in the order in which they are stepped: nearest to output first. */
  readonly actors: readonly number[];
}

export interface BoundaryPlan {
  readonly name: string;
  readonly kind: 'frame' | 'message';
  readonly dtype: Dtype | undefined;
  readonly shape: readonly number[] | undefined;
  readonly edge: number;
  readonly ring: number;
}

/** The modes of a run. */
export interface ModesPlan {
  readonly initial: string;
  readonly names: readonly string[];
}

/** What `compile` decides. Plain data: can be printed, compared, cloned to a worker. */
export interface Plan {
  readonly name: string;
  readonly workers: readonly WorkerPlan[];
  readonly actors: readonly ActorPlan[];
  readonly edges: readonly EdgePlan[];
  readonly rings: readonly RingPlan[];
  readonly inputs: readonly BoundaryPlan[];
  readonly outputs: readonly BoundaryPlan[];
  readonly modes: ModesPlan;
  readonly warnings: readonly PlanProblem[];
}

/** What `compile` and `start` take beside the graph. */
export interface CompileOptions {
  /**
   * Pooled workers for `auto` stages, 1 to 64. Unless given: the cores left beside main, at least 1, at most
   * 8.
   */
  readonly workers?: number;
  /** The machine of modes, and how long a change waits for handlers: docs/modes.md. */
  readonly modes?: ModesOptions;
}
