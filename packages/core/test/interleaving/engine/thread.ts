/**
 * What the threads of a protocol may ask of the scheduler. The loader puts the runtime's own functions in the
 * place of these: they mean something only while a protocol is explored.
 */

const remedy = 'This module is for protocols that `loadProtocols` has loaded.';

/**
 * Until another thread has written to shared memory, or is over. A loop that looks again and again stands
 * still here: turns in which nothing has changed are not explored.
 */
export function pause(): void {
  throw new Error(remedy);
}

/** Waits until the thread of this name is over. Whether it died. */
export function untilOver(_thread: string): boolean {
  throw new Error(remedy);
}
