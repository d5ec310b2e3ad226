import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { GraphDeclaration } from '../plan/types.ts';
import { documentOf } from './declare.ts';
import { documentFlaws } from './document.ts';
import type { Origin } from './tables.ts';
import { GraphSaveError } from './errors.ts';
import type { GraphSaveProblem } from './errors.ts';
import { keyText, news } from './flaw.ts';
import type { Flaw } from './flaw.ts';
import { originOf } from './origin.ts';
import { folderOf, realPath, reasonOf, Refused } from './places.ts';
import { portTypes } from './port-types.ts';
import { tomlText } from './toml-text.ts';
import { carried } from './toml-values.ts';
import type { Table } from './toml-values.ts';

const comment = 'A Troupe graph: `troupe run` starts it.';
/** Stands for the origin of a stage that has none, so that the rest of it is looked at as well. */
const noOrigin: Origin = { module: './none', export: 'none' };

/** A declaration as the text of a graph file at a path. Rejects with `GraphSaveError`. */
export async function declarationText(declaration: GraphDeclaration, at: string): Promise<string> {
  const folder = await folderOf(at);
  const problems: GraphSaveProblem[] = [];
  const origins: Origin[] = [];
  for (const { name, stage } of declaration.stages) {
    const origin = await originOf(stage, folder);
    if (origin instanceof Refused) {
      problems.push({ stage: name, key: '', message: origin.message, remedy: origin.remedy });
    }
    origins.push(origin instanceof Refused ? noOrigin : origin);
  }
  const flaws: Flaw[] = [];
  const given = documentOf(declaration, origins, portTypes(declaration));
  const document = carried(given, [], flaws) as Table;
  // A file that could not be loaded again is not written. What was not carried has been told already.
  flaws.push(...news(documentFlaws(document), flaws));
  problems.push(...flaws.map((flaw) => problemOf(flaw, declaration)));
  if (problems.length > 0) throw new GraphSaveError(String(declaration.name), problems);
  return tomlText(document, comment);
}

/**
 * Writes a declaration to a graph file: whoever reads the path meanwhile sees the old content or the new one.
 * Rejects with `GraphSaveError`, and has written nothing then.
 */
export async function saveDeclaration(declaration: GraphDeclaration, path: string): Promise<void> {
  const text = await declarationText(declaration, path);
  try {
    await replaceFile(await realPath(path), text);
  } catch (error) {
    const message = `${path} cannot be written: ${reasonOf(error)}`;
    const problem = {
      stage: undefined,
      key: '',
      message,
      remedy: 'Give a path in a folder that can be written.',
    };
    throw new GraphSaveError(declaration.name, [problem], error);
  }
}

function problemOf({ path, message, remedy }: Flaw, { stages }: GraphDeclaration): GraphSaveProblem {
  const [kind, index] = path;
  const stage = kind === 'stage' && typeof index === 'number' ? stages[index]?.name : undefined;
  const key = keyText(path);
  return { stage, key: stage === undefined ? key : key.replace(/^stage\./, ''), message, remedy };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const mode = await modeOf(path);
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(text);
      // The name must not lead to content that a power cut could still take away.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** A file that is replaced keeps its permissions. */
async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch {
    return undefined;
  }
}
