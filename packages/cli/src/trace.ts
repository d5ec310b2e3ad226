import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ClockKind, Run, StartOptions } from '@troupe/core';
import { numberArgument, parseArguments, workersArgument } from './arguments.ts';
import { exitCode } from './exit-codes.ts';
import { UsageError } from './explain.ts';
import { allowOption, loadGraph } from './graph-module.ts';
import { drainOnInterrupt } from './interrupt.ts';
import { RunTracer } from './run-tracer.ts';

const help = `Usage: troupe trace <graph> --out FILE [options]

Runs a graph and writes down what each of its threads does: batches of handler calls, waits for room, sleeps,
ticks, restarts, the depth of each edge and the modes. FILE is a trace that https://ui.perfetto.dev opens;
it must not be there yet. Boundary outputs are taken and thrown away.

Options:
  --out FILE       where to (run.pftrace, say)
  --duration-ms N  how long, in milliseconds (5000): the graph is drained then. Earlier where the stream ends
  --follow NS      join the calls that handled what has this logical time, in nanoseconds, by arrows
  --workers N      pooled workers for stages placed 'auto', 1 to 64
  --clock KIND     realtime, paced or fast (realtime)
  --seed N         seed of every stage's random numbers (0)
  --allow NAME     a package, or a module or folder (./x), outside of a graph file's folder that the file
                   may load stages from; loading runs their code. Can be given several times
  --help           this text

Exit codes:
  0    the trace has been written
  1    the run failed; the trace goes that far
  2    wrong usage or bad input: no such file, a graph that cannot run, a FILE that cannot be written
  130  a second Ctrl-C (143: a second SIGTERM)
`;

/** Between two looks at what the threads have written, in ms. */
const lookMs = 20;
/** How long a drain may take, in ms. */
const drainMsMax = 2_000;
const durationMsMax = 3_600_000;
const clocks: readonly ClockKind[] = ['realtime', 'paced', 'fast'];

interface TraceArguments {
  readonly path: string;
  readonly out: string;
  readonly durationMs: number;
  readonly followNs: number | undefined;
  readonly allow: readonly string[];
  readonly start: StartOptions;
}

/** `troupe trace`: resolves with the exit code. */
export async function traceCommand(argv: readonly string[]): Promise<number> {
  const options = readArguments(argv);
  if (options === undefined) {
    process.stdout.write(help);
    return exitCode.ended;
  }
  const graph = await loadGraph(options.path, options.allow);
  const file = await create(options.out);
  try {
    const run = await graph
      .start({ ...options.start, onLog: () => undefined })
      .catch(async (error: unknown) => {
        await rm(options.out);
        throw error;
      });
    const summary = await follow(run, file, options);
    process.stdout.write(`${options.out}: ${summary}\n`);
    return exitCode.ended;
  } finally {
    await file.close();
  }
}

/** Writes what happens until the run is over. What was written, in words. */
async function follow(
  run: Run,
  file: FileHandle,
  { out, durationMs, followNs }: TraceArguments,
): Promise<string> {
  // An output that blocks and that nobody takes would stall the graph.
  for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
  const tracer = new RunTracer(run, followNs);
  let writing: Promise<void> = Promise.resolve();
  let failed: { readonly error: unknown } | undefined;
  const write = (piece: Uint8Array): void => {
    writing = writing
      .then(async () => {
        if (failed === undefined) await file.writeFile(piece);
      })
      .catch((error: unknown) => {
        failed ??= { error };
        void run.stop();
      });
  };
  const drain = (): void => void run.stop({ drain: true, timeoutMs: drainMsMax });
  const giveBack = drainOnInterrupt(drain);
  const end = setTimeout(drain, durationMs);
  const timer = setInterval(() => write(tracer.look()), lookMs);
  try {
    await run.done;
  } finally {
    clearInterval(timer);
    clearTimeout(end);
    giveBack();
    write(tracer.finish());
    await writing;
  }
  if (failed !== undefined) throw unwritable(out, failed.error);
  return tracer.summary();
}

async function create(out: string): Promise<FileHandle> {
  try {
    return await open(out, 'wx');
  } catch (error) {
    throw unwritable(out, error);
  }
}

function unwritable(out: string, error: unknown): UsageError {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return new UsageError(`${out} is there already`, 'Name a new file, or remove it.');
  const why = error instanceof Error ? error.message : String(error);
  return new UsageError(
    `${out} cannot be written: ${why}`,
    'Name a file in a folder that can be written to.',
  );
}

/** The options of the command line; `undefined` for help. */
function readArguments(argv: readonly string[]): TraceArguments | undefined {
  const { values, positionals } = parseArguments(
    {
      args: [...argv],
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        'duration-ms': { type: 'string', default: '5000' },
        follow: { type: 'string' },
        workers: { type: 'string' },
        clock: { type: 'string', default: 'realtime' },
        seed: { type: 'string', default: '0' },
        allow: allowOption,
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    'troupe trace --help',
  );
  if (values.help) return undefined;
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0)
    throw new UsageError(
      'trace takes one graph',
      'Give its path: `troupe trace graph.ts --out run.pftrace`.',
    );
  if (values.out === undefined)
    throw new UsageError('trace has nowhere to write to', 'Name the file: `--out run.pftrace`.');
  const { workers, follow: followed } = values;
  const whole = (min: number, max: number): { min: number; max: number; isWhole: true } => ({
    min,
    max,
    isWhole: true,
  });
  return {
    path,
    out: values.out,
    durationMs: numberArgument('--duration-ms', values['duration-ms'], whole(1, durationMsMax)),
    followNs:
      followed === undefined
        ? undefined
        : numberArgument('--follow', followed, whole(0, Number.MAX_SAFE_INTEGER)),
    allow: values.allow,
    start: {
      clock: clockOf(values.clock),
      seed: numberArgument('--seed', values.seed, whole(0, 2 ** 32 - 1)),
      ...workersArgument(workers),
    },
  };
}

function clockOf(text: string): ClockKind {
  const clock = clocks.find((kind) => kind === text);
  if (clock !== undefined) return clock;
  throw new UsageError(`--clock ${JSON.stringify(text)} is no clock`, `Use one of: ${clocks.join(', ')}.`);
}
