import { Buffer } from 'node:buffer';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { allocateFrame, arrayConstructor, dtypes } from './dtype.ts';
import { NotSerialisableError } from './errors.ts';

/**
 * How a message's value becomes bytes. The first byte says how (docs/codec.md has the figures):
 *
 * - 0xff, where every stream of `v8.serialize` begins: such a stream.
 * - 1: JSON, for scalars and flat plain objects of scalars, where JSON is exact and three times as fast.
 * - 16 + code: the bytes of a view; the code of a typed array is that of its dtype.
 *
 * What comes out is what `v8.deserialize(v8.serialize(value))` gives, whichever way it went.
 */
const jsonTag = 1;
const viewTag = 16;
const dataViewCode = dtypes.length;
const bufferCode = dtypes.length + 1;
const viewNames: readonly string[] = dtypes.map((dtype) => allocateFrame(dtype, 0)[Symbol.toStringTag]);

/** Short messages are put together here; every `encode` overwrites it. */
const scratch = Buffer.alloc(16_384);

/** `v8.serialize` with this module's codes for views, and without views onto shared memory. */
class ValueSerializer extends DefaultSerializer {
  _writeHostObject(value: object): void {
    if (!ArrayBuffer.isView(value)) throw new TypeError(`a ${nameOf(value)} could not be cloned`);
    refuseShared(value);
    this.writeUint32(codeOf(value));
    this.writeUint32(value.byteLength);
    this.writeRawBytes(bytesOf(value));
  }
}

class ValueDeserializer extends DefaultDeserializer {
  _readHostObject(): ArrayBufferView {
    const code = this.readUint32();
    return viewOf(code, this.readRawBytes(this.readUint32()));
  }
}

/**
 * The bytes of a value, valid until the next call on this thread. Throws `NotSerialisableError` for what
 * `v8.serialize` refuses, and for SharedArrayBuffers and views onto them: they would not be values any more.
 */
export function encode(value: unknown): Uint8Array {
  try {
    if (isFlat(value)) return encodeJson(value);
    return ArrayBuffer.isView(value) ? encodeView(value) : encodeAny(value);
  } catch (cause) {
    throw new NotSerialisableError(cause);
  }
}

/** The value of bytes that `encode` made. It shares no memory with `bytes`, which may lie in a ring. */
export function decode(bytes: Uint8Array): unknown {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const tag = buffer[0] ?? 0;
  if (tag === jsonTag) return JSON.parse(buffer.toString('utf8', 1));
  if (tag < viewTag + dtypes.length + 2) return viewOf(tag - viewTag, buffer.subarray(1));
  const deserializer = new ValueDeserializer(buffer);
  deserializer.readHeader();
  return deserializer.readValue();
}

function encodeAny(value: unknown): Uint8Array {
  const serializer = new ValueSerializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  const out = serializer.releaseBuffer();
  return plain(out, out.length);
}

function encodeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const out = scratchOf(1 + text.length * 3);
  out[0] = jsonTag;
  return plain(out, 1 + out.write(text, 1));
}

function encodeView(view: ArrayBufferView): Uint8Array {
  refuseShared(view);
  const out = scratchOf(1 + view.byteLength);
  out[0] = viewTag + codeOf(view);
  out.set(bytesOf(view), 1);
  return plain(out, 1 + view.byteLength);
}

function scratchOf(bytes: number): Buffer {
  return bytes <= scratch.length ? scratch : Buffer.allocUnsafeSlow(bytes);
}

/** Its first bytes, not as a Buffer, whose `slice` would be no copy. */
function plain(buffer: Buffer, length: number): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, length);
}

/** Whether JSON gives exactly this value back. Nothing nested: JSON would lose shared references. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isJsonScalar(value);
  // Whatever `toJSON` is (an own property that is not enumerable, say), JSON would ask it.
  if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) return false;
  for (const key in value) {
    if (!isJsonScalar((value as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function isJsonScalar(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  return typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0);
}

/** A view of its own memory, of exactly its size. */
function viewOf(code: number, raw: Uint8Array): ArrayBufferView {
  if (code === bufferCode) return Buffer.from(raw);
  const { buffer } = new Uint8Array(raw);
  const dtype = dtypes[code];
  if (dtype === undefined) return new DataView(buffer);
  const array = arrayConstructor(dtype);
  return new array(buffer, 0, raw.length / array.BYTES_PER_ELEMENT);
}

function refuseShared(view: ArrayBufferView): void {
  if (view.buffer instanceof SharedArrayBuffer) {
    throw new TypeError('a view onto shared memory is no value; send a copy of it (`array.slice()`)');
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function codeOf(view: ArrayBufferView): number {
  if (Buffer.isBuffer(view)) return bufferCode;
  const code = viewNames.indexOf(nameOf(view));
  return code < 0 ? dataViewCode : code;
}

function nameOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
