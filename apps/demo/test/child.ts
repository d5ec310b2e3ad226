import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A child that hangs must not outlive its test. */
const childMsMax = 25_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What a finished child process has left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command at the root of the repository, with pipes; `onLine` is called for each line on stdout. */
export function child(
  file: string,
  args: readonly string[],
  onLine: (line: string, interrupt: () => void) => void = () => undefined,
): Promise<Finished> {
  const process = spawn(file, args, { cwd: root, timeout: childMsMax, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  let seen = 0;
  process.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    for (let end = stdout.indexOf('\n', seen); end >= 0; end = stdout.indexOf('\n', seen)) {
      onLine(stdout.slice(seen, end), () => process.kill('SIGINT'));
      seen = end + 1;
    }
  });
  process.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    process.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs the demo as `npm start` does, without npm around it. */
export function demo(
  args: readonly string[],
  onLine?: (line: string, interrupt: () => void) => void,
): Promise<Finished> {
  return child(process.execPath, ['--conditions=@troupe/source', 'apps/demo/src/main.ts', ...args], onLine);
}
