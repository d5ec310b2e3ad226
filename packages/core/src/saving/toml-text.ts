import { bareOrQuoted, quoted } from './flaw.ts';
import { isTable } from './toml-values.ts';
import type { Table } from './toml-values.ts';

/** Longer lines are broken where TOML allows. */
const columnsMax = 100;
const indent = '  ';

/**
 * A document as TOML 1.0: first its scalars and arrays, then a `[[key]]` block for each table in its arrays
 * of tables. Within a block, tables that fit a line are written inline, the others (and `options`) as
 * sections of their own after the rest. Deterministic: the same document gives the same text. The document
 * holds only what TOML can carry (`carried`).
 */
export function tomlText(document: Table, comment: string): string {
  const blocks: string[] = [];
  const lines = [`# ${comment}`];
  for (const [key, value] of Object.entries(document)) {
    if (!isTableArray(value)) {
      lines.push(entryText(key, value));
      continue;
    }
    for (const table of value)
      blocks.push(...tableText(table, `[[${bareOrQuoted(key)}]]`, bareOrQuoted(key)));
  }
  return `${[lines.join('\n'), ...blocks].join('\n\n')}\n`;
}

/** A table under its header, and the sections of the tables in it that need some. */
function tableText(table: Table, header: string, path: string): string[] {
  const lines = [header];
  const sections: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    if (isTable(value) && wantsSection(key, value)) {
      const inner = `${path}.${bareOrQuoted(key)}`;
      sections.push(...tableText(value, `[${inner}]`, inner));
    } else {
      lines.push(entryText(key, value));
    }
  }
  return [lines.join('\n'), ...sections];
}

function wantsSection(key: string, table: Table): boolean {
  if (Object.keys(table).length === 0) return false;
  // Options are what people change: a line for each makes a readable diff.
  return key === 'options' || bareOrQuoted(key).length + 3 + inlineText(table).length > columnsMax;
}

function isTableArray(value: unknown): value is readonly Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

function entryText(key: string, value: unknown): string {
  const name = `${bareOrQuoted(key)} = `;
  return `${name}${valueText(value, '', columnsMax - name.length)}`;
}

/** A value in one line if it has room there; else, if it is an array, in several. */
function valueText(value: unknown, margin: string, room: number): string {
  const line = inlineText(value);
  if (!Array.isArray(value) || line.length <= room || value.length === 0) return line;
  const inner = margin + indent;
  const isFilled = value.every((item) => typeof item === 'number' || typeof item === 'boolean');
  const rows = isFilled
    ? filled(value, columnsMax - inner.length)
    : value.map((item) => {
        return `${valueText(item, inner, columnsMax - inner.length - 1)},`;
      });
  return `[\n${rows.map((row) => `${inner}${row}\n`).join('')}${margin}]`;
}

/** Numbers in rows of as many as fit. */
function filled(items: readonly unknown[], room: number): readonly string[] {
  const rows: string[] = [];
  let row = '';
  for (const item of items) {
    const text = `${inlineText(item)},`;
    if (row !== '' && row.length + 1 + text.length > room) {
      rows.push(row);
      row = '';
    }
    row += row === '' ? text : ` ${text}`;
  }
  rows.push(row);
  return rows;
}

function inlineText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(inlineText).join(', ')}]`;
  const entries = Object.entries(value as Table).map(
    ([key, item]) => `${bareOrQuoted(key)} = ${inlineText(item)}`,
  );
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** Integers as integers; what they cannot say (−0, beyond 2^53) and all the rest as floats. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return Number.isSafeInteger(value) || /[.e]/.test(text) ? text : `${text}.0`;
}
