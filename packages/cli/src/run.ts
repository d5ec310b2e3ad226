import type { ClockKind, Graph, LogLine, Run, RunReport, StartOptions } from '@troupe/core';
import { numberArgument, parseArguments, workersArgument } from './arguments.ts';
import { exitCode } from './exit-codes.ts';
import { explain, UsageError } from './explain.ts';
import { allowOption, loadGraph } from './graph-module.ts';
import { drainOnInterrupt } from './interrupt.ts';
import { pageArguments, pageHelp, pageOptions, RunPage } from './page.ts';
import type { PageArguments } from './page.ts';
import { jsonPresenter, livePresenter, plainPresenter } from './presenters.ts';
import type { Presenter } from './presenters.ts';
import { RunMeter, runFigures } from './terminal/figures.ts';

const help = `Usage: troupe run <graph> [options]

Starts a graph and shows it while it runs: a live table on a terminal, a line per interval elsewhere. Samples
of boundary outputs are taken and counted. The graph is a graph file (.toml), or a module: its default export,
or the one export that is a graph, or the one function: it is called and may return a promise.

The first Ctrl-C drains the graph and prints the report, the second one ends at once.

Options:
  --workers N      pooled workers for stages placed 'auto', 1 to 64
  --allow NAME     a package, or a module or folder (./x), outside of a graph file's folder that the file
                   may load stages from; loading runs their code. Can be given several times
  --seed N         seed of every stage's random numbers (0)
  --clock KIND     realtime, paced or fast (realtime)
  --record FILE    write a recording, for \`troupe replay\`; FILE must not be there yet. Exact with the paced
                   and fast clocks
  --duration S     drain and stop after so many seconds (paced, fast: of the run's own time)
  --interval MS    time between two updates, in milliseconds (1000; on a terminal 250)
  --json           a JSON object per line: 'stats' per interval, 'log', and in the end 'report' or 'error'
${pageHelp}
  --help           this text

On a terminal the page stays open after the end of the run, until Ctrl-C.

Exit codes:
  0    the stream ended, or the run was stopped
  1    the run failed
  2    wrong usage or bad input: no such file, a module or graph file that does not load, a graph
       that cannot run, a corrupt file, a port that is taken
  130  a second Ctrl-C (143: a second SIGTERM)
`;

const intervalMsDefault = 1000;
const liveIntervalMsDefault = 250;
/** The live table's rates are of the last second. */
const liveSpanMs = 1000;
const msPerSecond = 1000;
/** As long as a timer can wait. */
const durationSecondsMax = 2_147_483;

interface RunArguments {
  readonly path: string;
  readonly allow: readonly string[];
  readonly placement: { readonly workers?: number };
  readonly seed: number;
  readonly clock: ClockKind;
  readonly record: string | undefined;
  readonly durationMs: number | undefined;
  readonly intervalMs: number | undefined;
  readonly isJson: boolean;
  readonly page: PageArguments | undefined;
}

/** `troupe run`: resolves with the exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const options = readArguments(argv);
  if (options === undefined) {
    process.stdout.write(help);
    return exitCode.ended;
  }
  const isLive = process.stdout.isTTY && !options.isJson;
  const intervalMs = options.intervalMs ?? (isLive ? liveIntervalMsDefault : intervalMsDefault);
  const shown: Shown = { isLive, intervalMs, presenter: plainOrJson(options) };
  let page: RunPage | undefined;
  try {
    page = await RunPage.open(options.page, isLive, (url) => shown.presenter.address(url));
    await show(options, shown, page);
    await page?.end((line) => shown.presenter.log(noteOf(line)));
    return exitCode.ended;
  } catch (error) {
    shown.presenter.failure(explain(error));
    if (page === undefined) throw error;
    return await page.endFailed(error);
  }
}

/** How a run is shown. */
interface Shown {
  readonly isLive: boolean;
  readonly intervalMs: number;
  presenter: Presenter;
}

/** Starts the graph, and shows it until its report. */
async function show(options: RunArguments, shown: Shown, page: RunPage | undefined): Promise<void> {
  const { isLive, intervalMs } = shown;
  const graph = await loadGraph(options.path, options.allow);
  const run = await graph.start({
    seed: options.seed,
    ...options.placement,
    ...startOptions(options),
    ...(page === undefined ? {} : { observers: [page.observer] }),
    onLog: (line) => shown.presenter.log(line),
  });
  const presenter = presenterFor(graph, options.isJson, isLive);
  shown.presenter = presenter;
  const meter = new RunMeter(run.plan, run.stats(), isLive ? liveSpanMs : 0);
  const report = await watch(run, presenter, {
    show: () => presenter.interval(meter.read(run.stats())),
    intervalMs,
    durationMs: wallMs(options),
    onInterrupt: () => page?.leave(),
  });
  presenter.report(runFigures(run.plan, report.stats), report);
}

/** How the run goes: its clock, where it is recorded, and when it ends by its own time. */
function startOptions({ clock, record, durationMs }: RunArguments): StartOptions {
  return {
    clock,
    ...(record === undefined ? {} : { record }),
    ...(durationMs === undefined || clock === 'realtime' ? {} : { durationMs }),
  };
}

/** When the run is drained, by the wall clock. */
function wallMs({ clock, durationMs }: RunArguments): number | undefined {
  return clock === 'realtime' ? durationMs : undefined;
}

/** Until the graph is known. */
function plainOrJson({ path, isJson }: RunArguments): Presenter {
  return isJson ? jsonPresenter(path) : plainPresenter(path);
}

function presenterFor({ name }: Graph, isJson: boolean, isLive: boolean): Presenter {
  if (isJson) return jsonPresenter(name);
  return isLive ? livePresenter(name) : plainPresenter(name);
}

interface Watching {
  readonly show: () => void;
  readonly intervalMs: number;
  readonly durationMs: number | undefined;
  /** A person asks for the end. */
  readonly onInterrupt: () => void;
}

/** A line of this command's own. */
function noteOf(message: string): LogLine {
  return { stage: '', timeNs: 0, message, fields: undefined };
}

/** Takes what the graph gives, calls `show` per interval, and resolves with the report when it is over. */
async function watch(
  run: Run,
  presenter: Presenter,
  { show, intervalMs, durationMs, onInterrupt }: Watching,
): Promise<RunReport> {
  // An output that blocks and that nobody takes would stall the graph.
  for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
  for (const { name } of run.plan.inputs) {
    presenter.log(noteOf(`input '${name}' is fed by nobody here`));
  }
  const drain = (): void => void run.stop({ drain: true });
  const giveBack = drainOnInterrupt(() => {
    onInterrupt();
    drain();
  });
  const end = durationMs === undefined ? undefined : setTimeout(drain, durationMs);
  const timer = setInterval(show, intervalMs);
  try {
    return await run.done;
  } finally {
    clearInterval(timer);
    clearTimeout(end);
    giveBack();
  }
}

/** The options of the command line; `undefined` for help. */
function readArguments(argv: readonly string[]): RunArguments | undefined {
  const { values, positionals } = parseArguments(
    {
      args: [...argv],
      allowPositionals: true,
      options: {
        workers: { type: 'string' },
        allow: allowOption,
        clock: { type: 'string', default: 'realtime' },
        record: { type: 'string' },
        seed: { type: 'string', default: '0' },
        duration: { type: 'string' },
        interval: { type: 'string' },
        json: { type: 'boolean', default: false },
        ...pageOptions,
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    'troupe run --help',
  );
  if (values.help) return undefined;
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0) {
    throw new UsageError('run takes one graph', 'Give its path: `troupe run graph.ts`.');
  }
  const { workers, duration, interval, record } = values;
  const durationBounds = { min: 0, max: durationSecondsMax };
  return {
    path,
    allow: values.allow,
    placement: workersArgument(workers),
    seed: numberArgument('--seed', values.seed, { min: 0, max: 2 ** 32 - 1, isWhole: true }),
    clock: clockArgument(values.clock),
    record,
    durationMs:
      duration === undefined
        ? undefined
        : msPerSecond * numberArgument('--duration', duration, durationBounds),
    intervalMs:
      interval === undefined
        ? undefined
        : numberArgument('--interval', interval, { min: 10, max: 3_600_000 }),
    isJson: values.json,
    page: pageArguments(values),
  };
}

const clocks: readonly ClockKind[] = ['realtime', 'paced', 'fast'];

function clockArgument(text: string): ClockKind {
  const clock = clocks.find((kind) => kind === text);
  if (clock !== undefined) return clock;
  throw new UsageError(`--clock ${JSON.stringify(text)} is no clock`, `Use one of: ${clocks.join(', ')}.`);
}
