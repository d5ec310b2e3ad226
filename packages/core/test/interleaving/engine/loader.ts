import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { parseSync } from 'oxc-parser';
import { edited } from '../../edit.ts';
import type { Edit } from '../../edit.ts';
import { Analysis } from './analysis.ts';
import { Instrumenter } from './instrument.ts';
import { Runtime } from './runtime.ts';
import { nameOf } from './syntax.ts';
import type { Node } from './syntax.ts';

/** Modules as they were loaded, and what leads their threads. */
export interface Loaded<Exports> {
  readonly exports: Exports;
  readonly runtime: Runtime;
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: Node;
}

type Exports = Record<string, unknown>;

const root: string = fileURLToPath(new URL('../../../../../', import.meta.url));
const packageSources: Readonly<Record<string, string>> = {
  '@troupe/mailbox': 'packages/mailbox/src/index.ts',
};
const threadModule = 'packages/core/test/interleaving/engine/thread.ts';

/** Modules without shared memory of their own, some of which hand functions to the language. */
const uninstrumented: ReadonlySet<string> = new Set([
  'packages/mailbox/src/codec.ts',
  'packages/mailbox/src/dtype.ts',
  'packages/mailbox/src/errors.ts',
  'packages/mailbox/src/gauges.ts',
  'packages/mailbox/src/histogram.ts',
]);

/** Loads a module and everything that it imports, so that a scheduler can lead what runs in it. */
export function load<Loads>(entry: URL, edits: readonly Edit[] = []): Loaded<Loads> {
  const loading = new Loading(edits);
  return { exports: loading.load(relative(root, fileURLToPath(entry))) as Loads, runtime: loading.finish() };
}

class Loading {
  readonly #runtime = new Runtime();
  readonly #edits: readonly Edit[];
  readonly #sources = new Map<string, Source>();
  readonly #modules = new Map<string, Exports>();
  readonly #analysis = new Analysis();

  constructor(edits: readonly Edit[]) {
    this.#edits = edits;
    const { runtime } = { runtime: this.#runtime };
    this.#modules.set(threadModule, {
      pause: () => runtime.pause(),
      untilOver: (thread: string) => runtime.untilOver(thread),
    });
  }

  load(path: string): Exports {
    this.#read(path);
    const unused = this.#edits.find(({ module }) => !this.#sources.has(module));
    if (unused !== undefined) throw new Error(`${unused.module} is not loaded: nothing to edit`);
    for (const source of this.#sources.values())
      if (!uninstrumented.has(source.path)) this.#analysis.add(source.program);
    this.#analysis.finish();
    return this.#evaluate(path);
  }

  finish(): Runtime {
    this.#runtime.endLoading();
    return this.#runtime;
  }

  /** Reads a module's text and those of all that it imports. */
  #read(path: string): void {
    if (this.#sources.has(path) || this.#modules.has(path)) return;
    let text = readFileSync(`${root}${path}`, 'utf8');
    for (const edit of this.#edits) if (edit.module === path) text = edited(text, edit);
    const stripped = stripTypeScriptTypes(text);
    const { program, errors } = parseSync(path.replace(/\.ts$/, '.js'), stripped);
    const [error] = errors;
    if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
    const source = { path, text: stripped, program: program as unknown as Node };
    this.#sources.set(path, source);
    for (const { source: from } of source.program.body as readonly Node[]) {
      const specifier = specifierOf(from);
      if (specifier !== undefined && !specifier.startsWith('node:')) this.#read(resolve(path, specifier));
    }
  }

  #evaluate(path: string): Exports {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const source = this.#sources.get(path) as Source;
    const names = new Map<string, string>();
    const lines = (source.program.body as readonly Node[]).map((node) =>
      this.#statement(source, node, names),
    );
    const given = [...names].map(([exported, local]) => `${exported}: ${local}`).join(', ');
    const text = `'use strict';\n${lines.join('\n')}\nreturn { ${given} };`;
    const filename = `interleaving/${path}`;
    const body = compileFunction(text, ['$', '$import', 'SharedArrayBuffer'], { filename });
    const bring = (specifier: string): unknown => {
      if (specifier.startsWith('node:')) return process.getBuiltinModule(specifier);
      return this.#evaluate(resolve(path, specifier));
    };
    const exports = body(this.#runtime, bring, this.#runtime.SharedArrayBuffer) as Exports;
    this.#modules.set(path, exports);
    return exports;
  }

  /** A statement of a module as one of a function. `names`: what the module exports. */
  #statement(source: Source, node: Node, names: Map<string, string>): string {
    const from = specifierOf(node.source);
    if (node.type === 'ImportDeclaration') return importOf(node, from as string);
    if (node.type !== 'ExportNamedDeclaration') return this.#emit(source, node);
    const { declaration, specifiers = [] } = node;
    if (from !== undefined) {
      if (specifiers.length === 0) return '';
      const kept = `$${names.size}_${specifiers.length}`;
      for (const { local, exported } of specifiers)
        names.set(exported?.name ?? '', `${kept}.${local?.name ?? ''}`);
      return `const ${kept} = $import('${from}');`;
    }
    for (const { local, exported } of specifiers) names.set(exported?.name ?? '', local?.name ?? '');
    if (declaration === null || declaration === undefined) return '';
    for (const { id } of declaration.declarations ?? [declaration])
      if (id !== null && id !== undefined) names.set(nameOf(id) ?? '', nameOf(id) ?? '');
    return this.#emit(source, declaration);
  }

  #emit({ path, text }: Source, node: Node): string {
    if (uninstrumented.has(path)) return text.slice(node.start, node.end);
    return new Instrumenter(path, text, this.#analysis, this.#runtime.sites).emit(node);
  }
}

function specifierOf(source: Node | null | undefined): string | undefined {
  return source === null || source === undefined ? undefined : (source.value as unknown as string);
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return new URL(specifier, `file:///${from}`).pathname.slice(1);
  const path = packageSources[specifier];
  if (path === undefined) throw new Error(`${from} imports ${specifier}, which cannot be loaded here`);
  return path;
}

function importOf({ specifiers = [] }: Node, from: string): string {
  const named = specifiers.flatMap(({ type, imported, local }) => {
    if (type === 'ImportSpecifier') return [`${imported?.name}: ${local?.name}`];
    return [];
  });
  const whole = specifiers.find(({ type }) => type !== 'ImportSpecifier')?.local?.name;
  const lines = named.length > 0 ? [`const { ${named.join(', ')} } = $import('${from}');`] : [];
  if (whole !== undefined) lines.push(`const ${whole} = $import('${from}');`);
  return lines.join(' ');
}
