/** Registers a test: what vitest, jest, mocha and node:test call `test` or `it`. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown;

/** A test runner. */
export interface Runner {
  readonly test: TestFunction;
  /** The command that runs one test of a file. */
  command(file: string | undefined, name: string): string;
}

/** Loaded here, as tests are registered at once. Only within vitest is there anything to load. */
const vitest: TestFunction | undefined =
  process.env['VITEST'] === undefined ? undefined : ((await import('vitest')).test as TestFunction);

const byNode: TestFunction = (await import('node:test')).test;

/** The runner that this file runs under: vitest, one with a global `test` or `it`, else `node:test`. */
export function runnerAtHand(given: TestFunction | undefined): Runner {
  if (given !== undefined) return { test: given, command: anyCommand };
  if (vitest !== undefined) return { test: vitest, command: vitestCommand };
  const globals = globalThis as { readonly test?: TestFunction; readonly it?: TestFunction };
  const global = globals.test ?? globals.it;
  if (global !== undefined) return { test: global, command: anyCommand };
  return { test: byNode, command: nodeCommand };
}

function vitestCommand(file: string | undefined, name: string): string {
  return ['npx vitest run', ...(file === undefined ? [] : [file]), `-t ${quoted(pattern(name))}`].join(' ');
}

function nodeCommand(file: string | undefined, name: string): string {
  const conditions = process.execArgv.filter((argument) => /^(-C|--conditions)/.test(argument));
  const parts = ['node', ...conditions, `--test --test-name-pattern=${quoted(`^${pattern(name)}$`)}`];
  return [...parts, ...(file === undefined ? [] : [file])].join(' ');
}

function anyCommand(file: string | undefined, name: string): string {
  return `(the tests' own command)${file === undefined ? '' : ` ${file}`}, test ${quoted(name)}`;
}

function pattern(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
