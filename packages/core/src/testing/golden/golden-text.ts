import { Buffer } from 'node:buffer';
import { arrayConstructor, decode, encode, isDtype } from '@troupe/mailbox';
import type { Dtype, FrameArray } from '@troupe/mailbox';
import { isFrame, isSame } from '../equality.ts';
import { GoldenError } from '../errors.ts';

/** Outputs by port, in order: frames, or values. */
export type Outputs = Readonly<Record<string, readonly unknown[]>>;

const firstLine = 'troupe golden 1';
const elementsPerLine = 16;

/**
 * Outputs as text, so that a change of them can be read. The form (docs/testing.md):
 *
 * ```
 * troupe golden 1
 *
 * samples 2
 * - float32 4: 0 -0 1.5 NaN
 * - json: {"of":"a value"}
 * ```
 */
export function goldenText(outputs: Outputs): string {
  const ports = Object.entries(outputs).map(([port, datas]) =>
    [`${port} ${datas.length}`, ...datas.map(lineOf)].join('\n'),
  );
  return [firstLine, '', ports.join('\n\n'), ''].join('\n');
}

/** What a text says. Throws `GoldenError` with the line that is wrong. */
export function parseGolden(text: string): Outputs {
  const lines = text.split(/\r?\n/);
  if (lines[0] !== firstLine) throw wrong(0, `is not '${firstLine}'`);
  const outputs: Record<string, unknown[]> = {};
  let current: unknown[] | undefined;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const head = /^(\S+) \d+$/.exec(line);
    if (line === '') current = undefined;
    else if (head !== null && current === undefined) current = outputs[head[1] as string] = [];
    else if (current === undefined || !line.startsWith('- ')) throw wrong(i, 'does not belong here');
    else {
      const from = i;
      let whole = line;
      while (lines[i + 1]?.startsWith('  ') === true) whole += ` ${(lines[++i] as string).trim()}`;
      current.push(dataOf(whole, from));
    }
  }
  return outputs;
}

function lineOf(data: unknown): string {
  if (isFrame(data)) {
    const elements = Array.from(data, elementText(data));
    const rows: string[] = [];
    for (let at = 0; at < elements.length; at += elementsPerLine) {
      rows.push(elements.slice(at, at + elementsPerLine).join(' '));
    }
    return `- ${dtypeOf(data)} ${data.length}: ${rows.join('\n  ')}`;
  }
  const json = jsonOf(data);
  if (json !== undefined) return `- json: ${json}`;
  return `- bytes: ${Buffer.from(encode(data)).toString('base64')}`;
}

function dataOf(line: string, at: number): unknown {
  const [, kind, count, rest] = /^- (\w+)(?: (\d+))?: ?(.*)$/.exec(line) ?? [];
  try {
    if (kind === 'json') return JSON.parse(rest as string);
    if (kind === 'bytes') return decode(new Uint8Array(Buffer.from(rest as string, 'base64')));
  } catch (error) {
    throw wrong(at, `cannot be read: ${(error as Error).message}`);
  }
  if (!isDtype(kind)) throw wrong(at, 'is neither a frame nor a value');
  const elements = rest === '' ? [] : (rest as string).split(/\s+/);
  if (elements.length !== Number(count)) throw wrong(at, `has ${elements.length} elements, not ${count}`);
  const frame = new (arrayConstructor(kind))(elements.length);
  const isBig = kind === 'int64' || kind === 'uint64';
  elements.forEach((element, i) => {
    const value = isBig ? BigInt(element) : Number(element);
    if (Number.isNaN(value) && element !== 'NaN') throw wrong(at, `has the element ${element}`);
    frame[i] = value as never;
  });
  return frame;
}

function wrong(at: number, what: string): GoldenError {
  return new GoldenError(`line ${at + 1} of the golden file ${what}`, 'Write it anew: TROUPE_UPDATE=1.');
}

function dtypeOf(frame: FrameArray | Float64Array): Dtype {
  const name = frame[Symbol.toStringTag].replace('Array', '').toLowerCase();
  return (name.startsWith('big') ? name.slice(3) : name) as Dtype;
}

/** As JSON, where that gives the same value again. */
function jsonOf(data: unknown): string | undefined {
  try {
    const json = JSON.stringify(data) as string | undefined;
    return json !== undefined && isSame(JSON.parse(json), data) ? json : undefined;
  } catch {
    // What JSON refuses is kept as bytes.
    return undefined;
  }
}

/** For each float of less than 64 bits: how it is rounded, and how many digits always tell it from others. */
const narrow: Readonly<Record<string, readonly [(value: number) => number, number]>> = {
  Float16Array: [Math.f16round, 5],
  Float32Array: [Math.fround, 9],
};

/** The shortest text that reads back as the same element. */
function elementText(frame: { readonly [Symbol.toStringTag]: string }): (value: number | bigint) => string {
  const [round, digitsMax] = narrow[frame[Symbol.toStringTag]] ?? [];
  return (value) => {
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'bigint' || round === undefined || !Number.isFinite(value)) return String(value);
    for (let digits = 1; digits < (digitsMax as number); digits++) {
      const short = Number(value.toPrecision(digits));
      if (round(short) === value) return String(short);
    }
    return String(Number(value.toPrecision(digitsMax)));
  };
}
