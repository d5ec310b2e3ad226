import type { Condition } from './condition.ts';
import type { Breakpoint, DebugWork } from './types.ts';

/** What the debugger of a run holds and watches; the owner of the run tells it to every thread. */
export interface HoldState {
  /** Counts what has been told: of two states the one with the higher number holds. */
  readonly version: number;
  /** Actors. */
  readonly held: readonly number[];
  /** A round in which those go on all the same; 0: none. */
  readonly freeRound: number;
  readonly steps: readonly StepOrder[];
  readonly breakpoints: readonly BreakpointOrder[];
  /** By worker: the last hit of it that has been heard. */
  readonly heard: readonly number[];
}

/** One call of a held actor. Numbers rise. */
export interface StepOrder {
  readonly id: number;
  readonly actor: number;
  readonly unit: 'message' | 'tick';
}

export interface BreakpointOrder {
  readonly id: number;
  readonly actor: number;
  readonly port: string | undefined;
  readonly on: Breakpoint['on'];
  readonly condition: Condition | undefined;
  readonly holds: 'stage' | 'graph';
  readonly isOnce: boolean;
}

/** What an actor was called for, or is about to be. */
export interface PlaceWire {
  readonly actor: number;
  readonly work: DebugWork;
  readonly port: string;
  readonly seq: number;
  readonly time: number;
}

/** Worker to main. */
export type HoldReport =
  | {
      readonly type: 'hit';
      /** Counts the hits of the worker, from 1. */
      readonly hit: number;
      readonly breakpoint: number;
      readonly place: PlaceWire;
      readonly error: { readonly message: string; readonly code: string } | undefined;
    }
  | { readonly type: 'stepped'; readonly step: number; readonly place: PlaceWire; readonly isFailed: boolean }
  /** The condition of a breakpoint could not be evaluated. */
  | { readonly type: 'breakFault'; readonly breakpoint: number; readonly message: string };

export function isHoldReport(message: { readonly type: string }): message is HoldReport {
  return message.type === 'hit' || message.type === 'stepped' || message.type === 'breakFault';
}

/** What holds as long as nobody debugs. */
export const noHolds: HoldState = {
  version: 0,
  held: [],
  freeRound: 0,
  steps: [],
  breakpoints: [],
  heard: [],
};
