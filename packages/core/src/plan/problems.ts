import { inspect } from 'node:util';
import type { PlanErrorCode, PlanProblem, PlanWarningCode } from './types.ts';

/** Where a problem is. */
export interface Place {
  readonly stage?: string;
  readonly port?: string;
}

/** Collects everything that `compile` finds. */
export class Problems {
  readonly errors: PlanProblem[] = [];
  readonly warnings: PlanProblem[] = [];

  error(code: PlanErrorCode, { stage, port }: Place, message: string, remedy: string): void {
    this.errors.push({ code, stage, port, message, remedy });
  }

  warn(code: PlanWarningCode, { stage, port }: Place, message: string, remedy: string): void {
    this.warnings.push({ code, stage, port, message, remedy });
  }
}

/** A value as a few characters of source, for messages. */
export function show(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 8, maxStringLength: 60 });
}

/** Names, quoted, for messages. */
export function list(names: Iterable<string>): string {
  const quoted = Array.from(names, (name) => `'${name}'`);
  return quoted.length === 0 ? 'none' : quoted.join(', ');
}

/** Whether a value is an integer from `min` to `max`. */
export function isIntegerIn(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

const namePattern = /^[A-Za-z_][\w.-]*$/;

/** Reports a name that cannot be used in logs, file names and diagrams alike. */
export function checkName(problems: Problems, what: string, name: unknown, place: Place): void {
  if (typeof name === 'string' && namePattern.test(name)) return;
  problems.error(
    'BAD_NAME',
    place,
    `${show(name)} cannot be the name of a ${what}`,
    'Use a letter or underscore, then letters, digits, underscores, dots and hyphens.',
  );
}
