import { allocateFrame, frameLength } from '@troupe/mailbox';
import type { ArrayOf, Dtype, FrameArray } from '@troupe/mailbox';
import type { Arbitrary } from 'fast-check';
import type { FramePort, Port } from '../../ports.ts';
import { TestingError } from '../errors.ts';
import { fastCheckFor } from './fast-check.ts';

/** Which frames there are. */
export interface FrameOptions {
  /** Elements are at least (at most) this. The dtype's whole range unless given. */
  readonly min?: number | bigint;
  readonly max?: number | bigint;
  /** Floats: neither NaN nor infinities. `false` unless given. */
  readonly finite?: boolean;
  /** The elements themselves, instead of all of the above. */
  readonly elements?: Arbitrary<number> | Arbitrary<bigint>;
}

/** An arbitrary for whatever port it is used at. */
export type ForPort<T> = (port: Port) => Arbitrary<T>;

/** Longer frames repeat a pattern: the shrinker works on that, not on a million elements. */
const elementsMax = 64;

/** Exponent bits and mantissa bits of a float. */
const floats: Partial<Record<Dtype, { readonly bits: number; readonly exponentMin: number }>> = {
  float16: { bits: 11, exponentMin: -14 },
  float32: { bits: 24, exponentMin: -126 },
  float64: { bits: 53, exponentMin: -1022 },
};

/** Bits and sign of an integer. */
const integers: Partial<Record<Dtype, { readonly bits: number; readonly isSigned: boolean }>> = {
  int8: { bits: 8, isSigned: true },
  uint8: { bits: 8, isSigned: false },
  uint8clamped: { bits: 8, isSigned: false },
  int16: { bits: 16, isSigned: true },
  uint16: { bits: 16, isSigned: false },
  int32: { bits: 32, isSigned: true },
  uint32: { bits: 32, isSigned: false },
  int64: { bits: 64, isSigned: true },
  uint64: { bits: 64, isSigned: false },
};

/**
 * Frames of a port: `frames(frame('float32', [8]))`. For floats NaN, infinities, denormals and signed
 * zero are among them. Without a port: of the port that it is used at, `inputs: { samples: frames({
 * finite: true }) }`. Throws `TestingError`.
 */
export function frames<D extends Dtype>(port: FramePort<D>, options?: FrameOptions): Arbitrary<ArrayOf<D>>;
export function frames(options?: FrameOptions): ForPort<never>;
export function frames(
  first: FramePort | FrameOptions = {},
  options: FrameOptions = {},
): Arbitrary<FrameArray> | ForPort<never> {
  if ('kind' in first) return framesOf(first, options);
  return (port) => {
    if (port.kind === 'frame') return framesOf(port, first) as Arbitrary<never>;
    const remedy = 'Use messages() for it, or an arbitrary of your own.';
    throw new TestingError('NO_ARBITRARY', 'frames() is used at a port that carries values', remedy);
  };
}

function framesOf({ dtype, shape }: FramePort, options: FrameOptions): Arbitrary<FrameArray> {
  const fc = fastCheckFor('frames()');
  const length = frameLength(shape);
  const element = (options.elements ?? elementOf(dtype, options)) as Arbitrary<number>;
  const distinct = Math.min(length, elementsMax);
  return fc
    .array(element, { minLength: Math.min(1, distinct), maxLength: distinct, size: 'max' })
    .map((pattern) => {
      const frame = allocateFrame(dtype, length);
      // Short patterns repeat, so that a frame shrinks to one of equal elements, then of the simplest ones.
      for (let i = 0; i < length; i++) frame[i] = pattern[i % pattern.length] as number;
      return frame;
    });
}

function elementOf(dtype: Dtype, { min, max, finite = false }: FrameOptions): Arbitrary<number | bigint> {
  const fc = fastCheckFor('frames()');
  const integer = integers[dtype];
  if (integer !== undefined) {
    const [least, most] = integerRange(integer);
    const from = min === undefined ? least : BigInt(Math.ceil(Number(min)));
    const to = max === undefined ? most : BigInt(Math.floor(Number(max)));
    if (integer.bits === 64) return fc.bigInt({ min: from, max: to });
    return fc.integer({ min: Number(from), max: Number(to) });
  }
  return floatOf(dtype, Number(min ?? -Infinity), Number(max ?? Infinity), finite);
}

function integerRange({ bits, isSigned }: { bits: number; isSigned: boolean }): readonly [bigint, bigint] {
  const size = BigInt(bits);
  return isSigned ? [-(1n << (size - 1n)), (1n << (size - 1n)) - 1n] : [0n, (1n << size) - 1n];
}

function floatOf(dtype: Dtype, min: number, max: number, isFinite: boolean): Arbitrary<number> {
  const fc = fastCheckFor('frames()');
  const { bits, exponentMin } = floats[dtype] as { bits: number; exponentMin: number };
  const largest = (2 - 2 ** (1 - bits)) * 2 ** (1 - exponentMin);
  const isBounded = min > -Infinity || max < Infinity;
  const denormals = [2 ** (exponentMin - bits + 1), (1 - 2 ** (1 - bits)) * 2 ** exponentMin];
  const edges = [0, -0, 1, -1, ...denormals, ...denormals.map((value) => -value), largest, -largest];
  const special = isFinite || isBounded ? edges : [...edges, NaN, Infinity, -Infinity];
  const isWithin = (value: number): boolean => !(value < min) && !(value > max);
  const kept = special.filter(isWithin);
  const rounded = (value: number): number => Math.min(Math.max(value, -largest), largest);
  const from = Math.max(min, -largest);
  const to = Math.min(max, largest);
  const wide = fc.double({ min: from, max: to, noNaN: true }).map((value) => fit(dtype, value, from, to));
  const [lowest, highest] = [Math.ceil(Math.max(from, -100)), Math.floor(Math.min(to, 100))];
  const simple =
    lowest <= highest ? [{ weight: 4, arbitrary: fc.integer({ min: lowest, max: highest }) }] : [];
  const odd = kept.length === 0 ? [] : [{ weight: 2, arbitrary: fc.constantFrom(...kept) }];
  return fc
    .oneof({ withCrossShrink: true }, ...simple, { weight: 4, arbitrary: wide }, ...odd)
    .map((value) => (Number.isFinite(value) ? rounded(value) : value));
}

/** A value as an element holds it, and not rounded out of its range. */
function fit(dtype: Dtype, value: number, min: number, max: number): number {
  const held = allocateFrame(dtype, 1) as Float64Array;
  held[0] = value;
  const stored = held[0];
  return stored < min || stored > max ? value : stored;
}
