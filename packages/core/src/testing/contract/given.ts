import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Arbitrary } from 'fast-check';
import type { Payload, PortMap } from '../../ports.ts';
import type { OptionsIn, OptionsOut } from '../../stage.ts';
import type { Tolerance } from '../equality.ts';
import type { ForPort } from '../arbitraries/frames.ts';
import type { Call } from './played.ts';
import type { TestFunction } from './runner.ts';

/** What went in and what came out, of one instance, in order. */
export interface Seen<I extends PortMap = PortMap, O extends PortMap = PortMap> {
  /** As the schema gave them. */
  readonly options: unknown;
  readonly inputs: { readonly [K in keyof I & string]: readonly Payload<I[K]>[] };
  readonly outputs: { readonly [K in keyof O & string]: readonly Payload<O[K]>[] };
  /** Every handler call, with what it emitted. */
  readonly calls: readonly Call[];
}

/** Something that holds for every instance, whatever went in. Made by `invariant`. */
export interface Invariant<I extends PortMap = PortMap, O extends PortMap = PortMap> {
  readonly name: string;
  readonly check: (seen: Seen<I, O>) => boolean | void;
}

/**
 * A property of one's own: `check` gets all that went in and came out, and throws or returns `false`
 * where it does not hold.
 */
export function invariant<I extends PortMap, O extends PortMap>(
  name: string,
  check: (seen: Seen<I, O>) => boolean | void,
): Invariant<I, O> {
  return { name, check };
}

/** What a stage's contract is tried with. All of it may be left out where it can be derived. */
export interface ContractGiven<S extends StandardSchemaV1 | undefined, I extends PortMap, O extends PortMap> {
  /** Tells several contracts of one stage apart, in the titles of their tests. */
  readonly name?: string;
  /**
   * As in `graph.stage`. A function gives options of its own to each play: a file that nobody else writes.
   */
  readonly options?: OptionsIn<S> | (() => OptionsIn<S>);
  /**
   * What arrives. Derived from the ports unless given: `frames()`, and `messages()` where there is a
   * schema.
   */
  readonly inputs?: { readonly [K in keyof I]?: Arbitrary<Payload<I[K]>> | ForPort<Payload<I[K]>> };
  /** Stages with `onTick` tick at 100 Hz unless given; `false`: never. */
  readonly ticks?: { readonly hz: number } | false;
  /** Values that are posted from outside. None unless given. */
  readonly posts?: Arbitrary<unknown>;
  /** Options that the schema refuses. */
  readonly badOptions?: readonly unknown[];
  /** The most emissions of one call, where a stage means to emit more than its ports say. */
  readonly maxEmit?: { readonly [K in keyof O]?: number };
  /** Errors by which the stage refuses an input. None unless given. */
  readonly refuses?: (error: unknown) => boolean;
  /** What the stage has done outside: the content of a file. Compared like its outputs. */
  readonly outside?: (options: OptionsOut<S>) => unknown;
  /** The modes of the run. Those of `modeMachine` unless given. */
  readonly modes?: readonly string[];
  readonly invariants?: readonly Invariant<I, O>[];
  /** What is to come out. Ports that it leaves out are not compared. */
  readonly model?: (seen: Seen<I, O>) => { readonly [K in keyof O]?: readonly Payload<O[K]>[] };
  /** Of the model. Exact unless given. */
  readonly tolerance?: Tolerance;
  /** What the 99th percentile of handler calls may take. A benchmark: tried only with `bench`. */
  readonly latencyBudgetMs?: number;
  /** Whether to try what depends on the speed of the machine. As `TROUPE_BENCH` says unless given. */
  readonly bench?: boolean;
  /** What 9,000 inputs may add to the heap. 65,536 unless given. */
  readonly heapBytesMax?: number;
  /** How many cases each property tries. 100 unless given; of those that start a graph a twentieth. */
  readonly runs?: number;
  /** The most steps of one case. 24 unless given. */
  readonly stepsMax?: number;
  /** Of the cases. Fixed for each stage and property unless given. */
  readonly seed?: number;
  /** Registers a test. The runner's unless given. */
  readonly test?: TestFunction;
}

/** Given for any stage. */
// oxlint-disable-next-line typescript/no-explicit-any -- ports vary both ways: only `any` takes all.
export type AnyGiven = ContractGiven<any, any, any>;
