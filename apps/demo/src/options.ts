import {
  numberArgument,
  pageArguments,
  pageHelp,
  pageOptions,
  parseArguments,
  UsageError,
} from '@troupe/cli';
import type { PageArguments } from '@troupe/cli';
import type { Speed } from '@troupe/stages';
import type { SourceKind } from './signal.ts';

export const help = `Usage: npm start -- [options]

Replays a real scalp EEG (5 channels, 256 Hz, 100 s) through a graph of actors on two worker threads and
shows the power of its bands live: source → filter → window → band power → this terminal. The first Ctrl-C
drains the graph and prints the report, the second one ends at once.

Options:
  --source KIND    edf (the default), wav, csv or host
  --file PATH      the recording; edf without it plays the EEG that comes with the demo
  --speed S        1 is real time (the default), 2 twice as fast, max as fast as possible
  --rate HZ        csv: samples per second, where the file has no column 'time' (256)
  --duration S     drain and stop after so many seconds
  --json           a JSON object per second (type 'stats'), and in the end 'report' or 'error'
${pageHelp}
  --help           this text

What is computed:
  From 100 Hz on (edf, csv): Butterworth band-pass 0.5 to 45 Hz, windows of 2 s every 0.5 s, and the power
  of delta, theta, alpha, beta and gamma in each. The filter takes off drift and offset, which would leak
  into delta, and mains hum.
  wav: the same graph with the bands of sound, 40 Hz to 4 kHz, in windows of 0.5 s every 0.25 s.
  host: this machine's CPU, memory and event-loop figures, live, 10 times a second, until Ctrl-C. So slow a
  signal has no such bands: the same graph shape with a low-pass at 2 Hz and the RMS of each window.
  Recordings below 100 Hz likewise.

Exit codes:
  0    the recording ended, or the run was stopped
  1    the run failed
  2    wrong usage or bad input: no such file, a corrupt or truncated one, a port that is taken
  130  a second Ctrl-C (143: a second SIGTERM)
`;

const kinds: readonly SourceKind[] = ['edf', 'wav', 'csv', 'host'];
const msPerSecond = 1000;
/** As long as a timer can wait. */
const durationSecondsMax = 2_147_483;

export interface StudioOptions {
  readonly source: SourceKind;
  readonly file: string | undefined;
  readonly speed: Speed;
  readonly rateHz: number | undefined;
  readonly durationMs: number | undefined;
  readonly isJson: boolean;
  readonly page: PageArguments | undefined;
}

/** The options of the command line; `undefined` for help. Throws `UsageError`. */
export function readOptions(argv: readonly string[]): StudioOptions | undefined {
  const { values } = parseArguments(
    {
      args: [...argv],
      options: {
        source: { type: 'string', default: 'edf' },
        file: { type: 'string' },
        speed: { type: 'string' },
        rate: { type: 'string' },
        duration: { type: 'string' },
        json: { type: 'boolean', default: false },
        ...pageOptions,
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    'npm start -- --help',
  );
  if (values.help) return undefined;
  const { file, speed, rate, duration } = values;
  const source = kinds.find((kind) => kind === values.source);
  if (source === undefined) {
    throw new UsageError(`there is no source '${values.source}'`, `Use one of: ${kinds.join(', ')}.`);
  }
  if (source === 'host' && (file !== undefined || speed !== undefined)) {
    throw new UsageError('the host is live: it has no file and no speed', 'Leave --file and --speed out.');
  }
  if (source !== 'csv' && rate !== undefined) {
    throw new UsageError(`--rate is for csv; ${source} says its own`, 'Leave --rate out.');
  }
  return {
    source,
    file,
    speed:
      speed === undefined
        ? 1
        : speed === 'max'
          ? 'max'
          : numberArgument('--speed', speed, { min: 0.001, max: 1e6 }),
    rateHz: rate === undefined ? undefined : numberArgument('--rate', rate, { min: 0.001, max: 1e6 }),
    durationMs:
      duration === undefined
        ? undefined
        : msPerSecond * numberArgument('--duration', duration, { min: 0, max: durationSecondsMax }),
    isJson: values.json,
    page: pageArguments(values),
  };
}
