import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Text of each file by its path below the root. */
export type Tree = Readonly<Record<string, string>>;

/** Writes the files into a fresh folder, which is removed when the test has finished. */
export function writeTree(tree: Tree): string {
  const root = mkdtempSync(join(tmpdir(), 'troupe-tree-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
