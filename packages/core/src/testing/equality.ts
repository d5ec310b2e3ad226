import { inspect, isDeepStrictEqual } from 'node:util';

/** How far a number may be from what is expected: `absolute`, or `relative` to the larger of the two. */
export interface Tolerance {
  /** 0 unless given. */
  readonly absolute?: number;
  /** 0 unless given. */
  readonly relative?: number;
}

/** Nothing but the same bits, where every NaN is the same. */
const exact: Tolerance = {};

/**
 * Whether two numbers are the same, within a tolerance. NaN is NaN; 0 and -0 differ where nothing else
 * may.
 */
function isNear(a: number, b: number, { absolute = 0, relative = 0 }: Tolerance): boolean {
  if (Object.is(a, b)) return true;
  if (absolute === 0 && relative === 0) return false;
  return Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}

/** Whether two frames or values are the same: their types exactly, their numbers within a tolerance. */
export function isSame(a: unknown, b: unknown, tolerance: Tolerance = exact): boolean {
  if (typeof a === 'number' && typeof b === 'number') return isNear(a, b, tolerance);
  if (isFrame(a) && isFrame(b)) return isSameFrame(a, b, tolerance);
  if (!isContainer(a) || !isContainer(b)) return isDeepStrictEqual(a, b);
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.length !== others.length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key], tolerance));
}

function isSameFrame(a: Float64Array, b: Float64Array, tolerance: Tolerance): boolean {
  if (a[Symbol.toStringTag] !== b[Symbol.toStringTag] || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i] as number, b[i] as number];
    if (one !== other && !(typeof one === 'number' && isNear(one, other, tolerance))) return false;
    if (one === 0 && !isNear(one, other, tolerance)) return false;
  }
  return true;
}

/** Whether a value is a typed array. */
export function isFrame(value: unknown): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** What is compared part by part. Everything else (dates, maps, …) is compared as a whole. */
function isContainer(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A frame or value as a line. */
export function payloadText(value: unknown): string {
  const shown = isFrame(value) ? Array.from(value) : value;
  return inspect(shown, { breakLength: Infinity, compact: true, depth: 6, maxArrayLength: 64 });
}
