import type { ControlOptions, WorkerIndex } from './types.ts';

/**
 * What a stage does with an event: `set` it, `reset` it (or clear it: a consumer), only `read` it (and wait),
 * or `any` of these.
 */
export type EventUse = 'any' | 'set' | 'reset' | 'read';

/** An event as a stage knows it. */
export interface BoundEvent {
  /** The stage's own name for it. */
  readonly as: string;
  /** Index into the plan's events. */
  readonly event: number;
  readonly use: EventUse;
  /** Its place among those who change events, of all stages, from 0; -1: it only reads. */
  readonly asker: number;
}

/** The event that an actor runs by. */
export interface ControlPlan {
  readonly form: ControlOptions['form'];
  /** Index into the plan's events. */
  readonly event: number;
  /** Toggleable: its number among the event's takers, from 1. */
  readonly number: number;
  /** Toggleable: its place among the takers of all events, from 0. */
  readonly line: number;
}

/** What an actor holds of one resource while its handlers run. */
export interface ResourceDemand {
  /** Index into the plan's resources. */
  readonly resource: number;
  readonly amount: number;
}

export interface EventPlan {
  readonly index: number;
  readonly name: string;
  readonly initial: boolean;
  /** Actors that it controls. */
  readonly controls: readonly number[];
  /** Of the toggleable ones among them: their places among the takers of all events. */
  readonly takers: readonly number[];
  /** Places of the bindings that change it, among those of all events. */
  readonly askers: readonly number[];
  /** Workers of these actors: a set wakes them. */
  readonly wakes: readonly WorkerIndex[];
}

export interface ResourcePlan {
  readonly name: string;
  readonly capacity: number;
  /** Actors that need it, with their workers. */
  readonly users: readonly {
    readonly actor: number;
    readonly worker: WorkerIndex;
    readonly amount: number;
  }[];
}

/** A stage that may stand still for ever unless the application does something about it. */
export interface HaltPlan {
  readonly stage: string;
  /** The event that stops it. */
  readonly event: string;
  /** It stands still from the start. */
  readonly isInitial: boolean;
}
