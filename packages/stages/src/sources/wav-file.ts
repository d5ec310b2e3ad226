import type { InputFile } from './input-file.ts';
import { openReader, withInputFile } from './input-file.ts';
import type { RecordingInfo, SampleReader } from './recording.ts';
import { sampleTimeNs } from './recording.ts';

/** How one sample value is stored. */
type Encoding = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64';

interface WavLayout {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly rateHz: number;
  /** Bytes of one sample of all channels. */
  readonly sampleBytes: number;
  readonly dataStart: number;
  readonly samples: number;
}

interface Format {
  readonly encoding: Encoding;
  readonly channels: number;
  readonly rateHz: number;
  readonly sampleBytes: number;
}

const REPAIR = 'Check that this is a WAV file; if it is, convert it again from its original.';
const CHUNK_BYTES = 65_536;
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

function encodingOf(file: InputFile, tag: number, bits: number): Encoding {
  const encodings: Record<string, Encoding> = {
    '1:8': 'u8',
    '1:16': 's16',
    '1:24': 's24',
    '1:32': 's32',
    '3:32': 'f32',
    '3:64': 'f64',
  };
  const encoding = encodings[`${tag}:${bits}`];
  if (encoding !== undefined) return encoding;
  const name = tag === PCM ? 'integer PCM' : tag === FLOAT ? 'float PCM' : `format 0x${tag.toString(16)}`;
  throw file.unsupported(
    `holds ${name} of ${bits} bits`,
    'Convert it to integer PCM of 8, 16, 24 or 32 bits or float of 32 or 64 bits, for example with ffmpeg.',
  );
}

function readFormat(file: InputFile, position: number, size: number): Format {
  if (size < 16)
    throw file.invalid(`byte ${position - 8}: its 'fmt ' chunk has ${size} bytes, less than 16`, REPAIR);
  const bytes = new Uint8Array(Math.min(size, 40));
  file.readExactly(bytes, bytes.length, position, "its 'fmt ' chunk");
  const view = new DataView(bytes.buffer);
  const channels = view.getUint16(2, true);
  const rateHz = view.getUint32(4, true);
  const sampleBytes = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  let tag = view.getUint16(0, true);
  if (tag === EXTENSIBLE) {
    if (size < 40)
      throw file.invalid(`byte ${position - 8}: its extensible 'fmt ' chunk has ${size} bytes`, REPAIR);
    tag = view.getUint16(24, true);
  }
  if (channels === 0) throw file.invalid(`byte ${position + 2}: it names 0 channels`, REPAIR);
  if (rateHz === 0) throw file.invalid(`byte ${position + 4}: it names a rate of 0 Hz`, REPAIR);
  const encoding = encodingOf(file, tag, bits);
  if (sampleBytes !== (channels * bits) / 8) {
    const expected = `${channels} channels × ${bits} bits`;
    const problem = `byte ${position + 12}: block size ${sampleBytes} is not ${expected}`;
    throw file.invalid(problem, REPAIR);
  }
  return { encoding, channels, rateHz, sampleBytes };
}

/**
 * Samples in the data chunk; sizes 0 and 0xFFFFFFFF, as streaming writers leave them, mean "to the end of the
 * file".
 */
function countSamples(file: InputFile, { sampleBytes }: Format, start: number, size: number): number {
  const rest = file.sizeBytes - start;
  if (size === 0 || size === 0xffff_ffff) return Math.floor(rest / sampleBytes);
  if (size > rest) {
    const expected = start + size;
    throw file.truncated(
      `ends at byte ${file.sizeBytes}, inside its data chunk; ${expected} bytes are expected`,
    );
  }
  if (size % sampleBytes !== 0) {
    const problem = `byte ${start - 4}: data size ${size} is no multiple of ${sampleBytes}, a sample's bytes`;
    throw file.invalid(problem, REPAIR);
  }
  return size / sampleBytes;
}

function readLayout(file: InputFile): WavLayout {
  const header = new Uint8Array(12);
  const text = (at: number): string => Buffer.from(header.subarray(at, at + 4)).toString('latin1');
  const count = file.read(header, 0, 12, 0);
  if (['RF64', 'BW64', 'RIFX'].includes(text(0))) {
    throw file.unsupported(
      `is a ${text(0)} file`,
      'Convert it to a RIFF WAV file, for example with ffmpeg or sox.',
    );
  }
  if (text(0) !== 'RIFF' || (count === 12 && text(8) !== 'WAVE')) {
    throw file.invalid("byte 0: does not start as a WAV file does ('RIFF', size, 'WAVE')", REPAIR);
  }
  if (count < 12) throw file.truncated(`ends at byte ${count}, inside its header of 12 bytes`);
  let format: Format | undefined;
  let position = 12;
  while (position < file.sizeBytes) {
    file.readExactly(header, 8, position, 'the header of a chunk');
    const id = text(0);
    const size = new DataView(header.buffer).getUint32(4, true);
    const start = position + 8;
    if (id === 'fmt ') format = readFormat(file, start, size);
    if (id === 'data') {
      if (format === undefined) {
        throw file.invalid(`byte ${position}: its 'data' chunk comes before its 'fmt ' chunk`, REPAIR);
      }
      return { ...format, dataStart: start, samples: countSamples(file, format, start, size) };
    }
    position = start + size + (size % 2);
  }
  throw file.truncated(`ends at byte ${file.sizeBytes}, before its 'data' chunk`);
}

/**
 * What a WAV file holds, from its header alone.
 *
 * @throws SourceFileError when it is missing, no RIFF WAV file, corrupt, truncated or of an unknown encoding.
 */
export function probeWav(path: string): RecordingInfo {
  return withInputFile(path, (file) => {
    const { channels, rateHz, samples } = readLayout(file);
    const labels = Array.from({ length: channels }, (_, index) => `ch${index + 1}`);
    return { channels, rateHz, samples, labels, units: labels.map(() => 'FS') };
  });
}

/** Opens a WAV file as a stream of samples in full scale, [−1, 1], a chunk of 64 KiB in memory at a time. */
export function openWav(path: string, channels: number): SampleReader {
  return openReader(path, (file) => {
    const layout = readLayout(file);
    if (layout.channels === channels) return new WavReader(file, layout);
    throw file.mismatch(
      `has ${layout.channels} channels, but the option \`channels\` is ${channels}`,
      'Set `channels` to what `probeWav` tells.',
    );
  });
}

class WavReader implements SampleReader {
  readonly samples: number;
  readonly #file: InputFile;
  readonly #layout: WavLayout;
  readonly #valueBytes: number;
  #bytes: Uint8Array;
  #view: DataView;
  /** Of the bytes held, those from `#from` to `#to` are still to be read. */
  #from = 0;
  #to = 0;
  /** Index of the sample that is read next, from 0. */
  #index = 0;

  constructor(file: InputFile, layout: WavLayout) {
    this.#file = file;
    this.#layout = layout;
    this.samples = layout.samples;
    this.#valueBytes = layout.sampleBytes / layout.channels;
    this.#bytes = new Uint8Array(Math.max(CHUNK_BYTES, layout.sampleBytes));
    this.#view = new DataView(this.#bytes.buffer);
  }

  ensure(count: number): number {
    const wanted = Math.min(count, this.samples - this.#index);
    if (this.#to - this.#from < wanted * this.#layout.sampleBytes)
      this.#load(wanted * this.#layout.sampleBytes);
    return wanted;
  }

  #load(neededBytes: number): void {
    const { dataStart, sampleBytes } = this.#layout;
    const position = dataStart + this.#index * sampleBytes;
    const restBytes = (this.samples - this.#index) * sampleBytes;
    if (this.#bytes.length < neededBytes) {
      this.#bytes = new Uint8Array(neededBytes);
      this.#view = new DataView(this.#bytes.buffer);
    }
    const length = Math.min(this.#bytes.length, restBytes);
    this.#to = 0;
    this.#from = 0;
    this.#file.readExactly(this.#bytes, length, position, 'its data chunk');
    this.#to = length;
  }

  read(into: Float32Array): void {
    let at = this.#from;
    for (let i = 0; i < into.length; i++, at += this.#valueBytes) into[i] = this.#value(at);
    this.#from = at;
    this.#index += into.length / this.#layout.channels;
  }

  #value(at: number): number {
    const view = this.#view;
    switch (this.#layout.encoding) {
      case 'u8':
        return (view.getUint8(at) - 128) / 128;
      case 's16':
        return view.getInt16(at, true) / 32_768;
      case 's24':
        return (view.getUint16(at, true) + view.getInt8(at + 2) * 65_536) / 8_388_608;
      case 's32':
        return view.getInt32(at, true) / 2_147_483_648;
      case 'f32':
        return view.getFloat32(at, true);
      case 'f64':
        return view.getFloat64(at, true);
    }
  }

  timeNs(ahead: number): number {
    return sampleTimeNs(this.#index + ahead, this.#layout.rateHz, 1e9);
  }

  position(): number {
    return this.#index;
  }

  seek(position: unknown): void {
    this.#index = position as number;
    this.#from = 0;
    this.#to = 0;
  }

  close(): void {
    this.#file.close();
  }
}
