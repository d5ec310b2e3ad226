import { Visitor, parseSync } from 'oxc-parser';

/** How one file refers to another module. */
export interface Reference {
  readonly offset: number;
  /** `type` vanishes when the file runs, `dynamic` loads when it is reached, `url` only names a file. */
  readonly kind: 'value' | 'type' | 'dynamic' | 'url' | 'require';
  /** `undefined` when it is not a literal, so that nothing can be said about it. */
  readonly specifier: string | undefined;
}

export interface ParsedReferences {
  readonly references: readonly Reference[];
  /** Syntax errors, and directives that pull in files past the import syntax. */
  readonly problems: readonly { readonly offset: number; readonly message: string }[];
}

interface ImportLike {
  readonly start: number;
  readonly source: { readonly value: string } | null;
}

/**
 * Everything in a source text that names another module: imports, re-exports, `import()`, `import()` types,
 * `require`, `createRequire`, and `new URL(…, import.meta.url)`.
 *
 * An inline `import { type A }` counts as a value import: under `verbatimModuleSyntax` the statement stays.
 */
export function referencesOf(path: string, text: string): ParsedReferences {
  const { program, comments, errors } = parseSync(path, text);
  const references: Reference[] = [];
  const declaration = (node: ImportLike, kind: 'type' | 'value'): void => {
    if (node.source !== null) references.push({ offset: node.start, kind, specifier: node.source.value });
  };
  const requires = (offset: number, specifier: string | undefined): void => {
    references.push({ offset, kind: 'require', specifier });
  };
  new Visitor({
    ImportDeclaration(node) {
      declaration(node, node.importKind === 'type' ? 'type' : 'value');
      if (node.source.value === 'node:module' || node.source.value === 'module') {
        const named = node.specifiers.filter((item) => item.type === 'ImportSpecifier');
        const reaches = named.some((item) => text.slice(item.start, item.end).includes('createRequire'));
        if (reaches || named.length < node.specifiers.length) requires(node.start, undefined);
      }
    },
    ExportNamedDeclaration: (node) => declaration(node, node.exportKind === 'type' ? 'type' : 'value'),
    ExportAllDeclaration: (node) => declaration(node, node.exportKind === 'type' ? 'type' : 'value'),
    ImportExpression(node) {
      references.push({ offset: node.start, kind: 'dynamic', specifier: literalOf(node.source) });
    },
    TSImportType: (node) => declaration(node, 'type'),
    TSExternalModuleReference: (node) => requires(node.start, node.expression.value),
    CallExpression(node) {
      const { callee } = node;
      const isRequire = callee.type === 'Identifier' && callee.name === 'require';
      if (isRequire) requires(node.start, literalOf(node.arguments[0]));
    },
    NewExpression(node) {
      const [path_, base] = node.arguments;
      const isUrl = node.callee.type === 'Identifier' && node.callee.name === 'URL';
      if (!isUrl || base === undefined || text.slice(base.start, base.end) !== 'import.meta.url') return;
      references.push({ offset: node.start, kind: 'url', specifier: literalOf(path_) });
    },
  }).visit(program);
  const problems = errors.map((error) => ({ offset: error.labels[0]?.start ?? 0, message: error.message }));
  for (const { type, value, start } of comments) {
    if (type === 'Line' && /^\/\s*<reference\b/.test(value)) {
      problems.push({
        offset: start,
        message: 'a `/// <reference>` directive; import what is needed instead',
      });
    }
  }
  return { references: references.toSorted((a, b) => a.offset - b.offset), problems };
}

function literalOf(node: { readonly type: string } | undefined): string | undefined {
  if (node?.type === 'Literal' && 'value' in node && typeof node.value === 'string') return node.value;
  return undefined;
}
