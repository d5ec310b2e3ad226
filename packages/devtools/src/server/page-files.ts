import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DevtoolsError } from '../errors.ts';

/** This package: the same from `src/server` and from `dist/server`. */
const root = join(import.meta.dirname, '../..');
const page = join(root, 'dist/page');
/** Where this very file is a source, so are those of the page. */
const isSource = import.meta.filename.endsWith('.ts');

/** Whether the page can be served: `outdated`: its sources here are newer than it. */
export function pageState(): 'built' | 'outdated' | 'missing' {
  const index = join(page, 'index.html');
  if (!existsSync(index)) return 'missing';
  if (!isSource) return 'built';
  const builtAtMs = statSync(index).mtimeMs;
  const isOlder = sources().some((file) => statSync(file).mtimeMs > builtAtMs);
  return isOlder ? 'outdated' : 'built';
}

/**
 * The folder of the page. In a source checkout it is built first where it is missing or outdated. Throws
 * `DevtoolsError` where that is needed and cannot be done.
 */
export async function pageFolder(): Promise<string> {
  const state = pageState();
  if (state === 'built') return page;
  if (!isSource) {
    throw new DevtoolsError(
      'DEVTOOLS_PAGE',
      `the page of the devtools is missing from ${page}`,
      'Install @troupe/devtools again.',
    );
  }
  await build(state);
  return page;
}

/** What the page is made of. */
function sources(): readonly string[] {
  const telemetry = fileURLToPath(import.meta.resolve('@troupe/core/telemetry'));
  const own = globSync(['src/ui/**/*', 'src/model/**/*', 'vite.config.ts'], { cwd: root });
  return [...own.map((file) => join(root, file)), ...globSync(join(telemetry, '../*.ts'))].filter((file) =>
    statSync(file).isFile(),
  );
}

/** In a process of its own, since the run goes on meanwhile; then in one step to where it is looked for. */
async function build(state: 'outdated' | 'missing'): Promise<void> {
  const made = `${page}-${process.pid}`;
  const args = ['build', '--logLevel', 'error', '--outDir', made, '--emptyOutDir'];
  const { code, output } = await ended(process.execPath, [bundler(state), ...args]);
  if (code !== 0) {
    await rm(made, { recursive: true, force: true });
    throw notBuilt(state, new Error(output));
  }
  const old = `${page}-old-${process.pid}`;
  await rename(page, old).catch(() => undefined);
  // Another process that builds the same may have been quicker.
  await rename(made, page).catch(async () => rm(made, { recursive: true, force: true }));
  await rm(old, { recursive: true, force: true });
}

function bundler(state: 'outdated' | 'missing'): string {
  try {
    return fileURLToPath(new URL('bin/vite.js', import.meta.resolve('vite/package.json')));
  } catch (cause) {
    throw notBuilt(state, cause);
  }
}

function ended(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, output }));
  });
}

function notBuilt(state: 'outdated' | 'missing', cause: unknown): DevtoolsError {
  const reason = cause instanceof Error ? (cause.message.trim().split('\n', 1)[0] ?? '') : String(cause);
  return new DevtoolsError(
    'DEVTOOLS_PAGE',
    `the page of the devtools is ${state}, and cannot be built here: ${reason}`,
    'Run `npm ci`, then `npm run build`.',
    { cause },
  );
}
