/** A way to store a sample value. */
export interface Encoding {
  readonly tag: number;
  readonly bits: number;
  /** The stored bytes of a value in [−1, 1), and how far what is read may be from it. */
  readonly write: (value: number) => Buffer;
  readonly precision: number;
}

const bytesOf = (length: number, write: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
};

/** All that are read. */
export const encodings: readonly Encoding[] = [
  {
    tag: 1,
    bits: 8,
    precision: 2 ** -8,
    write: (v) => bytesOf(1, (b) => b.writeUInt8(Math.min(255, Math.round(v * 128) + 128))),
  },
  {
    tag: 1,
    bits: 16,
    precision: 2 ** -16,
    write: (v) => bytesOf(2, (b) => b.writeInt16LE(Math.min(32_767, Math.round(v * 32_768)))),
  },
  {
    tag: 1,
    bits: 24,
    precision: 2 ** -24,
    write: (v) => bytesOf(3, (b) => b.writeIntLE(Math.min(8_388_607, Math.round(v * 8_388_608)), 0, 3)),
  },
  {
    tag: 1,
    bits: 32,
    precision: 2 ** -24,
    write: (v) => bytesOf(4, (b) => b.writeInt32LE(Math.min(2_147_483_647, Math.round(v * 2_147_483_648)))),
  },
  { tag: 3, bits: 32, precision: 0, write: (v) => bytesOf(4, (b) => b.writeFloatLE(v)) },
  { tag: 3, bits: 64, precision: 0, write: (v) => bytesOf(8, (b) => b.writeDoubleLE(v)) },
];

/** A chunk, padded to an even size; `size` is what its header says. */
export const chunk = (id: string, data: Uint8Array, size: number = data.length): Buffer => {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
};

/** The content of a 'fmt ' chunk. */
export function formatBytes(
  tag: number,
  bits: number,
  channels: number,
  rateHz: number,
  isExtensible: boolean,
): Buffer {
  const format = Buffer.alloc(isExtensible ? 40 : 16);
  format.writeUInt16LE(isExtensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt32LE((rateHz * channels * bits) / 8, 8);
  format.writeUInt16LE((channels * bits) / 8, 12);
  format.writeUInt16LE(bits, 14);
  if (isExtensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(tag, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(format, 26);
  }
  return format;
}

/** A WAV file of these chunks. */
export const riff = (...chunks: Uint8Array[]): Buffer => {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return Buffer.concat([chunk('RIFF', body)]);
};

/** A WAV file of 16-bit integers. */
export const pcm16 = (
  values: readonly number[],
  channels: number = 1,
  rateHz: number = 8000,
  dataSize?: number,
): Buffer =>
  riff(
    chunk('fmt ', formatBytes(1, 16, channels, rateHz, false)),
    chunk('data', Buffer.concat(values.map((v) => encodings[1]!.write(v))), dataSize ?? 2 * values.length),
  );
