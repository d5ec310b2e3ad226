import type { Arbitrary } from 'fast-check';
import { TestingError } from '../errors.ts';
import { fastCheckFor } from './fast-check.ts';

/** What a schema of valibot says about itself. What stands in its pipe beyond bounds is left to itself. */
interface ValibotSchema {
  readonly type: string;
  readonly literal?: unknown;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, ValibotSchema>>;
  readonly items?: readonly ValibotSchema[];
  readonly item?: ValibotSchema;
  readonly wrapped?: ValibotSchema;
  readonly key?: ValibotSchema;
  readonly value?: ValibotSchema;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
}

/** Values that a schema of valibot may let pass. Throws `TestingError` for a kind it does not know. */
export function fromValibot(schema: unknown): Arbitrary<unknown> {
  return of(schema as ValibotSchema);
}

function of(schema: ValibotSchema): Arbitrary<unknown> {
  const fc = fastCheckFor('messages()');
  const { type, entries, items, options } = schema;
  switch (type) {
    case 'any':
    case 'unknown':
      return fc.jsonValue();
    case 'null':
      return fc.constant(null);
    case 'undefined':
      return fc.constant(undefined);
    case 'boolean':
      return fc.boolean();
    case 'date':
      return fc.date({ noInvalidDate: true });
    case 'literal':
      return fc.constant(schema.literal);
    case 'picklist':
      return fc.constantFrom(...(options ?? []));
    case 'number':
    case 'bigint':
    case 'string':
      return scalar(schema);
    case 'union':
    case 'variant':
      return fc.oneof(...((options ?? []) as readonly ValibotSchema[]).map(of));
    case 'tuple':
    case 'strict_tuple':
    case 'loose_tuple':
      return fc.tuple(...(items ?? []).map(of));
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return object(entries ?? {});
    default:
      return wrapping(schema);
  }
}

function wrapping({ type, item, wrapped, key, value, pipe }: ValibotSchema): Arbitrary<unknown> {
  const fc = fastCheckFor('messages()');
  if (type === 'array' && item !== undefined) {
    const { minLength, maxLength } = lengths(pipe);
    return fc.array(of(item), { minLength, maxLength });
  }
  if (type === 'record' && key !== undefined && value !== undefined) {
    return fc.dictionary(of(key) as Arbitrary<string>, of(value), { noNullPrototype: true });
  }
  if (wrapped !== undefined) {
    const inner = of(wrapped);
    if (type === 'optional' || type === 'exact_optional' || type === 'undefinedable') {
      return fc.option(inner, { nil: undefined });
    }
    if (type === 'nullable') return fc.option(inner, { nil: null });
    if (type === 'nullish') return fc.oneof(inner, fc.constantFrom(null, undefined));
    if (type.startsWith('non_')) return inner.filter((one) => one !== null && one !== undefined);
  }
  const message = `no values can be derived from a schema of valibot of the type ${type}`;
  throw new TestingError('NO_ARBITRARY', message, 'Give an arbitrary of its values.');
}

function object(entries: Readonly<Record<string, ValibotSchema>>): Arbitrary<unknown> {
  const fc = fastCheckFor('messages()');
  const isRequired = ({ type }: ValibotSchema): boolean =>
    !['optional', 'exact_optional', 'nullish'].includes(type);
  const known = Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => {
      // A key that may be left out is left out, which is `undefined` also where that is not allowed as a
      // value.
      const inner = isRequired(entry) || entry.wrapped === undefined ? entry : entry.wrapped;
      return [key, of(inner)];
    }),
  );
  const requiredKeys = Object.keys(entries).filter((key) => isRequired(entries[key] as ValibotSchema));
  return fc.record(known, { requiredKeys, noNullPrototype: true });
}

function scalar({ type, pipe }: ValibotSchema): Arbitrary<unknown> {
  const fc = fastCheckFor('messages()');
  const low = bound(pipe, 'min_value', 'gt_value');
  const high = bound(pipe, 'max_value', 'lt_value');
  const has = (action: string): boolean => pipe?.some((each) => each.type === action) === true;
  if (type === 'bigint') {
    return fc.bigInt({
      ...(low === undefined ? {} : { min: BigInt(low as bigint) }),
      ...(high === undefined ? {} : { max: BigInt(high as bigint) }),
    });
  }
  if (type === 'string') return text(pipe, has);
  if (has('integer') || has('safe_integer')) {
    const min = Math.ceil(Math.max(Number(low ?? -Infinity), Number.MIN_SAFE_INTEGER));
    const max = Math.floor(Math.min(Number(high ?? Infinity), Number.MAX_SAFE_INTEGER));
    return fc.integer({ min, max });
  }
  const [min, max] = [Number(low ?? -Infinity), Number(high ?? Infinity)];
  return fc.double({ min, max, noNaN: true, noDefaultInfinity: has('finite') });
}

function text(pipe: ValibotSchema['pipe'], has: (action: string) => boolean): Arbitrary<string> {
  const fc = fastCheckFor('messages()');
  if (has('uuid')) return fc.uuid();
  if (has('email')) return fc.emailAddress();
  if (has('url')) return fc.webUrl();
  const regex = pipe?.find((each) => each.type === 'regex')?.requirement;
  if (regex instanceof RegExp) return fc.stringMatching(regex);
  return fc.string(lengths(pipe));
}

function lengths(pipe: ValibotSchema['pipe']): { minLength: number; maxLength: number } {
  const exactly = bound(pipe, 'length');
  const minLength = Number(
    exactly ?? bound(pipe, 'min_length') ?? (bound(pipe, 'non_empty') === undefined ? 0 : 1),
  );
  return { minLength, maxLength: Number(exactly ?? bound(pipe, 'max_length') ?? Math.max(10, minLength)) };
}

/** The requirement of the first of some actions in a pipe; for one without any, `true`. */
function bound(pipe: ValibotSchema['pipe'], ...actions: readonly string[]): unknown {
  const action = pipe?.find(({ type }) => actions.includes(type));
  return action === undefined ? undefined : (action.requirement ?? true);
}
