import { show } from '../plan/problems.ts';
import type { Flaw, Path } from './flaw.ts';
import { isTable } from './toml-values.ts';

/** Looks at a value and adds what is wrong with it to `flaws`. */
export type Shape = (value: unknown, path: Path, flaws: Flaw[]) => void;

export const text: Shape = ofType('a string', (value) => typeof value === 'string');
export const number: Shape = ofType('a number', (value) => typeof value === 'number');
export const flag: Shape = ofType('true or false', (value) => typeof value === 'boolean');
/** Whatever TOML can carry. */
export const anything: Shape = () => undefined;

/** One of some strings, given as the keys of a record so that the compiler sees whether all are there. */
export function oneOf<T extends string>(values: Readonly<Record<T, true>>): Shape {
  const names = Object.keys(values);
  return ofType(`one of ${names.join(', ')}`, (value) => names.includes(value as string));
}

/** An array. */
export function list(item: Shape): Shape {
  return (value, path, flaws) => {
    if (!Array.isArray(value)) return wrong('an array', value, path, flaws);
    value.forEach((one, i) => item(one, [...path, i], flaws));
  };
}

/** A table with keys of the writer's choice. */
export function record(item: Shape): Shape {
  return (value, path, flaws) => {
    if (!isTable(value)) return wrong('a table', value, path, flaws);
    for (const [key, one] of Object.entries(value)) item(one, [...path, key], flaws);
  };
}

/** A table that has these keys, or some of them, and no others. */
export function table(fields: Readonly<Record<string, Shape>>, required: readonly string[]): Shape {
  return (value, path, flaws) => {
    if (!isTable(value)) return wrong('a table', value, path, flaws);
    for (const key of required) {
      if (Object.hasOwn(value, key)) continue;
      flaws.push({ path: [...path, key], message: 'is missing', remedy: 'Add it.' });
    }
    for (const [key, one] of Object.entries(value)) {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (field !== undefined) field(one, [...path, key], flaws);
      else flaws.push({ path: [...path, key], message: 'is an unknown key', remedy: known(fields) });
    }
  };
}

/** A value of the one shape if it passes the test, else of the other. */
export function either(isOne: (value: unknown) => boolean, one: Shape, other: Shape): Shape {
  return (value, path, flaws) => (isOne(value) ? one : other)(value, path, flaws);
}

function known(fields: Readonly<Record<string, Shape>>): string {
  return `Known here: ${Object.keys(fields).join(', ')}.`;
}

function ofType(what: string, isRight: (value: unknown) => boolean): Shape {
  return (value, path, flaws) => {
    if (!isRight(value)) wrong(what, value, path, flaws);
  };
}

function wrong(what: string, value: unknown, path: Path, flaws: Flaw[]): void {
  flaws.push({ path, message: `is ${show(value)}`, remedy: `Give ${what}.` });
}
