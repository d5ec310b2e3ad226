import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { RecordingEntry, RecordingHeader } from './entries.ts';
import { RecordingError } from './errors.ts';
import {
  bodyBytesMax,
  decodeEntry,
  decodeHeader,
  decodePrefix,
  formatVersion,
  magic,
  prefixBytes,
  preludeBytes,
} from './format.ts';

/** Read at once, where an entry does not need more. */
const chunkBytes = 2 ** 18;

/** How a recording ends. */
export interface RecordingTail {
  /**
   * `complete`: after an `end` entry. `truncated`: without one, between two blocks or inside one. `corrupt`:
   * before a block whose checksum or content is wrong.
   */
  readonly status: 'complete' | 'truncated' | 'corrupt';
  /** Bytes that have been read as entries (and header): what is wrong begins here. */
  readonly bytes: number;
  /** Entries that have been read. */
  readonly entries: number;
  /** One line for a person. */
  readonly message: string;
}

/** Where bytes come from. */
export interface ByteSource {
  /** Bytes that there are now. */
  size(): Promise<number>;
  /** Bytes from a place on; fewer where it ends before. May be overwritten by the next call. */
  read(from: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** What `openRecording` does. */
export async function openFile(path: string): Promise<Recording> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    const message = `cannot be opened: ${(error as Error).message}`;
    throw new RecordingError('BAD_RECORDING', path, message, 'Give the path of a recording.', error);
  }
  const source = new FileSource(file);
  try {
    return await readHeader(path, source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A recording whose header has been read. */
export async function readHeader(file: string, source: ByteSource): Promise<Recording> {
  const refuse = (message: string, cause?: unknown): RecordingError => {
    return new RecordingError('BAD_RECORDING', file, message, 'Give what `run.record` wrote.', cause);
  };
  let prelude: Buffer;
  try {
    prelude = Buffer.from(await source.read(0, preludeBytes));
  } catch (error) {
    throw refuse(`cannot be read: ${(error as Error).message}`, error);
  }
  if (!prelude.subarray(0, magic.length).equals(magic.subarray(0, prelude.length)) || prelude.length === 0) {
    throw refuse('is no recording');
  }
  if (prelude.length < preludeBytes) throw refuse('was cut short before its header');
  const version = prelude.readUInt32LE(magic.length);
  if (version !== formatVersion) {
    throw refuse(`is a recording of format ${version}; this version of Troupe reads format ${formatVersion}`);
  }
  const found = await new BlockReader(source, preludeBytes).next();
  if (found.status === 'end') throw refuse('was cut short before its header');
  if (found.status !== 'block') throw refuse(`has a header that is damaged: ${found.message}`);
  try {
    return new Recording(source, decodeHeader(found.body), found.end);
  } catch (error) {
    throw refuse(`has a header that is damaged: ${(error as Error).message}`, error);
  }
}

/** An open recording. */
export class Recording {
  readonly header: RecordingHeader;
  readonly #source: ByteSource;
  readonly #begin: number;
  #tail: RecordingTail | undefined;

  /** See `openRecording`. */
  constructor(source: ByteSource, header: RecordingHeader, begin: number) {
    this.#source = source;
    this.header = header;
    this.#begin = begin;
  }

  /** How it ends: known once `entries` has given the last one. */
  get tail(): RecordingTail | undefined {
    return this.#tail;
  }

  /** The entries in order, up to the first place where the file is not what it should be; see `tail`. */
  async *entries(): AsyncGenerator<RecordingEntry, void, undefined> {
    const blocks = new BlockReader(this.#source, this.#begin);
    let count = 0;
    let bytes = this.#begin;
    let last: RecordingEntry['type'] | undefined;
    const end = (status: RecordingTail['status'], message: string): void => {
      this.#tail = { status, bytes, entries: count, message };
    };
    for (;;) {
      const found = await blocks.next();
      if (found.status !== 'block') {
        if (found.status === 'end' && last === 'end') end('complete', 'the recording is complete');
        else end(found.status === 'corrupt' ? 'corrupt' : 'truncated', found.message);
        return;
      }
      let entry: RecordingEntry;
      try {
        entry = decodeEntry(found.body);
      } catch (error) {
        return end('corrupt', `the entry at byte ${bytes} makes no sense: ${(error as Error).message}`);
      }
      bytes = found.end;
      last = entry.type;
      count++;
      yield entry;
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#source.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

type Found =
  /** `end`: the byte after the block. The body may be overwritten by the next call. */
  | { readonly status: 'block'; readonly body: Buffer; readonly end: number }
  | { readonly status: 'end' | 'cut' | 'corrupt'; readonly message: string };

/** Takes one block after the other, and believes none of them. */
class BlockReader {
  readonly #source: ByteSource;
  /** Of the file, from here on. */
  #chunk: Buffer = Buffer.alloc(0);
  #at: number;

  constructor(source: ByteSource, from: number) {
    this.#source = source;
    this.#at = from;
  }

  async next(): Promise<Found> {
    const at = this.#at;
    if (!(await this.#have(prefixBytes))) {
      if (this.#chunk.length === 0) return { status: 'end', message: `the file ends at byte ${at}` };
      return { status: 'cut', message: `the file ends inside the entry at byte ${at}` };
    }
    const { length, crc } = decodePrefix(this.#chunk.subarray(0, prefixBytes));
    if (length === 0 || length > bodyBytesMax) {
      return { status: 'corrupt', message: `the entry at byte ${at} claims a length of ${length} bytes` };
    }
    if (!(await this.#have(prefixBytes + length))) {
      return { status: 'cut', message: `the file ends inside the entry at byte ${at}` };
    }
    const body = this.#chunk.subarray(prefixBytes, prefixBytes + length);
    if (crc32(body) !== crc) {
      return { status: 'corrupt', message: `the entry at byte ${at} has a wrong checksum` };
    }
    this.#chunk = this.#chunk.subarray(prefixBytes + length);
    this.#at = at + prefixBytes + length;
    return { status: 'block', body, end: this.#at };
  }

  /** Whether there are so many bytes. Does not ask for more than the file has. */
  async #have(bytes: number): Promise<boolean> {
    if (this.#chunk.length >= bytes) return true;
    const left = (await this.#source.size()) - this.#at;
    this.#chunk = await this.#source.read(this.#at, Math.min(left, Math.max(bytes, chunkBytes)));
    return this.#chunk.length >= bytes;
  }
}

class FileSource implements ByteSource {
  readonly #file: FileHandle;
  #buffer = Buffer.alloc(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  async read(from: number, length: number): Promise<Buffer> {
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafeSlow(length);
    let have = 0;
    while (have < length) {
      const { bytesRead } = await this.#file.read(this.#buffer, have, length - have, from + have);
      if (bytesRead === 0) break;
      have += bytesRead;
    }
    return this.#buffer.subarray(0, have);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
