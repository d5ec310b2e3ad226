import type { ErrorWire, NumbersWire, ValueWire } from '@troupe/core/telemetry';
import { bytes, count } from './units.ts';
import { exact } from './frames.ts';

/** One line of a value that is shown as a tree. */
export interface TreeRow {
  /** Where it stands, from the root: a row keeps it while the value changes. */
  readonly path: string;
  readonly depth: number;
  readonly name: string;
  readonly text: string;
  /** How the text is drawn. */
  readonly tone: 'text' | 'number' | 'word' | 'quiet';
  readonly canOpen: boolean;
  readonly isOpen: boolean;
  readonly numbers: NumbersWire | undefined;
}

interface Child {
  readonly name: string;
  readonly value: ValueWire;
}

/** The lines of a value: those below `open` paths too. The root is always open. */
export function rowsOf(value: ValueWire, open: ReadonlySet<string>, rootName: string): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (name: string, item: ValueWire, path: string, depth: number): void => {
    const children = childrenOf(item);
    const isOpen = children.length > 0 && (depth === 0 || open.has(path));
    const numbers = item.kind === 'numbers' ? item.numbers : undefined;
    rows.push({ path, depth, name, ...lineOf(item), canOpen: children.length > 0, isOpen, numbers });
    if (!isOpen) return;
    for (const [at, child] of children.entries()) {
      add(child.name, child.value, `${path}/${at}:${child.name}`, depth + 1);
    }
  };
  add(rootName, value, '', 0);
  return rows;
}

/** A value in one line. */
export function lineOf(value: ValueWire): Pick<TreeRow, 'text' | 'tone'> {
  switch (value.kind) {
    case 'plain':
      return plainLine(value.value);
    case 'undefined':
      return { text: 'undefined', tone: 'quiet' };
    case 'bigint':
      return { text: `${value.text}n`, tone: 'number' };
    case 'text':
      return { text: `${JSON.stringify(value.text)} … of ${count(value.length)} letters`, tone: 'text' };
    case 'list':
      return {
        text: `list of ${count(value.length)}${cutOf(value.items.length, value.length)}`,
        tone: 'quiet',
      };
    case 'fields':
      return {
        text: `${value.name || 'object'}, ${fields(value.size)}${cutOf(value.entries.length, value.size)}`,
        tone: 'quiet',
      };
    case 'map':
      return { text: `map of ${count(value.size)}${cutOf(value.entries.length, value.size)}`, tone: 'quiet' };
    case 'set':
      return { text: `set of ${count(value.size)}${cutOf(value.items.length, value.size)}`, tone: 'quiet' };
    case 'date':
      return {
        text: Number.isFinite(value.ms) ? new Date(value.ms).toISOString() : 'no date',
        tone: 'number',
      };
    case 'error':
      return { text: `${value.error.name}: ${value.error.message}`, tone: 'text' };
    case 'numbers':
      return { text: numbersLine(value.numbers), tone: 'number' };
    case 'cut':
      return { text: cutText(value), tone: 'quiet' };
  }
}

/** A value in one line that tells as much of it as fits: its first fields or items. */
export function previewOf(value: ValueWire): string {
  const parts = childrenOf(value).slice(0, 5);
  if (value.kind === 'error' || parts.length === 0) return lineOf(value).text;
  const texts = parts.map(({ name, value: part }) => {
    const text =
      childrenOf(part).length > 0 || part.kind === 'numbers' ? '…' : lineOf(part).text.slice(0, 24);
    return value.kind === 'list' || value.kind === 'set' ? text : `${name}: ${text}`;
  });
  return texts.join(', ');
}

function plainLine(value: null | boolean | number | string): Pick<TreeRow, 'text' | 'tone'> {
  if (typeof value === 'string') return { text: JSON.stringify(value), tone: 'text' };
  if (typeof value === 'number') return { text: Object.is(value, -0) ? '-0' : String(value), tone: 'number' };
  return { text: String(value), tone: 'word' };
}

function numbersLine({ dtype, shape, data, length }: NumbersWire): string {
  const shown = Array.from({ length: Math.min(6, data.length) }, (_, at) => exact(data, at)).join(', ');
  const more = length > 6 ? ', …' : '';
  return `${dtype}[${shape.join(' × ')}] ${shown}${more}`;
}

function cutText({ why, what }: Extract<ValueWire, { readonly kind: 'cut' }>): string {
  switch (why) {
    case 'depth':
      return `${what}, too deep to be shown`;
    case 'budget':
      return `${what}, beyond what is shown of a value`;
    case 'redacted':
      return 'hidden on purpose';
    case 'opaque':
      return `${what}, which cannot be shown`;
  }
}

function childrenOf(value: ValueWire): readonly Child[] {
  switch (value.kind) {
    case 'list':
      return value.items.map((item, at) => ({ name: String(at), value: item }));
    case 'set':
      return value.items.map((item) => ({ name: '', value: item }));
    case 'fields':
      return value.entries.map(([name, item]) => ({ name, value: item }));
    case 'map':
      return value.entries.map(([key, item]) => ({ name: lineOf(key).text, value: item }));
    case 'error':
      return errorChildren(value.error);
    default:
      return [];
  }
}

function errorChildren({ code, remedy, stack, cause }: ErrorWire): readonly Child[] {
  const text = (name: string, content: string | undefined): readonly Child[] =>
    content === undefined ? [] : [{ name, value: { kind: 'plain', value: content } }];
  return [
    ...text('code', code),
    ...text('remedy', remedy),
    ...text('stack', stack),
    ...(cause === undefined ? [] : [{ name: 'cause', value: { kind: 'error' as const, error: cause } }]),
  ];
}

function cutOf(shown: number, size: number): string {
  return shown < size ? `, the first ${count(shown)} shown` : '';
}

function fields(size: number): string {
  return size === 1 ? 'one field' : `${count(size)} fields`;
}

/** Bytes of the numbers of a frame, and how many of them are shown where that is not all. */
export function sizeOf({ data, length }: NumbersWire): string {
  const whole = bytes(data.BYTES_PER_ELEMENT * length);
  return data.length < length ? `${whole}, the first ${count(data.length)} of ${count(length)} shown` : whole;
}
