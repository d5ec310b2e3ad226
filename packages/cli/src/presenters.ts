import type { LogLine, RunReport } from '@troupe/core';
import type { Explanation } from './explain.ts';
import type { RunFigures } from './terminal/figures.ts';
import { LiveScreen, terminalLook } from './terminal/live-screen.ts';
import { reportLines, runLine, runView } from './terminal/run-view.ts';
import type { Look } from './terminal/run-view.ts';

/** Where `troupe run` shows what happens. */
export interface Presenter {
  interval(figures: RunFigures): void;
  log(line: LogLine): void;
  /** Where the page of the run is. */
  address(url: string): void;
  /** The run is over; `figures` are of all of it. */
  report(figures: RunFigures, report: RunReport): void;
  /** The run has failed; the explanation itself goes to stderr. */
  failure(explanation: Explanation): void;
}

/** A live table on a terminal. */
export function livePresenter(name: string): Presenter {
  const look = (): Look => terminalLook(process.stdout);
  const screen = new LiveScreen(process.stdout);
  return {
    interval: (figures) => screen.draw(runView(name, figures, look())),
    log: (line) => screen.print(logText(line)),
    address: (url) => screen.print(addressText(url)),
    report(figures, { reason }) {
      screen.close();
      writeLines(process.stdout, reportLines(name, reason, figures, look()));
    },
    failure: () => screen.close(),
  };
}

/** A line per interval, the report in the end; log lines on stderr. */
export function plainPresenter(name: string): Presenter {
  return {
    interval: (figures) => writeLines(process.stdout, [runLine(figures)]),
    log: (line) => writeLines(process.stderr, [logText(line)]),
    address: (url) => writeLines(process.stderr, [addressText(url)]),
    report: (figures, { reason }) => writeLines(process.stdout, reportLines(name, reason, figures)),
    failure: () => undefined,
  };
}

/**
 * A JSON object per line: `devtools` where there is a page, `stats` per interval, `log`, and in the
 * end `report` or `error`.
 */
export function jsonPresenter(name: string): Presenter {
  const write = (object: object): void => writeLines(process.stdout, [JSON.stringify(object)]);
  return {
    interval: (figures) => write({ type: 'stats', ...figures }),
    log: (line) => write({ type: 'log', ...line }),
    address: (url) => write({ type: 'devtools', url }),
    report: (figures, { reason, replacements, deadLetters }) =>
      write({
        type: 'report',
        graph: name,
        reason,
        ...figures,
        replacements: replacements.map(({ worker, reason: why, tookMs, restored, error }) => {
          return { worker, reason: why, tookMs, restored, code: error.code, message: error.message };
        }),
        letters: deadLetters.map(({ id, stage, port, seq, time, tries, error }) => {
          return { id, stage, port, seq, time, tries, code: error.code, message: error.message };
        }),
      }),
    failure: ({ exitCode, code, lines }) =>
      write({ type: 'error', exitCode, code, message: lines.join('\n') }),
  };
}

/** What to open in a browser. */
export function addressText(url: string): string {
  return `devtools: ${url}`;
}

function logText({ stage, message, fields }: LogLine): string {
  const tail = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
  return `${stage === '' ? '' : `[${stage}] `}${message}${tail}`;
}

function writeLines(stream: NodeJS.WritableStream, lines: readonly string[]): void {
  stream.write(lines.map((line) => `${line}\n`).join(''));
}
