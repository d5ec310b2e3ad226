/** The atomic operations that shared words are changed with. */
const operations = ['load', 'store', 'add', 'sub', 'exchange', 'compareExchange', 'notify'] as const;

class Death extends Error {}

/**
 * Calls something as a thread would that is ended right before its `steps`-th atomic operation (from 0). True
 * when it died; false when it came to its end before. Everything that it had stored by then stays.
 */
export function dieAfter(steps: number, call: () => void): boolean {
  const real = Object.fromEntries(operations.map((name) => [name, Atomics[name]]));
  let left = steps;
  for (const name of operations) {
    Object.assign(Atomics, {
      [name]: (...args: unknown[]): unknown => {
        if (left-- <= 0) throw new Death();
        return (real[name] as (...args: unknown[]) => unknown)(...args);
      },
    });
  }
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof Death) return true;
    throw error;
  } finally {
    Object.assign(Atomics, real);
  }
}
