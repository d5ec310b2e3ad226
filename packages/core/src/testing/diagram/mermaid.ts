import { textOf } from './rows.ts';
import type { Drawing, Row } from './rows.ts';

/** A sequence diagram in the language of mermaid. */
export function mermaidText({ rows, threads, stages, leftOut }: Drawing): string {
  const lines = ['sequenceDiagram', ...threads.map((thread) => participant(thread, stages.get(thread)))];
  if (leftOut > 0) lines.push(`  Note over ${id(0)}: ${leftOut} rows before`);
  for (const row of rows) lines.push(`  ${lineOf(row)}`);
  return `${lines.join('\n')}\n`;
}

function participant(thread: number, stages: readonly string[] = []): string {
  const name = thread === 0 ? 'main' : `worker ${thread}`;
  return `  participant ${id(thread)} as ${name}${stages.length === 0 ? '' : `<br/>${stages.join(' ')}`}`;
}

function lineOf(row: Row): string {
  const { thread, from, kind } = row;
  // In this language a number sign begins an entity, and a semicolon ends a line.
  const said = textOf(row).replaceAll('#', '#35;');
  if (kind === 'message') return `${id(from)}->>${id(thread)}: ${said}`;
  return `Note over ${id(thread)}: ${said}`;
}

function id(thread: number): string {
  return thread === 0 ? 'main' : `worker${thread}`;
}
