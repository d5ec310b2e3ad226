import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/** The fields of a package.json that the checks read. */
export interface Manifest {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  /** Folder below the root, with forward slashes: `packages/core`. */
  readonly folder: string;
  readonly name: string;
  readonly manifest: Manifest;
}

const skippedFolders = new Set(['node_modules', 'dist', 'coverage', '.git', '.nx']);

/** Files below `root` that match `pattern`, sorted, as paths with forward slashes; never generated ones. */
export function filesBelow(root: string, pattern: string): string[] {
  const paths = globSync(pattern, {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => skippedFolders.has(entry.name),
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  return paths.map((path) => path.split(sep).join('/')).toSorted();
}

export function readManifest(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

/** Every folder of the workspace that holds a package.json, the root's own excepted. */
export function workspacePackages(root: string): WorkspacePackage[] {
  return filesBelow(root, '{packages/*,apps/*,tools}/package.json').map((path) => {
    const folder = dirname(path);
    const manifest = readManifest(root, folder);
    return { folder, name: manifest.name ?? basename(folder), manifest };
  });
}
