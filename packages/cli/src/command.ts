import { setFlagsFromString } from 'node:v8';
import { exitCode } from './exit-codes.ts';
import { explain } from './explain.ts';

/**
 * Runs the body of a command as the whole process: what it resolves with is the exit code, what it throws is
 * explained in lines on stderr, never with a stack. A reader of stdout that goes away (`| head`) ends the
 * process quietly.
 */
export async function runAsProcess(body: () => Promise<number>): Promise<void> {
  keepWrappers();
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

/**
 * V8 as of Node 24.21 ends the process now and then when two threads compile their wrappers of what
 * WebAssembly imports at once (`Check failed: jit_page.has_value()`), and each thread that loads a stage
 * from TypeScript has WebAssembly: Node strips types with it. The generic wrapper, which V8 then keeps, costs
 * each such call some 16 ns.
 */
function keepWrappers(): void {
  setFlagsFromString('--wasm-wrapper-tiering-budget=1000000000');
}
