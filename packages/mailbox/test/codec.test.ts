import { deepStrictEqual } from 'node:assert';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../src/codec.ts';
import { dtypes, allocateFrame } from '../src/dtype.ts';
import { NotSerialisableError } from '../src/errors.ts';

const roundTrip = (value: unknown): unknown => decode(Uint8Array.from(encode(value)));

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withBoxedValues: true,
  withUnicodeString: true,
});

const flat = fc.dictionary(
  fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'toJSON', 'constructor', '1', '')),
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
  ),
);

describe('codec', () => {
  it('gives what v8 gives, whatever the value', () => {
    fc.assert(
      fc.property(fc.oneof(anything, flat), (value) => {
        // Vitest's own comparison takes a key `constructor` for the class.
        deepStrictEqual(roundTrip(value), deserialize(serialize(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps what JSON alone would lose', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    const shared = { twice: [1] };
    const pair = roundTrip({ left: shared, right: shared }) as { left: unknown; right: unknown };
    expect(pair.left).toBe(pair.right);
    const copy = roundTrip(cyclic) as Record<string, unknown>;
    expect(copy['self']).toBe(copy);
    for (const value of [-0, Number.NaN, Infinity, undefined, 1n, '\ud800', { a: undefined }, { a: -0 }]) {
      expect(roundTrip(value)).toStrictEqual(value);
    }
    const hidden = Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'no', enumerable: false });
    expect(roundTrip(hidden)).toStrictEqual({ a: 1 });
    const own = JSON.parse('{"__proto__": 1}') as object;
    expect(Object.keys(roundTrip(own) as object)).toEqual(['__proto__']);
  });

  it('carries dates, maps, sets, errors, regular expressions and Buffers', () => {
    const value = {
      at: new Date(1e12),
      map: new Map<unknown, unknown>([[{ key: 1 }, new Set([1n])]]),
      error: new RangeError('far'),
      pattern: /a+/giu,
      bytes: Buffer.from('abc'),
    };
    expect(roundTrip(value)).toStrictEqual(value);
    expect(Buffer.isBuffer(roundTrip(Buffer.from('abc')))).toBe(true);
    expect(roundTrip(Buffer.from('abc'))).toStrictEqual(Buffer.from('abc'));
  });

  it('carries every typed array, alone and nested, in memory of its own size', () => {
    for (const dtype of dtypes) {
      const pool = allocateFrame(dtype, 9);
      new Uint8Array(pool.buffer).set([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      const view = pool.subarray(1, 4);
      for (const value of [view, { view }, [1, view]]) {
        const copy = roundTrip(value);
        expect(copy).toStrictEqual(value);
        const array = (ArrayBuffer.isView(copy) ? copy : Object.values(copy as object).at(-1)) as typeof view;
        expect(array.constructor).toBe(view.constructor);
        expect(array.buffer.byteLength).toBe(view.byteLength);
      }
    }
    const data = new DataView(Uint8Array.of(0, 1, 2, 3).buffer, 1, 2);
    for (const copy of [roundTrip(data), (roundTrip([data]) as DataView[])[0]]) {
      expect(copy).toBeInstanceOf(DataView);
      expect((copy as DataView).getUint16(0)).toBe(0x0102);
    }
  });

  it('shares no memory with the bytes, wherever these lie', () => {
    const values = [
      { a: 1 },
      'text',
      new Float64Array([1, 2]),
      { nested: new Float64Array([3]) },
      [Buffer.from('b')],
    ];
    for (const value of values) {
      const encoded = encode(value);
      const shared = new Uint8Array(new SharedArrayBuffer(encoded.length + 3), 3);
      shared.set(encoded);
      const copy = decode(shared);
      shared.fill(0);
      encode('something else, longer than all of the above');
      expect(copy).toStrictEqual(value);
    }
  });

  it('gives bytes that can be kept as a copy', () => {
    for (const value of [{ a: 1 }, Uint8Array.of(1, 2), [1]]) {
      const kept = encode(value).slice();
      encode({ something: 'else' });
      expect(decode(kept)).toStrictEqual(value);
    }
  });

  it('encodes long messages too', () => {
    const text = 'µ'.repeat(50_000);
    expect(roundTrip(text)).toBe(text);
    expect(roundTrip({ text })).toStrictEqual({ text });
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i);
    expect(roundTrip(bytes)).toStrictEqual(bytes);
  });

  it('refuses what is no value', () => {
    const refused: unknown[] = [
      () => 1,
      Symbol('s'),
      new WeakMap(),
      new WeakRef({}),
      Promise.resolve(),
      new MessageChannel().port1,
      new SharedArrayBuffer(8),
      new Uint8Array(new SharedArrayBuffer(8)),
      new DataView(new SharedArrayBuffer(8)),
    ];
    for (const value of refused) {
      expect(() => encode(value)).toThrow(NotSerialisableError);
      expect(() => encode({ in: [value] })).toThrow(NotSerialisableError);
      expect(() => encode({ in: value })).toThrow(NotSerialisableError);
    }
    expect(() => encode({ view: new Uint8Array(new SharedArrayBuffer(8)) })).toThrow(/shared memory.*slice/);
    const boom = new Error('boom');
    const throwing = {
      get value(): never {
        throw boom;
      },
    };
    expect(() => encode(throwing)).toThrow(
      expect.objectContaining({ code: 'NOT_SERIALISABLE', cause: boom }),
    );
  });
});
