import type { Arbitrary } from 'fast-check';
import { TestingError } from '../errors.ts';
import { fastCheckFor } from './fast-check.ts';
import type { FastCheck } from './fast-check.ts';

/**
 * A JSON Schema, as far as values are derived from it. What it says beyond that is left to the schema
 * itself.
 */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly JsonSchema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
}

/** How deep references are followed. */
const depthMax = 8;

/** Values that a JSON Schema describes. Throws `TestingError` for what it cannot follow. */
export function fromJsonSchema(schema: Readonly<Record<string, unknown>>): Arbitrary<unknown> {
  const root = schema as JsonSchema;
  return new Derivation(fastCheckFor('messages()'), root).of(root, 0);
}

class Derivation {
  readonly #fc: FastCheck;
  readonly #root: JsonSchema;

  constructor(fc: FastCheck, root: JsonSchema) {
    this.#fc = fc;
    this.#root = root;
  }

  of(schema: JsonSchema, depth: number): Arbitrary<unknown> {
    const fc = this.#fc;
    if (schema.$ref !== undefined) return this.#referred(schema.$ref, depth);
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => this.of(choice, depth)));
    const { type } = schema;
    if (typeof type === 'object') return fc.oneof(...type.map((each) => this.#typed(each, schema, depth)));
    return type === undefined ? fc.jsonValue() : this.#typed(type, schema, depth);
  }

  #referred(ref: string, depth: number): Arbitrary<unknown> {
    const name = /^#\/\$defs\/(.+)$/.exec(ref)?.[1];
    const target = ref === '#' ? this.#root : this.#root.$defs?.[name ?? ''];
    if (target !== undefined && depth < depthMax) return this.of(target, depth + 1);
    const what = target === undefined ? `a JSON Schema refers to ${ref}` : `a JSON Schema refers to itself`;
    throw new TestingError('NO_ARBITRARY', what, 'Give an arbitrary of its values.');
  }

  #typed(type: string, schema: JsonSchema, depth: number): Arbitrary<unknown> {
    const fc = this.#fc;
    switch (type) {
      case 'string':
        return this.#string(schema);
      case 'number':
      case 'integer':
        return this.#number(schema, type === 'integer');
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array':
        return this.#array(schema, depth);
      case 'object':
        return this.#object(schema, depth);
      default:
        throw new TestingError(
          'NO_ARBITRARY',
          `a JSON Schema has the type ${type}`,
          'Give an arbitrary of its values.',
        );
    }
  }

  #string({ minLength, maxLength, pattern }: JsonSchema): Arbitrary<string> {
    if (pattern !== undefined) return this.#fc.stringMatching(new RegExp(pattern));
    return this.#fc.string(lengths(minLength, maxLength));
  }

  #number(schema: JsonSchema, isInteger: boolean): Arbitrary<number> {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf = 1 } = schema;
    const min = Math.max(minimum ?? -Infinity, exclusiveMinimum ?? -Infinity);
    const max = Math.min(maximum ?? Infinity, exclusiveMaximum ?? Infinity);
    if (!isInteger && schema.multipleOf === undefined) return this.#fc.double({ min, max, noNaN: true });
    const [lowest, highest] = [
      Math.max(min, Number.MIN_SAFE_INTEGER),
      Math.min(max, Number.MAX_SAFE_INTEGER),
    ];
    return this.#fc
      .integer({ min: Math.ceil(lowest / multipleOf), max: Math.floor(highest / multipleOf) })
      .map((value) => value * multipleOf);
  }

  #array({ items, prefixItems, minItems, maxItems }: JsonSchema, depth: number): Arbitrary<unknown> {
    if (prefixItems !== undefined) return this.#fc.tuple(...prefixItems.map((item) => this.of(item, depth)));
    const item = typeof items === 'object' ? this.of(items, depth) : this.#fc.jsonValue();
    return this.#fc.array(item, lengths(minItems, maxItems));
  }

  #object(
    { properties = {}, required = [], additionalProperties }: JsonSchema,
    depth: number,
  ): Arbitrary<unknown> {
    const fc = this.#fc;
    const entries = Object.entries(properties);
    const known = Object.fromEntries(entries.map(([key, property]) => [key, this.of(property, depth)]));
    const record = fc.record(known, {
      requiredKeys: required.filter((key) => key in known),
      noNullPrototype: true,
    });
    if (typeof additionalProperties !== 'object' || entries.length > 0) return record;
    return fc.dictionary(fc.string(), this.of(additionalProperties, depth), { noNullPrototype: true });
  }
}

function lengths(min: number | undefined, max: number | undefined): { minLength: number; maxLength: number } {
  return { minLength: min ?? 0, maxLength: max ?? Math.max(10, min ?? 0) };
}
