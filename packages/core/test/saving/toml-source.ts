import fc from 'fast-check';
import type { Path } from '../../src/saving/flaw.ts';
import type { Table } from '../../src/saving/toml-values.ts';

/** A TOML text in some style, with what it says and where each thing stands. */
export interface TomlSource {
  readonly text: string;
  readonly value: Table;
  /** Of every key, header and array element, by its path as JSON. */
  readonly lines: ReadonlyMap<string, number>;
}

type Style = () => number;

const key = fc.oneof(
  fc.stringMatching(/^[\w-]{1,4}$/),
  fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
  fc.constantFrom('', 'a.b', 'a b', '"', "'", '\\', '#', '=', '\t', 'ü', '\u{1f600}', '[[x]]', '\u007f'),
);

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    '',
    '"',
    "'",
    '"""',
    "'''",
    '\n',
    'a\nb\n',
    '# no comment',
    ']',
    '}',
    ',',
    '\\',
    '\\"',
    "''x'",
  ),
  fc.constant(new Date('2026-01-31T12:00:00.000Z')),
);

const { value } = fc.letrec<{ value: unknown; table: Table }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('table'), { minLength: 1, maxLength: 3 }),
    tie('table'),
  ),
  table: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));

/** Documents, each in a style of its own. */
export const tomlSources: fc.Arbitrary<TomlSource> = fc
  .tuple(
    fc.dictionary(key, value, { maxKeys: 6 }) as fc.Arbitrary<Table>,
    fc.infiniteStream(fc.nat({ max: 999 })),
  )
  .filter(([document]) => !hasPrototypeKey(document))
  .map(([document, choices]) => new Author(() => choices.next().value as number).write(document));

function hasPrototypeKey(table: unknown): boolean {
  if (typeof table !== 'object' || table === null) return false;
  return Object.entries(table).some(([name, inner]) => name === '__proto__' || hasPrototypeKey(inner));
}

function isTable(given: unknown): given is Table {
  return typeof given === 'object' && given !== null && !Array.isArray(given) && !(given instanceof Date);
}

/** Writes documents the way people do: in every way that TOML has. */
class Author {
  readonly #style: Style;
  readonly #lines = new Map<string, number>();
  #text = '';
  #line = 1;

  constructor(style: Style) {
    this.#style = style;
  }

  write(document: Table): TomlSource {
    if (this.#pick(8) === 0) this.#text = '\ufeff';
    this.#space();
    this.#table(document, [], []);
    return { text: this.#text, value: document, lines: this.#lines };
  }

  /** The entries of a table: those that need no header first. */
  #table(table: Table, path: Path, header: readonly string[]): void {
    const below: [string, Table | readonly Table[]][] = [];
    for (const [name, inner] of Object.entries(table)) {
      const isBlocks = Array.isArray(inner) && inner.length > 0 && inner.every(isTable);
      if ((isTable(inner) || isBlocks) && this.#pick(3) > 0) below.push([name, inner]);
      else this.#entry(name, inner, path, '\n');
    }
    for (const [name, inner] of below) this.#headed(name, inner, path, header);
  }

  #headed(name: string, inner: Table | readonly Table[], path: Path, header: readonly string[]): void {
    const names = [...header, this.#key(name)];
    const at = [...path, name];
    const dots = [' . ', '.'][this.#pick(2)] ?? '.';
    const tables = Array.isArray(inner) ? (inner as readonly Table[]) : undefined;
    for (const [i, table] of (tables ?? [inner as Table]).entries()) {
      this.#put(['', '  ', '\t'][this.#pick(3)] ?? '');
      if (i === 0) this.#mark(at);
      if (tables !== undefined) this.#mark([...at, i]);
      this.#put(tables === undefined ? `[${names.join(dots)}]` : `[[ ${names.join(dots)} ]]`);
      this.#end('\n');
      this.#table(table, tables === undefined ? at : [...at, i], names);
    }
  }

  /** `key = value`; `key.inner = value` for a table of one entry, now and then. */
  #entry(name: string, given: unknown, path: Path, end: '\n' | ''): void {
    let inner = given;
    let at = [...path, name];
    this.#mark(at);
    this.#put(this.#key(name));
    while (isTable(inner) && Object.keys(inner).length === 1 && this.#pick(2) === 0) {
      const [[next, after]] = Object.entries(inner) as [[string, unknown]];
      at = [...at, next];
      this.#mark(at);
      this.#put(` .${this.#key(next)}`);
      inner = after;
    }
    this.#put([' = ', '=', '\t= '][this.#pick(3)] ?? '=');
    this.#value(inner, at);
    if (end === '\n') this.#end('\n');
  }

  #value(given: unknown, path: Path): void {
    if (Array.isArray(given)) this.#array(given, path);
    else if (isTable(given)) this.#inline(given, path);
    else this.#put(this.#scalar(given));
  }

  #array(items: readonly unknown[], path: Path): void {
    this.#put('[');
    for (const [i, item] of items.entries()) {
      this.#space();
      this.#mark([...path, i]);
      this.#value(item, [...path, i]);
      if (this.#pick(4) === 0) this.#space();
      if (i < items.length - 1 || this.#pick(2) === 0) this.#put(',');
    }
    this.#space();
    this.#put(']');
  }

  #inline(table: Table, path: Path): void {
    this.#put('{ ');
    for (const [i, [name, inner]] of Object.entries(table).entries()) {
      if (i > 0) this.#put(' ,');
      this.#entry(name, inner, path, '');
    }
    this.#put(' }');
  }

  #scalar(given: unknown): string {
    if (typeof given === 'string') return this.#string(given);
    if (given instanceof Date) {
      const text = given.toISOString();
      return this.#pick(2) === 0 ? text : text.replace('T', ' ');
    }
    if (typeof given === 'number' && !Number.isFinite(given)) return given > 0 ? '+inf' : '-inf';
    if (Object.is(given, -0)) return '-0.0';
    const text = String(given);
    if (typeof given !== 'number' || /[.e]/.test(text)) return text;
    return Number.isSafeInteger(given) ? text : `${text}.0`;
  }

  #string(given: string): string {
    const basic = JSON.stringify(given).replaceAll('\u007f', '\\u007f');
    const way = this.#pick(5);
    const isPlain = !/[^\n\t -~\u0080-\uffff]/.test(given) && given.isWellFormed();
    if (way === 0 && isPlain && !/['\n]/.test(given)) return `'${given}'`;
    // Up to two quotes may stand before the closing three.
    if (way === 1 && isPlain && !given.includes("'''")) return `'''\n${given}'''`;
    if (way === 2) {
      const body = basic.slice(1, -1).replace(/\\(.)/g, (escape, letter) => {
        return letter === 'n' ? '\n' : letter === '"' ? '"' : escape;
      });
      return `"""\n${body.replaceAll('"""', '""\\"')}"""`;
    }
    // A backslash at the end of a line takes the blanks that follow with it.
    if (way === 3) return `"""\n\\\n   \n  ${basic.slice(1, -1).replace(/^ /, '\\u0020')}"""`;
    return basic;
  }

  #key(name: string): string {
    if (/^[\w-]+$/.test(name) && this.#pick(3) > 0) return name;
    if (this.#pick(2) === 0 && !/[^ -~\u0080-\uffff]|'/.test(name) && name.isWellFormed()) return `'${name}'`;
    return JSON.stringify(name)
      .replaceAll('\u007f', '\\x7f')
      .replaceAll('\u{1f600}', this.#pick(2) === 0 ? '\\U0001F600' : '\u{1f600}');
  }

  /** Blanks, line ends and comments, where any number may stand. */
  #space(): void {
    for (let more = this.#pick(3); more > 0; more--) {
      this.#put([' ', '\n', '\r\n', '# "\' [x] = {\n', '\t'][this.#pick(5)] ?? '');
    }
  }

  #end(end: '\n'): void {
    this.#put(['', ' ', " # a comment \"'''"][this.#pick(3)] ?? '');
    this.#put(this.#pick(4) === 0 ? `\r${end}` : end);
    this.#space();
  }

  #put(text: string): void {
    this.#text += text;
    this.#line += text.split('\n').length - 1;
  }

  #mark(path: Path): void {
    this.#lines.set(JSON.stringify(path), this.#line);
  }

  #pick(choices: number): number {
    return this.#style() % choices;
  }
}
