import { dirname, join, resolve } from 'node:path';
import { graph, openRecording } from '@troupe/core';
import type { Graph, Observer, RecordingHeader, ReplayReport } from '@troupe/core';
import { numberArgument, parseArguments, workersArgument } from './arguments.ts';
import { exitCode } from './exit-codes.ts';
import { UsageError } from './explain.ts';
import { allowOption, loadGraph } from './graph-module.ts';
import { pageArguments, pageOptions, RunPage, sayOnStderr } from './page.ts';
import type { PageArguments } from './page.ts';
import { addressText } from './presenters.ts';
import { momentJson, momentLines } from './terminal/moment-view.ts';
import { replayLines } from './terminal/replay-view.ts';

const help = `Usage: troupe replay <recording> [<graph>] [options]

Starts the graph of a recording again with everything that came from outside, and compares what all
stages emit, message by message and bit by bit. Stages with effects outside (sinks, and stages with an
event loop) are left out: what they emitted is played. Without <graph> it is taken from the recording, as if
a graph file lay beside it.

Options:
  --workers N      pooled workers for stages placed 'auto', 1 to 64
  --with-effects   run the sinks and fed stages with an event loop too; sources are always played
  --at S           go only to the last step within so many seconds of the run's own time, and print what
                   there was: the newest message of each output, latches, mode, events, states
  --json           with --at: as one JSON object
  --devtools       serve a page that shows the graph as it runs again, and goes to any step of the recording;
                   print its address. It stays until Ctrl-C
  --port N         its port; one that is free unless given
  --control        the graph waits to be resumed or stepped in the page, which may also set breakpoints
  --allow NAME     a package, or a module or folder (./x), outside of the recording's (or the graph file's)
                   folder that stages may be loaded from; loading runs their code. Can be given several times
  --help           this text

Exit codes:
  0    everything was identical
  1    something differed, or the replay failed
  2    wrong usage or bad input: no such file, no recording, one of another graph, a graph that cannot run,
       a port that is taken
`;

interface ReplayArguments {
  readonly recording: string;
  readonly graph: string | undefined;
  readonly allow: readonly string[];
  readonly placement: { readonly workers?: number };
  readonly withEffects: boolean;
  /** The moment that is wanted, in seconds. */
  readonly at: number | undefined;
  readonly isJson: boolean;
  readonly page: PageArguments | undefined;
}

/** `troupe replay`: resolves with the exit code. */
export async function replayCommand(argv: readonly string[]): Promise<number> {
  const options = readArguments(argv);
  if (options === undefined) {
    process.stdout.write(help);
    return exitCode.ended;
  }
  const header = await headerOf(options.recording);
  const g = await graphOf(options, header);
  if (options.at !== undefined) return showMoment(g, options, options.at);
  if (options.page === undefined) return replay(g, header, options, []);
  return replayOnPage(g, header, options, options.page);
}

/** Does it again, and prints what that has shown. */
async function replay(
  g: Graph,
  header: RecordingHeader,
  { recording, placement, withEffects }: ReplayArguments,
  observers: readonly Observer[],
): Promise<number> {
  const report: ReplayReport = await g.replay(recording, {
    withEffects,
    observers,
    ...placement,
    // What stages log they have logged before.
    onLog: () => undefined,
  });
  process.stdout.write(
    replayLines(g.name, header, report)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return report.divergence === undefined ? exitCode.ended : exitCode.failed;
}

/** Holds a run before its first step. */
const holding: Observer = { name: 'holding', attach: (run) => run.debug.pause() };

/**
 * The same on a page. That is mostly over before anybody has opened it, so it stays, and begins with the
 * scrubber; a person who controls it wants to see the graph run.
 */
async function replayOnPage(
  g: Graph,
  header: RecordingHeader,
  options: ReplayArguments,
  asked: PageArguments,
): Promise<number> {
  const page = await RunPage.open(asked, true, (url) => {
    sayOnStderr(addressText(asked.control ? url : atScrubber(url)));
    if (asked.control) sayOnStderr('The replay waits to be resumed or stepped in the page.');
  });
  try {
    const code = await replay(g, header, options, [...(asked.control ? [holding] : []), page.observer]);
    await page.end(sayOnStderr);
    return code;
  } catch (error) {
    return await page.endFailed(error);
  }
}

function atScrubber(url: string): string {
  const address = new URL(url);
  address.searchParams.set('view', 'replay');
  return address.href;
}

/** Prints what there was at a time. */
async function showMoment(g: Graph, options: ReplayArguments, seconds: number): Promise<number> {
  const { recording, placement, isJson } = options;
  await using rewind = await g.rewind(recording, { ...placement, standby: 0 });
  const moment = await rewind.seek({ timeNs: seconds * 1e9 });
  const lines = isJson ? [momentJson(g.name, rewind, moment)] : momentLines(g.name, rewind, moment);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return moment.divergence === undefined ? exitCode.ended : exitCode.failed;
}

async function headerOf(path: string): Promise<RecordingHeader> {
  const recording = await openRecording(path);
  await recording.close();
  return recording.header;
}

/** The graph that the command line names, or the one in the recording. */
async function graphOf(options: ReplayArguments, header: RecordingHeader): Promise<Graph> {
  const { recording, allow } = options;
  if (options.graph !== undefined) return loadGraph(options.graph, allow);
  const { toml } = header.options as { readonly toml?: unknown };
  const command = `troupe replay ${recording} <graph>`;
  if (typeof toml !== 'string') {
    throw new UsageError(
      `${recording} does not hold its graph '${header.graph}', which has stages that no module exports`,
      `Name the graph: \`${command}\`.`,
    );
  }
  const at = join(dirname(resolve(recording)), `graph in ${recording.replace(/^.*[\\/]/, '')}`);
  try {
    return await graph.parse(toml, { at, allow });
  } catch (error) {
    process.stderr.write(`The graph in ${recording} does not load; it can be named: \`${command}\`.\n`);
    throw error;
  }
}

/** The options of the command line; `undefined` for help. */
function readArguments(argv: readonly string[]): ReplayArguments | undefined {
  const { values, positionals } = parseArguments(
    {
      args: [...argv],
      allowPositionals: true,
      options: {
        workers: { type: 'string' },
        allow: allowOption,
        'with-effects': { type: 'boolean', default: false },
        at: { type: 'string' },
        json: { type: 'boolean', default: false },
        ...pageOptions,
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    'troupe replay --help',
  );
  if (values.help) return undefined;
  const [recording, path, ...others] = positionals;
  if (recording === undefined || others.length > 0) {
    const remedy = 'Give their paths: `troupe replay run.trp graph.ts`.';
    throw new UsageError('replay takes one recording, and the graph where it is not in it', remedy);
  }
  const { workers, at } = values;
  if (values.json && at === undefined) {
    throw new UsageError('--json is for the moment that --at names', 'Give a time: `--at 12.5 --json`.');
  }
  if (values['with-effects'] && at !== undefined) {
    const remedy = 'Leave out one of them.';
    throw new UsageError(
      '--at shows what there was, and has no effects: --with-effects is not for it',
      remedy,
    );
  }
  const page = pageArguments(values);
  if (page !== undefined && at !== undefined) {
    throw new UsageError(
      '--at prints one moment, --devtools serves a page that goes to any',
      'Leave out one of them.',
    );
  }
  return {
    recording,
    graph: path,
    page,
    allow: values.allow,
    placement: workersArgument(workers),
    withEffects: values['with-effects'],
    at: at === undefined ? undefined : numberArgument('--at', at, { min: 0 }),
    isJson: values.json,
  };
}
