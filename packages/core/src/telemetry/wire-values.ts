/** A value as it can be shown: bounded in depth, size and bytes. */
export type ValueWire =
  | { readonly kind: 'plain'; readonly value: null | boolean | number | string }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'bigint'; readonly text: string }
  /** A string of `length` UTF-16 units, cut. */
  | { readonly kind: 'text'; readonly text: string; readonly length: number }
  | { readonly kind: 'list'; readonly items: readonly ValueWire[]; readonly length: number }
  | {
      readonly kind: 'fields';
      /** Name of its class; empty for a plain object. */
      readonly name: string;
      readonly entries: readonly (readonly [string, ValueWire])[];
      readonly size: number;
    }
  | {
      readonly kind: 'map';
      readonly entries: readonly (readonly [ValueWire, ValueWire])[];
      readonly size: number;
    }
  | { readonly kind: 'set'; readonly items: readonly ValueWire[]; readonly size: number }
  | { readonly kind: 'date'; readonly ms: number }
  | { readonly kind: 'error'; readonly error: ErrorWire }
  | { readonly kind: 'numbers'; readonly numbers: NumbersWire }
  /** Left out: too deep, beyond the budget, hidden on purpose, or nothing that can be shown. */
  | { readonly kind: 'cut'; readonly why: 'depth' | 'budget' | 'redacted' | 'opaque'; readonly what: string };

/** A frame, or any typed array: its first elements where it is long. float16 comes as float32. */
export interface NumbersWire {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: NumbersArray;
  /** Elements of the whole. */
  readonly length: number;
}

export type NumbersArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export interface ErrorWire {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly stack: string | undefined;
  readonly cause: ErrorWire | undefined;
}

/** One message, as a tap, a failure or a dead letter shows it. */
export interface MessageWire {
  /** -1: the application, which pushes into the input that `port` names. */
  readonly stage: number;
  readonly port: string;
  readonly seq: number;
  /** Logical time, nanoseconds since the run's epoch. */
  readonly timeNs: number;
  readonly payload: ValueWire;
  readonly redelivered: boolean;
  readonly resent: boolean;
}

/** A message that a tap has seen. */
export interface TappedWire extends MessageWire {
  /**
   * Latency so far: nanoseconds from its time to its publication on this edge; negative where its time lay
   * ahead of the clock. `undefined` under clocks other than realtime, and where that instant is not known.
   */
  readonly latencyNs: number | undefined;
}
