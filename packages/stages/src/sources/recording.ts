/** What a probe tells about a recording: enough to size a graph before it is built. */
export interface RecordingInfo {
  /** Channels of one sample. */
  readonly channels: number;
  /** Samples per second and channel; `undefined` where the file does not say. */
  readonly rateHz: number | undefined;
  /** Samples per channel; `undefined` where only reading the whole file would tell. */
  readonly samples: number | undefined;
  /** One name per channel. */
  readonly labels: readonly string[];
  /** One physical unit per channel, empty where the file does not say. */
  readonly units: readonly string[];
}

/**
 * A stream of samples that a paced source plays: a file's, or computed ones. Memory is bounded by the file's
 * records, or by chunks of 64 KiB, and by what was asked of `ensure`.
 */
export interface SampleReader {
  /** Samples per channel in all; `undefined` where only the end will tell. */
  readonly samples: number | undefined;
  /**
   * Makes the next `count` samples available and returns how many are: fewer only at the end. Everything that
   * can fail fails here, and fails again when asked again; `read` and `timeNs` of ensured samples cannot
   * fail.
   */
  ensure(count: number): number;
  /** Moves the next samples into `into` (`[n, channels]` row-major), which are ensured. */
  read(into: Float32Array): void;
  /** Time of the ensured sample `ahead` places after the next one, in integer nanoseconds since the first. */
  timeNs(ahead: number): number;
  /** Where the next sample stands, structured-cloneable; `seek` returns to it. */
  position(): unknown;
  seek(position: unknown): void;
  close(): void;
}

/**
 * Time of a sample in integer nanoseconds, computed from its index and never by adding up periods. Exact to
 * the rounding of the last digit where `perNs` nanoseconds hold a whole number `perCount` of samples.
 */
export function sampleTimeNs(index: number, perCount: number, perNs: number): number {
  const whole = Math.floor(index / perCount);
  const rest = index - whole * perCount;
  return whole * perNs + Math.round((rest * perNs) / perCount);
}
