/** What a batch of handler calls was about. */
export type TracedWork = 'input' | 'tick' | 'demand' | 'post' | 'resent' | 'start' | 'mode';

interface Span {
  /** 0 is the main thread. */
  readonly worker: number;
  /** Wall clock, nanoseconds since the run's epoch. */
  readonly startNs: number;
  readonly endNs: number;
}

/** Handler calls of one stage, one after the other: a batch, or a single one. */
export interface CallsRecord extends Span {
  readonly kind: 'calls';
  readonly stage: string;
  readonly work: TracedWork;
  /** Inputs: by which edge, as its index in the plan; else -1. */
  readonly edge: number;
  /** Calls that ended well. */
  readonly calls: number;
  /** The last call threw. */
  readonly isFailed: boolean;
  /** Logical times of the first and the last message. Ticks: when the tick was due. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** Inputs: number of the first message; -1 where it is not known. */
  readonly firstSeq: number;
}

/** A stage had work and no room. */
export interface BlockedRecord extends Span {
  readonly kind: 'blocked';
  readonly stage: string;
}

/** A thread had nothing to do. */
export interface SleepRecord extends Span {
  readonly kind: 'sleep';
}

/** A stage was created anew after a failure. */
export interface RestartedRecord extends Span {
  readonly kind: 'restart';
  readonly stage: string;
}

export type TraceRecord = CallsRecord | BlockedRecord | SleepRecord | RestartedRecord;

/** A batch of calls that handled (one of them) what has a logical time. */
export interface PathHop extends Omit<CallsRecord, 'kind' | 'firstTime' | 'lastTime' | 'firstSeq'> {
  /** From the end of the batch that emitted it to the begin of this one; `undefined` where that is not known. */
  readonly waitedNs: number | undefined;
  /** As long of it as this stage had no room at its outputs. */
  readonly blockedNs: number;
}

export interface TraceOptions {
  /** Records that each thread keeps until they are read: a power of two from 64 to 2^20; 16,384 unless given. */
  readonly recordsMax?: number;
}

/** What the threads of a run did, as they write it down. */
export interface RunTrace {
  /**
   * Takes what has come since the last time, thread by thread, in the order in which each has written. How
   * many there were.
   */
  read(take: TraceRecord[] | ((record: TraceRecord) => void)): number;
  /** Records that were overwritten before they were read. */
  readonly missed: number;
  /** Threads write nothing down any more. What they have written can still be read. */
  stop(): void;
}
