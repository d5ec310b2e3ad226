import { Buffer } from 'node:buffer';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { allocateFrame, arrayConstructor, dtypes } from '@troupe/mailbox';
import type { Payload, RecordingEntry, RecordingHeader } from './entries.ts';
import { FieldReader, FieldWriter } from './fields.ts';

/** Every recording begins with it. */
export const magic: Buffer = Buffer.from('\x89TRP\r\n\x1a\n', 'latin1');
export const formatVersion = 1;

/** Magic and version. */
export const preludeBytes: number = magic.length + 4;
/** Length and CRC of a block. */
export const prefixBytes = 8;
/** The largest frame, and room for what else is in its entry. */
export const bodyBytesMax: number = 2 ** 30 + 2 ** 20;

type EntryType = RecordingEntry['type'];

/** The position in this list is the code of the type. */
const types: readonly (EntryType | undefined)[] = [
  undefined,
  'step',
  'push',
  'source',
  'output',
  'mode',
  'event',
  'rate',
  'end',
  'over',
  'drain',
  'deed',
  'latch',
];
const valueCode = 255;
const changes = ['reset', 'set'] as const;

/** Magic, version and header: what a recording begins with. Throws `RangeError` if it is too large. */
export function encodeHeader(header: RecordingHeader): Buffer {
  const version = Buffer.allocUnsafe(4);
  version.writeUInt32LE(formatVersion);
  const fields = blockWriter();
  fields.raw(Buffer.from(JSON.stringify(header), 'utf8'));
  return Buffer.concat([magic, version, block(fields)]);
}

/** The header in the body of its block. Throws if it is none. */
export function decodeHeader(body: Uint8Array): RecordingHeader {
  const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as RecordingHeader;
  const { graph, planHash, seed, clock, workers, troupe } = header;
  const isText = [graph, planHash, clock, troupe].every((value) => typeof value === 'string');
  if (!isText || !Number.isInteger(seed) || !Number.isInteger(workers)) {
    throw new TypeError('its header lacks what a recording says about its run');
  }
  return header;
}

/**
 * An entry as a block, with copies of everything in it. Throws `RangeError` for numbers, names and payloads
 * beyond the format's limits, and what `v8.serialize` throws.
 */
export function encodeEntry(entry: RecordingEntry): Buffer {
  const fields = blockWriter();
  fields.u8(types.indexOf(entry.type));
  fields.whole(entry.step);
  switch (entry.type) {
    case 'step':
      fields.whole(entry.time);
      fields.u16(entry.runners.length);
      for (const runner of entry.runners) fields.u16(runner);
      break;
    case 'push':
      fields.name(entry.input);
      writeMessage(fields, entry);
      break;
    case 'source':
    case 'output':
      fields.name(entry.stage);
      fields.name(entry.port);
      if (entry.type === 'source') fields.u8(entry.flags);
      writeMessage(fields, entry);
      break;
    case 'mode':
      fields.name(entry.mode);
      break;
    case 'event':
      fields.name(entry.event);
      fields.u8(changes.indexOf(entry.change));
      break;
    case 'deed':
      fields.name(entry.stage);
      fields.name(entry.event);
      fields.u32(entry.sets);
      fields.u32(entry.resets);
      fields.u8(entry.isCleared ? 1 : 0);
      break;
    case 'latch':
      fields.name(entry.latch);
      fields.time(entry.time);
      writePayload(fields, entry.payload);
      break;
    case 'rate':
      fields.name(entry.stage);
      fields.double(entry.hz);
      break;
    case 'end':
      fields.name(entry.reason);
      break;
    case 'over':
      fields.name(entry.stage);
      break;
    case 'drain':
      fields.u8(entry.isOver ? 1 : 0);
      break;
  }
  return block(fields);
}

/** The entry in the body of its block. Nothing in it lies in `body`. Throws if it is none. */
export function decodeEntry(body: Uint8Array): RecordingEntry {
  const fields = new FieldReader(body);
  const type = types[fields.u8()];
  const step = fields.whole();
  const entry = decodeFields(fields, type, step);
  fields.end();
  return entry;
}

function decodeFields(fields: FieldReader, type: EntryType | undefined, step: number): RecordingEntry {
  switch (type) {
    case 'step': {
      const time = fields.whole();
      return { type, step, time, runners: Array.from({ length: fields.u16() }, () => fields.u16()) };
    }
    case 'push':
      return { type, step, input: fields.name(), ...readMessage(fields) };
    case 'source': {
      const at = { stage: fields.name(), port: fields.name(), flags: fields.u8() };
      return { type, step, ...at, ...readMessage(fields) };
    }
    case 'output':
      return { type, step, stage: fields.name(), port: fields.name(), ...readMessage(fields) };
    case 'mode':
      return { type, step, mode: fields.name() };
    case 'event': {
      const event = fields.name();
      const change = changes[fields.u8()];
      if (change === undefined) throw new RangeError('an event is neither set nor reset');
      return { type, step, event, change };
    }
    case 'deed': {
      const by = { stage: fields.name(), event: fields.name() };
      return { type, step, ...by, sets: fields.u32(), resets: fields.u32(), isCleared: fields.u8() === 1 };
    }
    case 'latch':
      return { type, step, latch: fields.name(), time: fields.time(), payload: readPayload(fields) };
    case 'rate':
      return { type, step, stage: fields.name(), hz: fields.double() };
    case 'end':
      return { type, step, reason: fields.name() };
    case 'over':
      return { type, step, stage: fields.name() };
    case 'drain':
      return { type, step, isOver: fields.u8() === 1 };
    case undefined:
      throw new RangeError('there is no entry of this type');
  }
}

/** The length of a block's body and its CRC, from the eight bytes before it. */
export function decodePrefix(bytes: Uint8Array): { readonly length: number; readonly crc: number } {
  const fields = new FieldReader(bytes);
  return { length: fields.u32(), crc: fields.u32() };
}

interface MessageFields {
  readonly seq: number;
  readonly time: number;
  readonly payload: Payload;
}

function writeMessage(fields: FieldWriter, { seq, time, payload }: MessageFields): void {
  fields.whole(seq);
  fields.time(time);
  writePayload(fields, payload);
}

function writePayload(fields: FieldWriter, payload: Payload): void {
  if (payload.kind === 'frame') {
    const { dtype, frame } = payload;
    if (!(frame instanceof arrayConstructor(dtype))) {
      throw new RangeError(`a frame of ${dtype} cannot be recorded as ${frame[Symbol.toStringTag]}`);
    }
    fields.u8(dtypes.indexOf(dtype));
    fields.u32(frame.length);
    fields.raw(bytesOf(frame));
  } else {
    const bytes = serialize(payload.value);
    fields.u8(valueCode);
    fields.u32(bytes.length);
    fields.raw(bytes);
  }
}

function readMessage(fields: FieldReader): MessageFields {
  return { seq: fields.whole(), time: fields.time(), payload: readPayload(fields) };
}

function readPayload(fields: FieldReader): Payload {
  const code = fields.u8();
  const length = fields.u32();
  if (code === valueCode) {
    // What is deserialised may be views of the bytes that it comes from.
    return { kind: 'value', value: deserialize(Uint8Array.from(fields.raw(length))) };
  }
  const dtype = dtypes[code];
  if (dtype === undefined) throw new RangeError('there is no dtype of this code');
  const bytes = fields.raw(length * arrayConstructor(dtype).BYTES_PER_ELEMENT);
  const frame = allocateFrame(dtype, length);
  bytesOf(frame).set(bytes);
  return { kind: 'frame', dtype, frame };
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Fields of a body, with room for what stands before it. */
function blockWriter(): FieldWriter {
  const fields = new FieldWriter();
  fields.raw(Buffer.alloc(prefixBytes));
  return fields;
}

function block(fields: FieldWriter): Buffer {
  const length = fields.length - prefixBytes;
  if (length > bodyBytesMax) {
    throw new RangeError(`${length} bytes are too many for one entry (${bodyBytesMax})`);
  }
  const bytes = fields.concat();
  bytes.writeUInt32LE(length);
  bytes.writeUInt32LE(crc32(bytes.subarray(prefixBytes)), 4);
  return bytes;
}
