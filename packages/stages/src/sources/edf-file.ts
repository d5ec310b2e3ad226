import type { EdfHeader, EdfSignal } from './edf-header.ts';
import { readEdfHeader } from './edf-header.ts';
import type { InputFile } from './input-file.ts';
import { openReader, withInputFile } from './input-file.ts';
import type { RecordingInfo, SampleReader } from './recording.ts';
import { sampleTimeNs } from './recording.ts';

interface EdfSelection {
  readonly header: EdfHeader;
  readonly signals: readonly EdfSignal[];
  readonly info: RecordingInfo;
}

/** The signals of one stream: the named ones, or all that are not annotations; all of one rate. */
function selectSignals(file: InputFile, labels: readonly string[] | undefined): EdfSelection {
  const header = readEdfHeader(file);
  const ordinary = header.signals.filter((signal) => !signal.isAnnotations);
  const known = ordinary.map((signal) => `'${signal.label}'`).join(', ');
  const signals =
    labels === undefined
      ? ordinary
      : labels.map((label) => {
          const found = ordinary.find((signal) => signal.label === label);
          if (found === undefined)
            throw file.mismatch(`has no signal '${label}'`, `Choose among its signals: ${known}.`);
          return found;
        });
  const [first] = signals;
  if (first === undefined)
    throw file.mismatch('holds annotations only, no signals', 'Name a file with signals.');
  const odd = signals.find((signal) => signal.samplesPerRecord !== first.samplesPerRecord);
  if (odd !== undefined) {
    throw file.mismatch(
      `its signals differ in rate: '${first.label}' has ${first.samplesPerRecord} samples in a record, ` +
        `'${odd.label}' has ${odd.samplesPerRecord}`,
      'Choose signals of one rate with the option `signals`, or play the file with one source per rate.',
    );
  }
  if (header.recordNs === 0) {
    throw file.invalid('byte 244: duration of a data record is 0 s', 'Repair the header of the file.');
  }
  const info: RecordingInfo = {
    channels: signals.length,
    rateHz: (first.samplesPerRecord * 1e9) / header.recordNs,
    samples: first.samplesPerRecord * header.records,
    labels: signals.map((signal) => signal.label),
    units: signals.map((signal) => signal.unit),
  };
  return { header, signals, info };
}

/**
 * What an EDF or EDF+C file holds, from its header alone: of all its signals but the annotations, or of those
 * named.
 *
 * @throws SourceFileError when the file is missing, corrupt, truncated, of another kind, lacks a named
 * signal, or the signals differ in rate.
 */
export function probeEdf(path: string, signals?: readonly string[]): RecordingInfo {
  return withInputFile(path, (file) => selectSignals(file, signals).info);
}

/** Opens an EDF file as a stream of samples in physical units, one record in memory at a time. */
export function openEdf(path: string, channels: number, labels?: readonly string[]): SampleReader {
  return openReader(path, (file) => {
    const selection = selectSignals(file, labels);
    if (selection.info.channels !== channels) {
      throw file.mismatch(
        `has ${selection.info.channels} signals, but the option \`channels\` is ${channels}`,
        'Set `channels` to what `probeEdf` tells, or choose signals with the option `signals`.',
      );
    }
    return new EdfReader(file, selection);
  });
}

class EdfReader implements SampleReader {
  readonly samples: number;
  readonly #file: InputFile;
  readonly #header: EdfHeader;
  readonly #perRecord: number;
  /** Per channel: where its samples start in a record, and value = gain · digital + offset. */
  readonly #starts: Int32Array;
  readonly #gains: Float64Array;
  readonly #offsets: Float64Array;
  /** The scaled samples at hand, `[n, channels]`; the next one to read is at `#next`. */
  #held: Float32Array;
  #heldCount = 0;
  #next = 0;
  readonly #record: Uint8Array;
  readonly #digital: DataView;
  /** Index of the sample that is read next, from 0. */
  #index = 0;

  constructor(file: InputFile, { header, signals, info }: EdfSelection) {
    this.#file = file;
    this.#header = header;
    this.samples = info.samples!;
    this.#perRecord = signals[0]!.samplesPerRecord;
    this.#starts = Int32Array.from(signals, (signal) => signal.offsetBytes);
    this.#gains = Float64Array.from(
      signals,
      (s) => (s.physicalMax - s.physicalMin) / (s.digitalMax - s.digitalMin),
    );
    this.#offsets = Float64Array.from(signals, (s, c) => s.physicalMin - this.#gains[c]! * s.digitalMin);
    this.#record = new Uint8Array(header.recordBytes);
    this.#digital = new DataView(this.#record.buffer);
    this.#held = new Float32Array(this.#perRecord * signals.length);
  }

  ensure(count: number): number {
    const wanted = Math.min(count, this.samples - this.#index);
    while (this.#heldCount - this.#next < wanted) this.#loadRecord(wanted);
    return wanted;
  }

  #loadRecord(wanted: number): void {
    const channels = this.#starts.length;
    const record = (this.#index + this.#heldCount - this.#next) / this.#perRecord;
    const position = this.#header.headerBytes + record * this.#header.recordBytes;
    const what = `record ${record + 1} of ${this.#header.records}`;
    this.#file.readExactly(this.#record, this.#header.recordBytes, position, what);
    this.#held.copyWithin(0, this.#next * channels, this.#heldCount * channels);
    this.#heldCount -= this.#next;
    this.#next = 0;
    const neededLength = (Math.max(wanted, this.#heldCount) + this.#perRecord) * channels;
    if (this.#held.length < (this.#heldCount + this.#perRecord) * channels) {
      const grown = new Float32Array(neededLength);
      grown.set(this.#held);
      this.#held = grown;
    }
    for (let c = 0; c < channels; c++) this.#scale(c, channels);
    this.#heldCount += this.#perRecord;
  }

  #scale(channel: number, channels: number): void {
    const gain = this.#gains[channel]!;
    const offset = this.#offsets[channel]!;
    let at = this.#starts[channel]!;
    let to = this.#heldCount * channels + channel;
    for (let i = 0; i < this.#perRecord; i++, at += 2, to += channels) {
      this.#held[to] = gain * this.#digital.getInt16(at, true) + offset;
    }
  }

  read(into: Float32Array): void {
    const from = this.#next * this.#starts.length;
    for (let i = 0; i < into.length; i++) into[i] = this.#held[from + i]!;
    const count = into.length / this.#starts.length;
    this.#next += count;
    this.#index += count;
  }

  timeNs(ahead: number): number {
    return sampleTimeNs(this.#index + ahead, this.#perRecord, this.#header.recordNs);
  }

  position(): number {
    return this.#index;
  }

  seek(position: unknown): void {
    const index = position as number;
    const within = index % this.#perRecord;
    this.#index = index - within;
    this.#heldCount = 0;
    this.#next = 0;
    this.ensure(1);
    this.#next = within;
    this.#index = index;
  }

  close(): void {
    this.#file.close();
  }
}
