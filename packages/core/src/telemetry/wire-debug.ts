import type { RowsWire } from './wire-figures.ts';
import type { MessageWire } from './wire-values.ts';

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
    /** What its condition threw the first time. */
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
