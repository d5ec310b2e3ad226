import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
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

interface ChildOptions {
  /** The same for stderr. */
  readonly onErrorLine?: OnLine;
  /** The disk takes no more than so many blocks of a file, of 512 or 1,024 bytes. */
  readonly fileBlocksMax?: number;
}

/** Runs `troupe` from source with pipes, as a shell would; resolves when it has ended. */
export function troupe(
  args: readonly string[],
  onLine: OnLine = () => undefined,
  { onErrorLine = () => undefined, fileBlocksMax }: ChildOptions = {},
): Promise<Finished> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const node = [process.execPath, '--conditions=@troupe/source', main, ...args];
  const limited = ['sh', '-c', `ulimit -f ${fileBlocksMax ?? 0}; exec "$0" "$@"`, ...node];
  const [command = '', ...rest] = fileBlocksMax === undefined ? node : limited;
  const child = spawn(command, rest, {
    timeout: childMsMax,
    killSignal: 'SIGKILL',
  });
  const interrupt = (): void => void child.kill('SIGINT');
  const [stdout, stderr] = [
    reader(child.stdout, onLine, interrupt),
    reader(child.stderr, onErrorLine, interrupt),
  ];
  return new Promise((resolve, reject) => {
    child
      .once('error', reject)
      .once('close', (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
  });
}

/** Reads what a child writes, line by line; returns what gives all of it. */
function reader(stream: Readable, onLine: OnLine, interrupt: () => void): () => string {
  let text = '';
  let seen = 0;
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n', seen); end >= 0; end = text.indexOf('\n', seen)) {
      onLine(text.slice(seen, end), interrupt);
      seen = end + 1;
    }
  });
  return () => text;
}

/** The path of a graph module below `fixtures`. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}
