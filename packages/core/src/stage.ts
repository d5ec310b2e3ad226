import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ArrayOf, Dtype } from '@troupe/mailbox';
import type { RunnerRef } from './plan/types.ts';
import type { EventHandle } from './events/event-handle.ts';
import type { EventUse } from './plan/conditions.ts';
import type { StageModes } from './modes/types.ts';
import type { FramePort, Payload, Port, PortMap, WrittenFrame } from './ports.ts';

/**
 * What `onInput` gets. Reused between calls: it and the views it holds are valid until the handler returns
 * (or settles).
 */
export type Input<I extends PortMap> = {
  [K in keyof I & string]: {
    readonly port: K;
    /** Counts per output port from 0. */
    readonly seq: number;
    /** Logical time: integer nanoseconds since the run's epoch. */
    readonly time: number;
    /**
     * An emission caused by this input may have been seen before: a worker died while it was being handled.
     */
    readonly redelivered: boolean;
    /** Sent again from the dead letters. */
    readonly resent: boolean;
  } & Carried<I[K]>;
}[keyof I & string];

/**
 * By `kind` rather than by a conditional type, so that it resolves for a dtype that is itself a type
 * parameter.
 */
type Carried<P extends Port> = {
  readonly frame: { readonly frame: Payload<P> };
  readonly message: { readonly value: Payload<P> };
}[P['kind']];

/** The names of a stage's frame outputs. */
export type FramePortName<O extends PortMap> = {
  [K in keyof O]: O[K]['kind'] extends 'frame' ? K : never;
}[keyof O] &
  string;

/**
 * What a handler emits through. Nothing is seen by a reader before the handler has returned (or settled, or
 * flushed).
 */
export interface Out<O extends PortMap = PortMap> {
  /** The next frame of a port, in shared memory, to be filled in place. Its old content is arbitrary. */
  reserve<K extends FramePortName<O>>(port: K): Payload<O[K]>;
  /** Emits the frame that `reserve` gave. */
  commit<K extends FramePortName<O>>(port: K): void;
  /** Emits a copy of a frame, or a value (immutable from now on). */
  send<K extends keyof O & string>(port: K, data: Payload<O[K]>): void;
  /**
   * Sets the logical time of what this call emits from here on: integer nanoseconds since the run's epoch,
   * below 0 for what was there before.
   */
  at(timeNs: number): void;
  /** Async handlers: publishes what this call has emitted so far, and resolves when it has been. */
  flush(): Promise<void>;
}

/** Where a runner is at a time. Reused by the next call for the same runner. */
export interface RunnerReading {
  /** Its newest tick: that of the same step where it is due as well. */
  readonly step: number;
  /** How much of the time until its next tick has passed: 0 ≤ `fraction` < 1. */
  readonly fraction: number;
}

/** What `onTick` gets; reused between calls. */
export interface Tick {
  /** When this tick was due: integer nanoseconds since the run's epoch. */
  readonly time: number;
  /** Nanoseconds since the previous delivered tick; the period for the first. */
  readonly dt: number;
  /** Counts due times from 0, dropped ones included; in a free phase the steps of the clock. */
  readonly index: number;
  /** How many ticks were skipped right before this one. */
  readonly dropped: number;
  /**
   * Where a runner of the graph is at `time`, to interpolate between its steps: one that was declared, by
   * name or reference, or one of a rate that stages share, such as `100 Hz`. Throws `TargetError`.
   */
  runner(runner: RunnerRef | string): RunnerReading;
}

/** How far a source has come, in frames; `total` where the source knows its length. */
export interface Progress {
  readonly done: number;
  readonly total: number | undefined;
}

type MaybePromise<T> = T | Promise<T>;

/**
 * The handlers of one actor. They run one at a time. A handler is a transaction: a throw discards what it
 * emitted and its input is tried again as the stage's supervision says. Only stages with `io: true` may
 * return promises.
 */
export interface Handlers<I extends PortMap = PortMap, O extends PortMap = PortMap> {
  onInput?(input: Input<I>, out: Out<O>): MaybePromise<void>;
  onTick?(tick: Tick, out: Out<O>): MaybePromise<void>;
  /** Sources: called while every output has room. Returns `'end'` when there is nothing more to come. */
  onDemand?(out: Out<O>): MaybePromise<void | 'end'>;
  /** Serial delivery of a value that `post` was called with. */
  onPost?(value: unknown, out: Out<O>): MaybePromise<void>;
  /** Before the first other handler. */
  onStart?(): MaybePromise<void>;
  /**
   * With each mode that is entered, also where the stage is not active in it; and with the mode that holds,
   * after `onStart`. Emits nothing.
   */
  onMode?(mode: string): MaybePromise<void>;
  /** After the last other handler: at the end of the stream, at stop, and before a restart. */
  onStop?(): MaybePromise<void>;
  /** The state as a structured-cloneable value: survives a restart. */
  snapshot?(): unknown;
  restore?(state: unknown): void;
  progress?(): Progress;
}

/** Latches by the names that a stage knows them by. */
export type LatchMap = { readonly [name: string]: FramePort };

/** A latch as its readers see it. */
export interface LatchReading<D extends Dtype = Dtype> {
  /**
   * The value as it was when the step in hand began, the same within that step for whoever asks; zeros before
   * anything was written. Valid until the handler returns.
   */
  read(): ArrayOf<D>;
  /** The logical time of that value; -1 before anything was written. */
  readonly time: number;
}

/** A latch as its writer sees it. */
export interface LatchWriting<D extends Dtype = Dtype> extends LatchReading<D> {
  /**
   * Copies a value into the latch; of several in one call the last counts. Readers have it from the next step
   * on, if the call does not throw. Throws `EmitError` outside of a handler call, or for another length.
   */
  write(value: ArrayOf<D>): void;
}

type LatchHandle<P> =
  P extends WrittenFrame<infer D> ? LatchWriting<D> : P extends FramePort<infer D> ? LatchReading<D> : never;

/** What `create` gets. */
export interface StageContext<Options = unknown, Events extends string = never, L extends LatchMap = {}> {
  /** The stage's name in the graph. */
  readonly name: string;
  /** As the schema's output. */
  readonly options: Options;
  /** Writes a line to the run's log, with the stage's name. */
  readonly log: (message: string, fields?: Record<string, unknown>) => void;
  /** Uniform in [0, 1), seeded by the run's seed and the stage's name. */
  readonly random: () => number;
  /** Integer nanoseconds since the run's epoch. */
  readonly now: () => number;
  /**
   * Queues a value for `onPost`, from a socket or timer callback. False when the queue (1,024) is full and
   * the value was dropped; drops are counted.
   */
  readonly post: (value: unknown) => boolean;
  /** The events that the stage declares, by its own names for them. */
  readonly events: { readonly [Name in Events]: EventHandle };
  /** The modes of the run. */
  readonly modes: StageModes;
  readonly latches: { readonly [K in keyof L & string]: LatchHandle<L[K]> };
}

/** Ports as declared, or computed from the parsed options. */
export type Ports<P extends PortMap, Options> = P | ((options: Options) => P);

export type OptionsIn<S> = S extends StandardSchemaV1<infer In, unknown> ? In : undefined;
export type OptionsOut<S> = S extends StandardSchemaV1<infer _In, infer Output> ? Output : undefined;

export interface StageDeclaration<
  S extends StandardSchemaV1 | undefined,
  I extends PortMap,
  O extends PortMap,
  E extends string = string,
  L extends LatchMap = {},
> {
  /**
   * `import.meta.url`: a pooled worker imports the stage from here. Without it the stage runs on `main` only.
   */
  readonly module?: string;
  readonly name: string;
  readonly inputs?: Ports<I, OptionsOut<S>>;
  readonly outputs?: Ports<O, OptionsOut<S>>;
  /** Any synchronous Standard Schema. */
  readonly options?: S;
  /** The stage needs the event loop: sockets, timers, async handlers. */
  readonly io?: boolean;
  /** The modes in which it runs, unless the graph says otherwise; in all of them unless given. */
  readonly activeIn?: readonly string[];
  /** Exclusive resources that its handlers hold while they run, unless the graph says otherwise. */
  readonly resources?: readonly string[] | Readonly<Record<string, number>>;
  /**
   * Names by which it knows events of the graph, which binds each of them. With what it does with them, or
   * without: anything.
   */
  readonly events?: readonly E[] | Readonly<Record<E, EventUse>>;
  /** Latches by the names it knows them by, bound by the graph; those it writes as `written(frame(…))`. */
  readonly latches?: L;
  readonly create: (context: StageContext<OptionsOut<S>, E, L>) => Handlers<I, O>;
}

/** A stage: what `graph.stage` takes. */
export interface Stage<
  S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
  I extends PortMap = PortMap,
  O extends PortMap = PortMap,
> extends StageDeclaration<S, I, O> {
  readonly '~troupe': 'stage';
}

/** A stage of unknown ports and options: what a module exports, seen from the executor. */
// oxlint-disable-next-line typescript/no-explicit-any -- ports vary both ways: only `any` takes all.
export type AnyStage = Stage<any, any, any>;

/**
 * Declares a stage: typed ports, options, and a `create` that returns the handlers of one actor (an object,
 * or an instance of a class with the same methods). Nothing is checked here: `compile` reports every problem
 * at once.
 */
export function defineStage<
  const S extends StandardSchemaV1 | undefined = undefined,
  I extends PortMap = {},
  O extends PortMap = {},
  const E extends string = never,
  L extends LatchMap = {},
>(declaration: StageDeclaration<S, I, O, E, L>): Stage<S, I, O> {
  // Which events and latches `create` is given concerns nobody outside: the plan has them bound.
  return { ...declaration, '~troupe': 'stage' } as unknown as Stage<S, I, O>;
}

/** Whether a module's export is a stage. */
export function isStage(value: unknown): value is AnyStage {
  return (
    typeof value === 'object' && value !== null && (value as { '~troupe'?: unknown })['~troupe'] === 'stage'
  );
}
