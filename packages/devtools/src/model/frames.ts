import type { NumbersArray, NumbersWire } from '@troupe/core/telemetry';

/** How a frame can be drawn. */
export type PictureKind = 'waveform' | 'channels' | 'heatmap' | 'image' | 'numbers';

/** How a frame is best drawn, and how else it can be. Numbers always. */
export function picturesOf({ dtype, shape, length }: NumbersWire): readonly PictureKind[] {
  if (length === 0) return ['numbers'];
  const [first = 0, second = 0, third = 0] = shape;
  switch (shape.length) {
    case 3:
      return dtype.startsWith('uint8') && [1, 3, 4].includes(third) ? ['image', 'numbers'] : ['numbers'];
    case 2:
      if (first === 1 || second === 1) return ['waveform', 'numbers'];
      // Few rows are channels over time; many are a field.
      return first <= 16 && second > first
        ? ['channels', 'heatmap', 'numbers']
        : ['heatmap', 'channels', 'numbers'];
    case 0:
      return ['numbers'];
    default:
      return length > 1 ? ['waveform', 'numbers'] : ['numbers'];
  }
}

/** What the numbers of a frame span. NaN and infinite ones are counted, and left out. */
export interface Spread {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly notFinite: number;
}

export function spreadOf(data: NumbersArray, from = 0, until: number = data.length): Spread {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  const end = Math.min(until, data.length);
  for (let at = from; at < end; at += 1) {
    const number = Number(data[at]);
    if (!Number.isFinite(number)) continue;
    if (number < min) min = number;
    if (number > max) max = number;
    sum += number;
    count += 1;
  }
  const notFinite = Math.max(0, end - from) - count;
  return count === 0 ? { min: 0, max: 0, mean: 0, notFinite } : { min, max, mean: sum / count, notFinite };
}

/** Least and greatest value of each pixel column: a line over them looks as if all numbers were drawn. */
export function envelopeOf(
  data: NumbersArray,
  from: number,
  until: number,
  columns: number,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = new Float64Array(columns).fill(Number.NaN);
  const high = new Float64Array(columns).fill(Number.NaN);
  const length = until - from;
  for (let at = from; at < Math.min(until, data.length); at += 1) {
    const number = Number(data[at]);
    if (!Number.isFinite(number)) continue;
    const column = Math.min(columns - 1, Math.floor(((at - from) * columns) / length));
    if (!(number >= (low[column] as number))) low[column] = number;
    if (!(number <= (high[column] as number))) high[column] = number;
  }
  return { low, high };
}

/** RGBA bytes of an image frame: one channel is grey, three are colours, four have their own alpha. */
export function imageOf({ data, shape }: NumbersWire): Uint8ClampedArray<ArrayBuffer> {
  const [height = 0, width = 0, channels = 1] = shape;
  const pixels = new Uint8ClampedArray(height * width * 4);
  for (let at = 0; at < height * width; at += 1) {
    const from = at * channels;
    const grey = Number(data[from] ?? 0);
    pixels[at * 4] = grey;
    pixels[at * 4 + 1] = channels === 1 ? grey : Number(data[from + 1] ?? 0);
    pixels[at * 4 + 2] = channels === 1 ? grey : Number(data[from + 2] ?? 0);
    // What was cut off is not there, rather than black.
    pixels[at * 4 + 3] = from >= data.length ? 0 : channels === 4 ? Number(data[from + 3]) : 255;
  }
  return pixels;
}

/**
 * RGBA of a heat map, one pixel for each number. The scale goes from dark violet over red to light yellow, in
 * even steps of lightness, so that it reads the same without colours.
 */
export function heatOf(
  { data, shape }: NumbersWire,
  { min, max }: Pick<Spread, 'min' | 'max'>,
): Uint8ClampedArray<ArrayBuffer> {
  const [rows = 0, columns = 0] = shape;
  const pixels = new Uint8ClampedArray(rows * columns * 4);
  const range = max - min;
  for (let at = 0; at < Math.min(rows * columns, data.length); at += 1) {
    const number = Number(data[at]);
    if (!Number.isFinite(number)) continue;
    const [red, green, blue] = heat(range > 0 ? (number - min) / range : 0.5);
    pixels.set([red, green, blue, 255], at * 4);
  }
  return pixels;
}

const heatStops: readonly (readonly [number, number, number])[] = [
  [13, 8, 60],
  [84, 18, 110],
  [150, 36, 100],
  [210, 66, 64],
  [245, 125, 21],
  [250, 192, 40],
  [252, 253, 191],
];

/** The colour of a share of 0 to 1. */
export function heat(share: number): readonly [number, number, number] {
  const place = Math.max(0, Math.min(1, share)) * (heatStops.length - 1);
  const at = Math.min(heatStops.length - 2, Math.floor(place));
  const [low, high] = [heatStops[at] as HeatStop, heatStops[at + 1] as HeatStop];
  const mix = (index: 0 | 1 | 2): number =>
    Math.round(low[index] + (high[index] - low[index]) * (place - at));
  return [mix(0), mix(1), mix(2)];
}

type HeatStop = readonly [number, number, number];

/** How the numbers of a frame are listed: rows of at most 16, none of which crosses a line of the frame. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** First number of a row, the one after its last, and the index of the first in the frame's shape. */
  readonly row: (index: number) => { readonly from: number; readonly until: number; readonly label: string };
}

export function gridOf({ shape, data }: NumbersWire): Grid {
  const line = Math.max(1, shape.at(-1) ?? data.length);
  const columns = line <= 16 ? line : 8;
  const rowsOfLine = Math.ceil(line / columns);
  const lines = Math.ceil(data.length / line);
  const rest = data.length - (lines - 1) * line;
  return {
    rows: data.length === 0 ? 0 : (lines - 1) * rowsOfLine + Math.ceil(rest / columns),
    columns,
    row: (index) => {
      const lineAt = Math.floor(index / rowsOfLine);
      const from = lineAt * line + (index % rowsOfLine) * columns;
      const until = Math.min(from + columns, (lineAt + 1) * line, data.length);
      return { from, until, label: labelOf(from, shape) };
    },
  };
}

/** Where a number stands in the frame's shape: `3, 0` in one of two dimensions. */
function labelOf(index: number, shape: readonly number[]): string {
  const places: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    places.unshift(rest % Math.max(1, size));
    rest = Math.floor(rest / Math.max(1, size));
  }
  return places.length === 0 ? String(index) : places.join(', ');
}

/** A number exactly: the shortest text that reads back as the same number of its type. */
export function exact(data: NumbersArray, at: number): string {
  const number = data[at];
  if (number === undefined) return '';
  if (typeof number === 'bigint') return number.toString();
  if (Object.is(number, -0)) return '-0';
  if (!(data instanceof Float32Array) || !Number.isFinite(number)) return String(number);
  // 9 digits tell every float32 from its neighbours; mostly fewer do.
  for (let precision = 1; precision < 9; precision += 1) {
    const text = number.toPrecision(precision);
    if (Math.fround(Number(text)) === number) return String(Number(text));
  }
  return String(Number(number.toPrecision(9)));
}
