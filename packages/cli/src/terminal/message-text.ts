import { inspect } from 'node:util';

/** Elements of a frame that are shown. */
export const shownMax = 6;
const columnsMax = 160;

export type Frame = ArrayLike<number | bigint>;

export function isFrame(value: unknown): value is Frame {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

const valueLook = { breakLength: Infinity, depth: 4, maxArrayLength: 12, maxStringLength: 80 } as const;

/** What a message holds, as a line: of a frame a few elements, from the one that matters. */
export function payloadText(value: unknown, from: number = 0): string {
  return isFrame(value) ? frameText(value, from) : shorten(inspect(value, valueLook));
}

function frameText(frame: Frame, first: number): string {
  const from = frame.length <= shownMax ? 0 : Math.min(first, frame.length - 1);
  const part = Array.from(frame).slice(from, from + shownMax);
  const elements = part.map((element) => (Object.is(element, -0) ? '-0' : String(element)));
  const before = from > 0 ? [`… from ${from}:`] : [];
  const after = from + shownMax < frame.length ? [`… of ${frame.length}`] : [];
  return `[${[...before, elements.join(', '), ...after].join(' ')}]`;
}

function shorten(text: string): string {
  const line = singleLine(text);
  return line.length <= columnsMax ? line : `${line.slice(0, columnsMax - 1)}…`;
}

/** Without line ends. */
export function singleLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** `1 step`, `2 steps`. */
export function countText(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
