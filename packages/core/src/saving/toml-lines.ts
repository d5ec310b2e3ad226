import type { Path } from './flaw.ts';

const lineFeed = 10;

/** A key, header or array element of a TOML document, with the line where it begins, from 1. */
export interface LineNode {
  line: number;
  readonly children: Map<string | number, LineNode>;
  /** Made by `[[key]]` headers: a header below it means its newest element. */
  isTableArray: boolean;
}

/**
 * The lines of everything in a document. The document is known to be valid (a parser has accepted it): for
 * what is no TOML the lines mean nothing.
 */
export function scanLines(text: string): LineNode {
  return new Scanner(text).scan();
}

/** The line of a path; of the nearest thing around it that is there, where it is missing itself. */
export function lineOf(root: LineNode, path: Path): number {
  let node = root;
  for (const key of path) {
    const child = node.children.get(key);
    if (child === undefined) break;
    node = child;
  }
  return node.line;
}

function nodeAt(line: number): LineNode {
  return { line, children: new Map(), isTableArray: false };
}

class Scanner {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): LineNode {
    const root = nodeAt(1);
    let table = root;
    if (this.#text.startsWith('\ufeff')) this.#at++;
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      if (this.#peek('[[')) table = this.#header(root, 2);
      else if (this.#peek('[')) table = this.#header(root, 1);
      else this.#entry(table);
    }
    return root;
  }

  /** `[a.b]` or `[[a.b]]`: the table that the entries below belong to. */
  #header(root: LineNode, brackets: 1 | 2): LineNode {
    const line = this.#line;
    this.#at += brackets;
    const keys = this.#keys(']');
    this.#at += brackets;
    const last = keys.pop() ?? '';
    const holder = this.#descend(root, keys, line);
    if (brackets === 1) {
      const table = child(holder, last, line);
      table.line = line;
      return table;
    }
    const array = child(holder, last, line);
    array.isTableArray = true;
    return child(array, array.children.size, line);
  }

  /** `a.b = value`, at the top level or inside an inline table. */
  #entry(table: LineNode): void {
    const line = this.#line;
    const keys = this.#keys('=');
    this.#at++;
    this.#skip();
    this.#value(this.#descend(table, keys, line));
  }

  #descend(from: LineNode, keys: readonly string[], line: number): LineNode {
    let node = from;
    for (const key of keys) {
      node = child(node, key, line);
      if (node.isTableArray) node = child(node, node.children.size - 1, line);
    }
    return node;
  }

  #value(node: LineNode): void {
    if (this.#peek('"') || this.#peek("'")) {
      this.#string();
    } else if (this.#peek('[')) {
      this.#list(']', (i) => this.#value(child(node, i, this.#line)));
    } else if (this.#peek('{')) {
      this.#list('}', () => this.#entry(node));
    } else {
      // A number, boolean or date.
      this.#at = this.#next(/[,\]}#\n]/g, this.#at);
    }
  }

  /** What stands between brackets or braces, separated by commas. */
  #list(end: string, item: (i: number) => void): void {
    this.#at++;
    for (let i = 0; ; i++) {
      this.#skip();
      if (this.#at >= this.#text.length || this.#peek(end)) break;
      const before = this.#at;
      item(i);
      this.#skip();
      if (this.#peek(',')) this.#at++;
      else if (this.#at === before) break;
    }
    this.#at++;
  }

  /** The parts of a dotted key, up to the character that ends it. */
  #keys(end: ']' | '='): string[] {
    const keys: string[] = [];
    while (this.#at < this.#text.length && !this.#peek(end)) {
      const begin = this.#at;
      if (this.#peek('"') || this.#peek("'")) {
        this.#string();
        keys.push(keyOf(this.#text.slice(begin, this.#at)));
      } else {
        this.#at = this.#next(/[\s.\]="']/g, begin);
        if (this.#at > begin) keys.push(this.#text.slice(begin, this.#at));
        else this.#at++;
      }
    }
    return keys;
  }

  #string(): void {
    const quote = this.#text[this.#at] ?? '';
    const isLong = this.#peek(quote.repeat(3));
    const fence = isLong ? quote.repeat(3) : quote;
    // Basic strings have escapes, which may hide a quote.
    const marks = quote === '"' ? /\\|"/g : /'/g;
    let end = this.#next(marks, this.#at + fence.length);
    while (end < this.#text.length && !this.#text.startsWith(fence, end)) {
      end = this.#next(marks, end + (this.#text[end] === '\\' ? 2 : 1));
    }
    end += fence.length;
    // Two more quotes may stand before the fence of a long string: they are the string's own.
    for (let more = 0; isLong && more < 2 && this.#text[end] === quote; more++) end++;
    this.#pass(end);
  }

  /** Skips blanks, line ends and comments. */
  #skip(): void {
    for (;;) {
      this.#pass(this.#next(/[^\s]/g, this.#at));
      if (!this.#peek('#')) return;
      this.#at = this.#next(/\n/g, this.#at);
    }
  }

  #peek(what: string): boolean {
    return this.#text.startsWith(what, this.#at);
  }

  #next(what: RegExp, from: number): number {
    what.lastIndex = from;
    return what.exec(this.#text)?.index ?? this.#text.length;
  }

  /** Goes on to a place, counting lines. */
  #pass(end: number): void {
    for (let at = this.#at; at < end; at++) if (this.#text.charCodeAt(at) === lineFeed) this.#line++;
    this.#at = end;
  }
}

function child(node: LineNode, key: string | number, line: number): LineNode {
  let found = node.children.get(key);
  if (found === undefined) {
    found = nodeAt(line);
    node.children.set(key, found);
  }
  return found;
}

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\u001b',
};

/** The key that a quoted one stands for. */
function keyOf(source: string): string {
  const body = source.slice(1, -1);
  if (source.startsWith("'")) return body;
  const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g;
  return body.replace(escape, (_all, short?: string, middle?: string, long?: string, letter: string = '') => {
    const hex = short ?? middle ?? long;
    if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10_ffff));
    return escapes[letter] ?? letter;
  });
}
