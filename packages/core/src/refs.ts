import type { FramePort, MessagePort, Port, PortMap } from './ports.ts';

/** An output port of a stage in a graph: what `connect` starts from. */
export interface OutRef<P extends Port = Port> {
  readonly direction: 'out';
  readonly stage: string;
  readonly port: string;
  /** Carries the port's type for inference only; never present at run time. */
  readonly '~port'?: P;
}

/** An input port of a stage in a graph: what `connect` leads to. */
export interface InRef<P extends Port = Port> {
  readonly direction: 'in';
  readonly stage: string;
  readonly port: string;
  /** Carries the port's type for inference only; never present at run time. */
  readonly '~port'?: P;
}

/** A stage in a graph, with a reference for each of its ports. */
export interface StageRef<I extends PortMap = PortMap, O extends PortMap = PortMap> {
  readonly name: string;
  readonly in: { readonly [K in keyof I & string]: InRef<I[K]> };
  readonly out: { readonly [K in keyof O & string]: OutRef<O[K]> };
}

/** A boundary input: `run.push` takes it in place of its name, and then knows the type of what is pushed. */
export interface InputRef<P extends Port = Port> {
  readonly boundary: 'input';
  readonly name: string;
  /** Carries the port's type for inference only; never present at run time. */
  readonly '~port'?: P;
}

/**
 * A boundary output: `run.pull` and its kin take it in place of its name, and then know the type of the
 * samples.
 */
export interface OutputRef<P extends Port = Port> {
  readonly boundary: 'output';
  readonly name: string;
  /** Carries the port's type for inference only; never present at run time. */
  readonly '~port'?: P;
}

/** What an `InRef` that does not fit is asked for, so that the compiler's message names both ports. */
export interface PortMismatch<A, B> {
  readonly 'these ports have different types': { readonly output: A; readonly input: B };
}

/**
 * `unknown` where an output port can feed an input port, else `PortMismatch`. Kind and dtype must agree and
 * so must every size of the shape; a size or rank that is only known at run time (`number`, `number[]`)
 * agrees with any here, and `compile` compares the real ones. Values must be assignable; an untyped message
 * port goes with any.
 */
export type Connectable<A extends Port, B extends Port> =
  true extends Fits<A, B> ? unknown : PortMismatch<A, B>;

type Fits<A, B> =
  A extends FramePort<infer DA, infer SA>
    ? B extends FramePort<infer DB, infer SB>
      ? Overlap<DA, DB> extends true
        ? ShapeFits<SA, SB>
        : false
      : false
    : A extends MessagePort<infer TA>
      ? B extends MessagePort<infer TB>
        ? ValueFits<TA, TB>
        : false
      : false;

type Overlap<A, B> = [A & B] extends [never] ? false : true;

type ShapeFits<A extends readonly number[], B extends readonly number[]> = number extends
  | A['length']
  | B['length']
  ? true
  : A extends readonly [infer HeadA, ...infer TailA extends readonly number[]]
    ? B extends readonly [infer HeadB, ...infer TailB extends readonly number[]]
      ? Overlap<HeadA, HeadB> extends true
        ? ShapeFits<TailA, TailB>
        : false
      : false
    : B extends readonly []
      ? true
      : false;

type ValueFits<A, B> = unknown extends A ? true : [A] extends [B] ? true : false;
