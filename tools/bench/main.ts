/**
 * `npm run bench`: Troupe against its frozen peers, as a table and as JSON.
 *
 * Troupe runs from `dist`, as a user has it; `--source` runs it from the TypeScript sources instead.
 * A missed figure is printed as a miss; it fails the command only with `--strict`.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { judge } from './judge.ts';
import type { JudgedRow } from './judge.ts';
import { machineText, rowText, thisMachine } from './report.ts';
import { runRow } from './rounds.ts';
import { rows } from './rows.ts';
import type { Row } from './rows.ts';

const USAGE = `npm run bench -- [options]
  --only <pattern>   rows whose id or title matches, and of them these only
  --quick            fewer and shorter runs; shows that it works, claims nothing
  --json [file]      JSON instead of the table, or beside it into the file
  --source           Troupe from its sources instead of dist
  --strict           exit code 1 when a figure is missed`;

const QUICK_ROUNDS = 2;
const EXIT_MISSED = 1;
const EXIT_USAGE = 2;

interface Arguments {
  readonly only: RegExp;
  readonly quick: boolean;
  readonly source: boolean;
  readonly strict: boolean;
  readonly json: 'none' | 'stdout' | { readonly file: string };
}

/**
 * `--json` takes an optional value, which `parseArgs` does not know: the file is the one positional
 * argument.
 */
function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      source: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
    },
  });
  const [file, ...surplus] = positionals;
  const unexpected = values.json ? surplus[0] : file;
  if (unexpected !== undefined) throw new TypeError(`unexpected "${unexpected}"`);
  return {
    only: new RegExp(values.only, 'i'),
    quick: values.quick,
    source: values.source,
    strict: values.strict,
    json: !values.json ? 'none' : file === undefined ? 'stdout' : { file },
  };
}

function usage(message: string): never {
  console.error(`${message}\n${USAGE}`);
  process.exit(EXIT_USAGE);
}

function parse(): Arguments {
  try {
    return readArguments();
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

async function benchmark(chosen: readonly Row[], options: Arguments): Promise<JudgedRow[]> {
  const judged: JudgedRow[] = [];
  const nodeArguments = options.source ? ['--conditions=@troupe/source'] : [];
  for (const row of chosen) {
    const rounds = options.quick ? QUICK_ROUNDS : row.rounds;
    const results = await runRow(row, rounds, { quick: options.quick, nodeArguments }, showProgress);
    const verdict = judge(row, results);
    judged.push(verdict);
    showProgress('');
    if (options.json !== 'stdout') console.log(`\n${rowText(verdict)}`);
  }
  return judged;
}

const options = parse();
const chosen = rows.filter((row) => options.only.test(row.id) || options.only.test(row.title));
if (chosen.length === 0) usage(`no row matches; there are ${rows.map((row) => row.id).join(', ')}`);
if (!options.source && !existsSync(new URL('../../packages/core/dist/index.js', import.meta.url))) {
  usage('nothing is built: run `npm run build` first, or give --source');
}

const machine = thisMachine();
if (options.json !== 'stdout') {
  console.log(machineText(machine));
  console.log(
    `Troupe from ${options.source ? 'sources' : 'dist'}; medians of interleaved rounds, figures per round.`,
  );
  if (options.quick) console.log('Quick run: short and few, no claim.');
}
const judged = await benchmark(chosen, options);
const missed = judged.flatMap((row) => row.lines).filter((line) => !line.reached).length;
const document = {
  machine,
  quick: options.quick,
  from: options.source ? 'source' : 'dist',
  missed,
  rows: judged,
};
if (options.json === 'stdout') console.log(JSON.stringify(document, null, 2));
else if (options.json !== 'none') writeFileSync(options.json.file, `${JSON.stringify(document, null, 2)}\n`);
if (options.json !== 'stdout')
  console.log(missed === 0 ? '\nEvery figure reached.' : `\n${missed} figures missed.`);
if (options.strict && missed > 0) process.exitCode = EXIT_MISSED;
