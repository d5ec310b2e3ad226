/** One signal of an EDF file that a test builds. */
export interface TestSignal {
  readonly label: string;
  readonly unit?: string;
  readonly physical?: readonly [number, number];
  readonly digital?: readonly [number, number];
  /** All samples, in digital units: a whole number of records. */
  readonly samples: readonly number[];
}

export interface TestEdf {
  readonly signals: readonly TestSignal[];
  readonly records: number;
  readonly recordSeconds?: number;
  /** As the header says; `records` when left out. */
  readonly promisedRecords?: number;
  readonly reserved?: string;
}

/** An EDF file, written field by field from its specification. */
export function edfBytes({
  signals,
  records,
  recordSeconds = 1,
  promisedRecords,
  reserved = '',
}: TestEdf): Buffer {
  const text = (value: string | number, width: number): string => String(value).padEnd(width).slice(0, width);
  const column = (width: number, value: (signal: TestSignal) => string | number): string =>
    signals.map((signal) => text(value(signal), width)).join('');
  const perRecord = (signal: TestSignal): number => signal.samples.length / records;
  const header = [
    text('0', 8),
    text('patient', 80),
    text('recording', 80),
    text('01.02.20', 8),
    text('10.11.12', 8),
    text(256 * (signals.length + 1), 8),
    text(reserved, 44),
    text(promisedRecords ?? records, 8),
    text(recordSeconds, 8),
    text(signals.length, 4),
    column(16, ({ label }) => label),
    column(80, () => 'electrode'),
    column(8, ({ unit }) => unit ?? 'uV'),
    column(8, ({ physical }) => (physical ?? [-3276.8, 3276.7])[0]),
    column(8, ({ physical }) => (physical ?? [-3276.8, 3276.7])[1]),
    column(8, ({ digital }) => (digital ?? [-32_768, 32_767])[0]),
    column(8, ({ digital }) => (digital ?? [-32_768, 32_767])[1]),
    column(80, () => ''),
    column(8, perRecord),
    column(32, () => ''),
  ].join('');
  const data: number[] = [];
  for (let record = 0; record < records; record++) {
    for (const signal of signals) {
      const count = perRecord(signal);
      data.push(...signal.samples.slice(record * count, (record + 1) * count));
    }
  }
  const bytes = Buffer.alloc(2 * data.length);
  data.forEach((value, index) => bytes.writeInt16LE(value, 2 * index));
  return Buffer.concat([Buffer.from(header, 'latin1'), bytes]);
}
