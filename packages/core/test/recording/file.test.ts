import { Buffer } from 'node:buffer';
import { deepStrictEqual } from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecordingEntry } from '../../src/recording/entries.ts';
import { RecordingError } from '../../src/recording/errors.ts';
import { encodeEntry, encodeHeader } from '../../src/recording/format.ts';
import { openRecording } from '../../src/recording/open.ts';
import { createRecording, RecordingWriter } from '../../src/recording/writer.ts';
import type { AppendStream } from '../../src/recording/writer.ts';
import { collect, endEntry, entries, header } from './entries.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'troupe-recording-'));
});
afterEach(() => rm(folder, { recursive: true }));

const frameEntry = (seq: number, length: number): RecordingEntry => ({
  type: 'push',
  step: seq,
  input: 'in',
  seq,
  time: seq,
  payload: { kind: 'frame', dtype: 'float32', frame: new Float32Array(length).fill(seq) },
});

describe('a recording in a file', () => {
  test('is read as it was written, entries larger than a read included', async () => {
    const path = join(folder, 'run.troupe');
    const list = [
      ...fc.sample(entries, { numRuns: 300, seed: 1 }),
      frameEntry(1, 500_000),
      ...fc.sample(entries, { numRuns: 300, seed: 2 }),
      endEntry,
    ];
    const writer = await createRecording(path, header);
    for (const entry of list) await writer.write(entry);
    await writer.close();
    await using recording = await openRecording(path);
    expect(recording.header).toEqual(header);
    expect(recording.tail).toBeUndefined();
    deepStrictEqual(await collect(recording.entries()), list);
    const { length } = await readFile(path);
    expect(recording.tail).toEqual({
      status: 'complete',
      bytes: length,
      entries: list.length,
      message: 'the recording is complete',
    });
    // Again, and from the start.
    expect(await collect(recording.entries())).toHaveLength(list.length);
  });

  test('holds what a view showed when it was written, whatever becomes of it', async () => {
    const path = join(folder, 'run.troupe');
    const writer = await createRecording(path, header);
    const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
    for (let i = 0; i < 100; i++) {
      shared.fill(i);
      const payload = { kind: 'frame', dtype: 'float32', frame: shared } as const;
      await writer.write({ type: 'push', step: i, input: 'in', seq: i, time: i, payload });
      shared.fill(-1);
    }
    await writer.close();
    await using recording = await openRecording(path);
    let next = 0;
    for await (const entry of recording.entries()) {
      deepStrictEqual(entry, { ...frameEntry(next, 2) });
      next++;
    }
    expect(next).toBe(100);
  });

  test('that was cut in the middle gives what is before', async () => {
    const path = join(folder, 'run.troupe');
    const writer = await createRecording(path, header);
    for (let seq = 0; seq < 20; seq++) await writer.write(frameEntry(seq, 8));
    await writer.close();
    const { length } = await readFile(path);
    await truncate(path, length - 1);
    await using recording = await openRecording(path);
    expect(await collect(recording.entries())).toHaveLength(19);
    expect(recording.tail).toMatchObject({ status: 'truncated', entries: 19 });
  });

  test.each<[string, string | Uint8Array | undefined, string]>([
    ['missing', undefined, 'cannot be opened: ENOENT'],
    ['empty', '', 'is no recording'],
    ['of another kind', 'RIFF....WAVE', 'is no recording'],
    ['through a text mode', encodeHeader(header).toString('latin1').replace('\r\n', '\n'), 'is no recording'],
    ['only a magic', encodeHeader(header).subarray(0, 8), 'was cut short before its header'],
    ['only a version', encodeHeader(header).subarray(0, 12), 'was cut short before its header'],
    [
      'only half a header',
      encodeHeader(header).subarray(0, 40),
      'has a header that is damaged: the file ends',
    ],
    ['without what a header says', encodeHeader({} as typeof header), 'lacks what a recording says'],
    ['null for a header', encodeHeader(null as unknown as typeof header), 'has a header that is damaged'],
  ])('is refused: %s', async (_what, content, message) => {
    const path = join(folder, 'x.troupe');
    if (content !== undefined) await writeFile(path, content, 'latin1');
    const error: unknown = await openRecording(path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RecordingError);
    expect(error).toMatchObject({ code: 'BAD_RECORDING', file: path });
    expect((error as Error).message).toContain(message);
  });

  test('of another version is refused, with the versions', async () => {
    const path = join(folder, 'x.troupe');
    const bytes = encodeHeader(header);
    bytes.writeUInt32LE(2, 8);
    await writeFile(path, bytes);
    await expect(openRecording(path)).rejects.toThrow('format 2; this version of Troupe reads format 1');
    await expect(openRecording(folder)).rejects.toThrow('cannot be read: EISDIR');
  });

  test('is not written over another file', async () => {
    const path = join(folder, 'x.troupe');
    await writeFile(path, 'old');
    await expect(createRecording(path, header)).rejects.toMatchObject({
      code: 'RECORDING_WRITE',
      remedy: 'Give another path, or remove it first.',
    });
    expect(await readFile(path, 'utf8')).toBe('old');
    await expect(createRecording(join(folder, 'none', 'x'), header)).rejects.toThrow(
      'cannot be created: ENOENT',
    );
  });
});

/** A disk that takes a piece when it is told to. */
class SlowDisk implements AppendStream {
  readonly pieces: Buffer[] = [];
  readonly calls: string[] = [];
  #taken: PromiseWithResolvers<void> | undefined;
  #asked = Promise.withResolvers<void>();

  append(bytes: Buffer): Promise<void> {
    this.pieces.push(Buffer.from(bytes));
    this.#taken = Promise.withResolvers();
    this.#asked.resolve();
    return this.#taken.promise;
  }

  /** Takes the piece that is or will be there; or refuses it. */
  async take(error?: Error): Promise<void> {
    await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    if (error === undefined) this.#taken?.resolve();
    else this.#taken?.reject(error);
  }

  sync(): Promise<void> {
    this.calls.push('sync');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push('close');
    return Promise.resolve();
  }
}

describe('RecordingWriter', () => {
  const first = encodeHeader(header);
  const bytesOf = (seq: number): number => encodeEntry(frameEntry(seq, 100)).length;

  test('asks to be awaited while more waits than should, and no longer', async () => {
    const disk = new SlowDisk();
    const writer = new RecordingWriter('x', disk, first, { bufferBytesMax: first.length + 2 * bytesOf(0) });
    expect(writer.write(frameEntry(0, 100))).toBeUndefined();
    expect(writer.write(frameEntry(1, 100))).toBeUndefined();
    const full = writer.write(frameEntry(2, 100));
    expect(full).toBeInstanceOf(Promise);
    await disk.take();
    await full;
    // One piece for all of a turn.
    expect(disk.pieces).toHaveLength(1);
    expect(writer.write(frameEntry(3, 100))).toBeUndefined();
    await disk.take();
    await writer.close();
    expect(disk.calls).toEqual(['sync', 'close']);
    const whole = [first, ...[0, 1, 2, 3].map((seq) => encodeEntry(frameEntry(seq, 100)))];
    expect(Buffer.concat(disk.pieces).equals(Buffer.concat(whole))).toBe(true);
  });

  test('refuses what would be too much, and is none the worse for it', async () => {
    const disk = new SlowDisk();
    const options = { bufferBytesMax: 1, backlogBytesMax: first.length + bytesOf(0) };
    const writer = new RecordingWriter('x', disk, first, options);
    const one = writer.write(frameEntry(0, 100));
    const two = writer.write(frameEntry(1, 100));
    expect(() => writer.write(frameEntry(2, 100))).toThrow(/^x: \d+ bytes wait for the disk/);
    await disk.take();
    await one;
    await two;
    const after = writer.write(frameEntry(3, 100));
    await disk.take();
    await after;
    await writer.close();
    const whole = [first, ...[0, 1, 3].map((seq) => encodeEntry(frameEntry(seq, 100)))];
    expect(Buffer.concat(disk.pieces).equals(Buffer.concat(whole))).toBe(true);
  });

  test('leaves out an entry that the format cannot carry', async () => {
    const disk = new SlowDisk();
    const writer = new RecordingWriter('x', disk, first);
    expect(() => writer.write({ type: 'mode', step: -1, mode: 'idle' })).toThrow(RangeError);
    const value = (): number => 1;
    const payload = { kind: 'value', value } as const;
    expect(() => writer.write({ type: 'push', step: 0, input: 'i', seq: 0, time: 0, payload })).toThrow(
      'could not be cloned',
    );
    await disk.take();
    await writer.close();
    expect(Buffer.concat(disk.pieces).equals(first)).toBe(true);
  });

  test('gives the first error of the disk to whoever waits, writes or closes', async () => {
    const disk = new SlowDisk();
    const writer = new RecordingWriter('x', disk, first, { bufferBytesMax: 1 });
    const wait = writer.write(frameEntry(0, 100));
    // Nobody looks at this one: it is no unhandled rejection.
    void writer.write(frameEntry(1, 100));
    await disk.take(new Error('no space left'));
    await expect(wait).rejects.toMatchObject({
      code: 'RECORDING_WRITE',
      message: 'x: cannot be written: no space left',
    });
    expect(() => writer.write(endEntry)).toThrow('no space left');
    await expect(writer.close()).rejects.toThrow('no space left');
    await expect(writer.close()).rejects.toThrow('no space left');
    expect(disk.calls).toEqual(['close']);
    expect(disk.pieces).toHaveLength(1);
  });

  test('closes the file although the disk does not take the last of it', async () => {
    const disk = new SlowDisk();
    disk.sync = () => Promise.reject(new Error('no disk'));
    const writer = new RecordingWriter('x', disk, first);
    const closed = writer.close();
    await disk.take();
    await expect(closed).rejects.toThrow('x: cannot be written: no disk');
    expect(disk.calls).toEqual(['close']);
  });

  test('takes nothing after it has been closed, and is closed once', async () => {
    const disk = new SlowDisk();
    const writer = new RecordingWriter('x', disk, first);
    const closed = [writer.close(), writer.close()];
    expect(() => writer.write(endEntry)).toThrow('has been closed');
    await disk.take();
    await Promise.all(closed);
    expect(disk.calls).toEqual(['sync', 'close']);
  });
});
