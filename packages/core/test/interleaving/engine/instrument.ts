import type { Analysis } from './analysis.ts';
import { atomicOf, bulkNames, childrenOf, memberName, nameOf } from './syntax.ts';
import type { Node } from './syntax.ts';
import type { Site } from './runtime.ts';

/** Names of temporaries, for one function at a time. */
interface Scope {
  readonly isCoroutine: boolean;
  temporaries: number;
}

const plain: Scope = { isCoroutine: false, temporaries: 0 };

/**
 * Rewrites a module so that its functions are coroutines which yield before every operation on shared memory.
 * What is not mentioned here stays as it is written.
 */
export class Instrumenter {
  readonly #file: string;
  readonly #text: string;
  readonly #analysis: Analysis;
  readonly #sites: Site[];
  #scope: Scope = plain;

  constructor(file: string, text: string, analysis: Analysis, sites: Site[]) {
    this.#file = file;
    this.#text = text;
    this.#analysis = analysis;
    this.#sites = sites;
  }

  /** The text of a node, rewritten. */
  emit(node: Node): string {
    switch (node.type) {
      case 'FunctionDeclaration':
        return this.#function(node, `function`, node.id?.name ?? '');
      case 'ClassDeclaration':
        return this.#class(node);
      case 'MethodDefinition':
        return this.#method(node);
      case 'Property':
        return this.#property(node);
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#within(plain, () => this.#children(node));
      case 'ArrayPattern':
      case 'ObjectPattern':
        return this.#scope.isCoroutine
          ? this.#within(plain, () => this.#children(node))
          : this.#children(node);
      default:
        return this.#scope.isCoroutine ? this.#inCoroutine(node) : this.#outside(node);
    }
  }

  #children(node: Node): string {
    let text = '';
    let at = node.start;
    for (const child of childrenOf(node)) {
      text += this.#text.slice(at, child.start) + this.emit(child);
      at = child.end;
    }
    return text + this.#text.slice(at, node.end);
  }

  #within(scope: Scope, emit: () => string): string {
    const outer = this.#scope;
    this.#scope = scope;
    const text = emit();
    this.#scope = outer;
    return text;
  }

  #temporary(): string {
    return `$${++this.#scope.temporaries}`;
  }

  #site(node: Node, name: string): number {
    const line = this.#text.slice(0, node.start).split('\n').length;
    return this.#sites.push({ where: `${this.#file}:${line}`, name }) - 1;
  }

  /** A function as a coroutine, if it has to be one. `node`: the function itself. */
  #function(node: Node, before: string, name: string): string {
    if (!this.#analysis.isCoroutine(node)) {
      const async = node.async === true ? 'async ' : '';
      return `${async}${before} ${name}${this.#within(plain, () => this.#signatureAndBody(node))}`;
    }
    return `${before}* ${name}${this.#coroutine(node)}`;
  }

  #coroutine(node: Node): string {
    const params = this.#within(plain, () => this.#params(node));
    const scope = { isCoroutine: true, temporaries: 0 };
    const body = this.#within(scope, () => this.#children(node.body as Node)).slice(1);
    const names = Array.from({ length: scope.temporaries }, (_, i) => `$${i + 1}`);
    return `${params}{${names.length > 0 ? `let ${names.join(',')};` : ''}${body}`;
  }

  #params({ params = [] }: Node): string {
    return `(${params.map((param) => this.emit(param)).join(', ')})`;
  }

  #signatureAndBody(node: Node): string {
    return `${this.#params(node)} ${this.emit(node.body as Node)}`;
  }

  #class(node: Node): string {
    if (!this.#analysis.isOwnClass(node.id?.name)) return this.#within(plain, () => this.#children(node));
    const members = (node.body as Node).body as readonly Node[];
    const constructor = members.find(({ kind }) => kind === 'constructor');
    const base = node.superClass ?? undefined;
    const heritage = base === undefined ? '' : ` extends ${base.name}`;
    const start = base === undefined ? '' : 'super($.raw);';
    // The language's own constructor only makes the fields; what the class wrote there is in `$init`.
    const hasInit = constructor !== undefined || base !== undefined;
    const made = `constructor(...all) { ${start} if (all[0] !== $.raw) $.d(this.$init(...all)); }\n`;
    const init =
      constructor === undefined
        ? base === undefined
          ? ''
          : `*$init(...all) { if (super.$init) yield* super.$init(...all); }\n`
        : `*$init${this.#coroutine(constructor.value as Node)}\n`;
    const rest = members.filter((member) => member !== constructor).map((member) => this.emit(member));
    return `class ${node.id?.name}${heritage} {\n${hasInit ? made + init : ''}${rest.join('\n')}\n}`;
  }

  #method(node: Node): string {
    const { key, value, kind } = node;
    // Of a class that descends from one of the language.
    if (kind === 'constructor') return this.#within(plain, () => this.#children(node));
    const before = node.static === true ? 'static ' : '';
    const name = node.computed === true ? `[${this.emit(key as Node)}]` : (nameOf(key as Node) ?? '');
    const body = value as Node;
    const isCoroutine = this.#analysis.isCoroutine(body);
    if (kind === 'get' || kind === 'set') {
      const accessor = `${before}${kind} ${name}${this.#within(plain, () => this.#signatureAndBody(body))}`;
      if (!isCoroutine || name.startsWith('#')) return accessor;
      return `${accessor}\n${before}*$${kind}_${name}${this.#coroutine(body)}`;
    }
    if (isCoroutine) return `${before}*${name}${this.#coroutine(body)}`;
    const async = body.async === true ? 'async ' : '';
    return `${before}${async}${name}${this.#within(plain, () => this.#signatureAndBody(body))}`;
  }

  #property(node: Node): string {
    if (node.shorthand === true) return this.#text.slice(node.start, node.end);
    if (node.method !== true || node.computed === true || !this.#analysis.isCoroutine(node.value as Node))
      return this.#children(node);
    return `*${nameOf(node.key as Node)}${this.#coroutine(node.value as Node)}`;
  }

  /** Outside of coroutines nothing is a scheduling point: what coroutines do there, they do at once. */
  #outside(node: Node): string {
    if (node.type === 'ChainExpression') {
      const { expression } = node;
      return `$.d(${this.#links(expression as Node)})`;
    }
    if (node.type === 'CallExpression' && node.callee?.type !== 'Super')
      return `$.d(${this.#children(node)})`;
    return this.#children(node);
  }

  /** The links of an optional chain stay one chain. */
  #links(node: Node): string {
    const inner = node.type === 'CallExpression' ? node.callee : node.object;
    const isLink = node.type === 'CallExpression' || node.type === 'MemberExpression';
    if (!isLink || inner === undefined) return this.emit(node);
    let text = this.#links(inner);
    let at = inner.end;
    for (const child of childrenOf(node)) {
      if (child === inner) continue;
      text += this.#text.slice(at, child.start) + this.emit(child);
      at = child.end;
    }
    return text + this.#text.slice(at, node.end);
  }

  #inCoroutine(node: Node): string {
    switch (node.type) {
      case 'CallExpression':
      case 'MemberExpression':
      case 'ChainExpression':
        return this.#chain(
          node.type === 'ChainExpression' ? (node.expression as Node) : node,
          (text) => text,
        );
      case 'NewExpression':
        return this.#new(node);
      case 'AwaitExpression':
        return `(yield* $.await(${this.emit(node.argument as Node)}))`;
      case 'AssignmentExpression':
        return this.#assignment(node);
      case 'UpdateExpression':
        return this.#update(node);
      case 'UnaryExpression':
        return node.operator === 'delete' ? this.#text.slice(node.start, node.end) : this.#children(node);
      default:
        return this.#children(node);
    }
  }

  /** A chain of members and calls. `rest`: what follows, which an optional link may skip. */
  #chain(node: Node, rest: (text: string) => string): string {
    if (node.type === 'CallExpression') return this.#call(node, rest);
    if (node.type !== 'MemberExpression') return rest(this.emit(node));
    return this.#object(node, (object) => rest(this.#read(node, object)));
  }

  /** The object of a member, with the test whether it is there. */
  #object(node: Node, rest: (object: string) => string): string {
    const object = node.object as Node;
    return this.#chain(object, (text) => {
      if (node.optional !== true) return rest(text);
      const kept = this.#temporary();
      return `((${kept} = ${text}) == null ? undefined : ${rest(kept)})`;
    });
  }

  #read(node: Node, object: string): string {
    const name = memberName(node);
    if (name !== undefined) {
      if (!this.#analysis.isAccessor('get', name)) return `${object}.${name}`;
      const kept = this.#temporary();
      const there = `$.has(${kept} = ${object}, '$get_${name}')`;
      return `(${there} ? yield* ${kept}.$get_${name}() : ${kept}.${name})`;
    }
    const [array, index] = [this.#temporary(), this.#temporary()];
    const key = this.emit(node.property as Node);
    const point = this.#point(array, index, 0, this.#site(node, 'read'));
    return `(${array} = ${object}, ${index} = ${key}, ${point}, ${array}[${index}])`;
  }

  #point(array: string, index: string, isWrite: 0 | 1, site: number): string {
    return `$.p(${array}, ${index}, ${isWrite}, ${site}) && (yield)`;
  }

  #call(node: Node, rest: (text: string) => string): string {
    const callee = node.callee as Node;
    const atomic = atomicOf(node);
    if (atomic !== undefined) return rest(this.#atomic(node, atomic));
    if (callee.type === 'Super') return `(super.$init && (yield* super.$init(${this.#values(node)})))`;
    const name = memberName(callee);
    if (callee.type === 'MemberExpression' && callee.object?.type !== 'Super') {
      return this.#object(callee, (object) => {
        if (name !== undefined && bulkNames.has(name)) return rest(this.#bulk(node, object, name));
        const method = name === undefined ? `[${this.emit(callee.property as Node)}]` : `.${name}`;
        const through = node.optional === true ? '?.' : '';
        return rest(this.#result(`${object}${method}${through}(${this.#values(node)})`));
      });
    }
    if (callee.type === 'MemberExpression') return rest(this.#result(`super.${name}(${this.#values(node)})`));
    const through = node.optional === true ? '?.' : '';
    return rest(this.#result(`${this.emit(callee)}${through}(${this.#values(node)})`));
  }

  /** What a call gives; a coroutine is run first. */
  #result(call: string): string {
    const kept = this.#temporary();
    return `((${kept} = ${call}) instanceof $.G ? yield* ${kept} : ${kept})`;
  }

  #values(node: Node): string {
    return (node.arguments ?? []).map((value) => this.emit(value)).join(', ');
  }

  #bulk(node: Node, object: string, name: string): string {
    const [target, values] = [this.#temporary(), this.#temporary()];
    const site = this.#site(node, name);
    const first = `${target} = ${object}, ${values} = [${this.#values(node)}]`;
    const is = `(${first}, $.isBulk(${target}, ${values}[0]))`;
    const otherwise = this.#result(`${target}.${name}(...${values})`);
    return `(${is} ? yield* $.bulk(${target}, '${name}', ${values}, ${site}) : ${otherwise})`;
  }

  #atomic(node: Node, name: string): string {
    const values = (node.arguments ?? []).map((value) => [this.#temporary(), this.emit(value)] as const);
    const names = values.map(([kept]) => kept);
    const first = values.map(([kept, text]) => `${kept} = ${text}`).join(', ');
    const site = this.#site(node, name);
    if (name === 'wait' || name === 'waitAsync')
      return `(${first}, yield* $.${name}(${names[0]}, ${names[1]}, ${names[2]}, ${site}))`;
    const point = this.#point(names[0] ?? '', names[1] ?? '', name === 'load' ? 0 : 1, site);
    const callee = name === 'notify' ? '$.notify' : `Atomics.${name}`;
    return `(${first}, ${point}, ${callee}(${names.join(', ')}))`;
  }

  #new(node: Node): string {
    const callee = node.callee as Node;
    const isNative = callee.type === 'Identifier' && (callee.name ?? '') in globalThis;
    if (isNative) return this.#children(node);
    return `(yield* $.make(${this.emit(callee)}, [${this.#values(node)}]))`;
  }

  #assignment(node: Node): string {
    const left = node.left as Node;
    const operator = node.operator as string;
    if (left.type !== 'MemberExpression') return this.#children(node);
    const isLogical = ['??=', '||=', '&&='].includes(operator);
    const name = memberName(left);
    const object = this.emit(left.object as Node);
    const value = this.emit(node.right as Node);
    if (name !== undefined) {
      if (operator !== '=' || !this.#analysis.isAccessor('set', name))
        return `${object}.${name} ${operator} ${value}`;
      const [kept, given] = [this.#temporary(), this.#temporary()];
      const there = `(${kept} = ${object}, ${given} = ${value}, $.has(${kept}, '$set_${name}'))`;
      return `(${there} ? yield* ${kept}.$set_${name}(${given}) : ${kept}.${name} = ${given})`;
    }
    const key = this.emit(left.property as Node);
    if (isLogical) return `${object}[${key}] ${operator} ${value}`;
    const [array, index, result] = [this.#temporary(), this.#temporary(), this.#temporary()];
    const first = `${array} = ${object}, ${index} = ${key}`;
    const write = this.#point(array, index, 1, this.#site(node, 'write'));
    const last = `${write}, ${array}[${index}] = ${result}`;
    if (operator === '=') return `(${first}, ${result} = ${value}, ${last})`;
    const before = this.#temporary();
    const read = this.#point(array, index, 0, this.#site(node, 'read'));
    const changed = `${result} = ${before} ${operator.slice(0, -1)} (${value})`;
    return `(${first}, ${read}, ${before} = ${array}[${index}], ${changed}, ${last})`;
  }

  #update(node: Node): string {
    const target = node.argument as Node;
    if (target.type !== 'MemberExpression' || target.computed !== true) return this.#children(node);
    const [array, index, before] = [this.#temporary(), this.#temporary(), this.#temporary()];
    const key = this.emit(target.property as Node);
    const first = `${array} = ${this.emit(target.object as Node)}, ${index} = ${key}`;
    const read = this.#point(array, index, 0, this.#site(node, 'read'));
    const write = this.#point(array, index, 1, this.#site(node, 'write'));
    const after = `${before} ${(node.operator as string)[0]} 1`;
    const result = node.prefix === true ? after : before;
    const change = `${read}, ${before} = ${array}[${index}], ${write}, ${array}[${index}] = ${after}`;
    return `(${first}, ${change}, ${result})`;
  }
}
