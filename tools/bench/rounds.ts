/**
 * Interleaved runs: every round runs each contender of a row once (A B C, A B C, …), each in a fresh child
 * process.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Sample } from './contender.ts';
import type { ContenderId, Row } from './rows.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const CHILD_MS_MAX = 120_000;
const ERROR_TEXT_MAX = 4000;

export interface RunOptions {
  readonly quick: boolean;
  /** Options of Node for the child, such as an export condition. */
  readonly nodeArguments: readonly string[];
}

/** A sample, or why there is none. */
export type Outcome = { readonly sample: Sample } | { readonly failure: string };

/** What each contender gave in one round. */
export type Round = ReadonlyMap<ContenderId, Outcome>;

function lastErrorLine(text: string, fallback: string): string {
  const line = text.split('\n').find((candidate) => /^\S*(Error|Exception)\b/.test(candidate));
  return line ?? fallback;
}

/** Runs one contender in a child process of its own. */
function runContender(id: ContenderId, options: RunOptions): Promise<Outcome> {
  const child = fork(CHILD, [id, ...(options.quick ? ['--quick'] : [])], {
    execArgv: [...options.nodeArguments],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: CHILD_MS_MAX,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve) => {
    let sample: Sample | undefined;
    let errorText = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errorText = (errorText + chunk.toString()).slice(-ERROR_TEXT_MAX);
    });
    child.on('message', (message) => {
      sample = message as Sample;
    });
    child.on('error', (error) => resolve({ failure: error.message }));
    child.on('close', (code, signal) => {
      if (sample !== undefined) resolve({ sample });
      else resolve({ failure: lastErrorLine(errorText, `it ended with ${signal ?? `exit code ${code}`}`) });
    });
  });
}

/** Runs all rounds of a row. A contender that failed is not tried again. */
export async function runRow(
  row: Row,
  rounds: number,
  options: RunOptions,
  onRun: (text: string) => void,
): Promise<Round[]> {
  const failed = new Map<ContenderId, Outcome>();
  const results: Round[] = [];
  for (let index = 0; index < rounds; index++) {
    const round = new Map<ContenderId, Outcome>();
    for (const id of row.contenders) {
      onRun(`${row.id}: round ${index + 1} of ${rounds}, ${id}`);
      const outcome = failed.get(id) ?? (await runContender(id, options));
      if ('failure' in outcome) failed.set(id, outcome);
      round.set(id, outcome);
    }
    results.push(round);
  }
  return results;
}
