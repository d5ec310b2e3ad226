import { realpath } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Origin } from './tables.ts';

/** Why something cannot be had. */
export class Refused {
  /** The key that it concerns. */
  readonly key: keyof Origin | '';
  readonly message: string;
  readonly remedy: string;

  constructor(key: keyof Origin | '', message: string, remedy: string) {
    this.key = key;
    this.message = message;
    this.remedy = remedy;
  }
}

/**
 * The folder of a graph file, which need not exist yet: that of the file itself where the path is a symbolic
 * link.
 */
export async function folderOf(file: string): Promise<string> {
  return dirname(await realPath(file));
}

/**
 * What a module in a folder would import by a name. `import.meta.resolve` looks from this module only; a hook
 * that lives for the length of the call makes it look from there.
 */
export function resolveFrom(name: string, folder: string): string {
  const parentURL = pathToFileURL(join(folder, 'graph.js')).href;
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) => nextResolve(specifier, { ...context, parentURL }),
  });
  try {
    return import.meta.resolve(name);
  } finally {
    hooks.deregister();
  }
}

/** The exports of a module. */
export async function importFrom(url: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(url)) as Record<string, unknown>;
}

/** In the folder or below it, and not installed there. */
export function isOwn(folder: string, path: string): boolean {
  return isBelow(folder, path) && !relative(folder, path).split(sep).includes('node_modules');
}

/** Somewhere below a folder. */
export function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The path of a module: of a file: URL without a query, or as given. `undefined` for others. */
export function pathOf(module: string): string | undefined {
  if (isAbsolute(module)) return module;
  if (!URL.canParse(module)) return undefined;
  const url = new URL(module);
  return url.protocol === 'file:' && url.search === '' && url.hash === '' ? fileURLToPath(url) : undefined;
}

/** A path without symbolic links; the last part, or the whole, need not exist. */
export async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const folder = dirname(whole);
    return folder === whole ? whole : join(await realPath(folder), basename(whole));
  }
}

/** The first line of what went wrong. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return line.replace(/\.$/, '');
}
