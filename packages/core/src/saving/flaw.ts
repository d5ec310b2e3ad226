/** Where a value stands in a graph file: keys, and positions in arrays from 0. */
export type Path = readonly (string | number)[];

/** One thing wrong with a document, before anybody has looked for its line. */
export interface Flaw {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
}

/**
 * A path as one would write it below the header of its table: `stage.tick.hz`, `edge.from.port`,
 * `stage.options.bands[0].lowHz`. The line says which of several tables it is.
 */
export function keyText(path: Path): string {
  let text = '';
  for (const [i, key] of path.entries()) {
    if (typeof key === 'number') text += i === 1 ? '' : `[${key}]`;
    else text += `${text === '' ? '' : '.'}${bareOrQuoted(key)}`;
  }
  return text;
}

/** A key as TOML has it: bare where its characters allow. */
export function bareOrQuoted(key: string): string {
  return /^[\w-]+$/.test(key) ? key : quoted(key);
}

/** A string as TOML has it: JSON's escapes are TOML's, but for the one control character that JSON leaves. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

/** The flaws of values about which nothing has been said yet. */
export function news(flaws: readonly Flaw[], said: readonly Flaw[]): readonly Flaw[] {
  const known = new Set(said.map(({ path }) => JSON.stringify(path)));
  return flaws.filter(({ path }) => !known.has(JSON.stringify(path)));
}
