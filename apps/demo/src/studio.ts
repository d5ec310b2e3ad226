import {
  addressText,
  drainOnInterrupt,
  explain,
  exitCode,
  LiveScreen,
  RunMeter,
  RunPage,
  runFigures,
  terminalLook,
} from '@troupe/cli';
import type { RunFigures } from '@troupe/cli';
import type { LogLine, Run, RunReport } from '@troupe/core';
import type { StudioGraph } from './graph.ts';
import { studioGraph } from './graph.ts';
import { help, readOptions } from './options.ts';
import type { StudioOptions } from './options.ts';
import { openSignal } from './signal.ts';
import { Tally, valueNames } from './tally.ts';
import { studioLine, studioReport, studioView } from './view.ts';

const liveIntervalMs = 100;
/** The live table's rates are of the last second. */
const liveSpanMs = 1000;
const plainIntervalMs = 1000;

/** The demo: resolves with the exit code. */
export async function studio(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === undefined) {
    process.stdout.write(help);
    return exitCode.ended;
  }
  try {
    await play(options);
    return exitCode.ended;
  } catch (error) {
    if (options.isJson) {
      const { exitCode: code, code: name, lines } = explain(error);
      writeJson({ type: 'error', exitCode: code, code: name, message: lines.join('\n') });
    }
    throw error;
  }
}

async function play(options: StudioOptions): Promise<void> {
  const signal = openSignal(options.source, options.file, options.rateHz);
  const declared = studioGraph(signal, options.speed);
  const tally = new Tally(signal, declared.feature);
  const screen = process.stdout.isTTY && !options.isJson ? new LiveScreen(process.stdout) : undefined;
  const say = (line: LogLine): void => {
    if (options.isJson) writeJson({ type: 'log', ...line });
    else note(logText(line), screen);
  };
  const showAddress = (url: string): void => {
    if (options.isJson) writeJson({ type: 'devtools', url });
    else note(addressText(url), screen);
  };
  const page = await RunPage.open(options.page, screen !== undefined, showAddress);
  try {
    const run = await declared.graph.start({
      onLog: say,
      ...(page === undefined ? {} : { observers: [page.observer] }),
    });
    const report = await watch(run, declared, tally, screen, options, () => page?.leave());
    screen?.close();
    const figures = runFigures(run.plan, report.stats);
    const frames = report.stats.stages.find(({ name }) => name === 'source')?.out ?? 0;
    if (options.isJson)
      writeJson({
        type: 'report',
        reason: report.reason,
        frames,
        note: signal.note,
        ...tallied(tally),
        ...figures,
      });
    else {
      const look = terminalLook(process.stdout);
      writeLines(studioReport(tally, report.reason, frames, declared.block, figures, look));
    }
    await page?.end((line) => note(line, screen));
  } finally {
    screen?.close();
    await page?.observer.close();
  }
}

/** A line beside the figures. */
function note(line: string, screen: LiveScreen | undefined): void {
  if (screen === undefined) process.stderr.write(`${line}\n`);
  else screen.print(line);
}

/** Takes the features as they come, shows them per interval, and resolves when the run is over. */
async function watch(
  run: Run,
  { features, departed }: StudioGraph,
  tally: Tally,
  screen: LiveScreen | undefined,
  { durationMs, isJson }: StudioOptions,
  onInterrupt: () => void,
): Promise<RunReport> {
  const epochMs = performance.now() - run.stats().elapsedMs;
  run.onSample(departed, ({ frame, time }) => tally.latency.depart(time, frame[0]!));
  run.onSample(features, ({ frame, time }) => {
    tally.latency.arrive(time, (performance.now() - epochMs) * 1e6);
    tally.add(frame, time);
  });
  const show = (figures: RunFigures): void => {
    if (screen !== undefined) screen.draw(studioView(tally, figures, terminalLook(process.stdout)));
    else if (isJson) writeJson({ type: 'stats', ...tallied(tally), ...figures });
    else writeLines([studioLine(tally, figures)]);
  };
  const drain = (): void => void run.stop({ drain: true });
  const giveBack = drainOnInterrupt(() => {
    onInterrupt();
    drain();
  });
  const end = durationMs === undefined ? undefined : setTimeout(drain, durationMs);
  const meter = new RunMeter(run.plan, run.stats(), screen === undefined ? 0 : liveSpanMs);
  const intervalMs = screen === undefined ? plainIntervalMs : liveIntervalMs;
  const timer = setInterval(() => show(meter.read(run.stats())), intervalMs);
  try {
    return await run.done;
  } finally {
    clearInterval(timer);
    clearTimeout(end);
    giveBack();
  }
}

function tallied(tally: Tally): object {
  const { signal, feature, windows, timeNs, newest, latency } = tally;
  const names = valueNames(feature);
  const rows = (values: Float32Array | Float64Array): readonly (readonly number[])[] =>
    signal.labels.map((_, channel) => Array.from(names, (__, at) => values[channel * names.length + at]!));
  return {
    windows,
    timeNs,
    channels: signal.labels,
    features: names,
    newest: rows(newest),
    means: rows(tally.means()),
    sourceToView: latency.summary(),
  };
}

function logText({ stage, message, fields }: LogLine): string {
  return `[${stage}] ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`;
}

function writeJson(object: object): void {
  writeLines([JSON.stringify(object)]);
}

function writeLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
