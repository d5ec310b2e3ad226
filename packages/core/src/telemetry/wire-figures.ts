import type { ErrorWire, MessageWire, ValueWire } from './wire-values.ts';

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
  /** Index of the worker of this run that it is; `undefined` for every other thread. */
  readonly worker: number | undefined;
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
