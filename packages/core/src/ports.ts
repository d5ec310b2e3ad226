import type { ArrayOf, Dtype } from '@troupe/mailbox';
import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A port of fixed-layout frames that lie in shared memory. */
export interface FramePort<D extends Dtype = Dtype, S extends readonly number[] = readonly number[]> {
  readonly kind: 'frame';
  readonly dtype: D;
  readonly shape: S;
  readonly maxEmit: number;
  readonly optional: boolean;
}

/** A port of values: whatever `v8.serialize` accepts. */
export interface MessagePort<T = unknown> {
  readonly kind: 'message';
  readonly schema: StandardSchemaV1<unknown, T> | undefined;
  readonly maxEmit: number;
  readonly maxBytes: number;
  readonly optional: boolean;
  /** Carries `T` for inference only; never present at run time. */
  readonly '~value'?: T;
}

export type Port = FramePort | MessagePort<never> | MessagePort;
export type PortMap = { readonly [name: string]: Port };

export interface PortOptions {
  /**
   * Outputs: the most messages that one handler call emits here; room for them is awaited before the call. 1
   * unless given.
   */
  readonly maxEmit?: number;
  /** Inputs: the stage works without this input connected. `false` unless given. */
  readonly optional?: boolean;
}

export interface MessagePortOptions extends PortOptions {
  /** The most bytes that one serialised message may have. 65,536 unless given. */
  readonly maxBytes?: number;
}

/** The bound on a serialised message where a port names none, in bytes. */
const messageBytesMaxDefault = 65_536;

/**
 * A port of fixed-layout frames: `frame('float32', [8])` is eight floats, `frame('float64', [])` a scalar.
 * Frames of one port all have this dtype and shape (row-major). `compile` reports bad sizes.
 */
export function frame<D extends Dtype, const S extends readonly number[]>(
  dtype: D,
  shape: S,
  options: PortOptions = {},
): FramePort<D, S> {
  return { kind: 'frame', dtype, shape, maxEmit: options.maxEmit ?? 1, optional: options.optional ?? false };
}

/**
 * A port of values. With a schema (any synchronous Standard Schema) the values are typed by it, and checked
 * where they enter from outside (`run.push`). Values are immutable once sent.
 */
export function message<T = unknown>(
  schema?: StandardSchemaV1<unknown, T>,
  options: MessagePortOptions = {},
): MessagePort<T> {
  return {
    kind: 'message',
    schema,
    maxEmit: options.maxEmit ?? 1,
    maxBytes: options.maxBytes ?? messageBytesMaxDefault,
    optional: options.optional ?? false,
  };
}

/** What travels through a port: a typed array, or the value. */
export type Payload<P> =
  P extends FramePort<infer D> ? ArrayOf<D> : P extends MessagePort<infer T> ? T : never;

/** What a stage declares for a latch that it writes. */
export interface WrittenFrame<
  D extends Dtype = Dtype,
  S extends readonly number[] = readonly number[],
> extends FramePort<D, S> {
  readonly access: 'write';
}

/** Declares that a stage writes a latch: `latches: { pose: written(frame('float32', [3])) }`. */
export function written<D extends Dtype, S extends readonly number[]>(
  port: FramePort<D, S>,
): WrittenFrame<D, S> {
  return { ...port, access: 'write' };
}
