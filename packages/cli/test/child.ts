import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A child that hangs must not outlive its test. */
const childMsMax = 25_000;

/** What a finished child process has left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Called for every complete line on stdout. */
type OnLine = (line: string, interrupt: () => void) => void;

/**
 * Runs `troupe` from source with pipes, as a shell would; resolves when it has ended. `fileBlocksMax`: the
 * disk takes no more than so many blocks of a file, of 512 or 1,024 bytes.
 */
export function troupe(
  args: readonly string[],
  onLine: OnLine = () => undefined,
  fileBlocksMax?: number,
): Promise<Finished> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const node = [process.execPath, '--conditions=@troupe/source', main, ...args];
  const limited = ['sh', '-c', `ulimit -f ${fileBlocksMax ?? 0}; exec "$0" "$@"`, ...node];
  const [command = '', ...rest] = fileBlocksMax === undefined ? node : limited;
  const child = spawn(command, rest, {
    timeout: childMsMax,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    for (let end = stdout.indexOf('\n', seen); end >= 0; end = stdout.indexOf('\n', seen)) {
      onLine(stdout.slice(seen, end), () => child.kill('SIGINT'));
      seen = end + 1;
    }
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The path of a graph module below `fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}
