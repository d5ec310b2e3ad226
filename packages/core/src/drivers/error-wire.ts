import { TroupeError } from '@troupe/mailbox';
import { RemoteError } from '../errors.ts';
import type { ErrorWire } from './messages.ts';

const causesMax = 8;

/** Any thrown value as plain data, with its causes. */
export function errorToWire(error: unknown, depth = 0): ErrorWire {
  const known = error instanceof TroupeError ? error : undefined;
  const cause =
    error instanceof Error && error.cause !== undefined && depth < causesMax ? error.cause : undefined;
  return {
    name: error instanceof Error ? error.name : typeof error,
    message: error instanceof Error ? error.message : String(error),
    code: known?.code ?? codeOf(error),
    remedy: known?.remedy ?? '',
    stage: known?.stage,
    port: known?.port,
    stack: error instanceof Error ? error.stack : undefined,
    cause: cause === undefined ? undefined : errorToWire(cause, depth + 1),
  };
}

function codeOf(error: unknown): string {
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** An error from another thread: the same name, code, place, remedy, stack and causes. */
export function errorFromWire(wire: ErrorWire): TroupeError {
  return new RemoteError(wire, wire.cause === undefined ? undefined : errorFromWire(wire.cause));
}
