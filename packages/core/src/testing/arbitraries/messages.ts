import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Arbitrary } from 'fast-check';
import type { MessagePort } from '../../ports.ts';
import { TestingError } from '../errors.ts';
import { fastCheckFor } from './fast-check.ts';
import type { ForPort } from './frames.ts';
import { fromJsonSchema } from './json-schema.ts';
import { fromValibot } from './valibot-schema.ts';

/** Of so many samples some must pass the schema, else what was derived is no use. */
const samplesMax = 200;
const passedMin = 20;

/**
 * The values that a schema lets pass, as they come out of it. Derived from schemas that can say what they
 * are as JSON Schema (Standard JSON Schema: zod 4.2, arktype 2.1.28, …) and from those of valibot.
 * Without a schema: of the port that it is used at. Throws `TestingError` (`NO_ARBITRARY`) where nothing
 * can be derived: no schema, another library, or rules that hardly any value meets.
 */
export function messages<T>(schema: StandardSchemaV1<unknown, T> | MessagePort<T>): Arbitrary<T>;
export function messages(): ForPort<never>;
export function messages(given?: StandardSchemaV1 | MessagePort): Arbitrary<unknown> | ForPort<never> {
  if (given !== undefined) return '~standard' in given ? valuesOf(given) : ofPort(given);
  return (port) => {
    if (port.kind === 'message') return ofPort(port) as Arbitrary<never>;
    const remedy = 'Use frames() for it, or an arbitrary of your own.';
    throw new TestingError('NO_ARBITRARY', 'messages() is used at a port that carries frames', remedy);
  };
}

const remedy = 'Give an arbitrary of its values: inputs: { port: fc.… }.';

function ofPort({ schema }: MessagePort): Arbitrary<unknown> {
  if (schema !== undefined) return valuesOf(schema);
  throw new TestingError('NO_ARBITRARY', 'a port of values has no schema to derive them from', remedy);
}

function valuesOf(schema: StandardSchemaV1): Arbitrary<unknown> {
  const fc = fastCheckFor('messages()');
  const { validate, vendor } = schema['~standard'];
  const raw = rawOf(schema);
  // A value is raw or passed; the marker tells what did not pass from a value that is `undefined`.
  const refused = Symbol('refused');
  const passed = raw.map((value) => {
    const result = validate(value);
    return result instanceof Promise || result.issues !== undefined ? refused : result.value;
  });
  const count = fc
    .sample(passed, { numRuns: samplesMax, seed: 1 })
    .filter((value) => value !== refused).length;
  if (count >= passedMin) return passed.filter((value) => value !== refused);
  const message = `${count} of ${samplesMax} values derived from a schema of ${vendor} passed it`;
  throw new TestingError('NO_ARBITRARY', message, remedy);
}

function rawOf(schema: StandardSchemaV1): Arbitrary<unknown> {
  const standard = schema['~standard'] as {
    readonly vendor: string;
    readonly jsonSchema?: { input(options: { target: string }): Record<string, unknown> };
  };
  if (standard.jsonSchema !== undefined) {
    return fromJsonSchema(standard.jsonSchema.input({ target: 'draft-2020-12' }));
  }
  if (standard.vendor === 'valibot') return fromValibot(schema);
  const message = `a schema of ${standard.vendor} does not say which values it lets pass`;
  throw new TestingError('NO_ARBITRARY', message, remedy);
}
