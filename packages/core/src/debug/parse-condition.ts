import jsep from 'jsep';
import type { BinaryOperator, Condition, FunctionName, SubjectName, UnaryOperator } from './condition.ts';
import { binary, functions, unary } from './condition.ts';
import { ConditionError } from './errors.ts';

const lengthMax = 1_000;
const depthMax = 32;

const names = new Set<string>(['seq', 'time', 'value', 'frame', 'error'] satisfies SubjectName[]);
const binaries = new Set([...Object.keys(binary), '&&', '||', '==', '===', '!=', '!==']);
const literals: Readonly<Record<string, boolean | null | undefined>> = { undefined };

/** Reads a condition, and checks that everything in it can be evaluated. Throws `ConditionError`. */
export function parseCondition(text: string): Condition {
  if (text.length > lengthMax) throw new ConditionError(text, lengthMax, `it is longer than ${lengthMax}`);
  let tree: jsep.Expression;
  try {
    tree = jsep(text);
  } catch (error) {
    const { index = 0, description = String(error) } = error as { index?: number; description?: string };
    throw new ConditionError(text, index, description);
  }
  return new Checker(text).check(tree, 0);
}

/** Turns the tree of the parser into one that has nothing in it but what is understood. */
class Checker {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  check(given: unknown, depth: number): Condition {
    const node = given as jsep.CoreExpression;
    if (depth > depthMax) throw this.#error('(', `it is nested deeper than ${depthMax}`);
    const next = (inner: unknown): Condition => this.check(inner, depth + 1);
    switch (node.type) {
      case 'Literal':
        return { kind: 'literal', value: node.value as string | number | boolean | null };
      case 'Identifier':
        return this.#name(node.name);
      case 'MemberExpression':
        return { kind: 'field', of: next(node.object), key: this.#key(node, next) };
      case 'CallExpression':
        return this.#call(node, next);
      case 'UnaryExpression':
        if (!Object.hasOwn(unary, node.operator)) throw this.#unknown('operator', node.operator);
        return { kind: 'unary', operator: node.operator as UnaryOperator, of: next(node.argument) };
      case 'BinaryExpression': {
        if (!binaries.has(node.operator)) throw this.#unknown('operator', node.operator);
        const operator = node.operator as BinaryOperator;
        return { kind: 'binary', operator, left: next(node.left), right: next(node.right) };
      }
      case 'ConditionalExpression':
        return {
          kind: 'choice',
          test: next(node.test),
          chosen: next(node.consequent),
          otherwise: next(node.alternate),
        };
      default:
        throw this.#unknown('expression', (node as { readonly type: string }).type);
    }
  }

  #name(name: string): Condition {
    if (Object.hasOwn(literals, name)) return { kind: 'literal', value: literals[name] };
    if (!names.has(name)) throw this.#unknown('name', name);
    return { kind: 'name', name: name as SubjectName };
  }

  #key(node: jsep.MemberExpression, next: (inner: unknown) => Condition): Condition {
    if (node.optional === true) throw this.#unknown('operator', '?.');
    if (node.computed) return next(node.property);
    return { kind: 'literal', value: (node.property as jsep.Identifier).name };
  }

  #call(node: jsep.CallExpression, next: (inner: unknown) => Condition): Condition {
    const { name } = node.callee as jsep.Identifier;
    if (node.callee.type !== 'Identifier') throw this.#error('(', 'only functions by name are called');
    if (!Object.hasOwn(functions, name)) throw this.#unknown('function', name);
    if (node.arguments.length === 0) throw this.#error(name, `${name}() needs a number`);
    return { kind: 'call', name: name as FunctionName, given: node.arguments.map(next) };
  }

  #unknown(what: string, name: string): ConditionError {
    return this.#error(name, `${what} '${name}' is not known here`);
  }

  #error(near: string, what: string): ConditionError {
    return new ConditionError(this.#text, Math.max(0, this.#text.indexOf(near)), what);
  }
}
