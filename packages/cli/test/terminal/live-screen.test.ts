import { describe, expect, it } from 'vitest';
import { LiveScreen } from '../../src/terminal/live-screen.ts';

/** Keeps what was written since it was asked last. */
class FakeTerminal {
  readonly rows = 4;
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

  it('leaves no listener behind', () => {
    const count = process.listenerCount('exit');
    const screen = new LiveScreen(new FakeTerminal());
    expect(process.listenerCount('exit')).toBe(count + 1);
    screen.close();
    expect(process.listenerCount('exit')).toBe(count);
  });
});
