import type { ArrayOf, FrameArray, TroupeError } from '@troupe/mailbox';
import type { Observable } from 'rxjs';
import type { Telemetry } from '../telemetry/source.ts';
import type { RunDebug } from '../debug/types.ts';
import type { RunModes } from '../modes/types.ts';
import type { CompileOptions, EventRef, Plan, PlanProblem, PortName, RunnerRef } from '../plan/types.ts';
import type { FramePort, MessagePort, Payload, Port } from '../ports.ts';
import type { InputRef, OutputRef } from '../refs.ts';
import type { Progress } from '../stage.ts';
import type { CensusEntry } from './census-types.ts';
import type { HandlerFailure } from './failure-types.ts';
import type { Tap, TapOptions, TappedSample, TapTarget } from './tap-types.ts';
import type { RunTrace, TraceOptions } from './trace-types.ts';

export type * from './census-types.ts';
export type * from './failure-types.ts';
export type * from './tap-types.ts';
export type * from './trace-types.ts';

/** An owned copy of what a boundary output gave. Frame ports fill `frame`, message ports `value`. */
export interface Sample<Frame = FrameArray, Value = unknown> {
  readonly frame: Frame;
  readonly value: Value;
  /** Counts per output port from 0. */
  readonly seq: number;
  /** Logical time: integer nanoseconds since the run's epoch. */
  readonly time: number;
  /** It may have been seen before: something died while it was being made. */
  readonly redelivered: boolean;
  /** It stems from a dead letter that was sent again. */
  readonly resent: boolean;
}

/** The samples of a port; those of a port known by name only are typed as any frame and any value. */
export type SampleOf<P> = [Port] extends [P]
  ? Sample
  : P extends FramePort<infer D>
    ? Sample<ArrayOf<D>, undefined>
    : P extends MessagePort<infer T>
      ? Sample<undefined, T>
      : Sample;

/** What may be pushed into a port; anything where it is known by name only. */
export type PushData<P> = [Port] extends [P] ? unknown : Payload<P>;

/** One line that a stage logged. */
export interface LogLine {
  readonly stage: string;
  readonly timeNs: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** Attached to a run from outside: the devtools, an exporter. */
export interface Observer {
  readonly name: string;
  /** Called once the graph runs. What it returns is called when the run is over. */
  attach(run: Run): void | (() => void | Promise<void>) | Promise<void | (() => void | Promise<void>)>;
}

export interface StartOptions extends CompileOptions {
  readonly observers?: readonly Observer[];
  /** Seeds every stage's `random`. 0 unless given. */
  readonly seed?: number;
  /** Counters and histograms. On unless `false`; counts of drops are always kept. */
  readonly stats?: boolean;
  /** Where `log` lines go; to stderr unless given. */
  readonly onLog?: (line: LogLine) => void;
  /** Heap limits of each worker. */
  readonly resourceLimits?: {
    /** As V8 finds it unless given. */
    readonly maxOldGenerationSizeMb?: number;
    /** 12 unless given. More lets handlers that hold much for a short while copy less of it. */
    readonly maxYoungGenerationSizeMb?: number;
  };
  /** Records the run from its first step on, as `run.record` does. */
  readonly record?: string;
  /**
   * Paced and fast clocks: the run ends, as at a drain, before the first step at or beyond this logical time.
   * Unbounded unless given.
   */
  readonly durationMs?: number;
  /**
   * Paced and fast clocks: how long a step waits for an async handler before the run fails; 0: for ever.
   * 10,000 unless given. A source that waits in `onDemand` keeps nobody waiting.
   */
  readonly barrierTimeoutMs?: number;
  /**
   * How often workers may be replaced in all within `withinMs` before the run fails. 20 within 10,000 ms
   * unless given.
   */
  readonly replacements?: { readonly max: number; readonly withinMs: number };
}

export interface WaitOptions {
  /** Unbounded unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface PushOptions extends WaitOptions {
  /** Logical time of the message: integer nanoseconds since the run's epoch; its now unless given. */
  readonly time?: number;
}

export interface StopOptions {
  /**
   * Let everything that is under way reach its end first. `false` unless given. Outputs that somebody takes
   * (a waiting pull, a subscription, an iteration that has not been left) or has pulled from are waited for
   * until they are empty.
   */
  readonly drain?: boolean;
  /** Drain: what is not done by then is discarded and counted. Unbounded unless given. */
  readonly timeoutMs?: number;
}

/** Quantiles of a log-bucketed histogram, in nanoseconds; 0 where nothing was recorded. */
export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export type ActorState = 'starting' | 'running' | 'backoff' | 'ended' | 'stopped' | 'lost';

export interface StageStats {
  readonly name: string;
  /** 0 is the main thread. */
  readonly worker: number;
  readonly state: ActorState;
  /** Inputs, ticks, demands and posts handled to the end. */
  readonly handled: number;
  readonly in: number;
  readonly out: number;
  /** Handler calls that threw. */
  readonly failed: number;
  readonly redelivered: number;
  readonly resent: number;
  readonly deadLettered: number;
  readonly restarts: number;
  readonly droppedTicks: number;
  /** Ticks that were handled for longer than their budget. */
  readonly overruns: number;
  readonly droppedPosts: number;
  readonly spilled: number;
  /** Messages that wait on all inputs. */
  readonly depth: number;
  readonly busyMs: number;
  /** Had input, but no room on an output. */
  readonly blockedMs: number;
  /** Had work, but resources that it needs were others'. */
  readonly resourceWaitMs: number;
  readonly idleMs: number;
  readonly queueWait: Quantiles;
  readonly onInput: Quantiles;
  readonly onTick: Quantiles;
  /** Real-time sinks: from the logical time of an input to the end of its handling. */
  readonly sourceToHere: Quantiles;
  readonly progress: Progress | undefined;
}

/** Drops of an edge by reason. */
export interface Drops {
  readonly dropNewest: number;
  readonly dropOldest: number;
  readonly latest: number;
  readonly nonBlocking: number;
  /** While the stage was not to run: not active in the mode, or stopped by an event. */
  readonly inactive: number;
  /** At stop, and by boundary outputs that nobody took. */
  readonly discarded: number;
}

export interface EdgeStats {
  /** `stage.port`, or `> name` for a boundary. */
  readonly from: string;
  readonly to: string;
  readonly transport: 'ring' | 'fused' | 'local';
  readonly capacity: number;
  readonly depth: number;
  /** The deepest that it has been. */
  readonly highWater: number;
  readonly sent: number;
  readonly received: number;
  readonly drops: Drops;
}

export interface WorkerStats {
  readonly index: number;
  /** Awake: in handlers, between them, and while it looks for work. */
  readonly busyMs: number;
  /** Asleep. */
  readonly idleMs: number;
  readonly sleeps: number;
  readonly replaced: number;
}

/** An exclusive resource. */
export interface ResourceStats {
  readonly name: string;
  readonly capacity: number;
  /** Stages whose handlers run with it. */
  readonly holders: readonly string[];
  /** Stages that have work and wait for it (or for another of their resources). */
  readonly waiting: readonly string[];
}

export interface RunStats {
  /** Milliseconds since the run's epoch. */
  readonly elapsedMs: number;
  readonly stages: readonly StageStats[];
  readonly edges: readonly EdgeStats[];
  readonly workers: readonly WorkerStats[];
  readonly resources: readonly ResourceStats[];
  readonly deadLetters: number;
}

/** A message that was given up after its last try. */
export interface DeadLetter {
  readonly id: number;
  readonly stage: string;
  readonly port: string;
  readonly frame: FrameArray | undefined;
  readonly value: unknown;
  readonly seq: number;
  readonly time: number;
  readonly tries: number;
  readonly error: TroupeError;
}

/** A worker was replaced. */
export interface Replacement {
  readonly worker: number;
  readonly reason: 'exit' | 'error' | 'hang';
  readonly error: TroupeError;
  /** When the death was noticed: milliseconds since the run's epoch. */
  readonly atMs: number;
  /** From the death being noticed to the successor stepping its actors. */
  readonly tookMs: number;
  /** Stages whose state was restored, with how many inputs lie between the snapshot and the death. */
  readonly restored: readonly {
    readonly stage: string;
    readonly inputsSince: number;
    readonly fromSnapshot: boolean;
  }[];
}

/** How a run ended. */
export interface RunReport {
  readonly reason: 'ended' | 'stopped';
  readonly stats: RunStats;
  /** The newest 1,000. */
  readonly replacements: readonly Replacement[];
  readonly deadLetters: readonly DeadLetter[];
}

export interface EventState {
  readonly name: string;
  readonly count: number;
  readonly isSet: boolean;
}

/**
 * The events of a run. All take an event's reference or name, and throw (reject) `TargetError` where there is
 * none. Changes take effect at once under the realtime clock, else at the next step boundary; after a stop
 * they reject `RunStoppedError`.
 */
export interface RunEvents {
  /** Adds an activation. Rejects `EventFullError` when there are 4,194,304 already. */
  set(event: EventRef | string): Promise<void>;
  /** Takes an activation back. False when there was none. */
  reset(event: EventRef | string): Promise<boolean>;
  /** Takes all activations back. How many there were. */
  clear(event: EventRef | string): Promise<number>;
  isSet(event: EventRef | string): boolean;
  /** Activations that nobody has taken back. */
  count(event: EventRef | string): number;
  /**
   * Resolves true once the event is set, or has been set since the call; false when the time or the run is
   * over.
   */
  wait(event: EventRef | string, options?: WaitOptions): Promise<boolean>;
  list(): readonly EventState[];
}

/** A started graph. */
export interface Run extends AsyncDisposable {
  readonly plan: Plan;
  readonly warnings: readonly PlanProblem[];
  /**
   * Resolves with the report when every stage has ended or the run was stopped; rejects with the first fatal
   * error.
   */
  readonly done: Promise<RunReport>;
  /**
   * Waits for room. Rejects `PushTimeoutError` (nothing is lost, the run goes on), `RunStoppedError` after a
   * stop.
   */
  push<P extends Port = Port>(
    port: string | InputRef<P>,
    data: PushData<P>,
    options?: PushOptions,
  ): Promise<void>;
  /** False when there is no room, or the run is stopping. */
  tryPush<P extends Port = Port>(
    port: string | InputRef<P>,
    data: PushData<P>,
    options?: { readonly time?: number },
  ): boolean;
  /**
   * The next sample; `undefined` after stop, at the end of the stream, or on timeout. Rejects when the run
   * has failed.
   */
  pull<P extends Port = Port>(
    port: string | OutputRef<P>,
    options?: WaitOptions,
  ): Promise<SampleOf<P> | undefined>;
  /** The next sample if there is one now. */
  tryPull<P extends Port = Port>(port: string | OutputRef<P>): SampleOf<P> | undefined;
  /** As `pull`, but rejects `PullTimeoutError` or `RunStoppedError`. */
  pullOrThrow<P extends Port = Port>(
    port: string | OutputRef<P>,
    options?: WaitOptions,
  ): Promise<SampleOf<P>>;
  samples<P extends Port = Port>(port: string | OutputRef<P>): AsyncIterableIterator<SampleOf<P>>;
  samples$<P extends Port = Port>(port: string | OutputRef<P>): Observable<SampleOf<P>>;
  /** Returns the unsubscribe function. */
  onSample<P extends Port = Port>(
    port: string | OutputRef<P>,
    callback: (sample: SampleOf<P>) => void,
  ): () => void;
  stats(): RunStats;
  /** Every `intervalMs` (1,000 unless given) while subscribed. */
  stats$(intervalMs?: number): Observable<RunStats>;
  /** Asks for modes, and tells which one holds. */
  readonly modes: RunModes;
  census(): Promise<readonly CensusEntry[]>;
  /**
   * Watches what an output port of a stage emits, or what is pushed into an input, without ever holding
   * anybody back. Throws `TargetError`, and for options out of range.
   */
  tap(target: TapTarget, callback: (sample: TappedSample) => void, options?: TapOptions): Tap;
  /** Lets all threads write down what they do, from now on. */
  trace(options?: TraceOptions): RunTrace;
  /** Handlers that threw: the newest 1,000. */
  failures(): readonly HandlerFailure[];
  /** Workers that were replaced so far: the newest 1,000. */
  replacements(): readonly Replacement[];
  /**
   * Switches the readers behind the edges between two ports, or of a boundary output, between blocking and
   * non-blocking. Edges that lose or refuse messages by their own policy stay as they are; rejects
   * `TargetError` where there is no other.
   */
  setBlocking(
    target: { readonly from: PortName; readonly to: PortName } | { readonly output: string },
    blocking: boolean,
  ): Promise<void>;
  /**
   * Changes how often a stage, or all who share a runner, tick: from 1e-6 to 10,000 Hz. A stage that shares
   * its runner gets one of its own. Resolves when the rate is in effect, from a step boundary on; ticks go on
   * counting. Rejects `TargetError` for a stage that does not tick, `RateError`, `RunStoppedError`.
   */
  setRate(target: string | { readonly name: string } | RunnerRef, hz: number): Promise<void>;
  readonly events: RunEvents;
  /** Holds stages, steps them, and stops at breakpoints. docs/debugging.md. */
  readonly debug: RunDebug;
  /** What observers see of the run, and may ask of it. */
  telemetry(): Promise<Telemetry>;
  /**
   * Writes a recording until the run is over: everything that comes from outside (pushes, what sources and
   * `io` stages emit, changes of modes, events and rates), and what all other stages emit, for a replay to
   * compare with. Under the paced and fast clocks it must begin before the first step: in the same turn of
   * the event loop in which `start` has resolved, or with `start({ record })`. Rejects `RecordingError`; a
   * recording that cannot be written on fails the run.
   */
  record(path: string): Promise<void>;
  deadLetters(): readonly DeadLetter[];
  /** Sends a dead letter to its stage again, marked `resent`. False when it is not there any more. */
  resend(id: number): boolean;
  /** Throws a dead letter away. False when it is not there any more. */
  drop(id: number): boolean;
  stop(options?: StopOptions): Promise<RunReport>;
}
