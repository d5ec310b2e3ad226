import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { list, show } from '../plan/problems.ts';
import { isStage } from '../stage.ts';
import type { AnyStage } from '../stage.ts';
import type { Origin } from './tables.ts';
import { importFrom, isBelow, isOwn, realPath, reasonOf, Refused, resolveFrom } from './places.ts';

/** What a file may name beside the modules of its own folder. */
export interface Allowed {
  readonly packages: ReadonlySet<string>;
  /** Modules, or folders with all that is below, as real paths. */
  readonly paths: readonly string[];
}

/** Reads what `allow` says: names of packages, and paths, which begin with a dot or are absolute. */
export async function allowedBy(allow: readonly string[]): Promise<Allowed> {
  const isPath = (name: string): boolean => /^\.{1,2}([\\/]|$)/.test(name) || isAbsolute(name);
  return {
    packages: new Set(allow.filter((name) => !isPath(name))),
    paths: await Promise.all(allow.filter(isPath).map((path) => realPath(path))),
  };
}

/** The URL to import a stage's origin from, if the file may name it. Nothing is imported. */
export function locate(origin: Origin, folder: string, allowed: Allowed): Promise<string | Refused> {
  const { module, package: name = '' } = origin;
  return module === undefined ? locatePackage(name, folder, allowed) : locateModule(module, folder, allowed);
}

async function locateModule(module: string, folder: string, allowed: Allowed): Promise<string | Refused> {
  if (!/^\.{1,2}\//.test(module) || module.includes('\\') || module.includes('\0')) {
    const remedy = 'Begin with ./ or ../ and use forward slashes; name a package with `package`.';
    return new Refused('module', `is ${show(module)}, no path relative to the file`, remedy);
  }
  let path: string;
  try {
    path = await realpath(resolve(folder, module));
    if (!(await stat(path)).isFile()) throw new Error('no file');
  } catch {
    return new Refused(
      'module',
      `names no file: ${show(module)}`,
      'Give the path from the folder of the file.',
    );
  }
  if (isOwn(folder, path) || allowed.paths.some((place) => path === place || isBelow(place, path))) {
    return pathToFileURL(path).href;
  }
  const from = relative(process.cwd(), path);
  const name = from.startsWith('..') || isAbsolute(from) ? from : `./${from}`;
  const message = `leads out of the folder of the file, to ${path}`;
  return new Refused('module', message, `If you trust it, allow it by name: ${allowHint(name)}.`);
}

async function locatePackage(name: string, folder: string, allowed: Allowed): Promise<string | Refused> {
  const isName = /^(@[\w.~-]+\/)?[\w~-][\w.~-]*(\/[\w.~-]+)*$/.test(name) && !name.split('/').includes('..');
  if (!isName) {
    const remedy = 'Give the name of a package, or of one of its entries: @troupe/stages.';
    return new Refused('package', `is ${show(name)}, no name of a package`, remedy);
  }
  const owner = packageName(name);
  if (!allowed.packages.has(owner)) {
    const message = `is ${show(name)}, which is outside of the folder of the file`;
    return new Refused('package', message, `If you trust it, allow it by name: ${allowHint(owner)}.`);
  }
  try {
    return resolveFrom(name, folder);
  } catch (error) {
    const remedy = 'Install it where modules in the folder of the file find it.';
    return new Refused('package', `does not resolve: ${reasonOf(error)}`, remedy);
  }
}

/** Imports what `locate` gave and takes the export. */
export async function importStage(url: string, name: string): Promise<AnyStage | Refused> {
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await importFrom(url);
  } catch (error) {
    const path = url.startsWith('file:') ? fileURLToPath(url) : url;
    return new Refused(
      '',
      `does not load from ${path}: ${reasonOf(error)}`,
      'Mend the module, or give another.',
    );
  }
  const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (isStage(found)) return found;
  const message = found === undefined ? `names no export: ${show(name)}` : `names no stage: ${show(name)}`;
  const stages = Object.keys(exports)
    .filter((key) => isStage(exports[key]))
    .sort();
  return new Refused('export', message, `The stages exported there are: ${list(stages)}.`);
}

function packageName(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

function allowHint(name: string): string {
  return `allow: [${show(name)}], on the command line --allow ${name}`;
}
