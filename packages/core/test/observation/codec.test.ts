import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clientLimits,
  decodeClientMessage,
  decodeServerMessage,
  describe as describeValue,
  describeError,
  encodeMessage,
  ProtocolError,
} from '@troupe/core/telemetry';
import type { ClientMessage, ServerMessage } from '@troupe/core/telemetry';

const watch: ClientMessage = {
  type: 'watch',
  statsMs: 100,
  details: [1, 2],
  taps: [{ edge: 3, everyMs: 33, newest: 1 }],
  census: true,
  trace: false,
};

test('what is sent arrives as it was, numbers of all kinds included', () => {
  expect(decodeClientMessage(encodeMessage(watch))).toEqual(watch);
  const numbers = [
    Int8Array.of(-1),
    Uint8Array.of(255),
    Uint8ClampedArray.of(7),
    Int16Array.of(-300),
    Uint16Array.of(65_535),
    Int32Array.of(-70_000),
    Uint32Array.of(2 ** 32 - 1),
    Float32Array.of(0.5, Number.NaN, -0),
    Float64Array.of(Math.PI, Infinity),
    BigInt64Array.of(-(2n ** 63n)),
    BigUint64Array.of(2n ** 64n - 1n),
  ].map((data) => ({
    kind: 'numbers' as const,
    numbers: { dtype: 'x', shape: [data.length], data, length: 9 },
  }));
  const message: ServerMessage = {
    type: 'tap',
    edge: 0,
    messages: numbers.map((payload, seq) => {
      const flags = { redelivered: false, resent: false };
      return { stage: 0, port: 'p', seq, timeNs: seq * 1e9, payload, ...flags, latencyNs: seq * 1e3 - 2e3 };
    }),
    skipped: 0,
    overBudget: 0,
    problem: undefined,
  };
  expect(decodeServerMessage(encodeMessage(message))).toEqual(message);
});

test('numbers are copied out of the bytes that they came in, also out of the middle of a Node buffer', () => {
  const trace: ServerMessage = { type: 'graph', graph: { bucketsNs: Float64Array.of(1, 2, 3) } as never };
  const pool = Buffer.alloc(4_096, 0xee);
  const bytes = encodeMessage(trace);
  pool.set(bytes, 13);
  const message = decodeServerMessage(pool.subarray(13, 13 + bytes.length));
  expect(message).toEqual(trace);
  pool.fill(0);
  expect(message).toEqual(trace);
});

test('any bytes are a message, or refused in a clear way', () => {
  const decodes = (bytes: Uint8Array): void => {
    let isFine = false;
    try {
      isFine = typeof decodeClientMessage(bytes).type === 'string';
    } catch (error) {
      isFine = error instanceof ProtocolError;
    }
    expect(isFine).toBe(true);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodes), { numRuns: 2_000 });
  const good = encodeMessage(watch);
  const harm = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length));
  fc.assert(
    fc.property(harm, ([at, byte, length]) => {
      const bad = good.slice();
      bad[at] = byte;
      decodes(bad.subarray(0, length));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [
    'larger than a message may be',
    encodeMessage({ ...watch, details: Array.from({ length: 70_000 }, () => 1) }),
  ],
  [
    'a list of more than there may be',
    encodeMessage({ ...watch, details: Array.from({ length: 1_025 }, () => 1) }),
  ],
  ['a text longer than there may be', encodeMessage({ ...watch, more: 'x'.repeat(8_193) } as ClientMessage)],
  [
    'numbers that are cut off',
    Uint8Array.of(0x82, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa1, 0x78, 0xa1, 0x61, 0xc7, 3, 8, 1, 2, 3),
  ],
  ['a header that promises 4 GiB', Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff)],
  ['no object', Uint8Array.of(0x93, 1, 2, 3)],
  ['no type', Uint8Array.of(0x81, 0xa1, 0x61, 1)],
  ['a prototype for a key', Uint8Array.of(0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 0x80)],
  ['nothing', new Uint8Array(0)],
])('refused: %s', (_, bytes) => {
  expect(() => decodeClientMessage(bytes)).toThrow(ProtocolError);
});

test('limits leave room for what pages send', () => {
  const longest: ClientMessage = {
    type: 'command',
    request: 1,
    command: { do: 'break', at: { stage: 's'.repeat(200), on: 'input', condition: 'x'.repeat(2_000) } },
  };
  expect(encodeMessage(longest).length).toBeLessThan(clientLimits.bytesMax);
  expect(decodeClientMessage(encodeMessage(longest))).toEqual(longest);
});

test('any value can be shown, within its bounds', () => {
  const values = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  });
  fc.assert(
    fc.property(values, fc.integer({ min: 64, max: 2_000 }), (value, bytesMax) => {
      const payload = describeValue(value, 'x', { bytesMax, depthMax: 5, itemsMax: 10 });
      const messages = [
        {
          stage: 0,
          port: 'p',
          seq: 0,
          timeNs: 0,
          payload,
          redelivered: false,
          resent: false,
          latencyNs: undefined,
        },
      ];
      const bytes = encodeMessage({
        type: 'tap',
        edge: 0,
        messages,
        skipped: 0,
        overBudget: 0,
        problem: undefined,
      });
      // What says how a value is built takes its part beside what it holds.
      expect(bytes.length).toBeLessThan(400 + bytesMax * 20);
      expect(decodeServerMessage(bytes).type).toBe('tap');
    }),
    { numRuns: 500 },
  );
});

test('no getter is called, no cycle followed, nothing hidden shown', () => {
  const value: Record<string, unknown> = {
    get bomb(): never {
      throw new Error('called');
    },
    secret: 'hush',
    deep: { a: { b: 1 } },
  };
  value['self'] = value;
  expect(describeValue(value, 'v', { redact: (path) => path === 'v.secret' })).toEqual({
    kind: 'fields',
    name: '',
    size: 4,
    entries: [
      ['bomb', { kind: 'cut', why: 'opaque', what: 'getter' }],
      ['secret', { kind: 'cut', why: 'redacted', what: '' }],
      [
        'deep',
        {
          kind: 'fields',
          name: '',
          size: 1,
          entries: [
            ['a', { kind: 'fields', name: '', size: 1, entries: [['b', { kind: 'plain', value: 1 }]] }],
          ],
        },
      ],
      ['self', { kind: 'cut', why: 'depth', what: 'object' }],
    ],
  });
});

test('what is odd is shown all the same', () => {
  const sparse: unknown[] = [];
  sparse[1] = 'b';
  expect(describeValue(sparse, 'v')).toEqual({
    kind: 'list',
    length: 2,
    items: [{ kind: 'undefined' }, { kind: 'plain', value: 'b' }],
  });
  // Neither becomes a text.
  const keyed = new Map<unknown, unknown>([
    [{ toString: 1 }, 2],
    [Object.create(null), 3],
  ]);
  expect(describeValue(keyed, 'v')).toMatchObject({ kind: 'map', size: 2 });
  class Named {
    static name(): string {
      return 'no';
    }
  }
  expect(describeValue(new Named(), 'v')).toMatchObject({ kind: 'fields', name: '' });
  const odd = Object.assign(new Error('odd'), { message: 7, stack: ['line'], name: null });
  expect(describeValue(odd, 'v')).toMatchObject({
    kind: 'error',
    error: { name: 'Error', message: 'number', stack: undefined },
  });
  expect(describeError(Object.create(null))).toMatchObject({ name: 'Error' });
});
