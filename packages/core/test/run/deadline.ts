import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds. Rejects with what it was after a time that only a fault takes. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs: number = 15_000,
): Promise<void> {
  const startMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startMs > limitMs) throw new Error(`never came true: ${what}`);
    await sleep(2);
  }
}
