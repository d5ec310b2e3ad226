/**
 * What it costs to turn values into bytes and back, with the codecs that docs/codec.md compares. Run it as
 * `node --conditions=@troupe/source packages/mailbox/bench/codec.ts`; `--json` prints the figures as JSON.
 */
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { pack, Packr, unpack } from 'msgpackr';
import { decode, encode } from '../src/codec.ts';

const ROUNDS = 9;
const CALLS = 2000;

interface Codec {
  readonly name: string;
  readonly encode: (value: unknown) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const records = new Packr({ useRecords: true, structures: [], moreTypes: true });

const codecs: readonly Codec[] = [
  { name: 'v8', encode: serialize, decode: deserialize },
  { name: 'troupe', encode, decode },
  { name: 'msgpackr', encode: pack, decode: unpack },
  {
    name: 'msgpackr records',
    encode: (value) => records.pack(value),
    decode: (bytes) => records.unpack(bytes),
  },
  {
    name: 'JSON',
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()),
  },
];

const values: Readonly<Record<string, unknown>> = {
  number: 3.25,
  'object, 5 fields': { kind: 'spike', channel: 3, amplitude: 1.25, time: 123_456, isValid: true },
  'typed array, 1 KiB': Float32Array.from({ length: 256 }, (_, i) => i * 1.1),
  '100 numbers': Array.from({ length: 100 }, (_, i) => i * 1.1),
  'nested, 20 fields': {
    id: 2n ** 60n,
    at: new Date(1e12),
    counts: new Map([
      ['left', 1],
      ['right', 2],
    ]),
    position: { x: 1.5, y: 2.5, z: -3 },
    list: [1, 2, 3],
    ...Object.fromEntries(
      Array.from({ length: 15 }, (_, i) => [`field${i}`, i % 2 === 0 ? i * 1.5 : `text ${i}`]),
    ),
  },
};

interface Figures {
  readonly encodeNs: number;
  readonly decodeNs: number;
  readonly bytes: number;
  readonly isExact: boolean;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
}

function nsPerCall(call: () => void): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) call();
  return Number(process.hrtime.bigint() - start) / CALLS;
}

/** Every codec with one value, round by round in turn. `undefined` where a codec refuses the value. */
function compare(value: unknown): Map<string, Figures | undefined> {
  const able = codecs.filter((codec) => canEncode(codec, value));
  const samples = new Map(able.map(({ name }) => [name, { encode: [] as number[], decode: [] as number[] }]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const codec of able) {
      const bytes = codec.encode(value).slice();
      const encodeNs = nsPerCall(() => codec.encode(value));
      const decodeNs = nsPerCall(() => codec.decode(bytes));
      // The first round warms up.
      if (round === 0) continue;
      samples.get(codec.name)?.encode.push(encodeNs);
      samples.get(codec.name)?.decode.push(decodeNs);
    }
  }
  return new Map(codecs.map((codec) => [codec.name, figuresOf(codec, value, samples.get(codec.name))]));
}

function figuresOf(
  codec: Codec,
  value: unknown,
  samples: { readonly encode: readonly number[]; readonly decode: readonly number[] } | undefined,
): Figures | undefined {
  if (samples === undefined) return undefined;
  const bytes = codec.encode(value);
  return {
    encodeNs: Math.round(median(samples.encode)),
    decodeNs: Math.round(median(samples.decode)),
    bytes: bytes.length,
    isExact: isDeepStrictEqual(codec.decode(bytes), value),
  };
}

function canEncode(codec: Codec, value: unknown): boolean {
  try {
    codec.encode(value);
    return true;
  } catch {
    return false;
  }
}

const rows = Object.entries(values).flatMap(([value, content]) =>
  [...compare(content)].map(([codec, figures]) => ({ value, codec, ...figures })),
);
if (process.argv.includes('--json')) console.log(JSON.stringify(rows, undefined, 2));
else console.table(rows);
