import { atomicOf, bulkNames, childrenOf, isFunction, memberName, nameOf } from './syntax.ts';
import type { Node } from './syntax.ts';

/** What one function, method or accessor does, besides what the functions inside of it do. */
interface Definition {
  readonly node: Node;
  readonly name: string;
  hasPoint: boolean;
  readonly calls: Set<string>;
  readonly reads: Set<string>;
}

/** Which functions of a set of modules may come upon shared memory, and so have to be coroutines. */
export class Analysis {
  readonly #definitions: Definition[] = [];
  readonly #names = new Set<string>();
  readonly #coroutines = new Set<Node>();
  readonly #accessors = new Set<string>();
  /** Classes and what they extend: `undefined` is nothing. */
  readonly #bases = new Map<string, string | undefined>();

  add(program: Node): void {
    this.#visit(program, undefined);
  }

  /** Functions that call coroutines are coroutines. */
  finish(): void {
    const names = new Set<string>();
    for (let size = -1; size < names.size + this.#coroutines.size;) {
      size = names.size + this.#coroutines.size;
      for (const definition of this.#definitions) {
        if (this.#coroutines.has(definition.node) || !this.#isCoroutine(definition, names)) continue;
        this.#coroutines.add(definition.node);
        names.add(definition.name);
      }
    }
  }

  isCoroutine(node: Node): boolean {
    return this.#coroutines.has(node);
  }

  /** Whether reading (`get`) or assigning (`set`) a member of this name may run code that matters. */
  isAccessor(kind: 'get' | 'set', name: string): boolean {
    return this.#accessors.has(`${kind} ${name}`);
  }

  /** Whether a class's constructor can be taken apart: it descends from no class of the language. */
  isOwnClass(name: string | undefined): boolean {
    if (name === undefined || !this.#bases.has(name)) return false;
    const base = this.#bases.get(name);
    return base === undefined || this.isOwnClass(base);
  }

  #isCoroutine({ hasPoint, calls, reads }: Definition, names: ReadonlySet<string>): boolean {
    if (hasPoint) return true;
    // A function that nobody has defined is somebody's parameter: it may be anything.
    for (const call of calls) if (names.has(call) || this.#isUnknown(call)) return true;
    for (const read of reads) if (names.has(`get ${read}`) || names.has(`set ${read}`)) return true;
    return false;
  }

  #isUnknown(call: string): boolean {
    return call.startsWith('?') && !this.#names.has(call.slice(1)) && !(call.slice(1) in globalThis);
  }

  #visit(node: Node, inside: Definition | undefined): void {
    if (node.type === 'ClassDeclaration') this.#bases.set(node.id?.name ?? '', baseOf(node));
    const owner = definitionOf(node);
    let within = inside;
    if (owner !== undefined) {
      within = { ...owner, hasPoint: false, calls: new Set(), reads: new Set() };
      this.#definitions.push(within);
      this.#names.add(within.name);
      if (node.kind === 'get' || node.kind === 'set') this.#accessors.add(within.name);
      // The function expression of a method is the method.
      for (const child of childrenOf(owner.node)) this.#visit(child, within);
      return;
    }
    if (isFunction(node)) within = undefined;
    if (within !== undefined) note(node, within);
    for (const child of childrenOf(node)) this.#visit(child, within);
  }
}

function baseOf({ superClass }: Node): string | undefined {
  if (superClass === null || superClass === undefined) return undefined;
  return superClass.name ?? '';
}

/** The function that a node defines under a name, if it can be a coroutine. */
function definitionOf(node: Node): { node: Node; name: string } | undefined {
  const { type, kind, key, value, computed, method, id } = node;
  if (type === 'FunctionDeclaration') return { node, name: id?.name ?? '' };
  const isMethod = type === 'MethodDefinition' || (type === 'Property' && method === true);
  if (!isMethod || computed === true || value === null || value === undefined) return undefined;
  const name = nameOf(key as Node) ?? '';
  const prefix = kind === 'get' || kind === 'set' ? `${kind} ` : '';
  return { node: value, name: `${prefix}${name}` };
}

function note(node: Node, definition: Definition): void {
  const { type, callee } = node;
  const name = memberName(node);
  if (name !== undefined) definition.reads.add(name);
  if (type === 'MemberExpression' && node.computed === true) definition.hasPoint = true;
  if (type === 'AwaitExpression' || atomicOf(node) !== undefined) definition.hasPoint = true;
  if (
    type === 'NewExpression' &&
    !((callee as Node).name !== undefined && (callee?.name ?? '') in globalThis)
  )
    definition.hasPoint = true;
  if (type !== 'CallExpression' || callee === undefined) return;
  const called = memberName(callee);
  if (called !== undefined) definition.calls.add(called);
  if (called !== undefined && bulkNames.has(called)) definition.hasPoint = true;
  if (callee.type === 'Super') definition.hasPoint = true;
  if (callee.type === 'Identifier') {
    definition.calls.add(callee.name ?? '');
    definition.calls.add(`?${callee.name}`);
  }
}
