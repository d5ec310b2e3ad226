import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { show } from '../plan/problems.ts';
import { isStage } from '../stage.ts';
import type { AnyStage } from '../stage.ts';
import type { Origin } from './tables.ts';
import { importFrom, isBelow, isOwn, pathOf, reasonOf, Refused, resolveFrom } from './places.ts';

/** How a file in a folder names a stage. */
export async function originOf(stage: unknown, folder: string): Promise<Origin | Refused> {
  if (!isStage(stage))
    return new Refused('', `is no stage: ${show(stage)}`, 'Pass what defineStage returned.');
  if (stage.module === undefined) {
    const remedy = 'Declare it in a module of its own with `module: import.meta.url`, and export it.';
    return new Refused('', `is an inline one: '${stage.name}' names no module to load it from`, remedy);
  }
  const path = pathOf(stage.module);
  if (path === undefined) {
    const message = `has the module ${show(stage.module)}, which is no file`;
    return new Refused('', message, 'Use `module: import.meta.url` in a module that is a file.');
  }
  try {
    return await originIn(stage, await realpath(path), folder);
  } catch (error) {
    const message = `has a module that does not load, ${path}: ${reasonOf(error)}`;
    return new Refused('', message, 'Mend the module.');
  }
}

async function originIn(stage: AnyStage, path: string, folder: string): Promise<Origin | Refused> {
  const exported = exportOf(await importFrom(pathToFileURL(path).href), stage);
  if (!isOwn(folder, path)) {
    const owner = await packageOf(path);
    // A module of the package that the file is in is named by its path.
    if (owner !== undefined && !isBelow(owner.root, join(folder, 'file'))) {
      const origin = await packageOrigin(stage, path, exported, owner, folder);
      if (origin !== undefined) return origin;
    }
    if (path.includes(`${sep}node_modules${sep}`)) {
      const message = `belongs to ${show(owner?.name ?? path)}, which does not export it by that name`;
      return new Refused('', message, `Install the package where modules in ${folder} find it.`);
    }
  }
  if (exported === undefined) {
    const remedy = `Export '${stage.name}' from the module that its \`module\` names.`;
    return new Refused('', `is not exported by ${path}`, remedy);
  }
  const way = relative(folder, path).replaceAll(sep, '/');
  if (isAbsolute(way)) {
    return new Refused('', `is on another drive: ${path}`, 'Save the graph on the drive of its stages.');
  }
  return { module: way.startsWith('../') ? way : `./${way}`, export: exported };
}

/** The entry of a package that gives a stage: the main one, or one that is the stage's module itself. */
async function packageOrigin(
  stage: AnyStage,
  path: string,
  exported: string | undefined,
  { name, entries }: Owner,
  folder: string,
): Promise<Origin | undefined> {
  const main = tryResolve(name, folder);
  if (main !== undefined) {
    const found = exportOf(await importFrom(main), stage);
    if (found !== undefined) return { package: name, export: found };
  }
  if (exported === undefined) return undefined;
  for (const entry of entries) {
    const url = tryResolve(`${name}/${entry}`, folder);
    if (url !== undefined && pathOf(url) === path) return { package: `${name}/${entry}`, export: exported };
  }
  return undefined;
}

/**
 * The name under which a module exports a stage: the same object, or, where the module has been loaded twice,
 * one of the same module and name. A name is preferred to `default`.
 */
function exportOf(exports: Readonly<Record<string, unknown>>, stage: AnyStage): string | undefined {
  const isDefault = (name: string): number => Number(name === 'default');
  const names = Object.keys(exports)
    .sort()
    .sort((a, b) => isDefault(a) - isDefault(b));
  return (
    names.find((name) => exports[name] === stage) ??
    names.find((name) => {
      const other = exports[name];
      return isStage(other) && other.module === stage.module && other.name === stage.name;
    })
  );
}

interface Owner {
  readonly name: string;
  readonly root: string;
  /** Beside the main one, without patterns. */
  readonly entries: readonly string[];
}

/** The package that a file belongs to: that of the nearest manifest with a name. */
async function packageOf(path: string): Promise<Owner | undefined> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
        readonly name?: unknown;
        readonly exports?: unknown;
      };
      if (typeof manifest.name === 'string') {
        const keys = typeof manifest.exports === 'object' ? Object.keys(manifest.exports ?? {}) : [];
        const entries = keys.filter((key) => /^\.\/[^*]+$/.test(key)).map((key) => key.slice(2));
        return { name: manifest.name, root: folder, entries };
      }
    } catch {
      // No manifest here, or none that can be read: look further up.
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function tryResolve(name: string, folder: string): string | undefined {
  try {
    return resolveFrom(name, folder);
  } catch {
    return undefined;
  }
}
