import type {
  Command,
  DebugWire,
  DetailWire,
  GraphWire,
  HappeningWire,
  MomentWire,
  QuantilesWire,
  ReplayWire,
  ReplyWire,
  SpanWire,
  TappedWire,
  TapWish,
  ThreadWire,
} from './wire.ts';

/** A run, as an observer sees it. */
export interface ObservedRun {
  telemetry(): Promise<Telemetry>;
}

/** Figures of a moment: tables as `RowsWire` describes them, of all rows, overwritten by the next reading. */
export interface Reading {
  readonly elapsedMs: number;
  readonly stages: Float64Array;
  readonly edges: Float64Array;
  readonly workers: Float64Array;
  readonly mode: string;
  /** Activations, by event. */
  readonly events: readonly number[];
  readonly resources: readonly { readonly holders: readonly number[]; readonly waiting: readonly number[] }[];
}

/** What a tap has seen since it was asked last. */
export interface TapRead {
  readonly messages: readonly TappedWire[];
  /** Since the tap began. */
  readonly skipped: number;
  readonly overBudget: number;
}

export interface OpenTap {
  /** Called about every `everyMs` when something has come. */
  close(): void;
}

export interface OpenTrace {
  /** What has been done since it was asked last. */
  read(): { readonly spans: readonly SpanWire[]; readonly missed: number };
  close(): void;
}

export interface TelemetryLimits {
  /** Bytes that a value or a frame may take as it is shown. 65,536 unless given. */
  readonly valueBytesMax?: number;
  /**
   * Called for every field of a value (and each option) before it is shown, with its path, as
   * `stage.port.field`, or `> input.field` for what the application pushes; true hides it.
   */
  readonly redact?: (path: string) => boolean;
}

/**
 * What a run tells its observers, and what they may ask of it. Reading costs the run nothing: counters lie in
 * shared memory. What costs something (taps, traces, the census) is off until it is asked for.
 */
export interface Telemetry {
  /** Wall time of the run's epoch, milliseconds since 1970. */
  readonly epochMs: number;
  graph(limits?: TelemetryLimits): GraphWire;
  read(): Reading;
  /** Of all stages; reads every histogram, so not ten times a second. */
  latencies(): { readonly queueWait: readonly QuantilesWire[]; readonly handler: readonly QuantilesWire[] };
  /** `undefined` where there is no such stage. */
  detail(stage: number, limits?: TelemetryLimits): DetailWire | undefined;
  census(): Promise<readonly ThreadWire[]>;
  debug(): DebugWire;
  /** Those from `id` on that are still kept. */
  happenings(id: number, limits?: TelemetryLimits): readonly HappeningWire[];
  /** Number of the next happening. */
  readonly happened: number;
  /** Rejects where there is no such edge. */
  tap(
    wish: TapWish,
    take: (read: TapRead) => void,
    limits?: TelemetryLimits & { readonly bytesPerSecondMax?: number },
  ): Promise<OpenTap>;
  trace(): OpenTrace;
  /** Throws an error with `code`, `message` and `remedy` where it cannot be done. */
  perform(
    command: Exclude<Command, { do: 'replay' | 'seek' | 'seekStep' | 'closeReplay' }>,
    limits?: TelemetryLimits,
  ): Promise<ReplyWire>;
  /** Opens a recording of this run's graph to go back in. */
  replay(recording: string, limits?: TelemetryLimits): Promise<OpenReplay>;
  /** Paths of the recordings that this run has made, is making, or does again. */
  readonly recordings: readonly string[];
  /** The recording that this run does again, where it does one. It is among `recordings`. */
  readonly replayOf: string | undefined;
  /** Resolves when the run is over. */
  readonly over: Promise<void>;
}

export interface OpenReplay {
  readonly replay: ReplayWire;
  seek(to: { readonly timeNs: number } | { readonly step: number }): Promise<MomentWire>;
  close(): Promise<void>;
}
