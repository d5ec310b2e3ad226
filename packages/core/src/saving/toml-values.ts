import type { Flaw, Path } from './flaw.ts';

/** A table of a document, as plain data. */
export interface Table {
  readonly [key: string]: unknown;
}

/** Tables and arrays within each other. */
const levelsMax = 100;
/** The last millisecond that TOML can write: the end of the year 9999. */
const timeMax = Date.UTC(10_000, 0) - 1;
/** The first one: the begin of the year 0. */
const timeMin = -62_167_219_200_000;

/** Whether a value is a table: a plain object. */
export function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A copy of a value as TOML can carry it: properties that are `undefined` are left out. What it cannot carry
 * is added to `flaws`, and missing in the copy.
 */
export function carried(value: unknown, path: Path, flaws: Flaw[]): unknown {
  return new Copier(flaws, refusal).copy(value, path);
}

/**
 * A copy of what a parser gave, in plain objects and `Date`s. What has no exact value in JavaScript is added
 * to `flaws`.
 */
export function plain(value: unknown, path: Path, flaws: Flaw[]): unknown {
  return new Copier(flaws, localDate).copy(value, path);
}

interface Refusal {
  readonly message: string;
  readonly remedy: string;
}

class Copier {
  readonly #flaws: Flaw[];
  readonly #refuse: (value: unknown) => Refusal | undefined;
  readonly #ancestors = new Set<unknown>();

  constructor(flaws: Flaw[], refuse: (value: unknown) => Refusal | undefined) {
    this.#flaws = flaws;
    this.#refuse = refuse;
  }

  copy(value: unknown, path: Path): unknown {
    const refused = this.#ancestors.has(value) ? cyclic : this.#refuse(value);
    if (refused !== undefined) return this.#add(path, refused);
    if (value instanceof Date) return new Date(value.getTime());
    if (typeof value !== 'object' || value === null) return value;
    if (this.#ancestors.size >= levelsMax) return this.#add(path, tooDeep);
    this.#ancestors.add(value);
    const copy = Array.isArray(value)
      ? Array.from(value, (item: unknown, i) => this.copy(item, [...path, i]))
      : Object.fromEntries(this.#entries(value as Table, path));
    this.#ancestors.delete(value);
    return copy;
  }

  *#entries(table: Table, path: Path): Generator<[string, unknown]> {
    for (const [key, value] of Object.entries(table)) {
      if (value === undefined) continue;
      const at = [...path, key];
      if (key === '__proto__') this.#add(at, prototypeKey);
      else if (!key.isWellFormed()) this.#add(at, loneSurrogate);
      else yield [key, this.copy(value, at)];
    }
  }

  #add(path: Path, { message, remedy }: Refusal): undefined {
    this.#flaws.push({ path, message, remedy });
  }
}

const cyclic: Refusal = { message: 'contains itself', remedy: 'TOML has no references: break the cycle.' };
const tooDeep: Refusal = {
  message: `is nested deeper than ${levelsMax} levels`,
  remedy: 'Flatten it, or keep it in a file of its own whose path is an option.',
};
const prototypeKey: Refusal = {
  message: 'is a key that could be mistaken for the prototype',
  remedy: 'Give it another name.',
};
const loneSurrogate: Refusal = {
  message: 'has half of a surrogate pair, which UTF-8 cannot write',
  remedy: 'Use well-formed strings (`text.toWellFormed()`).',
};

/** Why TOML cannot carry a value itself, whatever is inside. */
function refusal(value: unknown): Refusal | undefined {
  switch (typeof value) {
    case 'boolean':
    case 'number':
      return undefined;
    case 'string':
      return value.isWellFormed() ? undefined : loneSurrogate;
    case 'object':
      return objectRefusal(value);
    case 'bigint':
      return no(
        'a bigint',
        'TOML has one kind of integer: give a number, or a string that the schema converts.',
      );
    default:
      return no(
        value === undefined ? 'undefined' : `a ${typeof value}`,
        'TOML has no such value: leave it out.',
      );
  }
}

function objectRefusal(value: object | null): Refusal | undefined {
  if (value === null) return no('null', 'TOML has no null: leave it out, or use a value that says the same.');
  if (value instanceof Date) {
    const time = value.getTime();
    if (time >= timeMin && time <= timeMax) return undefined;
    return no(
      Number.isNaN(time) ? 'an invalid date' : `the date ${value.toISOString()}`,
      'Use the years 0 to 9999.',
    );
  }
  if (Array.isArray(value)) {
    if (Object.keys(value).length === value.length) return undefined;
    return no('an array with holes or properties', 'Fill the holes; keep properties in an object.');
  }
  if (!isTable(value)) {
    const remedy = ArrayBuffer.isView(value)
      ? 'Give a plain array (`Array.from(…)`), or the path of a file that holds the numbers.'
      : 'Use plain objects and arrays.';
    return no(`an instance of ${nameOf(value)}`, remedy);
  }
  if (Object.getOwnPropertySymbols(value).length === 0) return undefined;
  return no('an object with symbols for keys', 'Use strings for keys.');
}

function nameOf(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : 'a class';
}

function no(what: string, remedy: string): Refusal {
  return { message: `is ${what}`, remedy };
}

/** The parser's dates know whether they had an offset; without one they name no point in time. */
function localDate(value: unknown): Refusal | undefined {
  if (!(value instanceof Date) || !(value as { isLocal?: () => boolean }).isLocal?.()) return undefined;
  const message = 'is a date or time without an offset, which names no point in time';
  return { message, remedy: 'Write it with one, such as 2026-01-31T12:00:00Z, or as a string.' };
}
