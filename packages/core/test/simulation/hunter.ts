/**
 * Simulates shapes with a bug that is put into one module's text as it is loaded. Run in a process of its
 * own: `node hunter.ts '{ "module", "find", "replace", "shape", "seeds" }'`. Prints what was found first.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { edited } from '../edit.ts';
import type { Edit } from '../edit.ts';

/** Where to look, and how long. */
export interface Hunt extends Edit {
  readonly shape: string;
  readonly seeds: number;
}

/** What was found. */
export interface Find {
  readonly seed: number;
  /** Of the `SimulationError`; `MISFIT` where what came out was wrong. */
  readonly code: string;
  readonly message: string;
}

const root = new URL('../../../../', import.meta.url);
const hunt = JSON.parse(process.argv[2] ?? '') as Hunt;
const target = new URL(hunt.module, root).href;
let isPlanted = false;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (url !== target) return loaded;
    isPlanted = true;
    return { ...loaded, source: edited(readFileSync(fileURLToPath(url), 'utf8'), hunt) };
  },
});

const [{ judge }, { shapes }, { SimulationError }] = await Promise.all([
  import('./judge.ts'),
  import('./shapes.ts'),
  import('@troupe/core/testing'),
]);

async function search(): Promise<Find | undefined> {
  const shape = shapes.find(({ name }) => name === hunt.shape);
  if (shape === undefined) throw new Error(`there is no shape '${hunt.shape}'`);
  for (let seed = 0; seed < hunt.seeds; seed++) {
    try {
      await judge(shape, seed);
    } catch (error) {
      const { message } = error as Error;
      return { seed, code: error instanceof SimulationError ? error.code : 'MISFIT', message };
    }
  }
  return undefined;
}

const find = await search();
if (!isPlanted) throw new Error(`${hunt.module} is not loaded: nothing to edit`);
process.stdout.write(`${JSON.stringify(find ?? null)}\n`);
process.exit();
