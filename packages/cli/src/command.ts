import { exitCode } from './exit-codes.ts';
import { explain } from './explain.ts';

/**
 * Runs the body of a command as the whole process: what it resolves with is the exit code, what it throws is
 * explained in lines on stderr, never with a stack. A reader of stdout that goes away (`| head`) ends the
 * process quietly.
 */
export async function runAsProcess(body: () => Promise<number>): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCode.ended : exitCode.failed);
  });
  try {
    process.exitCode = await body();
  } catch (error) {
    const explanation = explain(error);
    process.stderr.write(`${explanation.lines.join('\n')}\n`);
    process.exitCode = explanation.exitCode;
  }
}
