import { readFile } from 'node:fs/promises';
import type { GraphDeclaration } from '../plan/types.ts';
import type { AnyStage } from '../stage.ts';
import { declarationOf } from './declare.ts';
import { documentFlaws } from './document.ts';
import type { GraphDocument } from './tables.ts';
import { GraphFileError } from './errors.ts';
import { keyText, news } from './flaw.ts';
import type { Flaw, Path } from './flaw.ts';
import { allowedBy, importStage, locate } from './locate.ts';
import { folderOf, Refused } from './places.ts';
import { typeFlaws } from './port-types.ts';
import { lineOf, scanLines } from './toml-lines.ts';
import { plain } from './toml-values.ts';
import type { Table } from './toml-values.ts';

/** What `graph.load` takes beside the path. */
export interface GraphLoadOptions {
  /**
   * What the file may name beside the modules in its folder and below: packages by name, and modules or
   * folders by paths, absolute or beginning with `./` or `../` (from the working directory). Whatever is
   * named can run code. None unless given.
   */
  readonly allow?: readonly string[];
}

/** What `graph.parse` takes beside the text. */
export interface GraphParseOptions extends GraphLoadOptions {
  /** The path of the file that the text is from: modules are named relative to its folder. */
  readonly at: string;
}

/** The declaration in a graph file. Rejects with `GraphFileError`. */
export async function loadDeclaration(path: string, options: GraphLoadOptions): Promise<GraphDeclaration> {
  return parseDeclaration(await readText(path), { ...options, at: path });
}

/** The declaration in the text of a graph file. Rejects with `GraphFileError`. */
export async function parseDeclaration(
  text: string,
  { at, allow = [] }: GraphParseOptions,
): Promise<GraphDeclaration> {
  const raw = await parseToml(text, at);
  const lines = scanLines(text);
  const refuse = (flaws: readonly Flaw[]): void => {
    if (flaws.length === 0) return;
    const problems = flaws.map(({ path, message, remedy }) => {
      return { line: lineOf(lines, path), key: keyText(path), message, remedy };
    });
    throw new GraphFileError(
      at,
      problems.sort((a, b) => a.line - b.line),
    );
  };
  const valueFlaws: Flaw[] = [];
  const document = plain(raw, [], valueFlaws) as Table;
  const flaws = news(documentFlaws(document), valueFlaws);
  if (flaws.some(({ path }) => path[0] === 'format')) refuse(flaws);
  const [urls, originFlaws] = await locateAll(document, at, allow);
  // Nothing is imported for a file that will be refused for its text.
  refuse([...valueFlaws, ...flaws, ...originFlaws]);
  const good = document as unknown as GraphDocument;
  const [stages, importFlaws] = await importAll(good, urls);
  const declaration = declarationOf(good, stages);
  const loaded = { ...declaration, stages: declaration.stages.filter(({ stage }) => stage !== undefined) };
  refuse([...importFlaws, ...typeFlaws(good, loaded)]);
  return declaration;
}

async function readText(path: string): Promise<string> {
  const refuse = (message: string, remedy: string, cause: unknown): never => {
    throw new GraphFileError(path, [{ line: undefined, key: '', message, remedy }], cause);
  };
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refuse('there is no such file', 'Give the path of a graph file.', error);
    return refuse(`it cannot be read: ${message}`, 'Give the path of a graph file.', error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    return refuse('it is no text in UTF-8', 'Save it as UTF-8.', error);
  }
}

async function parseToml(text: string, at: string): Promise<Table> {
  // Loaded here: a program that loads no graph file does without.
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n', 1);
    const message = first.replace(/^Invalid TOML document: /, 'it is no TOML: ');
    const problem = { line: error.line, key: '', message: `${message} (column ${error.column})` };
    throw new GraphFileError(at, [{ ...problem, remedy: 'See toml.io for what TOML allows.' }], error);
  }
}

type Found<T> = Promise<readonly [found: readonly T[], flaws: readonly Flaw[]]>;

/** The URLs of the stages' origins, as far as they are such that one can look. */
async function locateAll(document: Table, at: string, allow: readonly string[]): Found<string> {
  const folder = await folderOf(at);
  const allowed = await allowedBy(allow);
  const tables = Array.isArray(document['stage']) ? (document['stage'] as readonly Partial<Table>[]) : [];
  return sifted(tables, async (table) => {
    const { module, package: name } = table ?? {};
    if (typeof module === 'string') return locate({ module, export: '' }, folder, allowed);
    return typeof name === 'string' ? locate({ package: name, export: '' }, folder, allowed) : '';
  });
}

/** The stages; `undefined` where there is a flaw. */
function importAll({ stage = [] }: GraphDocument, urls: readonly string[]): Found<AnyStage> {
  return sifted(stage, async (table, i) => {
    const found = await importStage(urls[i] ?? '', table.export);
    if (!(found instanceof Refused) || found.key !== '') return found;
    return new Refused(table.module === undefined ? 'package' : 'module', found.message, found.remedy);
  });
}

/** One after the other, so that modules load in the order in which the file names them. */
async function sifted<T, U>(
  items: readonly T[],
  take: (item: T, i: number) => Promise<U | Refused>,
): Found<U> {
  const found: U[] = [];
  const flaws: Flaw[] = [];
  for (const [i, item] of items.entries()) {
    const one = await take(item, i);
    if (one instanceof Refused) {
      const path: Path = ['stage', i, one.key];
      flaws.push({ path, message: one.message, remedy: one.remedy });
    } else {
      found[i] = one;
    }
  }
  return [found, flaws];
}
