import type { GraphDeclaration } from '../../plan/types.ts';
import { TestingError } from '../errors.ts';
import { cut } from './cuts.ts';
import type { Cut } from './cuts.ts';

/** One simulation of an exploration: a seed, and what has been left out. */
export interface Case {
  readonly seed: number;
  /** Left out of the graph, one after the other. */
  readonly cuts: readonly Cut[];
  /** The faults that happen, by their ids; `undefined`: those that are drawn. */
  readonly faults: readonly string[] | undefined;
  /** What is left of what is pushed, by port: indices, rising. A port that is not there has everything. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** `undefined`: as many as given. */
  readonly workers: number | undefined;
}

/** The case of a seed, with nothing left out. */
export function whole(seed: number): Case {
  return { seed, cuts: [], faults: undefined, inputs: {}, workers: undefined };
}

/** The case of a graph in one line: `chain seed=17 cut=bypass:s1 faults=death:s2#3 in.samples=0-2,7`. */
export function caseText(graph: string, { seed, cuts, faults, inputs, workers }: Case): string {
  const words = [graph, `seed=${seed}`];
  if (cuts.length > 0) words.push(`cut=${cuts.join(',')}`);
  if (faults !== undefined) words.push(`faults=${faults.join(',')}`);
  for (const [port, kept] of Object.entries(inputs)) words.push(`in.${port}=${ranges(kept)}`);
  if (workers !== undefined) words.push(`workers=${workers}`);
  return words.join(' ');
}

/** What `caseText` has written. Throws `TestingError` (`BAD_CASE`) for anything else. */
export function parseCase(graph: string, text: string): Case {
  const [name, ...words] = text.trim().split(/\s+/);
  if (name !== graph) throw bad(text, `it is of graph '${name}', and this is '${graph}'`);
  const inputs: Record<string, readonly number[]> = {};
  const fields = new Map<string, string>();
  for (const word of words) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    if (key.startsWith('in.')) inputs[key.slice('in.'.length)] = indices(text, value);
    else if (['seed', 'cut', 'faults', 'workers'].includes(key)) fields.set(key, value);
    else throw bad(text, `'${word}' says nothing`);
  }
  const list = (key: string): readonly string[] | undefined =>
    fields
      .get(key)
      ?.split(',')
      .filter((item) => item !== '');
  const workers = fields.get('workers');
  return {
    seed: whole32(text, fields.get('seed') ?? ''),
    cuts: list('cut') ?? [],
    faults: list('faults'),
    inputs,
    workers: workers === undefined ? undefined : whole32(text, workers),
  };
}

/** What is left of a graph; `undefined` where something is to be left out that it has not. */
export function cutDown(declaration: GraphDeclaration, cuts: readonly Cut[]): GraphDeclaration | undefined {
  let left: GraphDeclaration | undefined = declaration;
  for (const each of cuts) left = left === undefined ? undefined : cut(left, each);
  return left;
}

function ranges(rising: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < rising.length;) {
    const first = rising[i] as number;
    let last = first;
    while (rising[++i] === last + 1) last++;
    parts.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return parts.join(',');
}

function indices(text: string, value: string): readonly number[] {
  return value.split(',').flatMap((part) => {
    if (part === '') return [];
    const [first, last] = part.split('-').map((end) => whole32(text, end));
    if (first === undefined) return [];
    return Array.from({ length: (last ?? first) - first + 1 }, (_, i) => first + i);
  });
}

function whole32(text: string, value: string): number {
  if (!/^-?\d{1,10}$/.test(value)) throw bad(text, `'${value}' is no integer`);
  return Number(value);
}

function bad(text: string, why: string): TestingError {
  return new TestingError(
    'BAD_CASE',
    `'${text}' is not the case of an exploration: ${why}`,
    'Copy the line that the exploration has printed, as a whole.',
  );
}
