#!/usr/bin/env node
// npm links a command only to a file that is there when it installs, and in a clone nothing is built by then.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('troupe is not built here. Run `npm run build` in the clone first.\n');
  process.exitCode = 2;
}
