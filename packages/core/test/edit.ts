/** A change of one module's text, before it is loaded: a bug to be found, or a smaller bound. */
export interface Edit {
  /** Path from the root of the repository. */
  readonly module: string;
  /** Occurs there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The text of its module after an edit. Throws where the place is not there, or not the only one. */
export function edited(text: string, { module, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${module}: ${parts.length - 1} places to edit, not one: ${find}`);
  return parts.join(replace);
}
