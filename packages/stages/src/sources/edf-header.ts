import type { InputFile } from './input-file.ts';

/** One signal of an EDF file. */
export interface EdfSignal {
  /** As written in the file, without padding. */
  readonly label: string;
  /** Physical dimension, such as `uV`. */
  readonly unit: string;
  readonly physicalMin: number;
  readonly physicalMax: number;
  readonly digitalMin: number;
  readonly digitalMax: number;
  readonly samplesPerRecord: number;
  /** Bytes from the start of a record to this signal's first sample. */
  readonly offsetBytes: number;
  /** EDF+: holds annotations instead of samples. */
  readonly isAnnotations: boolean;
}

/** What an EDF file says about itself. */
export interface EdfHeader {
  readonly headerBytes: number;
  readonly recordBytes: number;
  /** Data records in the file. */
  readonly records: number;
  /** Duration of a record in integer nanoseconds; 0 in a file of annotations only. */
  readonly recordNs: number;
  readonly signals: readonly EdfSignal[];
}

const REPAIR = 'Check that this is an EDF file; if it is, repair its header with the program that wrote it.';
/** EDF asks for at most 61,440 bytes in a record; far more than that is a corrupt header. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024;

/** A cursor over the fixed-width text fields of the header; its errors name the field and its byte. */
class FieldReader {
  readonly #file: InputFile;
  readonly #text: string;
  readonly #base: number;
  #at = 0;

  constructor(file: InputFile, bytes: Uint8Array, base: number) {
    this.#file = file;
    this.#text = Buffer.from(bytes).toString('latin1');
    this.#base = base;
  }

  text(width: number): string {
    this.#at += width;
    return this.#text.slice(this.#at - width, this.#at).trim();
  }

  number(width: number, name: string): number {
    const place = this.#base + this.#at;
    const text = this.text(width);
    const value = Number(text);
    if (text === '' || !Number.isFinite(value)) {
      throw this.#file.invalid(`byte ${place}: ${name} is '${printable(text)}', not a number`, REPAIR);
    }
    return value;
  }

  wholeNumber(width: number, name: string, min: number): number {
    const place = this.#base + this.#at;
    const value = this.number(width, name);
    if (Number.isInteger(value) && value >= min) return value;
    throw this.#file.invalid(`byte ${place}: ${name} is ${value}, not a whole number from ${min}`, REPAIR);
  }
}

const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?');

function readSignals(file: InputFile, bytes: Uint8Array, count: number): EdfSignal[] {
  const fields = new FieldReader(file, bytes, 256);
  const column = <T>(read: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => read(index));
  const labels = column(() => fields.text(16));
  const name = (field: string) => (index: number) =>
    `${field} of signal ${index + 1} ('${printable(labels[index]!)}')`;
  const number = (width: number, field: string): number[] =>
    column((index) => fields.number(width, name(field)(index)));
  column(() => fields.text(80));
  const units = column(() => fields.text(8));
  const physicalMins = number(8, 'physical minimum');
  const physicalMaxs = number(8, 'physical maximum');
  const digitalMins = number(8, 'digital minimum');
  const digitalMaxs = number(8, 'digital maximum');
  column(() => fields.text(80));
  const sampleCounts = column((index) => fields.wholeNumber(8, name('samples per record')(index), 1));
  let offsetBytes = 0;
  return labels.map((label, index) => {
    const signal: EdfSignal = {
      label,
      unit: units[index]!,
      physicalMin: physicalMins[index]!,
      physicalMax: physicalMaxs[index]!,
      digitalMin: digitalMins[index]!,
      digitalMax: digitalMaxs[index]!,
      samplesPerRecord: sampleCounts[index]!,
      offsetBytes,
      isAnnotations: label === 'EDF Annotations',
    };
    offsetBytes += 2 * signal.samplesPerRecord;
    checkScale(file, signal, index);
    return signal;
  });
}

function checkScale(file: InputFile, signal: EdfSignal, index: number): void {
  if (signal.isAnnotations) return;
  const where = `signal ${index + 1} ('${printable(signal.label)}')`;
  if (signal.digitalMin >= signal.digitalMax) {
    const range = `${signal.digitalMin} to ${signal.digitalMax}`;
    throw file.invalid(`${where}: digital range ${range} is empty`, REPAIR);
  }
  if (signal.physicalMin === signal.physicalMax) {
    throw file.invalid(`${where}: physical minimum and maximum are both ${signal.physicalMin}`, REPAIR);
  }
}

/** How many records the file holds, checked against what its header promises (−1: not said). */
function countRecords(file: InputFile, promised: number, headerBytes: number, recordBytes: number): number {
  const bytes = file.sizeBytes - headerBytes;
  if (promised === -1) return Math.floor(bytes / recordBytes);
  const expected = promised * recordBytes;
  if (bytes < expected) {
    const whole = Math.floor(bytes / recordBytes);
    throw file.truncated(
      `ends at byte ${file.sizeBytes}, inside record ${whole + 1} of ${promised}; ` +
        `${headerBytes + expected} bytes are expected`,
    );
  }
  if (bytes > expected) {
    throw file.invalid(
      `byte ${headerBytes + expected}: ${bytes - expected} bytes follow the last of the ` +
        `${promised} records that the header names`,
      'Repair the number of data records in the header with an EDF editor.',
    );
  }
  return promised;
}

/**
 * Reads and checks the header of an EDF or EDF+C file against the file's size.
 *
 * Source: Kemp et al. 1992 and Kemp & Olivan 2003, the EDF and EDF+ specifications.
 *
 * @throws SourceFileError when it is not one, is discontinuous (EDF+D), corrupt or truncated.
 */
export function readEdfHeader(file: InputFile): EdfHeader {
  const fixed = new Uint8Array(256);
  const count = file.read(fixed, 0, 256, 0);
  if (fixed[0] === 0xff) {
    throw file.unsupported(
      'is a BDF file (24-bit), not EDF',
      'Convert it to EDF, for example with EDFbrowser.',
    );
  }
  if (count < 8 || Buffer.from(fixed.subarray(0, 8)).toString('latin1').trim() !== '0') {
    throw file.invalid(
      "byte 0: does not start with the version '0' of an EDF file",
      'Name an EDF or EDF+ file.',
    );
  }
  if (count < 256) throw file.truncated(`ends at byte ${count}, inside the header of 256 bytes`);
  const fields = new FieldReader(file, fixed, 0);
  fields.text(184);
  const headerBytes = fields.wholeNumber(8, 'number of header bytes', 256);
  const kind = fields.text(44).slice(0, 5);
  const promised = fields.wholeNumber(8, 'number of data records', -1);
  const recordSeconds = fields.number(8, 'duration of a data record');
  const signalCount = fields.wholeNumber(4, 'number of signals', 1);
  if (kind === 'EDF+D') {
    throw file.unsupported(
      'is discontinuous (EDF+D): its records are not adjacent in time',
      'Convert it to EDF+C.',
    );
  }
  if (recordSeconds < 0)
    throw file.invalid(`byte 244: duration of a data record is ${recordSeconds} s`, REPAIR);
  if (headerBytes !== 256 * (signalCount + 1)) {
    const expected = 256 * (signalCount + 1);
    const claim = `number of header bytes is ${headerBytes}`;
    const problem = `byte 184: ${claim}, but ${signalCount} signals make ${expected}`;
    throw file.invalid(problem, REPAIR);
  }
  const rest = new Uint8Array(headerBytes - 256);
  file.readExactly(rest, rest.length, 256, `the header of ${headerBytes} bytes`);
  const signals = readSignals(file, rest, signalCount);
  const recordBytes = signals.reduce((sum, signal) => sum + 2 * signal.samplesPerRecord, 0);
  if (recordBytes > RECORD_BYTES_MAX) throw file.invalid(`its records have ${recordBytes} bytes`, REPAIR);
  const records = countRecords(file, promised, headerBytes, recordBytes);
  return { headerBytes, recordBytes, records, recordNs: Math.round(recordSeconds * 1e9), signals };
}
