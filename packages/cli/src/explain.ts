import { exitCode } from './exit-codes.ts';

/** The command line, or something that it names, is wrong. Codes `USAGE`, `BAD_MODULE` and `NO_GRAPH`. */
export class UsageError extends Error {
  readonly code: 'USAGE' | 'BAD_MODULE' | 'NO_GRAPH';
  readonly remedy: string;

  constructor(message: string, remedy: string, code: 'USAGE' | 'BAD_MODULE' | 'NO_GRAPH' = 'USAGE') {
    super(message);
    this.name = 'UsageError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** An error as a person at a terminal wants it. */
export interface Explanation {
  readonly exitCode: number;
  readonly code: string;
  /**
   * One line each, without line ends: what happened and what to do; where in the user's code, if that is what
   * failed.
   */
  readonly lines: readonly string[];
}

/**
 * What errors with something to tell have in common, whichever copy of Troupe's packages raised them. An
 * error of another kind that has come from a worker has both, but empty.
 */
interface Told extends Error {
  readonly code: string;
  readonly remedy: string;
}

/** Codes that say that what the user gave is wrong, not that the run went wrong. */
const inputCodes = new RegExp(
  `^(?:USAGE|BAD_MODULE|NO_GRAPH|GRAPH_FILE|BAD_REF|PLAN_INVALID|BAD_RECORDING|RECORDING_\\w+|` +
    `SOURCE_FILE_\\w+|SINK_FILE_UNWRITABLE|DEVTOOLS_\\w+)$`,
);

/**
 * Turns an error into lines and an exit code. The innermost cause that says the input is wrong speaks for the
 * whole chain: a corrupt file is a corrupt file, on whichever thread and in whichever handler it was noticed.
 * A stack is never shown.
 */
export function explain(error: unknown): Explanation {
  const chain = causes(error);
  const input = chain.findLast((cause) => isTold(cause) && inputCodes.test(cause.code));
  const told = input ?? chain.find(isTold) ?? error;
  const code = isTold(told) ? told.code : 'ERROR';
  const message = told instanceof Error ? told.message : String(told);
  // These messages are a heading and a line for each problem, remedies included.
  if (code === 'PLAN_INVALID' || code === 'GRAPH_FILE')
    return { exitCode: exitCode.badInput, code, lines: message.split('\n') };
  const line = isTold(told) ? sentences(message, told.remedy) : oneLine(message);
  if (input !== undefined) return { exitCode: exitCode.badInput, code, lines: [line] };
  const place = placeOf(chain.at(-1));
  return { exitCode: exitCode.failed, code, lines: place === undefined ? [line] : [line, `  ${place}`] };
}

/** A text without line ends: messages of other programs may have several lines. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** An error and its causes, outermost first; a chain that bites its tail ends there. */
function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (
    let at = error;
    at !== undefined && !chain.includes(at);
    at = at instanceof Error ? at.cause : undefined
  ) {
    chain.push(at);
  }
  return chain;
}

function isTold(error: unknown): error is Told {
  if (!(error instanceof Error)) return false;
  const { code, remedy } = error as Partial<Told>;
  return typeof code === 'string' && code !== '' && typeof remedy === 'string' && remedy !== '';
}

function sentences(message: string, remedy: string): string {
  const first = oneLine(message);
  return `${/[.!?]$/.test(first) ? first : `${first}.`} ${oneLine(remedy)}`;
}

/** The line of the user's code that threw, from the stack of the innermost cause. */
function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || isTold(error)) return undefined;
  const frames = error.stack?.split('\n').map((line) => line.trim()) ?? [];
  return frames.find((frame) => frame.startsWith('at ') && !frame.includes('node:'));
}
