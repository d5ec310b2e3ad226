import { Buffer } from 'node:buffer';
import { deepStrictEqual } from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordingEntry } from '../../src/recording/entries.ts';
import { decodeEntry, encodeEntry, encodeHeader, prefixBytes } from '../../src/recording/format.ts';
import { RecordingError } from '../../src/recording/errors.ts';
import { readHeader } from '../../src/recording/reader.ts';
import type { ByteSource, RecordingTail } from '../../src/recording/reader.ts';
import { collect, endEntry, entries, header } from './entries.ts';

/** Bytes in memory, in place of a file. */
function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: () => Promise.resolve(bytes.length),
    read: (from, length) => Promise.resolve(bytes.subarray(from, from + length)),
    close: () => Promise.resolve(),
  };
}

interface Read {
  readonly entries: readonly RecordingEntry[];
  readonly tail: RecordingTail | undefined;
}

async function read(bytes: Buffer): Promise<Read> {
  const recording = await readHeader('x', sourceOf(bytes));
  deepStrictEqual(recording.header, header);
  const found = await collect(recording.entries());
  return { entries: found, tail: recording.tail };
}

function recordingOf(list: readonly RecordingEntry[]): Buffer {
  return Buffer.concat([encodeHeader(header), ...list.map(encodeEntry)]);
}

/** Every bit counts: NaNs with their payloads, and −0. */
function assertSame(found: unknown, wanted: unknown): void {
  deepStrictEqual(found, wanted);
}

function bitsOf(entry: RecordingEntry): string {
  if (!('payload' in entry) || entry.payload.kind !== 'frame') return '';
  const { buffer, byteOffset, byteLength } = entry.payload.frame;
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}

describe('entries', () => {
  test('come back as they were, to the bit', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const bytes = encodeEntry(entry);
        const found = decodeEntry(bytes.subarray(prefixBytes));
        assertSame(found, entry);
        expect(bitsOf(found)).toBe(bitsOf(entry));
        // Nothing in it lies in what it was read from.
        bytes.fill(0xaa);
        assertSame(found, entry);
      }),
      { numRuns: 3000 },
    );
  });

  test('of a file come in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entries, { maxLength: 20 }), async (list) => {
        const found = await read(recordingOf([...list, endEntry]));
        assertSame(found.entries, [...list, endEntry]);
        expect(found.tail).toMatchObject({ status: 'complete', entries: list.length + 1 });
      }),
    );
  });

  test.each<[string, Partial<RecordingEntry>]>([
    ['a step that is no integer', { step: 0.5 }],
    ['a step below 0', { step: -1 }],
    ['a step beyond 2^53', { step: 2 ** 53 }],
    ['a runner beyond 65,535', { type: 'step', time: 0, runners: [65_536] }],
    ['too many runners', { type: 'step', time: 0, runners: Array.from({ length: 65_536 }, () => 0) }],
    ['a name that is too long', { type: 'mode', mode: 'x'.repeat(65_536) }],
    ['a name that is no text', { type: 'mode', mode: '\ud800' }],
    ['an unknown type', { type: 'dance' as never }],
    ['an unknown change', { type: 'event', event: 'e', change: 'toggle' as never }],
    [
      'a frame of another dtype than it says',
      {
        type: 'push',
        input: 'i',
        seq: 0,
        time: 0,
        payload: { kind: 'frame', dtype: 'int8', frame: new Int16Array(1) },
      },
    ],
  ])('refuse %s', (_what, entry) => {
    expect(() => encodeEntry({ type: 'end', step: 0, reason: '', ...entry } as RecordingEntry)).toThrow(
      RangeError,
    );
  });

  test('take −0 for 0', () => {
    const entry = { ...endEntry, step: -0 };
    assertSame(decodeEntry(encodeEntry(entry).subarray(prefixBytes)), { ...endEntry, step: 0 });
  });

  test('have these bytes', () => {
    const entry: RecordingEntry = {
      type: 'source',
      step: 2,
      stage: 'a',
      port: 'out',
      seq: 1,
      time: 3,
      flags: 5,
      payload: { kind: 'frame', dtype: 'int16', frame: Int16Array.of(-2, 258) },
    };
    const fields = [
      '03', // source
      '0000000000000040', // step 2
      '010061', // 'a'
      '03006f7574', // 'out'
      '05', // flags
      '000000000000f03f', // seq 1
      '0000000000000840', // time 3
      '03', // int16
      '02000000', // two elements
      'feff0201',
    ].join('');
    const bytes = encodeEntry(entry);
    expect(bytes.subarray(prefixBytes).toString('hex')).toBe(fields);
    expect(bytes.readUInt32LE(0)).toBe(fields.length / 2);
    const begin = encodeHeader(header).subarray(0, 12).toString('hex');
    expect(begin).toBe('895452500d0a1a0a01000000');
  });
});

describe('a recording that is cut or damaged', () => {
  const list = fc.sample(entries, { numRuns: 16, seed: 42 }).filter(({ type }) => type !== 'end');
  const whole = [...list, endEntry];
  const bytes = recordingOf(whole);
  const begin = encodeHeader(header).length;
  /** The byte after each entry. */
  const ends = whole.map((_, i) => recordingOf(whole.slice(0, i + 1)).length);

  test('gives a prefix of its entries, wherever it is cut', async () => {
    for (let cut = 0; cut < begin; cut++) {
      await expect(read(bytes.subarray(0, cut))).rejects.toThrow(RecordingError);
    }
    for (let cut = begin; cut <= bytes.length; cut++) {
      const found = await read(bytes.subarray(0, cut));
      const count = ends.filter((end) => end <= cut).length;
      assertSame(found.entries, whole.slice(0, count));
      const last = count === 0 ? begin : ends[count - 1];
      const status = cut === bytes.length ? 'complete' : 'truncated';
      expect(found.tail).toMatchObject({ status, entries: count, bytes: last });
    }
  });

  test('gives the entries before a flipped bit, and none after it', async () => {
    for (let bit = begin * 8; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const found = await read(damaged);
      const count = ends.filter((end) => end <= bit >> 3).length;
      assertSame(found.entries, whole.slice(0, count));
      // A length that has grown looks like a file that has been cut.
      expect(found.tail?.status).toMatch(/^(corrupt|truncated)$/);
      expect(found.tail?.bytes).toBe(count === 0 ? begin : ends[count - 1]);
    }
  });

  test('is refused when its header is damaged anywhere', async () => {
    for (let bit = 0; bit < begin * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await expect(read(damaged)).rejects.toThrow(RecordingError);
    }
  });

  test('ends where zeros begin, as a crash of the machine may leave them', async () => {
    const found = await read(Buffer.concat([recordingOf(list), Buffer.alloc(1000)]));
    assertSame(found.entries, list);
    expect(found.tail).toMatchObject({
      status: 'corrupt',
      message: expect.stringContaining('a length of 0 bytes') as unknown,
    });
  });

  test('ends where a block makes no sense, although its checksum is right', async () => {
    const bad = encodeEntry(endEntry);
    const unknown = Buffer.concat([recordingOf(list), encodeEntryOfType(bad, 99)]);
    const found = await read(unknown);
    assertSame(found.entries, list);
    expect(found.tail).toMatchObject({ status: 'corrupt', bytes: recordingOf(list).length });
    expect(found.tail?.message).toContain('makes no sense: there is no entry of this type');
  });

  test('believes no length: no more is read than there is', async () => {
    const huge = Buffer.alloc(prefixBytes);
    huge.writeUInt32LE(2 ** 30);
    const file = Buffer.concat([encodeHeader(header), huge, Buffer.alloc(100)]);
    let most = 0;
    const source = sourceOf(file);
    const counting: ByteSource = {
      ...source,
      read: (from, length) => ((most = Math.max(most, length)), source.read(from, length)),
    };
    const recording = await readHeader('x', counting);
    expect(await collect(recording.entries())).toEqual([]);
    expect(recording.tail?.status).toBe('truncated');
    expect(most).toBeLessThanOrEqual(file.length);
  });
});

/** The block of an entry with another type, and the checksum that goes with it. */
function encodeEntryOfType(block: Buffer, code: number): Buffer {
  const changed = Buffer.from(block);
  changed[prefixBytes] = code;
  changed.writeUInt32LE(crc32(changed.subarray(prefixBytes)), 4);
  return changed;
}
