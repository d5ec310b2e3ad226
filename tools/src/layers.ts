import { existsSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import type { Finding } from './finding.ts';
import { lineAt, report } from './finding.ts';
import type { Reference } from './imports.ts';
import { referencesOf } from './imports.ts';
import type { Manifest, WorkspacePackage } from './source-tree.ts';
import { filesBelow, readManifest, workspacePackages } from './source-tree.ts';

/** What each package may import from the workspace: the picture of docs/architecture.md, as data. */
const picture: Readonly<Record<string, readonly string[]>> = {
  '@troupe/mailbox': [],
  '@troupe/core': ['@troupe/mailbox'],
  '@troupe/stages': ['@troupe/core', '@troupe/mailbox'],
  '@troupe/devtools': ['@troupe/core/telemetry'],
  '@troupe/cli': ['@troupe/mailbox', '@troupe/core', '@troupe/stages', '@troupe/devtools'],
  '@troupe/demo': ['@troupe/mailbox', '@troupe/core', '@troupe/stages', '@troupe/devtools', '@troupe/cli'],
  '@troupe/tools': ['@troupe/mailbox', '@troupe/core', '@troupe/stages', '@troupe/devtools', '@troupe/cli'],
};

/** What tests may import beside that: the devtools are tried with real runs. */
const pictureOfTests: Readonly<Record<string, readonly string[]>> = { '@troupe/devtools': ['@troupe/core'] };

/** Loaded when a graph starts, or is loaded, so that a worker that merely hosts stages stays light. */
const lateInCore: ReadonlySet<string> = new Set(['rxjs', 'smol-toml', 'tinypool', 'xstate']);

/** For tests: what runs in production must not load it. */
const testOnlyFolder = 'packages/core/src/testing/';

/** Safe in a browser: no Node modules, nothing of the runtime. */
const browserSafeFolder = 'packages/core/src/telemetry/';

/** Runs in a browser, as one bundle with its libraries: no Node modules, nothing of the server. */
const pageFolders: readonly string[] = ['packages/devtools/src/ui/', 'packages/devtools/src/model/'];

/** Libraries that run in a browser as well. */
const browserSafe: ReadonlySet<string> = new Set(['@msgpack/msgpack']);

/** A file that may load modules by a computed specifier (or by `require`), and why. */
export interface ComputedImport {
  readonly file: string;
  readonly by?: 'require';
  readonly reason: string;
}

const computedImports: readonly ComputedImport[] = [
  {
    file: 'packages/core/src/executor/load.ts',
    reason: 'a worker imports the modules of the stages it hosts',
  },
  {
    file: 'packages/core/src/drivers/worker-entry.ts',
    reason: 'a spare thread has the modules of its predecessors at hand',
  },
  {
    file: 'packages/cli/bin/troupe.js',
    reason: 'the command itself is there only when it has been built',
  },
  {
    file: 'packages/core/src/saving/places.ts',
    reason: 'a graph file names the modules of its stages',
  },
  {
    file: 'packages/core/src/run/streams.ts',
    by: 'require',
    reason: 'accessors that return observables cannot wait for an import',
  },
  {
    file: 'packages/core/test/fixtures/lookout.ts',
    by: 'require',
    reason: 'looks up what its thread has loaded',
  },
  { file: 'packages/cli/src/graph-module.ts', reason: 'the user names the module that exports the graph' },
  { file: 'tools/bench/child.ts', reason: 'runs the one contender it is told, in a process of its own' },
];

const sourcePattern = '**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}';
const builtins: ReadonlySet<string> = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));

interface Place {
  readonly root: string;
  readonly file: string;
  readonly owner: WorkspacePackage;
  readonly area: 'src' | 'development';
  readonly packages: readonly WorkspacePackage[];
  readonly rootManifest: Manifest;
  readonly computed: readonly ComputedImport[];
}

type Verdict = Omit<Finding, 'file' | 'line'> | undefined;

/**
 * Checks that imports only point down. Whatever it cannot classify is a finding.
 *
 * @param root - the repository, or a tree of the same shape
 * @param computed - the files that may call `import()` with a computed specifier
 */
export function checkLayers(root: string, computed = computedImports): Finding[] {
  const packages = workspacePackages(root);
  const rootManifest = readManifest(root, '.');
  const findings = [...packages.flatMap(checkManifest), ...checkStrays(root, packages)];
  const usesComputed = new Set<string>();
  const usesRequire = new Set<string>();
  for (const owner of packages) {
    for (const path of filesBelow(join(root, owner.folder), sourcePattern)) {
      const file = `${owner.folder}/${path}`;
      const area = areaOf(owner, path);
      if (area === undefined) {
        const message = 'source files live in src, bin, test or bench';
        findings.push({ file, line: 1, rule: 'stray-file', message });
        continue;
      }
      const text = readFileSync(join(root, file), 'utf8');
      const { references, problems } = referencesOf(file, text);
      for (const { offset, message } of problems) {
        findings.push({ file, line: lineAt(text, offset), rule: 'unreadable', message });
      }
      const place: Place = { root, file, owner, area, packages, rootManifest, computed };
      for (const reference of references) {
        if (reference.kind === 'dynamic' && reference.specifier === undefined) usesComputed.add(file);
        if (reference.kind === 'require') usesRequire.add(file);
        const verdict = judge(place, reference);
        if (verdict) findings.push({ file, line: lineAt(text, reference.offset), ...verdict });
      }
    }
  }
  for (const { file, by } of computed) {
    if ((by === 'require' ? usesRequire : usesComputed).has(file)) continue;
    const message = `listed as a ${by ?? 'computed import'} but has none; remove it from the list`;
    findings.push({ file, line: 1, rule: 'stale-exception', message });
  }
  return findings;
}

/** Sources outside every package would be outside every rule; only the root's configuration lives there. */
function checkStrays(root: string, packages: readonly WorkspacePackage[]): Finding[] {
  const message = 'belongs to no package of the workspace';
  return filesBelow(root, sourcePattern)
    .filter((file) => !packages.some(({ folder }) => isBelow(file, folder)))
    .filter((file) => !/^[^/]+\.config\.ts$/.test(file))
    .map((file) => ({ file, line: 1, rule: 'stray-file', message }));
}

function areaOf({ folder }: WorkspacePackage, path: string): Place['area'] | undefined {
  const [first, second] = path.split('/');
  if (second === undefined) return path.endsWith('.config.ts') ? 'development' : undefined;
  if (first === 'bin') return 'src';
  if (first === 'src') return folder === 'tools' ? 'development' : 'src';
  return first === 'test' || first === 'bench' ? 'development' : undefined;
}

function checkManifest({ folder, name, manifest }: WorkspacePackage): Finding[] {
  const file = `${folder}/package.json`;
  const allowed = picture[name];
  if (allowed === undefined) {
    return [
      { file, line: 1, rule: 'unknown-package', message: `${name} has no place in the picture of layers` },
    ];
  }
  const below = new Set(allowed.map(packageOf));
  return Object.keys(declaredBy(manifest, 'development'))
    .filter((dependency) => dependency.startsWith('@troupe/') && !below.has(dependency))
    .map((dependency) => ({
      file,
      line: 1,
      rule: 'upward',
      message: `${name} must not depend on ${dependency}`,
    }));
}

function judge(place: Place, reference: Reference): Verdict {
  const { kind, specifier } = reference;
  if (kind === 'require') {
    if (place.computed.some(({ file, by }) => file === place.file && by === 'require')) return undefined;
    return { rule: 'require', message: 'no `require`: import the module' };
  }
  if (specifier === undefined) return judgeComputed(place, reference);
  if (specifier.startsWith('.')) return judgeRelative(place, reference, specifier);
  if (kind === 'url') return undefined;
  const isForBrowser = place.file.startsWith(browserSafeFolder) && kind !== 'type';
  if (isForBrowser && !browserSafe.has(specifier)) {
    return {
      rule: 'browser-safe',
      message: `the telemetry subpath runs in a browser and imports no ${specifier}`,
    };
  }
  if (specifier.startsWith('node:') || builtins.has(specifier)) {
    if (isOfPage(place.file)) return { rule: 'page', message: `the page runs in a browser: no ${specifier}` };
    return judgeBuiltin(specifier);
  }
  if (!/^(@[\w.-]+\/)?[\w.-]+(\/.+)?$/.test(specifier)) {
    return {
      rule: 'unclassified',
      message: `${specifier} is neither relative, a package, nor a Node module`,
    };
  }
  return specifier.startsWith('@troupe/')
    ? judgeWorkspace(place, specifier)
    : judgeLibrary(place, reference, specifier);
}

function judgeComputed({ file, computed }: Place, { kind }: Reference): Verdict {
  if (kind === 'url' || computed.some((entry) => entry.file === file && entry.by === undefined))
    return undefined;
  return {
    rule: 'computed-import',
    message: 'import() of a computed specifier; list the file with its reason',
  };
}

function judgeRelative({ root, file, owner, area }: Place, { kind }: Reference, specifier: string): Verdict {
  const target = posix.join(dirname(file), specifier);
  const home = area === 'src' ? `${owner.folder}/src` : owner.folder;
  if (kind === 'url') {
    // Data files may lie anywhere in one's own package; tests read those of the repository too.
    const outside = area === 'src' && !isBelow(target, owner.folder);
    return outside
      ? { rule: 'leaves-package', message: `${specifier} lies outside ${owner.folder}` }
      : undefined;
  }
  if (!isBelow(target, home)) {
    return {
      rule: 'leaves-package',
      message: `${specifier} lies outside ${home}; import the package by name`,
    };
  }
  if (area === 'src' && isBelow(target, testOnlyFolder) && !isBelow(file, testOnlyFolder)) {
    return { rule: 'test-only', message: `${specifier} is for tests` };
  }
  if (file.startsWith(browserSafeFolder) && kind !== 'type' && !isBelow(target, browserSafeFolder)) {
    return {
      rule: 'browser-safe',
      message: `the telemetry subpath loads nothing of the runtime: ${specifier}`,
    };
  }
  if (area === 'src' && isOfPage(file) !== isOfPage(target) && isBelow(target, 'packages/devtools/src')) {
    return { rule: 'page', message: `${specifier}: the page and its server share only the protocol` };
  }
  if (!existsSync(join(root, target)) || !statSync(join(root, target)).isFile()) {
    return { rule: 'unresolved', message: `${specifier} is no file (write the extension out)` };
  }
  return undefined;
}

function isOfPage(file: string): boolean {
  return pageFolders.some((folder) => file.startsWith(folder));
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function judgeBuiltin(specifier: string): Verdict {
  const name = specifier.replace(/^node:/, '');
  if (!builtins.has(name)) return { rule: 'unclassified', message: `Node has no module ${specifier}` };
  if (name === specifier) return { rule: 'node-prefix', message: `write node:${specifier}` };
  return undefined;
}

function judgeWorkspace(place: Place, specifier: string): Verdict {
  const { owner, area, packages, rootManifest } = place;
  const name = packageOf(specifier);
  const target = packages.find((candidate) => candidate.name === name);
  if (target === undefined) return { rule: 'unknown-package', message: `the workspace has no ${name}` };
  if (target.manifest.exports?.[`.${specifier.slice(name.length)}`] === undefined) {
    return { rule: 'unresolved', message: `${name} exports no ${specifier}` };
  }
  if (name === owner.name) {
    if (area === 'development') return undefined;
    return { rule: 'self-import', message: 'src imports its own files by relative path' };
  }
  const ofTests = area === 'development' ? (pictureOfTests[owner.name] ?? []) : [];
  const allowed = [...(picture[owner.name] ?? []), ...ofTests];
  if (!allowed.includes(specifier) && !allowed.includes(name)) {
    return { rule: 'upward', message: `${owner.name} must not import ${specifier}` };
  }
  if (area === 'src' && specifier.endsWith('/testing')) {
    return { rule: 'test-only', message: `${specifier} is for tests` };
  }
  return judgeDeclared(owner, area, rootManifest, name);
}

function judgeLibrary(
  { file, owner, area, rootManifest }: Place,
  { kind }: Reference,
  specifier: string,
): Verdict {
  const name = packageOf(specifier);
  if (owner.name === '@troupe/core' && area === 'src' && kind === 'value' && lateInCore.has(name)) {
    return { rule: 'late', message: `${name} loads when a graph starts: import type, or await import()` };
  }
  // What is bundled into the page is installed for nobody.
  return judgeDeclared(owner, isOfPage(file) ? 'development' : area, rootManifest, name);
}

function judgeDeclared(
  owner: WorkspacePackage,
  area: Place['area'],
  rootManifest: Manifest,
  name: string,
): Verdict {
  if (name in declaredBy(owner.manifest, area)) return undefined;
  if (area === 'development' && name in (rootManifest.devDependencies ?? {})) return undefined;
  const section = area === 'src' ? 'dependencies' : 'dependencies or devDependencies';
  return {
    rule: 'undeclared',
    message: `${name} is missing from the ${section} of ${owner.folder}/package.json`,
  };
}

function declaredBy(manifest: Manifest, area: Place['area']): Readonly<Record<string, string>> {
  return {
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
    ...(area === 'development' ? manifest.devDependencies : {}),
  };
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  const files = workspacePackages(root).flatMap(({ folder }) =>
    filesBelow(join(root, folder), sourcePattern),
  );
  report('layers', checkLayers(root), files.length);
}
