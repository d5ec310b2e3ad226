/** What one contender is asked to do. */
export interface Load {
  /** Fewer frames, shorter waits: shows that the benchmark works, claims nothing. */
  readonly quick: boolean;
  /** Parameters of the contender, as its row names them. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
}

/** What one run of a contender measured, by metric; units come last in the names. */
export type Sample = Readonly<Record<string, number>>;

/** A contender module exports this under the name `measure`. It runs alone in a fresh child process. */
export type Measure = (load: Load) => Promise<Sample>;

/** A numeric parameter of a contender; throws when the row does not give it. */
export function numberOf(load: Load, name: string): number {
  const value = load.parameters[name];
  if (typeof value !== 'number') throw new TypeError(`the benchmark row gives no number for "${name}"`);
  return value;
}

/** A full count, or a tenth of it in a quick run. */
export function countOf(load: Load, full: number): number {
  return load.quick ? Math.ceil(full / 10) : full;
}
