import type { Telemetry, TelemetryLimits } from '@troupe/core/telemetry';
import type { Bounds } from './bounds.ts';
import type { TraceFeed } from './trace-feed.ts';

export interface HubParts {
  readonly telemetry: Telemetry;
  readonly bounds: Bounds;
  readonly limits: TelemetryLimits;
  readonly hasControl: boolean;
  /** What can be gone back in, beside the run's own recordings. */
  readonly recordings: readonly string[];
}

export interface SessionParts extends HubParts {
  readonly trace: TraceFeed;
  /** Of all pages. */
  readonly counts: { taps: number; replays: number };
}
