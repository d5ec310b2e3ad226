/** A checked condition of a breakpoint, as it travels to the thread that evaluates it. */
export type Condition =
  | { readonly kind: 'literal'; readonly value: Scalar }
  | { readonly kind: 'name'; readonly name: SubjectName }
  | { readonly kind: 'field'; readonly of: Condition; readonly key: Condition }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly given: readonly Condition[] }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly of: Condition }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Condition;
      readonly right: Condition;
    }
  | {
      readonly kind: 'choice';
      readonly test: Condition;
      readonly chosen: Condition;
      readonly otherwise: Condition;
    };

export type Scalar = number | bigint | string | boolean | null | undefined;

/** What a condition may look at. */
export interface Subject {
  readonly seq: number;
  /** Logical time in ns. */
  readonly time: number;
  readonly value: unknown;
  readonly frame: unknown;
  readonly error: { readonly message: string; readonly code: string } | undefined;
}

export type SubjectName = keyof Subject;
export type UnaryOperator = keyof typeof unary;
export type BinaryOperator = keyof typeof binary | '&&' | '||' | '==' | '===' | '!=' | '!==';
export type FunctionName = keyof typeof functions;

type Numbers = ArrayLike<number>;

/** Functions of numbers, and of a frame or an array in place of several numbers. */
export const functions = {
  min: (of: Numbers): number => fold(of, Infinity, (least, each) => (each < least ? each : least)),
  max: (of: Numbers): number => fold(of, -Infinity, (most, each) => (each > most ? each : most)),
  sum: (of: Numbers): number => fold(of, 0, (total, each) => total + each),
  mean: (of: Numbers): number => functions.sum(of) / of.length,
  rms: (of: Numbers): number =>
    Math.sqrt(fold(of, 0, (total, each) => total + each * each) / Math.max(1, of.length)),
  abs: ({ 0: x }: Numbers): number => Math.abs(x as number),
  sqrt: ({ 0: x }: Numbers): number => Math.sqrt(x as number),
  floor: ({ 0: x }: Numbers): number => Math.floor(x as number),
  ceil: ({ 0: x }: Numbers): number => Math.ceil(x as number),
  round: ({ 0: x }: Numbers): number => Math.round(x as number),
  exp: ({ 0: x }: Numbers): number => Math.exp(x as number),
  log: ({ 0: x }: Numbers): number => Math.log(x as number),
  log10: ({ 0: x }: Numbers): number => Math.log10(x as number),
  pow: ({ 0: x, 1: y }: Numbers): number => (x as number) ** (y as number),
} as const;

/** Numbers that one function is given at most, so that a condition holds its thread up for no longer. */
const numbersMax = 1 << 20;

export const unary = {
  '!': (x: Scalar): Scalar => !isTrue(x),
  '-': (x: Scalar): Scalar => -numberOf(x),
  '+': (x: Scalar): Scalar => numberOf(x),
} as const;

export const binary = {
  '+': (a: Scalar, b: Scalar): Scalar =>
    typeof a === 'string' && typeof b === 'string' ? a + b : numberOf(a) + numberOf(b),
  '-': (a: Scalar, b: Scalar): Scalar => numberOf(a) - numberOf(b),
  '*': (a: Scalar, b: Scalar): Scalar => numberOf(a) * numberOf(b),
  '/': (a: Scalar, b: Scalar): Scalar => numberOf(a) / numberOf(b),
  '%': (a: Scalar, b: Scalar): Scalar => numberOf(a) % numberOf(b),
  '<': (a: Scalar, b: Scalar): Scalar => compare(a, b, (x, y) => x < y),
  '<=': (a: Scalar, b: Scalar): Scalar => compare(a, b, (x, y) => x <= y),
  '>': (a: Scalar, b: Scalar): Scalar => compare(a, b, (x, y) => x > y),
  '>=': (a: Scalar, b: Scalar): Scalar => compare(a, b, (x, y) => x >= y),
} as const;

/**
 * Whether a condition holds for a message, a tick or an error. Looks at own data properties only, and runs no
 * code but its own. Throws where it makes no sense: a field of nothing, a sum of a number and a string.
 */
export function holdsFor(condition: Condition, subject: Subject): boolean {
  return isTrue(scalarOf(evaluate(condition, subject)));
}

function evaluate(node: Condition, subject: Subject): unknown {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'name':
      return subject[node.name];
    case 'field':
      return fieldOf(evaluate(node.of, subject), scalarOf(evaluate(node.key, subject)));
    case 'call':
      return functions[node.name](numbersOf(node.given.map((each) => evaluate(each, subject))));
    case 'unary':
      return unary[node.operator](scalarOf(evaluate(node.of, subject)));
    case 'choice':
      return isTrue(scalarOf(evaluate(node.test, subject)))
        ? evaluate(node.chosen, subject)
        : evaluate(node.otherwise, subject);
    default:
      return evaluateBinary(node, subject);
  }
}

function evaluateBinary(node: Condition & { readonly kind: 'binary' }, subject: Subject): unknown {
  const left = scalarOf(evaluate(node.left, subject));
  const right = (): Scalar => scalarOf(evaluate(node.right, subject));
  switch (node.operator) {
    case '&&':
      return isTrue(left) ? right() : left;
    case '||':
      return isTrue(left) ? left : right();
    case '==':
    case '===':
      return left === right();
    case '!=':
    case '!==':
      return left !== right();
    default:
      return binary[node.operator](left, right());
  }
}

/** An own data property, an element, or a length; `undefined` where there is none. */
function fieldOf(of: unknown, key: Scalar): unknown {
  const name = typeof key === 'number' ? key : String(key);
  if (of === undefined || of === null) throw new TypeError(`there is no '${name}' of ${String(of)}`);
  if (typeof of === 'string' || ArrayBuffer.isView(of)) {
    const elements = of as unknown as ArrayLike<unknown>;
    return name === 'length' ? elements.length : elements[Number(name)];
  }
  // A getter would be somebody else's code.
  return typeof of === 'object' ? Object.getOwnPropertyDescriptor(of, name)?.value : undefined;
}

function scalarOf(value: unknown): Scalar {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
    return value as Scalar;
  if (value === null) return null;
  throw new TypeError('a condition compares numbers, strings and booleans, not objects');
}

function numbersOf(given: readonly unknown[]): Numbers {
  const [first] = given;
  const isList = given.length === 1 && (Array.isArray(first) || ArrayBuffer.isView(first));
  const list = (isList ? first : given) as ArrayLike<unknown>;
  if (list.length > numbersMax) throw new RangeError(`more than ${numbersMax} numbers`);
  if (ArrayBuffer.isView(list) && typeof list[0] === 'number') return list as unknown as Numbers;
  return Array.from(list, (each) => numberOf(scalarOf(each)));
}

function numberOf(value: Scalar): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw new TypeError(`${JSON.stringify(value) ?? 'undefined'} is not a number`);
}

function compare(a: Scalar, b: Scalar, by: (a: never, b: never) => boolean): boolean {
  const isText = typeof a === 'string' && typeof b === 'string';
  return isText ? by(a as never, b as never) : by(numberOf(a) as never, numberOf(b) as never);
}

function isTrue(value: Scalar): boolean {
  return Boolean(value);
}

function fold(of: Numbers, start: number, by: (so: number, each: number) => number): number {
  let so = start;
  for (let i = 0; i < of.length; i++) so = by(so, of[i] as number);
  return so;
}
