/**
 * The telemetry protocol: everything that a process says of a run, and everything that it can be asked to do.
 * Plain data in discriminated unions; docs/protocol.md says how they are sent. Indices of stages, edges and
 * workers are those of the graph.
 */

/** Both ends must speak the same. */
export const protocolVersion = 1;

// ---- The graph ------------------------------------------------------------------------------------------

export interface GraphWire {
  readonly name: string;
  readonly clock: 'realtime' | 'paced' | 'fast';
  readonly stages: readonly StageWire[];
  readonly edges: readonly EdgeWire[];
  readonly workers: readonly WorkerWire[];
  readonly runners: readonly RunnerWire[];
  readonly events: readonly string[];
  readonly resources: readonly { readonly name: string; readonly capacity: number }[];
  readonly latches: readonly string[];
  readonly modes: ModesWire;
  readonly warnings: readonly string[];
  /** Lower bounds of the buckets of all histograms, nanoseconds; each ends where the next one begins. */
  readonly bucketsNs: Float64Array;
}

export interface StageWire {
  readonly index: number;
  readonly name: string;
  /** Name of the stage's definition. */
  readonly stage: string;
  readonly module: string | undefined;
  /** 0 is the main thread. */
  readonly worker: number;
  readonly io: boolean;
  readonly tags: readonly string[];
  readonly inputs: readonly PortWire[];
  readonly outputs: readonly PortWire[];
  readonly options: ValueWire;
  readonly tick: TickWire | undefined;
  readonly supervision: string;
  /** The modes in which it runs; in all of them unless given. */
  readonly activeIn: readonly string[] | undefined;
  readonly whileInactive: 'drop' | 'hold' | 'latest';
  readonly events: readonly string[];
  /** The event that it runs by. */
  readonly control: { readonly form: 'switchable' | 'toggleable'; readonly event: string } | undefined;
  readonly resources: readonly string[];
  readonly latches: readonly string[];
}

export interface PortWire {
  readonly name: string;
  readonly kind: 'frame' | 'message';
  readonly dtype: string | undefined;
  readonly shape: readonly number[] | undefined;
}

export interface TickWire {
  /** The runner's name: the stage's own, or one that it shares. */
  readonly runner: string;
  /** 0: with every step. */
  readonly hz: number;
  readonly phase: string;
  readonly priority: number;
  readonly budgetNs: number | undefined;
}

/** An end is a stage's port, or the application's side of a boundary. */
export type EndWire =
  | { readonly kind: 'stage'; readonly stage: number; readonly port: string }
  | { readonly kind: 'boundary'; readonly name: string };

export interface EdgeWire {
  readonly index: number;
  readonly from: EndWire;
  readonly to: EndWire;
  readonly kind: 'frame' | 'message';
  readonly transport: 'ring' | 'fused' | 'local';
  readonly overflow: 'block' | 'latest' | 'dropOldest' | 'dropNewest' | 'error';
  readonly back: boolean;
}

export interface WorkerWire {
  readonly index: number;
  readonly role: 'main' | 'compute' | 'io';
}

export interface RunnerWire {
  readonly name: string;
  readonly hz: number;
}

/** The statechart of the modes, flat: only the machine's top-level states are modes. */
export interface ModesWire {
  readonly initial: string;
  readonly names: readonly string[];
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    /** The machine's event, and the rule that guards it. */
    readonly event: string;
    readonly rule: string | undefined;
  }[];
}

// ---- Values ---------------------------------------------------------------------------------------------

/** A value as it can be shown: bounded in depth, size and bytes. */
export type ValueWire =
  | { readonly kind: 'plain'; readonly value: null | boolean | number | string }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'bigint'; readonly text: string }
  /** A string of `length` UTF-16 units, cut. */
  | { readonly kind: 'text'; readonly text: string; readonly length: number }
  | { readonly kind: 'list'; readonly items: readonly ValueWire[]; readonly length: number }
  | {
      readonly kind: 'fields';
      /** Name of its class; empty for a plain object. */
      readonly name: string;
      readonly entries: readonly (readonly [string, ValueWire])[];
      readonly size: number;
    }
  | {
      readonly kind: 'map';
      readonly entries: readonly (readonly [ValueWire, ValueWire])[];
      readonly size: number;
    }
  | { readonly kind: 'set'; readonly items: readonly ValueWire[]; readonly size: number }
  | { readonly kind: 'date'; readonly ms: number }
  | { readonly kind: 'error'; readonly error: ErrorWire }
  | { readonly kind: 'numbers'; readonly numbers: NumbersWire }
  /** Left out: too deep, beyond the budget, hidden on purpose, or nothing that can be shown. */
  | { readonly kind: 'cut'; readonly why: 'depth' | 'budget' | 'redacted' | 'opaque'; readonly what: string };

/** A frame, or any typed array: its first elements where it is long. float16 comes as float32. */
export interface NumbersWire {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: NumbersArray;
  /** Elements of the whole. */
  readonly length: number;
}

export type NumbersArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface ErrorWire {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly stack: string | undefined;
  readonly cause: ErrorWire | undefined;
}

/** One message, as a tap, a failure or a dead letter shows it. */
export interface MessageWire {
  readonly stage: number;
  readonly port: string;
  readonly seq: number;
  /** Logical time, nanoseconds since the run's epoch. */
  readonly timeNs: number;
  readonly payload: ValueWire;
  readonly redelivered: boolean;
  readonly resent: boolean;
}

// ---- Figures --------------------------------------------------------------------------------------------

/**
 * Rows of a table: `rows` are indices, `values` has as many numbers for each row as the table has columns
 * (`stageColumns`, `edgeColumns`, `workerColumns`). Rows that have not changed since the last message to the
 * same page are left out.
 */
export interface RowsWire {
  readonly rows: Uint32Array;
  readonly values: Float64Array;
}

export interface HistogramWire {
  readonly buckets: Uint32Array;
  readonly maxNs: number;
  readonly sumNs: number;
}

/** Everything of one stage that is too much for every stage. Histograms count from the start of the run. */
export interface DetailWire {
  readonly stage: number;
  readonly queueWait: HistogramWire;
  readonly onInput: HistogramWire;
  readonly onTick: HistogramWire;
  readonly sourceToHere: HistogramWire;
  readonly inlets: readonly {
    readonly edge: number;
    /** Logical time of the oldest message that waits; `undefined` where none waits, or it cannot be seen. */
    readonly oldestNs: number | undefined;
  }[];
  readonly failures: readonly FailureWire[];
  readonly restarts: readonly RestartWire[];
  readonly letters: readonly LetterWire[];
}

/** Quantiles since the start of the run, nanoseconds. */
export interface QuantilesWire {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A handler call that threw. */
export interface FailureWire {
  readonly id: number;
  readonly stage: number;
  readonly work: string;
  /** Milliseconds since the run's epoch. */
  readonly atMs: number;
  readonly message: MessageWire | undefined;
  readonly error: ErrorWire;
  /** What supervision did: `retried`, `recreated`, `stopped`, `escalated`, `given up`. */
  readonly verdict: string;
}

/** A worker was replaced, or an actor created anew. */
export interface RestartWire {
  readonly worker: number;
  readonly stages: readonly number[];
  readonly atMs: number;
  readonly reason: 'exit' | 'error' | 'hang' | 'restart';
  readonly tookMs: number;
  readonly error: ErrorWire | undefined;
}

export interface LetterWire {
  readonly id: number;
  readonly message: MessageWire;
  readonly tries: number;
  readonly error: ErrorWire;
}

export interface ThreadWire {
  readonly role: 'main' | 'compute' | 'io';
  /** The graph that owns it, or `pool`. */
  readonly owner: string;
  readonly threadId: number;
  readonly stages: readonly string[];
  readonly cpuMs: number;
  /** Bytes; `undefined` where the thread cannot be asked. */
  readonly heapUsed: number | undefined;
  readonly heapTotal: number | undefined;
  /** Delay of its event loop, ms; a compute worker has none while it is parked. */
  readonly loopDelayP50Ms: number | undefined;
  readonly loopDelayP99Ms: number | undefined;
}

/**
 * What a thread did. `at` and `until` are milliseconds since the run's epoch, as floats; logical times are
 * nanoseconds.
 */
export type SpanWire =
  | {
      readonly kind: 'handle';
      readonly worker: number;
      readonly stage: number;
      readonly work: 'input' | 'tick' | 'demand' | 'post' | 'resent' | 'start' | 'mode';
      readonly at: number;
      readonly until: number;
      /** Those that ended well. */
      readonly calls: number;
      /** The last one threw. */
      readonly isFailed: boolean;
      /** The edge by which its inputs came. */
      readonly edge: number | undefined;
      readonly firstNs: number;
      readonly lastNs: number;
      /** Ticks: how late it began. */
      readonly lateMs: number | undefined;
    }
  /** A stage had work and no room, or was created anew. */
  | {
      readonly kind: 'blocked' | 'restart';
      readonly worker: number;
      readonly stage: number;
      readonly at: number;
      readonly until: number;
    }
  | { readonly kind: 'sleep'; readonly worker: number; readonly at: number; readonly until: number };

/** One halt of a message on its way through the graph. */
export interface HaltWire {
  readonly stage: number;
  readonly work: string;
  readonly edge: number | undefined;
  /** It came, its handler began, its handler ended: milliseconds since the run's epoch. */
  readonly waitedFromMs: number | undefined;
  readonly at: number;
  readonly until: number;
  readonly worker: number;
}

// ---- What happens ---------------------------------------------------------------------------------------

/** Something that happened once. `id` counts from 0 without gaps; the process keeps the newest 1,000. */
export type HappeningWire = { readonly id: number; readonly atMs: number } & (
  | { readonly type: 'state'; readonly stage: number; readonly state: number }
  | {
      readonly type: 'mode';
      readonly from: string;
      readonly to: string;
      readonly cause: string;
      readonly outcome: 'entered' | 'refused' | 'failed';
      readonly rule: string | undefined;
      readonly error: ErrorWire | undefined;
    }
  | { readonly type: 'event'; readonly event: string; readonly count: number }
  | { readonly type: 'rate'; readonly target: string; readonly hz: number }
  | { readonly type: 'restart'; readonly restart: RestartWire }
  | { readonly type: 'failure'; readonly failure: FailureWire }
  | { readonly type: 'letter'; readonly letter: LetterWire }
  | {
      readonly type: 'log';
      readonly stage: string;
      readonly message: string;
      readonly fields: ValueWire | undefined;
    }
  | { readonly type: 'break'; readonly breakpoint: number; readonly stage: number; readonly seq: number }
  | {
      readonly type: 'end';
      readonly reason: 'ended' | 'stopped' | 'failed';
      readonly error: ErrorWire | undefined;
    }
);

// ---- Debugging, replays ---------------------------------------------------------------------------------

export interface BreakpointWire {
  readonly stage: string;
  readonly port?: string | undefined;
  readonly on: 'input' | 'tick' | 'error';
  /** docs/debugging.md has the language. */
  readonly condition?: string | undefined;
  readonly holds?: 'stage' | 'graph' | undefined;
  readonly once?: boolean | undefined;
}

export interface DebugWire {
  /** Indices of stages that a person holds. */
  readonly held: readonly number[];
  readonly isAllHeld: boolean;
  readonly breakpoints: readonly (BreakpointWire & {
    readonly id: number;
    readonly hits: number;
    /** What its condition threw last. */
    readonly problem: string | undefined;
  })[];
  /** The breakpoint that held last, and the message before which it did. */
  readonly hit:
    | {
        readonly breakpoint: number;
        readonly stage: number;
        readonly port: string | undefined;
        readonly seq: number;
        readonly timeNs: number;
      }
    | undefined;
}

/** A recording that can be gone back in. */
export interface ReplayWire {
  readonly recording: string;
  /** Times are exact under the paced and fast clocks; a realtime recording can only be re-enacted. */
  readonly isExact: boolean;
  readonly durationNs: number;
  readonly steps: number;
  readonly marks: readonly {
    readonly timeNs: number;
    readonly step: number;
    readonly type: 'mode' | 'event' | 'rate' | 'push' | 'drain' | 'end';
    readonly text: string;
  }[];
  readonly marksLeftOut: number;
  readonly leftOut: readonly string[];
  readonly warnings: readonly string[];
}

/** What there was at a time of a recording. */
export interface MomentWire {
  readonly step: number;
  readonly timeNs: number;
  readonly mode: string;
  readonly events: readonly { readonly name: string; readonly count: number }[];
  /** The last message of each output. */
  readonly messages: readonly MessageWire[];
  readonly stages: RowsWire;
  readonly edges: RowsWire;
  /** The first difference to what was recorded, in words. */
  readonly divergence: string | undefined;
  readonly compared: number;
}

// ---- From the page --------------------------------------------------------------------------------------

/** One tap of a page. */
export interface TapWish {
  readonly edge: number;
  /** 33 to 10,000. */
  readonly everyMs: number;
  /** Messages of each look, 1 to 64. */
  readonly newest: number;
}

/** Everything that a page wants to see from now on. The newest wish replaces the one before. */
export interface WatchMessage {
  readonly type: 'watch';
  /** Between two messages of stats, 100 to 10,000; 0: none. */
  readonly statsMs: number;
  /** Stages whose details are wanted, at most 8. */
  readonly details: readonly number[];
  /** At most 16. */
  readonly taps: readonly TapWish[];
  readonly census: boolean;
  readonly trace: boolean;
}

/** Something to be done. Every command but `path` and those of replays needs a page with control. */
export type Command =
  | { readonly do: 'pause'; readonly stages?: readonly string[] | undefined }
  | { readonly do: 'resume'; readonly stages?: readonly string[] | undefined }
  | { readonly do: 'step'; readonly unit: 'message' | 'tick'; readonly stage: string }
  | { readonly do: 'stepPhase' }
  | { readonly do: 'break'; readonly at: BreakpointWire }
  | { readonly do: 'unbreak'; readonly id: number }
  /** `target` is a stage, or `:` and the name of a runner. */
  | { readonly do: 'rate'; readonly target: string; readonly hz: number }
  | { readonly do: 'mode'; readonly mode: string }
  | { readonly do: 'event'; readonly event: string; readonly change: 'set' | 'reset' | 'clear' }
  | { readonly do: 'resend'; readonly letter: number }
  | { readonly do: 'drop'; readonly letter: number }
  | { readonly do: 'stop'; readonly drain: boolean }
  /** The way of the message with that logical time through the graph; the page must watch the trace. */
  | { readonly do: 'path'; readonly timeNs: number }
  | { readonly do: 'replay'; readonly recording: string }
  | { readonly do: 'seek'; readonly timeNs: number }
  | { readonly do: 'seekStep'; readonly step: number }
  | { readonly do: 'closeReplay' };

export type ClientMessage =
  | WatchMessage
  /** Answered with a `reply` of the same number. */
  | { readonly type: 'command'; readonly request: number; readonly command: Command };

// ---- To the page ----------------------------------------------------------------------------------------

export type ServerMessage =
  | {
      readonly type: 'hello';
      readonly version: number;
      readonly process: { readonly pid: number; readonly node: string; readonly platform: string };
      /** Whether commands are carried out. */
      readonly hasControl: boolean;
      /** Wall time of the run's epoch, milliseconds since 1970. */
      readonly epochMs: number;
      /** What can be gone back in. */
      readonly recordings: readonly string[];
    }
  | { readonly type: 'graph'; readonly graph: GraphWire }
  | {
      readonly type: 'stats';
      /** Milliseconds since the run's epoch. */
      readonly elapsedMs: number;
      readonly stages: RowsWire;
      readonly edges: RowsWire;
      readonly workers: RowsWire;
      readonly mode: string;
      readonly events: readonly number[];
      /** By resource: the stages that hold it, and those that wait for it. */
      readonly resources: readonly {
        readonly holders: readonly number[];
        readonly waiting: readonly number[];
      }[];
      /** Messages that this page was too slow for, so far. */
      readonly lost: number;
    }
  | {
      readonly type: 'latencies';
      /** By stage: wait and handler (inputs and ticks) since the start of the run, once a second. */
      readonly queueWait: readonly QuantilesWire[];
      readonly handler: readonly QuantilesWire[];
    }
  | { readonly type: 'detail'; readonly elapsedMs: number; readonly detail: DetailWire }
  | { readonly type: 'happenings'; readonly happenings: readonly HappeningWire[]; readonly missed: number }
  | { readonly type: 'census'; readonly elapsedMs: number; readonly threads: readonly ThreadWire[] }
  | {
      readonly type: 'tap';
      readonly edge: number;
      readonly messages: readonly MessageWire[];
      /** Messages that were not shown since the tap began, and of those what the budget of bytes kept out. */
      readonly skipped: number;
      readonly overBudget: number;
      readonly problem: string | undefined;
    }
  | { readonly type: 'trace'; readonly spans: readonly SpanWire[]; readonly missed: number }
  | { readonly type: 'debug'; readonly debug: DebugWire }
  | { readonly type: 'replay'; readonly replay: ReplayWire | undefined }
  | { readonly type: 'moment'; readonly moment: MomentWire }
  | {
      readonly type: 'reply';
      readonly request: number;
      readonly error: ErrorWire | undefined;
      readonly result: ReplyWire;
    };

/** What a command gave. */
export type ReplyWire =
  | { readonly kind: 'done' }
  | { readonly kind: 'changed'; readonly changed: boolean }
  | { readonly kind: 'breakpoint'; readonly id: number }
  | { readonly kind: 'path'; readonly halts: readonly HaltWire[] }
  /** `place`: what was called; `undefined` for a phase. */
  | {
      readonly kind: 'stepped';
      readonly place:
        | {
            readonly stage: number;
            readonly work: string;
            readonly port: string;
            readonly seq: number;
            readonly timeNs: number;
          }
        | undefined;
      readonly isFailed: boolean;
    };
