import type { BreakpointWire, DebugWire, MomentWire, ReplayWire } from './wire-debug.ts';
import type {
  DetailWire,
  HaltWire,
  HappeningWire,
  QuantilesWire,
  RowsWire,
  SpanWire,
  ThreadWire,
} from './wire-figures.ts';
import type { GraphWire } from './wire-graph.ts';
import type { ErrorWire, TappedWire } from './wire-values.ts';

export type * from './wire-debug.ts';
export type * from './wire-figures.ts';
export type * from './wire-graph.ts';
export type * from './wire-values.ts';

/**
 * The telemetry protocol: everything that a process says of a run, and everything that it can be asked to do.
 * Plain data in discriminated unions; docs/protocol.md says how they are sent. Indices of stages, edges and
 * workers are those of the graph.
 */

/** Both ends must speak the same. */
export const protocolVersion = 1;

// ---- From the page ---------------------------------------------------------------------------------------

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

// ---- To the page -----------------------------------------------------------------------------------------

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
      /** One of them: the run is a replay of it. */
      readonly replayOf: string | undefined;
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
      readonly messages: readonly TappedWire[];
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
