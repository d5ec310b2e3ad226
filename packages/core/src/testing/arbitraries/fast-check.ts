import type fastCheck from 'fast-check';
import { TestingError } from '../errors.ts';

export type FastCheck = typeof fastCheck;

/** `undefined` where it is not installed: whoever needs no arbitraries does not need it. */
const loaded: FastCheck | undefined = await import('fast-check').then(
  (module) => module.default,
  (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  },
);

/** fast-check. Throws `TestingError` (`NO_FAST_CHECK`) where it is not installed. */
export function fastCheckFor(what: string): FastCheck {
  if (loaded !== undefined) return loaded;
  throw new TestingError('NO_FAST_CHECK', `${what} needs fast-check`, 'npm install --save-dev fast-check');
}
