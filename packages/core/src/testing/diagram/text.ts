import { textOf } from './rows.ts';
import type { Drawing, Row } from './rows.ts';

const columnsMax = 110;
/** Step and time, before the first lifeline. */
const marginColumns = 17;
/** Wider than this, the eye loses the line. */
const gapColumnsMax = 26;
const gapColumnsMin = 12;

/** A sequence diagram as text. A thread that finds no place within the columns is not drawn. */
export function diagramText(drawing: Drawing): string {
  const room = columnsMax - marginColumns;
  const threads = drawing.threads.slice(0, Math.floor(room / gapColumnsMin));
  const gap = Math.min(gapColumnsMax, Math.floor(room / threads.length));
  const place = new Map(threads.map((thread, i) => [thread, marginColumns + i * gap]));
  const rows = drawing.rows.filter(({ thread, from }) => place.has(thread) && place.has(from));
  const lines = [...headOf(drawing, threads, gap), ...rows.map((row) => lineOf(row, place, gap))];
  const hidden = drawing.threads.length - threads.length;
  if (drawing.leftOut > 0) lines.splice(2, 0, above(place, `${drawing.leftOut} rows before`));
  if (hidden > 0) lines.push(`${' '.repeat(marginColumns)}and ${hidden} more threads`);
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function headOf({ stages }: Drawing, threads: readonly number[], gap: number): string[] {
  const row = (name: (thread: number) => string): string =>
    threads.map((thread) => clipped(name(thread), gap - 1).padEnd(gap)).join('');
  return [
    `${'step'.padStart(6)} ${'ms'.padStart(8)}  ${row((thread) => (thread === 0 ? 'main' : `worker ${thread}`))}`,
    `${' '.repeat(marginColumns)}${row((thread) => stages.get(thread)?.join(' ') ?? '')}`,
  ];
}

function above(place: ReadonlyMap<number, number>, text: string): string {
  const cells = lifelines(place, '┊');
  write(cells, (place.get(0) ?? 0) + 2, text);
  return cells.join('');
}

function lineOf(row: Row, place: ReadonlyMap<number, number>, gap: number): string {
  const cells = lifelines(place, '│');
  write(cells, 0, `${String(row.step).padStart(6)} ${row.atMs.toFixed(3).padStart(8)}`);
  const at = place.get(row.thread) as number;
  const from = place.get(row.from) as number;
  if (row.kind === 'end') cells[at] = '╳';
  if (row.kind === 'fault') cells[at] = '┃';
  const text = textOf(row);
  if (at !== from) arrow(cells, from, at, text);
  else write(cells, at + 2, clipped(row.kind === 'message' ? `▸ ${text}` : text, gap - 3));
  return cells.join('');
}

function lifelines(place: ReadonlyMap<number, number>, sign: string): string[] {
  const last = Math.max(...place.values());
  const cells = Array.from({ length: last + 1 }, () => ' ');
  for (const at of place.values()) cells[at] = sign;
  return cells;
}

/** From one lifeline to another, through those between them, with its text at the end that it leads to. */
function arrow(cells: string[], from: number, to: number, text: string): void {
  const [left, right] = from < to ? [from, to] : [to, from];
  for (let i = left + 1; i < right; i++) cells[i] = cells[i] === '│' ? '┼' : '─';
  cells[from] = from < to ? '├' : '┤';
  const label = ` ${clipped(text, right - left - 5)} `;
  if (from < to) {
    cells[right - 1] = '▶';
    write(cells, right - 2 - label.length, label);
  } else {
    cells[left + 1] = '◀';
    write(cells, left + 3, label);
  }
}

function write(cells: string[], at: number, text: string): void {
  let i = at;
  for (const sign of text) {
    while (cells.length < i) cells.push(' ');
    cells[i++] = sign;
  }
}

function clipped(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
