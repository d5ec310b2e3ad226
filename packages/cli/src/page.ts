import type { Devtools, DevtoolsOptions } from '@troupe/devtools';
import { numberArgument } from './arguments.ts';
import { explain, UsageError } from './explain.ts';
import { drainOnInterrupt } from './interrupt.ts';

/** The options of a command whose run can be watched in a browser, for `parseArguments`. */
export const pageOptions = {
  devtools: { type: 'boolean', default: false },
  port: { type: 'string' },
  control: { type: 'boolean', default: false },
} as const;

/** The lines of a command's help for them. */
export const pageHelp = `  --devtools       serve a page that shows the run, and print its address
  --port N         its port; one that is free unless given
  --control        the page may also pause, step, set rates, request modes and stop`;

/** What was asked for of the page of a run. */
export interface PageArguments {
  readonly port: number;
  readonly control: boolean;
}

const portMax = 65_535;

/** `undefined` where no page was asked for. Throws `UsageError`. */
export function pageArguments(values: {
  readonly devtools: boolean;
  readonly port?: string;
  readonly control: boolean;
}): PageArguments | undefined {
  const { port, control } = values;
  if (values.devtools) {
    const bounds = { min: 0, max: portMax, isWhole: true };
    return { port: port === undefined ? 0 : numberArgument('--port', port, bounds), control };
  }
  const stray = port === undefined ? (control ? '--control' : undefined) : '--port';
  if (stray === undefined) return undefined;
  throw new UsageError(`${stray} is of the page, which was not asked for`, 'Add --devtools.');
}

/**
 * The page of one run. Where it `stays` when the run has come to its end, it does until Ctrl-C; elsewhere, or
 * when a person has ended the run, it ends with the run.
 */
export class RunPage {
  /** Attaches to the run. */
  readonly observer: Devtools;
  readonly #stays: boolean;
  #isServed = false;
  #isLeft = false;

  /** Without a page that was asked for, there is none. */
  static async open(asked: PageArguments, stays: boolean, onAddress: (url: string) => void): Promise<RunPage>;
  static async open(
    asked: PageArguments | undefined,
    stays: boolean,
    onAddress: (url: string) => void,
  ): Promise<RunPage | undefined>;
  static async open(
    asked: PageArguments | undefined,
    stays: boolean,
    onAddress: (url: string) => void,
  ): Promise<RunPage | undefined> {
    if (asked === undefined) return undefined;
    const { devtools } = await import('@troupe/devtools');
    return new RunPage(devtools, asked, stays, onAddress);
  }

  private constructor(
    devtools: (options: DevtoolsOptions) => Devtools,
    { port, control }: PageArguments,
    stays: boolean,
    onAddress: (url: string) => void,
  ) {
    this.#stays = stays;
    this.observer = devtools({
      port,
      control,
      lingerMs: stays ? Infinity : 0,
      onAddress: (url) => {
        this.#isServed = true;
        onAddress(url);
      },
    });
  }

  /** A person ends the run. */
  leave(): void {
    this.#isLeft = true;
  }

  /** Whether it will stay when the run is over. */
  get isStaying(): boolean {
    return this.#stays && this.#isServed && !this.#isLeft;
  }

  /**
   * The run has failed: what there is to see of it is told before the page is left. Resolves with the exit
   * code; throws the error where no page stays.
   */
  async endFailed(error: unknown): Promise<number> {
    if (!this.isStaying) throw error;
    const { lines, exitCode } = explain(error);
    lines.forEach(sayOnStderr);
    await this.end(sayOnStderr);
    return exitCode;
  }

  /** The run is over, and reported: resolves when the page is closed. */
  async end(say: (line: string) => void, interrupted: () => Promise<void> = interrupt): Promise<void> {
    if (this.isStaying) {
      say('The page stays open until Ctrl-C.');
      await interrupted();
    }
    await this.observer.close();
  }
}

/** Says something beside the output of a command. */
export function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function interrupt(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const giveBack = drainOnInterrupt(resolve);
  await promise;
  giveBack();
}
