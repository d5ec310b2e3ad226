import { LayoutError } from './errors.ts';
import { Histogram, histogramBytes } from './histogram.ts';
import type { LatencySummary } from './histogram.ts';
import { lineBytes } from './layout.ts';

/**
 * The counters of an actor by their index in `ActorGauges.counts`. All count from the start of the run,
 * restarts of the actor included.
 */
export const actorCount = {
  /** Handler calls that ended well, of every kind. */
  handled: 0,
  /** Messages taken from the mailboxes and released. */
  in: 1,
  /** Messages published. */
  out: 2,
  /** Time in handlers, ns; async handlers count from call to settling. */
  busyNs: 3,
  /** Time with input at hand but no room at an output, ns. */
  blockedNs: 4,
  /** Logical time of what was handled last, ns since the run's epoch. */
  lastTimeNs: 5,
  /** Handler calls that threw. */
  failed: 6,
  retried: 7,
  /** Inputs that were handed over again after a death of the worker. */
  redelivered: 8,
  /** Inputs that came back from the dead letters. */
  resent: 9,
  deadLettered: 10,
  restarts: 11,
  /** Ticks that were due but skipped because the actor came too late. */
  droppedTicks: 12,
  /** Posts refused because too many were waiting. */
  droppedPosts: 13,
  /** Ticks whose handler ran longer than the tick's budget. */
  overrunTicks: 14,
  /** Emissions that went through the spill buffer. */
  spilled: 15,
  /** Inputs handled since the last snapshot of the state. */
  snapshotAge: 16,
  /** What a source has delivered of `progressTotal`; both 0 where the length is unknown. */
  progressDone: 17,
  progressTotal: 18,
  /** Messages that the actor had emitted when its state was kept last. */
  snapshotEmitted: 19,
  /** The tick after the last one that was handled, and when that was due: a successor goes on from there. */
  nextTick: 20,
  tickTimeNs: 21,
  /** Time with work at hand but resources that others held, ns. */
  resourceWaitNs: 22,
} as const;

/** The counters that the writer of an edge keeps, by their index in `EdgeGauges.writer`. */
export const edgeWriterCount = {
  /** Messages published on the edge. */
  sent: 0,
  /** Messages not published because an edge with `overflow: 'dropNewest'` was full. */
  droppedNewest: 1,
} as const;

/** The counters that the reader of an edge keeps, by their index in `EdgeGauges.reader`. */
export const edgeReaderCount = {
  /** Messages handled. */
  received: 0,
  /** Messages passed over, by reason. */
  skippedLatest: 1,
  skippedOldest: 2,
  /** Passed over while the reader was non-blocking. */
  skippedNonBlocking: 3,
  /** Thrown away unread: the reader was detached, or the run was stopped. */
  discarded: 4,
  /** The most messages that the reader ever found waiting. */
  highWater: 5,
  /** Passed over while the reader's actor was not to run: not active in the mode, or stopped by an event. */
  skippedInactive: 6,
} as const;

/** The counters of a worker, by their index in `WorkerGauges.counts`. */
export const workerCount = {
  /** Awake: in handlers, between them, looking for work. */
  busyNs: 0,
  /** Asleep on its doorbell. */
  idleNs: 1,
  /** How often it has slept on its doorbell; the sleep that it is in does not count yet. */
  sleeps: 2,
  /** How often another thread rang the doorbell while it slept. */
  wakes: 3,
  /** Rounds of the executor. */
  steps: 4,
  /** Batches published. */
  commits: 5,
} as const;

/** Numbers by the names of a table of counters. */
export type Counts<Table> = { readonly [Name in keyof Table]: number };

export interface ActorReading extends Counts<typeof actorCount> {
  /** What is left of `elapsedNs` beside `busyNs`, `blockedNs` and `resourceWaitNs`. */
  readonly idleNs: number;
  /** From publication of an input to its handler. */
  readonly queueWait: LatencySummary;
  /** `onInput`, from call to return (async: to settling). */
  readonly onInput: LatencySummary;
  /** `onTick`, the same way. */
  readonly onTick: LatencySummary;
  /** From the source's emission to the end of this actor's handler; recorded by sinks. */
  readonly sourceToHere: LatencySummary;
}

export interface EdgeReading extends Counts<typeof edgeWriterCount>, Counts<typeof edgeReaderCount> {
  /** Messages under way: sent, and neither received nor passed over. */
  readonly depth: number;
}

export type WorkerReading = Counts<typeof workerCount>;

/** The gauges of one actor; only the worker that hosts it writes them. */
export class ActorGauges {
  /** Indexed by `actorCount`. */
  readonly counts: Float64Array;
  readonly #memory: SharedArrayBuffer;
  readonly #histogramsOffset: number;
  #queueWait: Histogram | undefined;
  #onInput: Histogram | undefined;
  #onTick: Histogram | undefined;
  #sourceToHere: Histogram | undefined;

  constructor(memory: SharedArrayBuffer, countsOffset: number, histogramsOffset: number) {
    this.counts = new Float64Array(memory, countsOffset, length(actorCount));
    this.#memory = memory;
    this.#histogramsOffset = histogramsOffset;
  }

  // Views are made when they are first used: most actors record in one or two of their histograms.
  get queueWait(): Histogram {
    return (this.#queueWait ??= this.#histogram(0));
  }

  get onInput(): Histogram {
    return (this.#onInput ??= this.#histogram(1));
  }

  get onTick(): Histogram {
    return (this.#onTick ??= this.#histogram(2));
  }

  get sourceToHere(): Histogram {
    return (this.#sourceToHere ??= this.#histogram(3));
  }

  #histogram(index: number): Histogram {
    return new Histogram(this.#memory, this.#histogramsOffset + index * histogramBytes);
  }
}

/** The gauges of one edge: each half has a line, and a writer, of its own. */
export class EdgeGauges {
  /** Indexed by `edgeWriterCount`; written by whoever writes the edge. */
  readonly writer: Float64Array;
  /** Indexed by `edgeReaderCount`; written by whoever reads the edge. */
  readonly reader: Float64Array;

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.writer = new Float64Array(memory, byteOffset, length(edgeWriterCount));
    this.reader = new Float64Array(memory, byteOffset + lineBytes, length(edgeReaderCount));
  }
}

/** The gauges of one worker; only that worker writes them. */
export class WorkerGauges {
  /** Indexed by `workerCount`. */
  readonly counts: Float64Array;

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.counts = new Float64Array(memory, byteOffset, length(workerCount));
  }
}

/** How many actors, edges and workers a run has. */
export interface GaugeSizes {
  readonly actors: number;
  readonly edges: number;
  readonly workers: number;
}

const MAGIC = 0x47_55_52_54; // 'TRUG'
const VERSION = 2;
const actorBytes = 2 * lineBytes;
/** The histograms of an actor lie apart: memory that no actor has recorded in is never resident. */
const histogramsBytes = 4 * histogramBytes;
const edgeBytes = 2 * lineBytes;
const workerBytes = lineBytes;

/** Zeroed gauges for a run. Throws `LayoutError` for sizes that are not whole numbers from 0 to 2^20. */
export function allocateGauges(sizes: GaugeSizes): SharedArrayBuffer {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 0 || size > 2 ** 20) {
      throw new LayoutError(
        `gauges for ${size} ${name} cannot be allocated`,
        'Give whole numbers from 0 to 1,048,576.',
      );
    }
  }
  const { actors, edges, workers } = sizes;
  const countsBytes = lineBytes + actors * actorBytes + edges * edgeBytes + workers * workerBytes;
  const memory = new SharedArrayBuffer(countsBytes + actors * histogramsBytes);
  new Uint32Array(memory, 0, 5).set([MAGIC, VERSION, actors, edges, workers]);
  return memory;
}

/**
 * Counters and latency histograms of a run, in shared memory that its workers write and any thread may read.
 *
 * Every counter has one writer, which stores it with a plain `counts[i] += n`; readers load it plainly. That
 * is right for statistics: an aligned 64-bit (or 32-bit) store is one instruction on every machine that Node
 * 24 supports, x86-64 and arm64 among them, so a reader finds a value that was current at some moment, never
 * half of one. Such values may be some microseconds old and two of them need not be of the same moment;
 * nothing is decided by them.
 */
export class Gauges {
  readonly memory: SharedArrayBuffer;
  readonly actors: number;
  readonly edges: number;
  readonly workers: number;
  readonly #edges: (EdgeGauges | undefined)[] = [];

  /** Throws `LayoutError` unless the memory comes from `allocateGauges`. */
  constructor(memory: SharedArrayBuffer) {
    const [magic, version, actors = 0, edges = 0, workers = 0] = new Uint32Array(memory, 0, 5);
    if (magic !== MAGIC || version !== VERSION) {
      throw new LayoutError('this memory holds no gauges', 'Pass the memory that `allocateGauges` returned.');
    }
    this.memory = memory;
    this.actors = actors;
    this.edges = edges;
    this.workers = workers;
  }

  actor(index: number): ActorGauges {
    const countsOffset = lineBytes + within(index, this.actors) * actorBytes;
    const { actors, edges, workers } = this;
    const start = lineBytes + actors * actorBytes + edges * edgeBytes + workers * workerBytes;
    return new ActorGauges(this.memory, countsOffset, start + index * histogramsBytes);
  }

  /** The same object at every call: both ends of a fused edge are on one thread. */
  edge(index: number): EdgeGauges {
    const start = lineBytes + this.actors * actorBytes;
    return (this.#edges[within(index, this.edges)] ??= new EdgeGauges(
      this.memory,
      start + index * edgeBytes,
    ));
  }

  worker(index: number): WorkerGauges {
    const start = lineBytes + this.actors * actorBytes + this.edges * edgeBytes;
    return new WorkerGauges(this.memory, start + within(index, this.workers) * workerBytes);
  }

  /** `elapsedNs` is the time since the actor's start, of which busy and blocked time are parts. */
  readActor(index: number, elapsedNs: number): ActorReading {
    const gauges = this.actor(index);
    const counts = named(actorCount, gauges.counts);
    return {
      ...counts,
      idleNs: Math.max(0, elapsedNs - counts.busyNs - counts.blockedNs - counts.resourceWaitNs),
      queueWait: gauges.queueWait.summary(),
      onInput: gauges.onInput.summary(),
      onTick: gauges.onTick.summary(),
      sourceToHere: gauges.sourceToHere.summary(),
    };
  }

  readEdge(index: number): EdgeReading {
    const gauges = this.edge(index);
    // The reader's half first: what it has received by now was sent by now.
    const reader = named(edgeReaderCount, gauges.reader);
    const writer = named(edgeWriterCount, gauges.writer);
    const { skippedLatest, skippedOldest, skippedNonBlocking, skippedInactive } = reader;
    const skipped = skippedLatest + skippedOldest + skippedNonBlocking + skippedInactive;
    const depth = Math.max(0, writer.sent - reader.received - skipped - reader.discarded);
    return { ...writer, ...reader, depth };
  }

  readWorker(index: number): WorkerReading {
    return named(workerCount, this.worker(index).counts);
  }
}

function length(table: Readonly<Record<string, number>>): number {
  return Object.keys(table).length;
}

function named<Table extends Readonly<Record<string, number>>>(
  table: Table,
  counts: Float64Array,
): Counts<Table> {
  const entries = Object.entries(table).map(([name, index]) => [name, counts[index]]);
  return Object.fromEntries(entries) as Counts<Table>;
}

function within(index: number, size: number): number {
  if (Number.isInteger(index) && index >= 0 && index < size) return index;
  throw new RangeError(`gauge ${index} does not exist: there are ${size}`);
}
