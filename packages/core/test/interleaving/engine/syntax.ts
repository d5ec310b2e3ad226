/** A node of a syntax tree, as far as the instrumentation looks at it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly name?: string;
  readonly kind?: string;
  readonly operator?: string;
  readonly computed?: boolean;
  readonly optional?: boolean;
  readonly static?: boolean;
  readonly async?: boolean;
  readonly prefix?: boolean;
  readonly shorthand?: boolean;
  readonly method?: boolean;
  readonly id?: Node | null;
  readonly key?: Node;
  readonly value?: Node | null;
  readonly body?: Node | readonly Node[];
  readonly params?: readonly Node[];
  readonly object?: Node;
  readonly property?: Node;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly left?: Node;
  readonly right?: Node;
  readonly argument?: Node | null;
  readonly expression?: Node;
  readonly superClass?: Node | null;
  readonly declaration?: Node | null;
  readonly declarations?: readonly Node[];
  readonly specifiers?: readonly Node[];
  readonly source?: Node | null;
  readonly imported?: Node;
  readonly local?: Node;
  readonly exported?: Node;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The nodes right below a node, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  const children = Object.values(node).flatMap((value: unknown) => {
    if (Array.isArray(value)) return value.filter(isNode);
    return isNode(value) ? [value] : [];
  });
  // `{ a }` names a twice, in one place.
  const places = new Set<number>();
  return children
    .toSorted((a, b) => a.start - b.start)
    .filter(({ start }) => !places.has(start) && places.add(start));
}

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

export function isFunction({ type }: Node): boolean {
  return functionTypes.has(type);
}

/** The name after a dot, or of a private member, with its `#`. */
export function memberName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression' || node.computed === true) return undefined;
  return nameOf(node.property as Node);
}

export function nameOf({ type, name }: Node): string | undefined {
  return type === 'PrivateIdentifier' ? `#${name}` : type === 'Identifier' ? name : undefined;
}

/** Which operation of `Atomics` a call is. */
export function atomicOf({ type, callee }: Node): string | undefined {
  if (type !== 'CallExpression' || callee?.object?.name !== 'Atomics') return undefined;
  return memberName(callee);
}

/** Methods of typed arrays that copy. */
export const bulkNames: ReadonlySet<string> = new Set(['set', 'fill', 'copyWithin']);
