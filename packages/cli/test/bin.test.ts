import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

// npm links what `bin` names when it installs: in a clone before anything is built.
const packageFolder = fileURLToPath(new URL('..', import.meta.url));
const { bin } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
  bin: { troupe: string };
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-bin-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  copyFileSync(join(packageFolder, bin.troupe), join(folder, bin.troupe));
});

afterEach(() => rmSync(folder, { recursive: true }));

function troupe(): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, bin.troupe), 'plan'], {
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

it('says in a clone that is not built how to build it', () => {
  expect(troupe()).toEqual({
    status: 2,
    output: 'troupe is not built here. Run `npm run build` in the clone first.\n',
  });
});

it('runs what is built', () => {
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/main.js'), 'console.log(process.argv[2]);');
  expect(troupe()).toEqual({ status: 0, output: 'plan\n' });
});
