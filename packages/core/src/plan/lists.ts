/** All empty lists of plans: one object, where thousands of stages have several each. */
export const none: readonly never[] = Object.freeze([]);

/** A list as a plan keeps it. */
export function kept<Item>(list: readonly Item[] | undefined): readonly Item[] {
  return list === undefined || list.length === 0 ? none : list;
}
