import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import type { Look } from './run-view.ts';

/** The part of a terminal that a live screen writes to; `process.stdout` is one. */
export interface Terminal {
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
const eraseBelow = '\u001b[J';

/**
 * Lines at the bottom of a terminal that are drawn anew in place. While it is open the cursor is hidden and
 * nothing wraps; `close`, or the end of the process, restores both.
 */
export class LiveScreen {
  readonly #terminal: Terminal;
  readonly #restore = (): void => this.close();
  #lines: readonly string[] = [];
  #isOpen = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    process.on('exit', this.#restore);
    terminal.write(`${hideCursor}${wrapOff}`);
  }

  /** Replaces the lines; what does not fit the terminal is left out. */
  draw(lines: readonly string[]): void {
    const { rows = 24, columns = Infinity } = this.#terminal;
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map((line) => clip(line, columns));
    this.#terminal.write(`${this.#erase()}${fitting.map((line) => `${line}\n`).join('')}`);
    this.#lines = fitting;
  }

  /** Writes lines that stay, above those that are drawn anew. */
  print(...lines: readonly string[]): void {
    const text = [...lines, ...this.#lines].map((line) => `${line}\n`).join('');
    this.#terminal.write(`${this.#erase()}${text}`);
  }

  /** Takes away what is drawn and restores the terminal. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#restore);
    this.#terminal.write(`${this.#erase()}${wrapOn}${showCursor}`);
    this.#lines = [];
  }

  #erase(): string {
    const up = this.#lines.length;
    return up === 0 ? '' : `\u001b[${up}A\r${eraseBelow}`;
  }
}

/** What suits a stream: the width and colours of a terminal, neither elsewhere. */
export function terminalLook(stream: Partial<WriteStream>): Look {
  if (stream.isTTY !== true) return {};
  const { columns } = stream;
  return { isColoured: stream.hasColors?.() === true, ...(columns === undefined ? {} : { columns }) };
}

/** The part of a line that fits; a line that does not fit loses its colours. */
function clip(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : plain.slice(0, columns);
}
