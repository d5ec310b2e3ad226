import { graph } from '@troupe/core';
import type { Dtype, FrameArray, Run } from '@troupe/core';
import { dtypes } from '@troupe/mailbox';
import { afterEach, describe, expect, it } from 'vitest';
import { typed } from '../fixtures/typed.ts';
import { echo, emitter, functional, identity, recognise, wide } from '../fixtures/values.ts';

let run: Run | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

const own = { worker: { dedicated: true } } as const;

/** Six values that only the right type gives back. */
function frameOf(dtype: Dtype): FrameArray {
  switch (dtype) {
    case 'int8':
      return Int8Array.of(-128, 127, 0, 1, -1, 5);
    case 'uint8':
      return Uint8Array.of(0, 255, 128, 1, 2, 3);
    case 'uint8clamped':
      return Uint8ClampedArray.of(0, 300, -5, 1, 2, 3);
    case 'int16':
      return Int16Array.of(-32_768, 32_767, 0, 1, -1, 5);
    case 'uint16':
      return Uint16Array.of(0, 65_535, 1, 2, 3, 4);
    case 'int32':
      return Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, -1, 5);
    case 'uint32':
      return Uint32Array.of(0, 2 ** 32 - 1, 1, 2, 3, 4);
    case 'float16':
      return Float16Array.of(65_504, -0, Infinity, NaN, 0.1, 6e-8);
    case 'float32':
      return Float32Array.of(3.4e38, -0, -Infinity, NaN, 0.1, 1e-45);
    case 'float64':
      return Float64Array.of(Number.MAX_VALUE, -0, Infinity, NaN, 0.1, 5e-324);
    case 'int64':
      return BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n, -1n, 5n);
    case 'uint64':
      return BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n, 3n, 4n);
  }
}

it('carries frames of every dtype, and scalars, over two workers', async () => {
  const g = graph('dtypes');
  for (const dtype of dtypes) {
    for (const shape of [[2, 3], []]) {
      const name = `${dtype}${shape.length}`;
      const stages = [1, 2].map((i) =>
        g.stage(`${name}_${i}`, typed, { options: { dtype, shape }, worker: { group: `w${i}` } }),
      );
      const [first, second] = stages as [(typeof stages)[0], (typeof stages)[0]];
      g.input(name, first.in.in);
      g.connect(first.out.out, second.in.in);
      g.output(name, second.out.out);
    }
  }
  run = await g.start();
  for (const dtype of dtypes) {
    const frame = frameOf(dtype);
    await run.push(`${dtype}2`, frame);
    await run.push(`${dtype}0`, frame.slice(1, 2));
    expect((await run.pull(`${dtype}2`))?.frame).toEqual(frame);
    expect((await run.pull(`${dtype}0`))?.frame).toEqual(frame.slice(1, 2));
  }
  await run.push('uint82', Buffer.from([1, 2, 3, 4, 5, 6]));
  expect((await run.pull('uint82'))?.frame).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
});

describe('message ports', () => {
  const values: readonly unknown[] = [
    'text',
    '',
    0,
    -0,
    NaN,
    1e300,
    12n,
    true,
    null,
    undefined,
    new Date(5),
    /x/gu,
    { a: 1, b: 'two', c: [1, { d: undefined }] },
    [],
    {},
    new Map<unknown, unknown>([
      [1, new Set([2])],
      ['k', new Date(7)],
    ]),
    Float32Array.of(1, 2),
    new Uint8Array(5_000).fill(7),
    BigInt64Array.of(-1n),
    new DataView(new ArrayBuffer(3)),
    'x'.repeat(60_000),
    new Error('carried'),
  ];

  it('carry whatever v8.serialize accepts, between workers, on one, and on main', async () => {
    for (const workers of [
      [{ dedicated: true }, { dedicated: true }],
      [{ group: 'a' }, { group: 'a' }],
      ['main', 'main'],
      ['main', 'auto'],
    ] as const) {
      const g = graph('values');
      const from = g.stage('from', emitter, { options: { values }, worker: workers[0] });
      const to = g.stage('to', echo, { worker: workers[1] });
      g.connect(from.out.values, to.in.values, { capacity: 3 });
      g.output('out', to.out.values, { capacity: 2 });
      run = await g.start({ workers: 1 });
      const got: unknown[] = [];
      for await (const { value } of run.samples('out')) got.push(value);
      expect(got).toEqual(values);
      expect((await run.done).reason).toBe('ended');
    }
  });

  it('pass a value by reference on one worker, and a copy between two', async () => {
    for (const [workers, isSame] of [
      [['a', 'a'], true],
      [['a', 'b'], false],
    ] as const) {
      const g = graph('identity');
      const from = g.stage('from', identity, { worker: { group: workers[0] } });
      const to = g.stage('to', recognise, { worker: { group: workers[1] } });
      g.connect(from.out.values, to.in.values);
      g.output('out', to.out.verdicts);
      run = await g.start();
      expect((await run.pull('out'))?.value).toBe(isSame);
    }
  });

  it('carry big messages up to their bound, and refuse more', async () => {
    const maxBytes = 1_000_000;
    const big = new Uint8Array(maxBytes - 100).map((_, i) => i % 251);
    const g = graph('big');
    const from = g.stage('from', emitter, {
      options: { values: [big, big, big, big, big, big, big], maxBytes },
      ...own,
    });
    const to = g.stage('to', wide, own);
    g.connect(from.out.values, to.in.values);
    g.output('out', to.out.sums);
    run = await g.start();
    const sums: unknown[] = [];
    for await (const { value } of run.samples('out')) sums.push(value);
    expect(sums).toEqual(Array.from({ length: 7 }, () => big.reduce((sum, byte) => sum + byte, 0)));

    const small = graph('small');
    const stage = small.stage('from', emitter, {
      options: { values: [big] },
      supervision: { strategy: 'escalate' },
    });
    small.output('out', stage.out.values);
    run = await small.start({ workers: 1 });
    await expect(run.done).rejects.toMatchObject({
      code: 'HANDLER_THREW',
      cause: { code: 'MESSAGE_TOO_LARGE' },
    });
  });

  it('refuse what cannot be serialised, where it is sent, even into the spill', async () => {
    for (const spill of [0, 3]) {
      const g = graph('functions');
      const stage = g.stage('functional', functional, {
        options: { spill },
        supervision: { strategy: 'escalate' },
      });
      g.output('out', stage.out.values, { capacity: 2 });
      run = await g.start({ workers: 1 });
      await expect(run.done).rejects.toMatchObject({
        code: 'HANDLER_THREW',
        stage: 'functional',
        cause: { code: 'NOT_SERIALISABLE' },
      });
    }
    const g = graph('pushed');
    const stage = g.stage('echo', echo);
    g.input('in', stage.in.values);
    run = await g.start({ workers: 1 });
    await expect(run.push('in', () => 1)).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' });
    await expect(run.push('in', 'x'.repeat(70_000))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  });
});
