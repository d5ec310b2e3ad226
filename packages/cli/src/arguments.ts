import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { UsageError } from './explain.ts';

type Parsed<C extends ParseArgsConfig> = ReturnType<typeof parseArgs<C>>;

/** `parseArgs`, but what is wrong on the command line is a `UsageError` of one line. */
export function parseArguments<const C extends ParseArgsConfig>(config: C, helpCommand: string): Parsed<C> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [message = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(message, `\`${helpCommand}\` lists the options.`);
  }
}

/** What a number on the command line may be. */
export interface NumberBounds {
  readonly min: number;
  readonly max?: number;
  readonly isWhole?: boolean;
}

/** The value of an option that takes a number. Throws `UsageError` unless it is one within the bounds. */
export function numberArgument(option: string, text: string, { min, max, isWhole }: NumberBounds): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const isIn = Number.isFinite(value) && value >= min && value <= (max ?? Infinity);
  if (isIn && (isWhole !== true || Number.isInteger(value))) return value;
  const kind = isWhole === true ? 'a whole number' : 'a number';
  const range = max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new UsageError(
    `${option} ${JSON.stringify(text)} is not ${kind} ${range}`,
    'Give a number in that range.',
  );
}

/** What `--workers` asks for, as an option of `start` and `compile`. Throws `UsageError`. */
export function workersArgument(text: string | undefined): { readonly workers?: number } {
  if (text === undefined) return {};
  return { workers: numberArgument('--workers', text, { min: 1, max: 64, isWhole: true }) };
}
