import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { dtypes } from '../src/dtype.ts';
import { allocateLatch, LatchReader, LatchWriter, startLatchAt } from '../src/latch.ts';
import type { Finding, Role } from './latch-worker.ts';

/** Nobody looks at it where everything has been decided. */
const clock = { nowNs: () => NaN };

interface Value {
  readonly n: number;
  readonly stampNs: number;
}

/** What a reader must find: the newest value that is old enough, of those that are certainly not given up. */
function expected(values: readonly Value[], atNs: number, slots: number): number {
  const kept = values.slice(-(slots - 1));
  return (kept.findLast(({ stampNs }) => stampNs < atNs) ?? kept[0])?.n ?? NaN;
}

describe('a latch', () => {
  it('gives the newest value with an earlier stamp, by any number of readers', () => {
    const times = (min: number, max: number): fc.Arbitrary<number> =>
      fc.integer({ min: min * 8_000, max: max * 8_000 });
    const actions = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('write' as const), by: times(0, 5) }),
        fc.record({ kind: fc.constant('take' as const), by: times(-40, 5) }),
        fc.record({ kind: fc.constant('succeed' as const), by: fc.constant(0) }),
      ),
      { maxLength: 120 },
    );
    const starts = fc.constantFrom(0, -3, 2 ** 31 - 7);
    fc.assert(
      fc.property(fc.constantFrom(4, 8, 16), starts, actions, (slots, start, list) => {
        const buffer = allocateLatch({ dtype: 'float64', shape: [3], slots });
        if (start !== 0) startLatchAt(buffer, start);
        let writer = new LatchWriter(buffer);
        const readers = [new LatchReader(buffer, clock), new LatchReader(buffer, clock)];
        const values: Value[] = [{ n: 0, stampNs: -Infinity }];
        let nowNs = 0;
        const [seen, wanted]: number[][][] = [[], []];
        for (const [round, { kind, by }] of list.entries()) {
          if (kind === 'write') {
            nowNs += by;
            const n = values.length;
            writer.fill(Float64Array.of(n, n, n), 10 * n);
            const isGiven = round % 3 === 0;
            if (isGiven) writer.publishAt(nowNs);
            else writer.publish({ nowNs: () => nowNs });
            values.push({ n, stampNs: isGiven ? nowNs : nowNs + 32_000 });
          } else if (kind === 'succeed') {
            // It dies while it writes.
            writer.fill(Float64Array.of(-1, -1, -1), -1);
            writer = new LatchWriter(buffer);
          } else {
            const reader = readers[round % 2] as LatchReader;
            reader.take(nowNs + by);
            const n = expected(values, nowNs + by, slots);
            seen?.push([...(reader.frame as Float64Array), reader.timeNs]);
            wanted?.push([n, n, n, n === 0 ? -1 : 10 * n]);
          }
        }
        expect(seen).toEqual(wanted);
      }),
    );
  });

  it('of any number of values with one stamp gives the last, and before that the one before them', () => {
    const actions = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant('write' as const) },
        { weight: 2, arbitrary: fc.constant('step' as const) },
        { weight: 4, arbitrary: fc.constant('take' as const) },
      ),
      { maxLength: 150 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(4, 8),
        fc.constantFrom(0, -3, 2 ** 31 - 7),
        actions,
        (slots, start, list) => {
          const buffer = allocateLatch({ dtype: 'float64', shape: [3], slots });
          if (start !== 0) startLatchAt(buffer, start);
          const writer = new LatchWriter(buffer);
          const readers = [new LatchReader(buffer, clock), new LatchReader(buffer, clock)];
          let [step, n, before] = [0, 0, 0];
          const [seen, wanted]: number[][][] = [[], []];
          for (const [round, action] of list.entries()) {
            if (action === 'write') {
              n++;
              writer.writeAt(Float64Array.of(n, n, n), 10 * n, step);
            } else if (action === 'step') {
              step++;
              before = n;
            } else {
              const reader = readers[round % 2] as LatchReader;
              reader.take(step);
              seen?.push([...(reader.frame as Float64Array), reader.timeNs]);
              wanted?.push([before, before, before, before === 0 ? -1 : 10 * before]);
            }
          }
          expect(seen).toEqual(wanted);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is whole wherever its writer dies among values of one stamp', () => {
    for (let writes = 1; writes < 8; writes++) {
      const buffer = allocateLatch({ dtype: 'float64', shape: [2], slots: 4 });
      const writer = new LatchWriter(buffer);
      for (let n = 1; n <= writes; n++) writer.writeAt(Float64Array.of(n, n), n, 5);
      // It dies once it has copied the next value, before it says so.
      const { store } = Atomics;
      Atomics.store = () => {
        throw new Error('dead');
      };
      expect(() => writer.writeAt(Float64Array.of(-1, -1), -1, 5)).toThrow('dead');
      Atomics.store = store;
      const reader = new LatchReader(buffer, clock);
      reader.take(6);
      expect([...(reader.frame as Float64Array), reader.timeNs]).toEqual([writes, writes, writes]);
    }
  });

  it('is zeros before anything was written, whatever its type', () => {
    for (const dtype of dtypes) {
      const reader = new LatchReader(allocateLatch({ dtype, shape: [2, 2] }), clock);
      reader.take(0);
      expect(Array.from(reader.frame, Number)).toEqual([0, 0, 0, 0]);
      expect(reader.timeNs).toBe(-1);
    }
  });

  it('a value whose writer was stopped before it said since when it counts is decided by its readers', () => {
    const buffer = allocateLatch({ dtype: 'int32', shape: [1] });
    const writer = new LatchWriter(buffer);
    let looks = 0;
    const stopping = {
      nowNs: () => {
        if (++looks > 1) throw new Error('stopped');
        return 1_000_000;
      },
    };
    writer.fill(Int32Array.of(7), 5);
    expect(() => writer.publish(stopping)).toThrow('stopped');
    const readers = [2_000_000, 9_000_000].map((nowNs) => new LatchReader(buffer, { nowNs: () => nowNs }));
    const seenAt = (atNs: number): (number | bigint | undefined)[] =>
      readers.map((reader) => (reader.take(atNs), reader.frame[0]));
    expect(seenAt(1_999_999)).toEqual([0, 0]);
    expect(seenAt(2_000_000)).toEqual([0, 0]);
    // Soon after the first of them has seen it.
    expect(seenAt(2_050_000)).toEqual([7, 7]);
    expect(new LatchWriter(buffer).length).toBe(1);
  });

  it('leaves what was taken as it is while the next is taken', () => {
    const buffer = allocateLatch({ dtype: 'int8', shape: [] });
    const [writer, reader] = [new LatchWriter(buffer), new LatchReader(buffer, clock)];
    const seen = [1, 2].map((n) => {
      writer.fill(Int8Array.of(n), n);
      writer.publishAt(n);
      reader.take(Infinity);
      return reader.frame;
    });
    expect(seen.map((frame) => frame[0])).toEqual([1, 2]);
  });

  it.each([
    ['dtype', { dtype: 'text' as 'int8', shape: [] }],
    ['shape', { dtype: 'int8' as const, shape: [0] }],
    ['size', { dtype: 'float64' as const, shape: [2 ** 28] }],
    ['slots', { dtype: 'int8' as const, shape: [1], slots: 5 }],
    ['few slots', { dtype: 'int8' as const, shape: [1], slots: 2 }],
  ])('refuses a bad %s', (_, spec) => {
    expect(() => allocateLatch(spec)).toThrow(expect.objectContaining({ code: 'BAD_LAYOUT' }));
  });

  it('knows its memory', () => {
    expect(() => new LatchReader(new SharedArrayBuffer(1024), clock)).toThrow(/no latch/);
  });
});

/** Runs the threads of a stress test to their ends. */
async function play(roles: readonly Partial<Role>[], common: Omit<Role, 'kind' | 'at'>): Promise<Finding[]> {
  const workers = roles.map((role) => {
    return new Worker(new URL('./latch-worker.ts', import.meta.url), { workerData: { ...common, ...role } });
  });
  try {
    return await Promise.all(workers.map(finding));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

describe('a latch between threads', () => {
  it.each([
    ['small, many are kept', { dtype: 'int32', shape: [4] }, 400_000],
    ['large, few are kept', { dtype: 'int32', shape: [4096], slots: 4 }, 60_000],
  ] as const)('%s: nothing torn, nothing older than before', async (_, spec, total) => {
    const buffer = allocateLatch(spec);
    startLatchAt(buffer, -1_000);
    const words = new Int32Array(new SharedArrayBuffer(32));
    const findings = await play([{ kind: 'read', at: 2 }, { kind: 'read', at: 50 }, { kind: 'write' }], {
      buffer,
      words,
      readers: 2,
      total,
      found: words,
      originNs: 0,
    });
    for (const { values } of findings) expect(values).toBeGreaterThan(0);
  });

  it('all who read as of one step find the same value, however late they come', async () => {
    const total = 1_500;
    const buffer = allocateLatch({ dtype: 'int32', shape: [4] });
    const words = new Int32Array(new SharedArrayBuffer(32));
    const found = new Int32Array(new SharedArrayBuffer(2 * total * 4));
    const originNs = Number(process.hrtime.bigint());
    await play([{ kind: 'step', at: 0 }, { kind: 'step', at: 1 }, { kind: 'publish' }], {
      buffer,
      words,
      readers: 2,
      total,
      found,
      originNs,
    });
    const both = Array.from({ length: total }, (_, k) => [found[k] ?? -1, found[total + k] ?? -1] as const);
    const [one, other] = [0, 1].map((at) =>
      both.filter((each) => !each.includes(-1)).map((each) => each[at as 0 | 1]),
    ) as [number[], number[]];
    expect(one).toEqual(other);
    expect(new Set(one).size).toBeGreaterThan(10);
    expect(one).toEqual(one.toSorted((a, b) => a - b));
  });
});

function finding(worker: Worker): Promise<Finding> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without a finding')));
  });
}
