import { exitCode } from './exit-codes.ts';

/**
 * Makes Ctrl-C (and SIGTERM) ask politely first: the first signal calls `drain`, a second one ends the
 * process at once, with exit code 130 (143). Returns the function that gives the signals back.
 */
export function drainOnInterrupt(drain: () => void): () => void {
  let isDraining = false;
  const on = (code: number) => (): void => {
    if (isDraining) process.exit(code);
    isDraining = true;
    drain();
  };
  const listeners = [
    ['SIGINT', on(exitCode.interrupted)],
    ['SIGTERM', on(exitCode.terminated)],
  ] as const;
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
