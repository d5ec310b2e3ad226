import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { ClientMessage, NumbersArray, ServerMessage } from './wire.ts';

/** What a decoder accepts. docs/protocol.md. */
export interface CodecLimits {
  /** Of a message. */
  readonly bytesMax: number;
  /** Of a list, or of the fields of an object. */
  readonly itemsMax: number;
  /** Of a text, in UTF-8 bytes. */
  readonly textMax: number;
}

/** For what pages send. */
export const clientLimits: CodecLimits = { bytesMax: 65_536, itemsMax: 1_024, textMax: 8_192 };
/** For what a process sends. */
export const serverLimits: CodecLimits = {
  bytesMax: 64 * 1_048_576,
  itemsMax: 1_048_576,
  textMax: 1_048_576,
};

/** Bytes that are no message, or more than there may be. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'PROTOCOL';
}

/** Types of msgpack extensions: one for each kind of typed array, in this order. */
const arrays: readonly (new (buffer: ArrayBuffer) => NumbersArray)[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

const extensionCodec = new ExtensionCodec();
for (const [type, Numbers] of arrays.entries()) {
  extensionCodec.register({
    type,
    encode: (value) => (value instanceof Numbers ? bytesOf(value) : null),
    decode: (data) => {
      if (data.byteLength % elementBytes(Numbers) !== 0) throw new ProtocolError('numbers are cut off');
      // They lie at any offset, and numbers need their own. (`slice` of a Node buffer is a view.)
      return new Numbers(Uint8Array.from(data).buffer);
    },
  });
}

/** The bytes of a message, its own. Fields that are `undefined` are left out. */
export function encodeMessage(message: ServerMessage | ClientMessage): Uint8Array {
  return encode(message, { extensionCodec, ignoreUndefined: true });
}

/** What a process said. Throws `ProtocolError`. */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decodeWithin(bytes, serverLimits) as ServerMessage;
}

/** What a page said: some object with a `type`, to be checked further. Throws `ProtocolError`. */
export function decodeClientMessage(bytes: Uint8Array): { readonly type: string } {
  return decodeWithin(bytes, clientLimits);
}

function decodeWithin(bytes: Uint8Array, limits: CodecLimits): { readonly type: string } {
  const { bytesMax, itemsMax, textMax } = limits;
  if (bytes.byteLength > bytesMax) {
    throw new ProtocolError(`a message of ${bytes.byteLength} bytes is more than ${bytesMax}`);
  }
  let message: unknown;
  try {
    message = decode(bytes, {
      extensionCodec,
      maxArrayLength: itemsMax,
      maxMapLength: itemsMax,
      maxStrLength: textMax,
      maxBinLength: bytesMax,
      maxExtLength: bytesMax,
    });
  } catch (cause) {
    throw new ProtocolError('bytes are no message', { cause });
  }
  if (typeof message === 'object' && message !== null && 'type' in message) {
    const { type } = message;
    if (typeof type === 'string') return { ...message, type };
  }
  throw new ProtocolError('a message has no type');
}

function bytesOf({ buffer, byteOffset, byteLength }: NumbersArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function elementBytes(Numbers: (typeof arrays)[number]): number {
  return (Numbers as unknown as { readonly BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
}
