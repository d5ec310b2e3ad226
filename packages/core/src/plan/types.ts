import type { Dtype } from '@troupe/mailbox';
import type { ModesOptions } from '../modes/types.ts';
import type { AnyStage } from '../stage.ts';
import type {
  LatchBinding,
  LatchEntry,
  LatchPlan,
  LatchRef,
  ResolvedTick,
  RunnerEntry,
  RunnerPlan,
  StepRow,
  TickOptions,
} from './clock-types.ts';
import type {
  BoundEvent,
  ControlPlan,
  EventPlan,
  HaltPlan,
  ResourceDemand,
  ResourcePlan,
} from './conditions.ts';
import type { PlanProblem } from './problem-types.ts';
import type { RingPlan } from './ring-types.ts';

export type * from './clock-types.ts';
export type * from './problem-types.ts';

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

/** An event of a graph: what `graph.event` returns. */
export interface EventRef {
  readonly event: string;
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
  /** Words to find and to group it by, for people who watch the run. */
  readonly tags?: readonly string[];
}

export interface EventEntry {
  readonly name: string;
  /** Whether it is set (once) from the start. */
  readonly initial: boolean;
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
  /**
   * What it may grow to while its reader waits for another port; under the realtime clock it does not grow.
   */
  readonly capacityMax: number;
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
  /** What one call of the writer at the other end may emit. */
  readonly maxEmit: number;
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
  readonly latches: readonly LatchBinding[];
  readonly supervision: Supervision;
  readonly snapshotEveryMs: number | undefined;
  readonly spillMax: number;
  /** The modes in which it runs; `undefined`: in every one. */
  readonly activeIn: readonly string[] | undefined;
  readonly whileInactive: WhileInactive;
  readonly inlets: readonly InletPlan[];
  readonly outlets: readonly OutletPlan[];
  readonly events: readonly BoundEvent[];
  readonly control: ControlPlan | undefined;
  readonly resources: readonly ResourceDemand[];
  readonly tags: readonly string[];
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

/**
 * What time is. `realtime` keeps the pace of the wall clock and drops ticks when overloaded. `paced` never
 * drops one and is never faster than real time: it slows down instead. `fast` never drops one and goes as
 * fast as it can.
 */
export type ClockKind = 'realtime' | 'paced' | 'fast';

/** The modes of a run. */
export interface ModesPlan {
  readonly initial: string;
  readonly names: readonly string[];
}

/** What `compile` decides. Plain data: can be printed, compared, cloned to a worker. */
export interface Plan {
  readonly name: string;
  readonly clock: ClockKind;
  readonly workers: readonly WorkerPlan[];
  readonly actors: readonly ActorPlan[];
  readonly edges: readonly EdgePlan[];
  readonly rings: readonly RingPlan[];
  readonly inputs: readonly BoundaryPlan[];
  readonly outputs: readonly BoundaryPlan[];
  readonly runners: readonly RunnerPlan[];
  /** All ticks in the order in which those that are due at a step are delivered. */
  readonly stepOrder: readonly StepRow[];
  readonly events: readonly EventPlan[];
  readonly resources: readonly ResourcePlan[];
  /** Outputs that are left unread on purpose. */
  readonly terminators: readonly PortName[];
  /** Stages that nothing in the graph starts again once an event has stopped them. */
  readonly halts: readonly HaltPlan[];
  readonly modes: ModesPlan;
  readonly latches: readonly LatchPlan[];
  readonly warnings: readonly PlanProblem[];
}

/** What `compile` and `start` take beside the graph. */
export interface CompileOptions {
  /**
   * Pooled workers for `auto` stages, 1 to 64. Unless given: the cores left beside main, at least 1, at most
   * 8.
   */
  readonly workers?: number;
  /** `realtime` unless given. */
  readonly clock?: ClockKind;
  /**
   * Whether outputs of values can be recorded; it costs their serialising, even where they stay on one
   * thread. As the clock has rounds, unless given.
   */
  readonly recordable?: boolean;
  /**
   * Paced and fast clocks: how many messages a mailbox may grow to while its reader waits for another port;
   * its capacity, where that is more. 1,024 unless given (and at most 64 MiB of frames).
   */
  readonly mailboxMax?: number;
  /** How much there is of each exclusive resource, 1 to 65,536; 1 unless given. */
  readonly resources?: Readonly<Record<string, number>>;
  /** The machine of modes, and how long a change waits for handlers: docs/modes.md. */
  readonly modes?: ModesOptions;
}
