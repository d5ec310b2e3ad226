/** The element types of a frame: one for every typed array of Node 24. */
export type Dtype =
  | 'int8'
  | 'uint8'
  | 'uint8clamped'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int64'
  | 'uint64';

/** The typed array that holds frames of a dtype. */
export type ArrayOf<D extends Dtype> = D extends keyof ArrayByDtype ? ArrayByDtype[D] : never;

interface ArrayByDtype {
  int8: Int8Array;
  uint8: Uint8Array;
  uint8clamped: Uint8ClampedArray;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  float16: Float16Array;
  float32: Float32Array;
  float64: Float64Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
}

/** Any frame. */
export type FrameArray = ArrayByDtype[Dtype];

export interface FrameArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): FrameArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): FrameArray;
}

/** Every dtype with its constructor. The position in this list is the dtype's code in a ring's header. */
const arrays: readonly (readonly [Dtype, FrameArrayConstructor])[] = [
  ['int8', Int8Array],
  ['uint8', Uint8Array],
  ['uint8clamped', Uint8ClampedArray],
  ['int16', Int16Array],
  ['uint16', Uint16Array],
  ['int32', Int32Array],
  ['uint32', Uint32Array],
  ['float16', Float16Array],
  ['float32', Float32Array],
  ['float64', Float64Array],
  ['int64', BigInt64Array],
  ['uint64', BigUint64Array],
];

/** All dtypes, in the order of their codes. */
export const dtypes: readonly Dtype[] = arrays.map(([dtype]) => dtype);

/** Whether a value names a dtype. */
export function isDtype(value: unknown): value is Dtype {
  return dtypes.includes(value as Dtype);
}

/** The code of a dtype in a ring's header. */
export function dtypeCode(dtype: Dtype): number {
  return dtypes.indexOf(dtype);
}

/** The constructor of a dtype's typed array. */
export function arrayConstructor(dtype: Dtype): FrameArrayConstructor {
  const entry = arrays[dtypeCode(dtype)];
  if (entry === undefined) throw new RangeError(`unknown dtype ${String(dtype)}`);
  return entry[1];
}

/** A fresh, zeroed frame in private memory. */
export function allocateFrame<D extends Dtype>(dtype: D, length: number): ArrayOf<D> {
  return new (arrayConstructor(dtype))(length) as ArrayOf<D>;
}

/** The number of elements in a frame of a shape; a scalar (`[]`) has one. */
export function frameLength(shape: readonly number[]): number {
  let length = 1;
  for (const size of shape) length *= size;
  return length;
}
