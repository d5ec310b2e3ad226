import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Builds the page and unpacks the browser once, before files of tests want both at the same time. */
export async function setup(): Promise<void> {
  const script = join(import.meta.dirname, '../fixtures/prepare-browser.ts');
  await promisify(execFile)(process.execPath, ['--conditions=@troupe/source', script]);
}
