import { describe, expect, it } from 'vitest';
import { LiveScreen, terminalLook } from '../../src/terminal/live-screen.ts';

/** Keeps what was written since it was asked last. */
class FakeTerminal {
  readonly rows = 4;
  readonly columns = 5;
  #text = '';

  write(text: string): void {
    this.#text += text;
  }

  take(): string {
    const text = this.#text.replaceAll('\u001b[', '^');
    this.#text = '';
    return text;
  }
}

describe('LiveScreen', () => {
  it('draws its lines anew in place, under lines that stay, and restores the terminal', () => {
    const terminal = new FakeTerminal();
    const screen = new LiveScreen(terminal);
    expect(terminal.take()).toBe('^?25l^?7l');
    screen.draw(['a', 'b']);
    expect(terminal.take()).toBe('a\nb\n');
    screen.draw(['c']);
    expect(terminal.take()).toBe('^2A\r^Jc\n');
    screen.print('log');
    expect(terminal.take()).toBe('^1A\r^Jlog\nc\n');
    screen.close();
    expect(terminal.take()).toBe('^1A\r^J^?7h^?25h');
    screen.close();
    expect(terminal.take()).toBe('');
  });

  it('leaves out lines beyond the height', () => {
    const terminal = new FakeTerminal();
    const screen = new LiveScreen(terminal);
    terminal.take();
    screen.draw(['1', '2', '3', '4', '5']);
    expect(terminal.take()).toBe('1\n2\n3\n');
    screen.close();
    expect(terminal.take()).toBe('^3A\r^J^?7h^?25h');
  });

  it('cuts lines off at the width, and keeps the colours of those that fit', () => {
    const terminal = new FakeTerminal();
    const screen = new LiveScreen(terminal);
    terminal.take();
    screen.draw(['\u001b[1mabcde\u001b[22m', '\u001b[1mabcdef\u001b[22m']);
    expect(terminal.take()).toBe('^1mabcde^22m\nabcde\n');
    screen.close();
    expect(terminal.take()).toBe('^2A\r^J^?7h^?25h');
  });

  it('leaves no listener behind', () => {
    const count = process.listenerCount('exit');
    const screen = new LiveScreen(new FakeTerminal());
    expect(process.listenerCount('exit')).toBe(count + 1);
    screen.close();
    expect(process.listenerCount('exit')).toBe(count);
  });
});

describe('terminalLook', () => {
  it('has the width and colours of a terminal, and neither elsewhere', () => {
    expect(terminalLook({ isTTY: true, columns: 80, hasColors: () => true })).toEqual({
      columns: 80,
      isColoured: true,
    });
    expect(terminalLook({ isTTY: true, columns: 80, hasColors: () => false })).toEqual({
      columns: 80,
      isColoured: false,
    });
    expect(terminalLook({ columns: 80 })).toEqual({});
  });
});
