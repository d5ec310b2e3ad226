import type { StandardSchemaV1 } from '@standard-schema/spec';

/** One complaint of a schema: where, and what. */
export interface OptionIssue {
  /** Such as `filter.taps[3]`; empty for the options as a whole. */
  readonly path: string;
  readonly message: string;
}

export type ParsedOptions =
  /** `raw` is what a worker parses again, `value` what `create` gets. */
  | { readonly status: 'ok'; readonly raw: unknown; readonly value: unknown }
  | { readonly status: 'invalid'; readonly issues: readonly OptionIssue[] }
  /** The schema validates asynchronously. */
  | { readonly status: 'async' }
  /** There is a schema, but it is no Standard Schema. */
  | { readonly status: 'noSchema' }
  /** There are options, but no schema. */
  | { readonly status: 'unexpected' };

/**
 * Checks raw options with a stage's schema. Options that are not given are tried as `undefined`, then as
 * `{}`, so that a schema whose every field has a default needs none. Parsing the `raw` of the result gives
 * the same value again.
 */
export function parseOptions(schema: unknown, raw: unknown): ParsedOptions {
  if (schema === undefined)
    return raw === undefined ? { status: 'ok', raw, value: undefined } : { status: 'unexpected' };
  if (!isSchema(schema)) return { status: 'noSchema' };
  const parsed = validate(schema, raw);
  if (raw !== undefined || parsed.status !== 'invalid') return parsed;
  const empty = validate(schema, {});
  // Complaints about fields say more than that there is no object to hold them.
  const isAboutFields = empty.status === 'invalid' && empty.issues.every((issue) => issue.path !== '');
  return empty.status === 'ok' || isAboutFields ? empty : parsed;
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}

function validate(schema: StandardSchemaV1, raw: unknown): ParsedOptions {
  try {
    const result = schema['~standard'].validate(raw);
    if (result instanceof Promise) {
      // Its outcome no longer matters, and must not surface as an unhandled rejection.
      result.catch(() => {});
      return { status: 'async' };
    }
    if (result.issues === undefined) return { status: 'ok', raw, value: result.value };
    const issues = result.issues.map((issue) => ({
      path: pathText(issue.path ?? []),
      message: issue.message,
    }));
    return { status: 'invalid', issues };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: 'invalid', issues: [{ path: '', message: `the schema threw: ${message}` }] };
  }
}

function pathText(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  let text = '';
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text;
}
