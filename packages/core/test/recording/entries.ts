import { deserialize, serialize } from 'node:v8';
import { allocateFrame, dtypes } from '@troupe/mailbox';
import type { Dtype, FrameArray } from '@troupe/mailbox';
import fc from 'fast-check';
import type { Payload, RecordingEntry, RecordingHeader } from '../../src/recording/entries.ts';

const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text.isWellFormed()),
  fc.constantFrom('', 'ü', '\u{1f600}', '\0', '\ufeff'),
);
const whole = fc.oneof(fc.nat({ max: 1000 }), fc.maxSafeNat());
const time = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.maxSafeInteger());
const count = fc.nat({ max: 2 ** 32 - 1 });

/** Bytes of any pattern: NaNs of every kind too. */
const frame = fc
  .tuple(fc.constantFrom(...dtypes), fc.uint8Array({ maxLength: 64 }))
  .map(([dtype, bytes]): Payload => ({ kind: 'frame', dtype, frame: frameOf(dtype, bytes) }));

function frameOf(dtype: Dtype, bytes: Uint8Array): FrameArray {
  const size = allocateFrame(dtype, 0).BYTES_PER_ELEMENT;
  const array = allocateFrame(dtype, Math.floor(bytes.length / size));
  new Uint8Array(array.buffer).set(bytes.subarray(0, array.byteLength));
  return array;
}

const value = fc
  .anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
  // What `v8.serialize` does not keep (a key `__proto__`, say) is not the format's to keep.
  .map((given): Payload => ({ kind: 'value', value: deserialize(serialize(given)) as unknown }));
const payload = fc.oneof(frame, value);

const model = {
  step: { time: whole, runners: fc.array(fc.nat({ max: 65_535 }), { maxLength: 5 }) },
  push: { input: name, seq: whole, time, payload },
  source: { stage: name, port: name, flags: fc.nat({ max: 255 }), seq: whole, time, payload },
  output: { stage: name, port: name, seq: whole, time, payload },
  mode: { mode: name },
  event: { event: name, change: fc.constantFrom('set', 'reset') },
  deed: { stage: name, event: name, sets: count, resets: count, isCleared: fc.boolean() },
  latch: { latch: name, time, payload },
  rate: { stage: name, hz: fc.double() },
  over: { stage: name },
  drain: { isOver: fc.boolean() },
  end: { reason: name },
};

/** Entries of every type. */
export const entries: fc.Arbitrary<RecordingEntry> = fc.oneof(
  ...Object.entries(model).map(([type, fields]: [string, object]) => {
    const all = { type: fc.constant(type), step: whole, ...fields };
    return fc.record(all, { noNullPrototype: true });
  }),
) as fc.Arbitrary<unknown> as fc.Arbitrary<RecordingEntry>;

/** What a generator gives, in an array. */
export async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
}

export const header: RecordingHeader = {
  graph: 'radar',
  planHash: '00ff',
  seed: 7,
  clock: 'fast',
  workers: 2,
  options: { stats: false, names: ['ü'] },
  troupe: '0.1.0',
};

export const endEntry: RecordingEntry = { type: 'end', step: 9, reason: 'ended' };
