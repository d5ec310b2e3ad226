/** The part of a terminal that a live screen writes to; `process.stdout` is one. */
export interface Terminal {
  readonly rows?: number;
  write(text: string): unknown;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
const eraseBelow = '\u001b[J';

/**
 * Lines at the bottom of a terminal that are drawn anew in place. While it is open the cursor is hidden and
 * long lines are cut off by the terminal instead of wrapped. `close`, or the end of the process, restores
 * both.
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

  /** Replaces the lines; those that do not fit the terminal's height are left out. */
  draw(lines: readonly string[]): void {
    const fitting = lines.slice(0, Math.max(1, (this.#terminal.rows ?? 24) - 1));
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
