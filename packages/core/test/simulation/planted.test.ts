/** Bugs in the runtime, put into its sources as they are loaded: a simulation finds each of them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Find, Hunt } from './hunter.ts';
import { plantedBugs } from './planted-bugs.ts';

const seeds = 2_000;
const hunter = fileURLToPath(new URL('hunter.ts', import.meta.url));

/** In a process of its own, whose modules nobody else has loaded. */
async function search(hunt: Hunt): Promise<Find | null> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [
    '--conditions=@troupe/source',
    hunter,
    JSON.stringify(hunt),
  ]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Find | null;
}

describe(`a planted bug is found within ${seeds} seeds`, { timeout: 180_000 }, () => {
  test.each(plantedBugs)('$name', async ({ name, shape, codes, ...edit }) => {
    const found = await search({ ...edit, shape, seeds });
    console.log(`${name}: ${shape}, seed ${found?.seed}: ${found?.message}`);
    expect(codes).toContain(found?.code);
  });
});
