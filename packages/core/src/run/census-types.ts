/** Memory of one thread's JavaScript heap. */
export interface HeapMemory {
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly limitBytes: number;
}

/** By how much the turns of an event loop came late since it was asked last, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One thread of the process, as far as the run knows it. */
export interface CensusEntry {
  readonly role: 'main' | 'compute' | 'io';
  /** The graph that owns it, or `pool` for an idle pooled worker. */
  readonly owner: string;
  readonly threadId: number;
  /** Its index among the workers of the run that was asked; `undefined` for every other thread. */
  readonly worker: number | undefined;
  readonly stages: readonly string[];
  /** CPU time used so far, in milliseconds. */
  readonly cpuMs: number;
  /** `undefined` where the thread did not answer in time. */
  readonly heap: HeapMemory | undefined;
  /**
   * Of main and `io` workers, from the second asking on: it is measured only while somebody asks. A compute
   * worker parks, and its event loop with it: there is nothing to measure.
   */
  readonly loopDelay: LoopDelay | undefined;
  /** How often it went to sleep for want of work, in this run; 0 in the pool. */
  readonly sleeps: number;
}
