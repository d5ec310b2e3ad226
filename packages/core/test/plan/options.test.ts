import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseOptions } from '../../src/plan/options.ts';

const lax = v.object({ gain: v.optional(v.number(), 1) });

test('what is parsed once is parsed again to the same', () => {
  fc.assert(
    fc.property(fc.option(fc.record({ gain: fc.double({ noNaN: true }) }), { nil: undefined }), (raw) => {
      const first = parseOptions(lax, raw);
      expect(first).toEqual({ status: 'ok', raw: raw ?? {}, value: raw ?? { gain: 1 } });
      expect(parseOptions(lax, first.status === 'ok' ? first.raw : undefined)).toEqual(first);
    }),
  );
});

test('no schema: no options', () => {
  expect(parseOptions(undefined, undefined)).toEqual({ status: 'ok', raw: undefined, value: undefined });
  expect(parseOptions(undefined, {})).toEqual({ status: 'unexpected' });
});

test('options left out: complaints about fields rather than about the missing object', () => {
  expect(parseOptions(v.object({ a: v.number(), b: v.string() }), undefined)).toMatchObject({
    status: 'invalid',
    issues: [{ path: 'a' }, { path: 'b' }],
  });
  expect(parseOptions(v.number(), undefined)).toMatchObject({
    status: 'invalid',
    issues: [{ path: '', message: expect.stringContaining('undefined') }],
  });
});

test('paths read like source', () => {
  const schema = v.object({ bands: v.array(v.object({ edges: v.tuple([v.number(), v.number()]) })) });
  expect(parseOptions(schema, { bands: [{ edges: [1, 2] }, { edges: [1, 'x'] }] })).toMatchObject({
    issues: [{ path: 'bands[1].edges[1]' }],
  });
});

test('a schema may be a function that carries `~standard`', () => {
  const schema = Object.assign(() => {}, {
    '~standard': { version: 1, vendor: 'x', validate: () => ({ value: 7 }) },
  });
  expect(parseOptions(schema, 1)).toEqual({ status: 'ok', raw: 1, value: 7 });
});

test('an asynchronous schema that rejects leaves no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  const validate = () => Promise.reject(new Error('late'));
  expect(parseOptions({ '~standard': { version: 1, vendor: 'x', validate } }, 1)).toEqual({
    status: 'async',
  });
  // Rejections are reported once the microtasks are done, before the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
