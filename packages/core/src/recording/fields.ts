import { Buffer } from 'node:buffer';

/** Bytes of a name: its length is written as a u16. */
const nameBytesMax = 65_535;

/** Appends the fields of a body. Everything is little-endian. */
export class FieldWriter {
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  u8(value: number): void {
    this.#check(value, 0xff);
    this.raw(Uint8Array.of(value));
  }

  u16(value: number): void {
    this.#check(value, 0xffff);
    const bytes = Buffer.allocUnsafe(2);
    bytes.writeUInt16LE(value);
    this.raw(bytes);
  }

  u32(value: number): void {
    this.#check(value, 0xffff_ffff);
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32LE(value);
    this.raw(bytes);
  }

  /** A step, its time, or a seq: a safe integer from 0. */
  whole(value: number): void {
    this.#check(value, Number.MAX_SAFE_INTEGER);
    this.time(value);
  }

  /** The time of a message: any safe integer. */
  time(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`the time ${value} cannot be recorded`);
    // Never −0, which no reader would take for an integer.
    this.double(value + 0);
  }

  double(value: number): void {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(value);
    this.raw(bytes);
  }

  name(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    if (!value.isWellFormed() || bytes.length > nameBytesMax) {
      throw new RangeError(
        `a name of ${bytes.length} bytes cannot be recorded (${nameBytesMax} bytes of UTF-8)`,
      );
    }
    this.u16(bytes.length);
    this.raw(bytes);
  }

  /** Keeps the view, not a copy: it is read in `concat`. */
  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  get length(): number {
    return this.#bytes;
  }

  concat(): Buffer {
    return Buffer.concat(this.#parts, this.#bytes);
  }

  #check(value: number, max: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && value <= max) return;
    throw new RangeError(`${value} cannot be recorded: it is no integer from 0 to ${max}`);
  }
}

/** Takes the fields of a body in order. Throws `RangeError` where they are not what they should be. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#go(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#go(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#go(4));
  }

  whole(): number {
    const value = this.double();
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return value;
    throw new RangeError(`${value} is no integer from 0`);
  }

  time(): number {
    const value = this.double();
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value;
    throw new RangeError(`${value} is no integer`);
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#go(8));
  }

  name(): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.raw(this.u16()));
  }

  /** A view of the body. */
  raw(length: number): Buffer {
    const from = this.#go(length);
    return this.#bytes.subarray(from, from + length);
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError('there is more than the fields of this entry');
  }

  #go(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.#bytes.length) throw new RangeError('the fields of this entry are incomplete');
    this.#at = from + bytes;
    return from;
  }
}
