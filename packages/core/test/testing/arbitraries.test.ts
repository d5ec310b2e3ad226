import { inspect } from 'node:util';
import { frame, message } from '@troupe/core';
import type { Dtype } from '@troupe/core';
import { frames, messages } from '@troupe/core/testing';
import { allocateFrame, dtypes } from '@troupe/mailbox';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';

const sampled = <T>(arbitrary: fc.Arbitrary<T>, count = 2000): T[] =>
  fc.sample(arbitrary, { numRuns: count, seed: 1 });

/** The least and largest values that an element can have, found by filling it with ones. */
const integerEnds: Partial<Record<Dtype, readonly [number | bigint, number | bigint]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  uint8clamped: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

describe('frames', () => {
  it.each(dtypes)('%s: of the dtype and length of the port, whatever the shape', (dtype) => {
    for (const [shape, length] of [
      [[], 1],
      [[3], 3],
      [[2, 3], 6],
      [[100, 4], 400],
    ] as const) {
      for (const each of sampled(frames(frame(dtype, shape)), 50)) {
        expect(each.constructor).toBe(allocateFrame(dtype, 1).constructor);
        expect(each.length).toBe(length);
      }
    }
  });

  it.each(Object.entries(integerEnds))('%s: up to both ends', (dtype, [least, most]) => {
    const all = new Set(sampled(frames(frame(dtype as Dtype, []))).map((one) => one[0] as number | bigint));
    expect(all).toContain(least);
    expect(all).toContain(most);
  });

  it.each([
    ['float16', 2 ** -24, 65504],
    ['float32', 2 ** -149, (2 - 2 ** -23) * 2 ** 127],
    ['float64', Number.MIN_VALUE, Number.MAX_VALUE],
  ] as const)('%s: NaN, infinities, denormals, signed zero, the largest', (dtype, denormal, largest) => {
    const all = sampled(frames(frame(dtype, []))).map((one) => one[0] as number);
    for (const value of [NaN, Infinity, -Infinity, 0, -0, denormal, -denormal, largest, -largest]) {
      expect(all.some((one) => Object.is(one, value))).toBe(true);
    }
  });

  it('shrink to zeros', () => {
    const port = frame('float32', [3]);
    const result = fc.check(
      fc.property(frames(port), () => false),
      { seed: 1 },
    );
    expect(result.counterexample?.[0]).toEqual(new Float32Array(3));
  });

  it('keep to what is asked for', () => {
    const finite = sampled(frames(frame('float16', [2]), { finite: true })).flatMap((one) => [...one]);
    expect(finite.every(Number.isFinite)).toBe(true);
    const within = sampled(frames(frame('float32', []), { min: 0.1, max: 0.7 })).map(
      (one) => one[0] as number,
    );
    expect(within.every((one) => one >= Math.fround(0.1) && one <= Math.fround(0.7))).toBe(true);
    const whole = sampled(frames(frame('int64', []), { min: -2, max: 2n })).map((one) => one[0] as bigint);
    expect(new Set(whole)).toEqual(new Set([-2n, -1n, 0n, 1n, 2n]));
    const own = sampled(frames(frame('uint8', [2]), { elements: fc.constant(7) }), 5);
    expect(own).toEqual(own.map(() => Uint8Array.of(7, 7)));
  });

  it('are of no port that carries values', () => {
    expect(() => frames()(message())).toThrow('frames() is used at a port that carries values');
  });
});

const schemas = {
  number: v.number(),
  integer: v.pipe(v.number(), v.integer(), v.minValue(3), v.maxValue(9)),
  text: v.pipe(v.string(), v.minLength(2), v.maxLength(4)),
  choice: v.picklist(['a', 'b']),
  list: v.pipe(v.array(v.boolean()), v.minLength(1)),
  pair: v.tuple([v.literal('x'), v.nullable(v.bigint())]),
  either: v.variant('kind', [
    v.object({ kind: v.literal('one'), at: v.date() }),
    v.strictObject({ kind: v.literal('two'), size: v.optional(v.number()) }),
  ]),
  table: v.record(v.string(), v.nullish(v.pipe(v.number(), v.finite()))),
};

describe('messages', () => {
  it.each(Object.entries(schemas))('%s: what a schema of valibot lets pass', (_name, schema) => {
    const values = sampled(messages(schema as v.GenericSchema), 200);
    expect(new Set(values.map((value) => inspect(value))).size).toBeGreaterThan(1);
    for (const value of values) expect(v.is(schema, value)).toBe(true);
  });

  it('as it comes out of the schema', () => {
    const length = v.pipe(
      v.string(),
      v.transform((text) => text.length),
    );
    expect(sampled(messages(length), 200).every(Number.isInteger)).toBe(true);
  });

  it('of a port', () => {
    expect(sampled(messages(message(v.literal(4))), 1)).toEqual([4]);
    expect(sampled(messages()(message(v.literal(4))) as fc.Arbitrary<unknown>, 1)).toEqual([4]);
  });

  it('what a schema says as JSON Schema', () => {
    const json = {
      $defs: { name: { type: 'string', pattern: '^[a-z]{2}$' } },
      type: 'object',
      required: ['name', 'kind', 'size', 'list', 'flags'],
      properties: {
        name: { $ref: '#/$defs/name' },
        kind: { enum: ['a', 1, null] },
        size: { type: 'number', exclusiveMinimum: 0, maximum: 5 },
        step: { type: 'integer', multipleOf: 3, minimum: 1, maximum: 10 },
        list: {
          type: 'array',
          items: { anyOf: [{ const: true }, { type: ['null', 'string'] }] },
          maxItems: 2,
        },
        flags: { type: 'array', prefixItems: [{ type: 'boolean' }, { type: 'integer' }] },
        more: { type: 'object', additionalProperties: { type: 'boolean' } },
      },
    };
    const values = sampled(messages(standing(json)), 300) as {
      name: string;
      kind: unknown;
      size: number;
      step?: number;
      list: unknown[];
      flags: unknown[];
      more?: object;
    }[];
    for (const value of values) {
      const { name, kind, size, step, list, flags, more = {} } = value;
      expect(name).toMatch(/^[a-z]{2}$/);
      expect(['a', 1, null]).toContain(kind);
      expect(size >= 0 && size <= 5).toBe(true);
      expect([3, 6, 9, undefined]).toContain(step);
      expect(list.length).toBeLessThanOrEqual(2);
      expect(flags.map((one) => typeof one)).toEqual(['boolean', 'number']);
      expect(Object.values(more).every((one) => typeof one === 'boolean')).toBe(true);
    }
  });

  it.each([
    ['no schema', message(), 'a port of values has no schema to derive them from'],
    [
      'another library',
      message(standing(undefined)),
      'a schema of test does not say which values it lets pass',
    ],
    [
      'rules that nothing meets',
      message(
        v.pipe(
          v.number(),
          v.check((value) => value === 0.123),
        ),
      ),
      'passed it',
    ],
    ['a kind that is not known', message(v.file()), 'of the type file'],
    ['a schema without end', message(standing({ $ref: '#' })), 'refers to itself'],
  ])('says that it cannot be derived: %s', (_what, port, text) => {
    expect(() => messages(port as never)).toThrow(text);
  });

  it('are of no port that carries frames', () => {
    expect(() => messages()(frame('int8', []))).toThrow('messages() is used at a port that carries frames');
  });
});

/** A schema that lets everything pass, and says what it is. */
function standing(json: object | undefined): never {
  const validate = (value: unknown): unknown => ({ value });
  const described = json === undefined ? {} : { jsonSchema: { input: () => json } };
  return { '~standard': { version: 1, vendor: 'test', validate, ...described } } as never;
}
