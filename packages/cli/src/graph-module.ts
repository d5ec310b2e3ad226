import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { graph } from '@troupe/core';
import type { Graph } from '@troupe/core';
import { oneLine, UsageError } from './explain.ts';

/** The option of `run` and `plan` that `loadGraph` takes. */
export const allowOption = { type: 'string', multiple: true, default: [] as string[] } as const;

/**
 * The graph of a graph file (`.toml`), or the one that a module exports: its default export, else the one
 * export that is a graph, else the one that is a function. A function is called without arguments and may
 * return a promise.
 *
 * Throws `GraphFileError`, or `UsageError` when there is no such file, it does not load, or it exports no
 * graph, or several.
 *
 * @param allow - what a graph file may name beside the modules in its folder
 */
export async function loadGraph(path: string, allow: readonly string[] = []): Promise<Graph> {
  const file = resolve(path);
  if (!existsSync(file) || !statSync(file).isFile()) {
    const remedy = 'Name a graph file, or the module that exports the graph.';
    throw new UsageError(`${path}: there is no such file`, remedy, 'BAD_MODULE');
  }
  if (/\.toml$/i.test(path)) return graph.load(path, { allow });
  if (allow.length > 0) {
    const remedy = 'Leave it out: what a module imports is its own business.';
    throw new UsageError(`--allow is for graph files, and ${path} is a module`, remedy);
  }
  const exported = pick(path, await load(path, file));
  const found = typeof exported === 'function' ? await call(path, exported as () => unknown) : exported;
  if (isGraph(found)) return found;
  throw noGraph(
    path,
    typeof exported === 'function' ? 'the function that it exports returns no graph' : 'it exports no graph',
  );
}

async function load(path: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw broken(path, 'does not load', error);
  }
}

async function call(path: string, build: () => unknown): Promise<unknown> {
  try {
    return await build();
  } catch (error) {
    throw broken(path, 'threw while it built its graph', error);
  }
}

function pick(path: string, exports: Readonly<Record<string, unknown>>): unknown {
  if (exports['default'] !== undefined) return exports['default'];
  const graphs = Object.keys(exports).filter((name) => isGraph(exports[name]));
  const functions = Object.keys(exports).filter((name) => typeof exports[name] === 'function');
  const candidates = graphs.length > 0 ? graphs : functions;
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return exports[only];
  throw noGraph(
    path,
    candidates.length === 0 ? 'it exports no graph' : `it exports several: ${candidates.join(', ')}`,
  );
}

/** By its methods rather than its class: the module may have a `@troupe/core` of its own. */
function isGraph(value: unknown): value is Graph {
  if (typeof value !== 'object' || value === null) return false;
  const { declaration, start } = value as Partial<Graph>;
  return typeof declaration === 'function' && typeof start === 'function';
}

function noGraph(path: string, what: string): UsageError {
  return new UsageError(`${path}: ${what}`, 'Export the graph as default: `export default g;`.', 'NO_GRAPH');
}

function broken(path: string, what: string, error: unknown): unknown {
  // An error with a code and a remedy of its own (a missing recording, a reference of another graph) speaks
  // for itself.
  if (error instanceof Error && 'remedy' in error) return error;
  const reason = oneLine((error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '');
  const text = reason.replace(/[.]$/, '');
  return new UsageError(
    `${path}: ${what}: ${text}`,
    'Mend the module; `node` on it shows where.',
    'BAD_MODULE',
  );
}
